/* services/operator/cli_holds.c
 *
 * `dplsync holds`: deletions that wait for a person. A decision names the hold that was looked at;
 * if it is another one by now nothing is sent, and should it change on the way, the reconciler
 * refuses it.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "io/links.h"
#include "model/redis_key.h"
#include "operator/cli.h"
#include "operator/cli_deliver.h"
#include "operator/cli_scan.h"
#include "operator/control_command.h"
#include "operator/held.h"
#include "operator/invocation.h"
#include "operator/overview_reader.h"
#include "operator/plain.h"
#include "operator/table.h"

enum { NUMBER_BYTES = 24 };

/* ---- list ---- */

static void list_table(const struct overview *overview)
{
        static const char *const heading[] = { "MUNICIPALITY", "HELD", "KNOWN", "HOLD", "WHY" };
        _cleanup_(table_deinit) struct table table;
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        table_init(&table, ARRAY_LENGTH(heading));
        table_add(&table, heading);
        for (size_t i = 0; i < overview->count; i++) {
                const struct overview_row *row = &overview->rows[i];
                char held[NUMBER_BYTES], known[NUMBER_BYTES];

                if (row->held == 0)
                        continue;
                snprintf(held, sizeof(held), "%" PRId64, row->held);
                snprintf(known, sizeof(known), "%" PRId64, row->known);
                table_add(&table, (const char *const[]){ row->id, held, known, row->hold,
                                                         row->hold_reason });
        }
        table_format(&table, &text);
        if (table.rows > 1)
                cli_print(&text);
        else
                puts("nothing is held");
}

static void list_json(const struct overview *overview)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        const char *before = "{\"holds\":[{";

        for (size_t i = 0; i < overview->count; i++) {
                const struct overview_row *row = &overview->rows[i];

                if (row->held == 0)
                        continue;
                buffer_append_text(&text, before);
                before = ",{";
                json_write_member_text(&text, "municipality", row->id);
                json_write_member_text(&text, "hold", row->hold);
                json_write_member_integer(&text, "count", row->held);
                json_write_member_integer(&text, "known", row->known);
                json_write_member_text(&text, "why", row->hold_reason);
                buffer_append_byte(&text, '}');
        }
        buffer_append_text(&text, text.length > 0 ? "]}\n" : "{\"holds\":[]}\n");
        cli_print(&text);
}

int cli_holds_list(const struct invocation *invocation, struct error *error)
{
        _cleanup_(desk_close) struct desk desk = { 0 };
        _cleanup_(overview_deinit) struct overview overview = { 0 };

        if (desk_open(&desk, invocation->config_path, error) < 0)
                return EXIT_USAGE;
        overview_init(&overview, desk.config);
        if (overview_load(&overview, desk.config, error) < 0)
                return EXIT_FAILED;
        overview_judge(&overview, desk_now_ms(&desk));
        if (invocation->json)
                list_json(&overview);
        else
                list_table(&overview);
        return EXIT_DONE;
}

/* ---- one hold ---- */

typedef void take_fn(struct held *held, struct slice name, struct slice value);

struct fold {
        struct held *held;
        take_fn *take;
};

static void fold_pairs(void *context, const struct redisReply *reply)
{
        struct fold *fold = context;

        for (size_t i = 0; i + 1 < reply->elements; i += 2)
                fold->take(fold->held,
                           (struct slice){ reply->element[i]->str, (size_t)reply->element[i]->len },
                           (struct slice){ reply->element[i + 1]->str,
                                           (size_t)reply->element[i + 1]->len });
}

static int load_hash(struct desk *desk, const char *municipality, const char *what,
                     struct held *held, take_fn *take, struct error *error)
{
        char key[REDIS_KEY_BYTES];
        struct fold fold = { held, take };

        redis_key(key, municipality, what);
        return desk_redis(desk, 2, (const struct slice[]){ slice_of("HGETALL"), slice_of(key) },
                          fold_pairs, &fold, error);
}

static int load_held(struct desk *desk, const char *municipality, struct held *held,
                     struct error *error)
{
        if (desk_connect_redis(desk, error) < 0 ||
            load_hash(desk, municipality, "m", held, held_take_meta, error) < 0)
                return -1;
        return load_hash(desk, municipality, "s", held, held_take_event, error);
}

struct titles {
        struct held *held;
        const char *municipality;
};

static bool take_title(void *context, const struct record *record)
{
        struct titles *titles = context;
        size_t length = strlen(titles->municipality);

        if (record->key.length > length && record->key.data[length] == '/' &&
            memcmp(record->key.data, titles->municipality, length) == 0)
                held_take_change(titles->held, record->value);
        return true;
}

static int load_titles(struct desk *desk, const char *municipality, struct held *held,
                       struct error *error)
{
        struct titles titles = { held, municipality };
        struct scan_range range = { TOPIC_CHANGES, topics_partition(&desk->topics, municipality),
                                    0 };

        if (held_count(held) == 0)
                return 0;
        return cli_scan(desk, "looking for titles", &range, 1, take_title, &titles, error);
}

/* What the table's last column says of an event. */
static const char *stage(const struct held_event *event)
{
        return event->approved      ? "approved"
               : event->irrelevant  ? "no longer relevant"
               : event->missed_once ? "missed by one fresh read"
                                    : "";
}

static void time_cell(int64_t ms, char text[TIMESTAMP_TEXT_BYTES])
{
        cli_time(ms == TIMESTAMP_NONE ? 0 : ms, text);
        if (text[0] != '-')
                memcpy(text + strlen("2026-03-01T09:00"), "Z", sizeof("Z"));
}

static void show_table(const struct held *held)
{
        static const char *const heading[] = { "EVENT", "STARTS", "HELD SINCE", "TITLE", "" };
        _cleanup_(table_deinit) struct table table;
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        table_init(&table, ARRAY_LENGTH(heading));
        table_add(&table, heading);
        for (const struct held_event *event = held->events; event; event = event->hh.next) {
                _cleanup_(buffer_deinit) struct buffer title = BUFFER_NULL;
                char uuid[UUID_TEXT_BYTES], start[TIMESTAMP_TEXT_BYTES],
                        since[TIMESTAMP_TEXT_BYTES];

                uuid_format(&event->uuid, uuid);
                time_cell(event->start_ms, start);
                time_cell(event->since_ms, since);
                plain_append(&title, slice_of(event->title), 48);
                table_add(&table,
                          (const char *const[]){ uuid, start, since, title.data, stage(event) });
        }
        table_format(&table, &text);
        cli_print(&text);
}

static void show_people(const char *municipality, const struct held *held)
{
        if (held->id[0] == '\0') {
                printf("%s: nothing is held\n", municipality);
                return;
        }
        printf("%s: hold %s, %" PRId64 " of %" PRId64 " known events%s\n", municipality, held->id,
               held->count, held->known,
               held->foreign ? "; the list has none of them: is base_url right?" : "");
        show_table(held);
        printf("\ndplsync holds approve %s %s    they are deleted if a fresh read lacks them\n"
               "dplsync holds reject %s %s     they stay, and nothing is said for 24 h\n",
               municipality, held->id, municipality, held->id);
}

static void show_json(const char *municipality, const struct held *held)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        buffer_append_byte(&text, '{');
        json_write_member_text(&text, "municipality", municipality);
        json_write_member_text(&text, "hold", held->id[0] ? held->id : NULL);
        json_write_member_integer(&text, "count", held->count);
        json_write_member_integer(&text, "known", held->known);
        json_write_member_boolean(&text, "another_site", held->foreign);
        json_write_member(&text, "events");
        buffer_append_byte(&text, '[');
        for (const struct held_event *event = held->events; event; event = event->hh.next) {
                char uuid[UUID_TEXT_BYTES];

                uuid_format(&event->uuid, uuid);
                buffer_append_text(&text, event == held->events ? "{" : ",{");
                json_write_member_text(&text, "uuid", uuid);
                json_write_member_text(&text, "title", event->title[0] ? event->title : NULL);
                json_write_member_time(&text, "start", event->start_ms);
                json_write_member_time(&text, "end", event->end_ms);
                json_write_member_time(&text, "since",
                                       event->since_ms > 0 ? event->since_ms : TIMESTAMP_NONE);
                json_write_member_boolean(&text, "approved", event->approved);
                json_write_member_boolean(&text, "missed_once", event->missed_once);
                json_write_member_boolean(&text, "irrelevant", event->irrelevant);
                buffer_append_byte(&text, '}');
        }
        buffer_append_text(&text, "]}\n");
        cli_print(&text);
}

int cli_holds_show(const struct invocation *invocation, struct error *error)
{
        static const enum topic topics[] = { TOPIC_CHANGES };
        _cleanup_(desk_close) struct desk desk = { 0 };
        _cleanup_(held_deinit) struct held held = { 0 };
        const char *municipality = invocation->operands[0];

        if (desk_open(&desk, invocation->config_path, error) < 0 ||
            !desk_municipality(&desk, municipality, error))
                return EXIT_USAGE;
        if (load_held(&desk, municipality, &held, error) < 0 ||
            desk_check_topics(&desk, topics, ARRAY_LENGTH(topics), error) < 0 ||
            load_titles(&desk, municipality, &held, error) < 0)
                return EXIT_FAILED;
        if (invocation->json)
                show_json(municipality, &held);
        else
                show_people(municipality, &held);
        return EXIT_DONE;
}

/* ---- decisions ---- */

struct decision {
        struct desk desk;
        struct control control;
        const char *municipality;
        bool sent;
};

static void decision_close(struct decision *decision)
{
        desk_close(&decision->desk);
}

static bool next(void *context, struct delivery_item *item)
{
        struct decision *decision = context;

        if (decision->sent)
                return false;
        decision->sent = true;
        control_command_write(&decision->control, decision->municipality, &decision->desk.topics,
                              desk_now_ms(&decision->desk), &item->record);
        return true;
}

/* The hold that stands now must be the one that the operator saw. */
static int find_hold(struct decision *decision, const char *wanted, struct error *error)
{
        _cleanup_(held_deinit) struct held held = { 0 };

        if (desk_connect_redis(&decision->desk, error) < 0 ||
            load_hash(&decision->desk, decision->municipality, "m", &held, held_take_meta, error) <
                    0)
                return -1;
        if (held.id[0] == '\0')
                return error_set(error, "%s has no hold now: it was decided, or has dissolved",
                                 decision->municipality);
        if (strcmp(held.id, wanted) != 0)
                return error_set(error,
                                 "%s has another hold now: %s, with %" PRId64
                                 " deletions; look at it with `dplsync holds show %s`",
                                 decision->municipality, held.id, held.count,
                                 decision->municipality);
        decision->control.count = held.count;
        text_copy(decision->control.hold, sizeof(decision->control.hold), held.id);
        return 0;
}

static int send_decision(struct decision *decision, struct error *error)
{
        static const enum topic topics[] = { TOPIC_CONTROL };
        struct dice dice = { links_seed() };
        struct cli_batch batch = { .what = "sending", .all = 1, .next = next, .context = decision };
        size_t sent;

        control_command_id(&decision->control, "command-line", desk_now_ms(&decision->desk), &dice);
        if (desk_check_topics(&decision->desk, topics, ARRAY_LENGTH(topics), error) < 0)
                return -1;
        return cli_deliver(&decision->desk, &batch, &sent, error);
}

static void print_decision(const struct decision *decision, const struct invocation *invocation)
{
        bool approve = decision->control.command == CONTROL_APPROVE_DELETIONS;
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        if (!invocation->json) {
                printf("%s: %" PRId64 " deletions %s%s\n", decision->municipality,
                       decision->control.count, invocation->dry_run ? "would be " : "",
                       approve ? "approved; what a fresh read still lacks is deleted"
                               : "rejected; the events stay, and nothing is said for 24 h");
                return;
        }
        buffer_append_byte(&text, '{');
        json_write_member_boolean(&text, "dry_run", invocation->dry_run);
        json_write_member_text(&text, "municipality", decision->municipality);
        json_write_member_text(&text, "command", control_command_name(decision->control.command));
        json_write_member_text(&text, "hold", decision->control.hold);
        json_write_member_integer(&text, "count", decision->control.count);
        buffer_append_text(&text, "}\n");
        cli_print(&text);
}

static int decide(const struct invocation *invocation, enum control_command command,
                  struct error *error)
{
        _cleanup_(decision_close) struct decision decision = { .control = { .command = command },
                                                               .municipality =
                                                                       invocation->operands[0] };

        if (desk_open(&decision.desk, invocation->config_path, error) < 0 ||
            !desk_municipality(&decision.desk, decision.municipality, error))
                return EXIT_USAGE;
        if (find_hold(&decision, invocation->operands[1], error) < 0)
                return EXIT_FAILED;
        if (!invocation->dry_run && send_decision(&decision, error) < 0)
                return EXIT_FAILED;
        print_decision(&decision, invocation);
        return EXIT_DONE;
}

int cli_holds_approve(const struct invocation *invocation, struct error *error)
{
        return decide(invocation, CONTROL_APPROVE_DELETIONS, error);
}

int cli_holds_reject(const struct invocation *invocation, struct error *error)
{
        return decide(invocation, CONTROL_REJECT_DELETIONS, error);
}
