/* services/operator/cli_trail.c
 *
 * `dplsync tail --event`: all that happened to one event, in order of time. Everything of an event
 * lies in its municipality's partition, but for the updates of a vendor with a partitioner of its
 * own; whose it is, `changes` tells.
 */
#include <stdio.h>

#include "base/text.h"
#include "base/timestamp.h"
#include "operator/cli.h"
#include "operator/cli_deliver.h"
#include "operator/cli_scan.h"
#include "operator/invocation.h"
#include "operator/message.h"
#include "operator/plain.h"
#include "operator/trail.h"

static const struct {
        const char *name, *word;
} kinds[] = {
        [TRAIL_SHOWN] = { "shown", "site shows" },      [TRAIL_TOLD] = { "told", "vendor told" },
        [TRAIL_WISHED] = { "wished", "vendor wishes" }, [TRAIL_ENDED] = { "ended", "update ended" },
        [TRAIL_DEAD] = { "dead", "dead letter" },
};

static const enum topic topics[] = { TOPIC_SNAPSHOTS, TOPIC_CHANGES, TOPIC_UPDATES, TOPIC_RESULTS,
                                     TOPIC_DEAD_LETTERS };

struct owner {
        struct uuid uuid;
        char municipality[MUNICIPALITY_ID_BYTES]; /* "" : not found yet */
};

static bool look_for_owner(void *context, const struct record *record)
{
        struct owner *owner = context;
        struct slice municipality = message_municipality(record);
        struct uuid uuid;

        if (message_event(record, &uuid) && uuid_compare(&uuid, &owner->uuid) == 0 &&
            municipality_id_valid(municipality.data, municipality.length))
                snprintf(owner->municipality, sizeof(owner->municipality), "%.*s",
                         (int)municipality.length, municipality.data);
        return owner->municipality[0] == '\0';
}

static int find_owner(struct desk *desk, const struct invocation *invocation, struct owner *owner,
                      struct error *error)
{
        struct scan_range range = { TOPIC_CHANGES, SCAN_ALL, 0 };

        owner->uuid = invocation->uuid;
        if (invocation->municipality) {
                text_copy(owner->municipality, sizeof(owner->municipality),
                          invocation->municipality);
                return 0;
        }
        if (cli_scan(desk, "looking for the event", &range, 1, look_for_owner, owner, error) < 0)
                return -1;
        if (owner->municipality[0])
                return 0;
        return error_set(error,
                         "the vendor was never told of %s; if it is of a site all the same, "
                         "name that with --municipality",
                         invocation->uuid_text);
}

static bool take(void *context, const struct record *record)
{
        trail_take(context, record);
        return true;
}

static int load(struct desk *desk, struct trail *trail, int64_t from_ms, struct error *error)
{
        struct scan_range ranges[ARRAY_LENGTH(topics)];
        int32_t partition = topics_partition(&desk->topics, trail->municipality);

        for (size_t i = 0; i < ARRAY_LENGTH(topics); i++)
                ranges[i] = (struct scan_range){ topics[i],
                                                 topics[i] == TOPIC_UPDATES ? SCAN_ALL : partition,
                                                 from_ms };
        if (cli_scan(desk, "reading", ranges, ARRAY_LENGTH(topics), take, trail, error) < 0)
                return -1;
        trail_sort(trail);
        return 0;
}

static void print_text(const struct trail *trail)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        buffer_append_format(&text, "%s  %s  ", trail->municipality, trail->uuid_text);
        plain_append(&text, slice_of(trail->title), 0);
        buffer_append_byte(&text, '\n');
        if (trail->left_out > 0)
                buffer_append_format(&text, "the %zu oldest entries are left out\n",
                                     trail->left_out);
        for (size_t i = 0; i < trail->count; i++) {
                const struct trail_entry *entry = &trail->entries[i];
                char time[TIMESTAMP_TEXT_BYTES];

                cli_time(entry->at_ms, time);
                buffer_append_format(&text, "%s  %-13s  ", time, kinds[entry->kind].word);
                plain_append(&text, slice_of(entry->text), 0);
                buffer_append_byte(&text, '\n');
        }
        cli_print(&text);
}

static void print_json(const struct trail *trail)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        buffer_append_byte(&text, '{');
        json_write_member_text(&text, "municipality", trail->municipality);
        json_write_member_text(&text, "uuid", trail->uuid_text);
        json_write_member_text(&text, "title", trail->title);
        json_write_member_integer(&text, "left_out", (int64_t)trail->left_out);
        json_write_member(&text, "entries");
        buffer_append_byte(&text, '[');
        for (size_t i = 0; i < trail->count; i++) {
                const struct trail_entry *entry = &trail->entries[i];

                buffer_append_text(&text, i > 0 ? ",{" : "{");
                json_write_member_time(&text, "time", entry->at_ms);
                json_write_member_text(&text, "kind", kinds[entry->kind].name);
                json_write_member_text(&text, "text", entry->text);
                json_write_member_text(&text, "trace", entry->trace[0] ? entry->trace : NULL);
                buffer_append_byte(&text, '}');
        }
        buffer_append_text(&text, "]}\n");
        cli_print(&text);
}

int cli_trail(const struct invocation *invocation, struct error *error)
{
        _cleanup_(desk_close) struct desk desk = { 0 };
        _cleanup_(trail_deinit) struct trail trail = { 0 };
        struct owner owner = { 0 };

        if (desk_open(&desk, invocation->config_path, error) < 0)
                return EXIT_USAGE;
        if (desk_check_topics(&desk, topics, ARRAY_LENGTH(topics), error) < 0 ||
            find_owner(&desk, invocation, &owner, error) < 0)
                return EXIT_FAILED;
        trail_init(&trail, owner.municipality, &owner.uuid);
        if (load(&desk, &trail, moment_ms(&invocation->from, desk_now_ms(&desk), 0), error) < 0)
                return EXIT_FAILED;
        if (invocation->json)
                print_json(&trail);
        else
                print_text(&trail);
        return EXIT_DONE;
}
