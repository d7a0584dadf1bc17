/* services/operator/cli_retire.c
 *
 * `dplsync retire`: the vendor is told first, and Redis is cleared last, so that whatever happens
 * in between is put right by doing it once more.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "model/version.h"
#include "model/redis_key.h"
#include "operator/cli.h"
#include "operator/cli_deliver.h"
#include "operator/cli_scan.h"
#include "operator/invocation.h"
#include "operator/overview.h"
#include "operator/retirement.h"

enum { QUIET_MS = 2 * 60 * 1000 };

struct work {
        const struct invocation *invocation;
        const char *municipality;
        struct desk desk;
        struct retirement retirement;
        bool reading; /* `retirement` is in use */
        bool marked;
        int64_t marker_offset; /* -1: not written yet */
        int64_t cleared;       /* keys of Redis */
};

static void work_close(struct work *work)
{
        if (work->reading)
                retirement_deinit(&work->retirement);
        desk_close(&work->desk);
}

/* ---- may it go? ---- */

static int check_use(struct work *work, struct error *error)
{
        const char *id = work->municipality;

        if (!municipality_id_valid(id, strlen(id)))
                return error_set(error, "\"%.40s\" is no municipality's id, such as aarhus", id);
        if (desk_open(&work->desk, work->invocation->config_path, error) < 0)
                return -1;
        if (!config_municipality(work->desk.config, id))
                return 0;
        return error_set(error,
                         "%s still stands in %s; take it out first, and let every pod read that",
                         id, work->invocation->config_path);
}

static void take_status(void *context, const struct redisReply *reply)
{
        for (size_t i = 0; i + 1 < reply->elements; i += 2)
                overview_take(
                        context,
                        (struct slice){ reply->element[i]->str, (size_t)reply->element[i]->len },
                        (struct slice){ reply->element[i + 1]->str,
                                        (size_t)reply->element[i + 1]->len });
}

/* A pod with the old configuration would tell the vendor of everything again. */
static int check_quiet(struct work *work, struct error *error)
{
        struct overview_row row = { .id = "" };
        char key[REDIS_KEY_BYTES];
        int64_t age_ms;

        redis_key(key, work->municipality, "status");
        if (desk_connect_redis(&work->desk, error) < 0 ||
            desk_redis(&work->desk, 2, (const struct slice[]){ slice_of("HGETALL"), slice_of(key) },
                       take_status, &row, error) < 0)
                return -1;
        age_ms = desk_now_ms(&work->desk) - row.attempt_ms;
        if (work->invocation->force || age_ms > QUIET_MS)
                return 0;
        return error_set(error,
                         "%s was read %" PRId64 " s ago: not every pod has the new configuration "
                         "yet; wait two minutes, or write --force",
                         work->municipality, age_ms / 1000);
}

/* ---- what there is ---- */

static bool take(void *context, const struct record *record)
{
        if (record->topic == TOPIC_CHANGES)
                retirement_take_change(context, record);
        else
                retirement_take_result(context, record);
        return true;
}

static int load(struct work *work, struct error *error)
{
        int32_t partition = topics_partition(&work->desk.topics, work->municipality);
        const struct scan_range ranges[] = { { TOPIC_CHANGES, partition, 0 },
                                             { TOPIC_RESULTS, partition, 0 } };

        retirement_init(&work->retirement, work->municipality, &work->desk.topics,
                        desk_now_ms(&work->desk));
        work->reading = true;
        if (cli_scan(&work->desk, "reading what was told", ranges, ARRAY_LENGTH(ranges), take,
                     &work->retirement, error) < 0)
                return -1;
        retirement_count(&work->retirement);
        return 0;
}

/* ---- telling ---- */

static bool next_marker(void *context, struct delivery_item *item)
{
        struct work *work = context;

        if (work->marked)
                return false;
        work->marked = true;
        retirement_marker(&work->retirement, &item->record);
        return true;
}

static void take_offset(void *context, int64_t offset)
{
        ((struct work *)context)->marker_offset = offset;
}

static bool next_record(void *context, struct delivery_item *item)
{
        return retirement_next(&((struct work *)context)->retirement, &item->record);
}

static int take_version(struct work *work, struct error *error)
{
        struct cli_batch batch = { .what = "marking",
                                   .all = 1,
                                   .next = next_marker,
                                   .placed = take_offset,
                                   .context = work };
        size_t sent;

        if (work->retirement.gone == 0)
                return 0;
        if (cli_deliver(&work->desk, &batch, &sent, error) < 0)
                return -1;
        work->retirement.version = version_make(work->desk.topics.epoch, work->marker_offset);
        if (work->retirement.version > work->retirement.rebuild.version)
                return 0;
        return error_set(error,
                         "the vendor has higher versions than the topic can give: it was made "
                         "anew; raise topics.epoch");
}

static int tell(struct work *work, struct error *error)
{
        struct cli_batch batch = { .what = "telling",
                                   .all = work->retirement.gone + work->retirement.forgotten + 1,
                                   .next = next_record,
                                   .context = work };
        size_t sent;

        if (take_version(work, error) < 0)
                return -1;
        return cli_deliver(&work->desk, &batch, &sent, error);
}

/* ---- Redis ---- */

static void take_count(void *context, const struct redisReply *reply)
{
        *(int64_t *)context = reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
}

/* One hash tag, so one place of a cluster. */
static int clear(struct work *work, struct error *error)
{
        static const char *const kinds[] = { "f", "m", "s", "w", "seals", "status" };
        char keys[ARRAY_LENGTH(kinds)][REDIS_KEY_BYTES];
        struct slice arguments[ARRAY_LENGTH(kinds) + 1] = { slice_of("DEL") };

        for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
                redis_key(keys[i], work->municipality, kinds[i]);
                arguments[i + 1] = slice_of(keys[i]);
        }
        return desk_redis(&work->desk, ARRAY_LENGTH(arguments), arguments, take_count,
                          &work->cleared, error);
}

/* ---- what is said ---- */

/* Nothing else takes them out: the municipality has no reconciler any more. */
static void print_remaining(const struct work *work)
{
        const struct retirement *retirement = &work->retirement;
        bool dry_run = work->invocation->dry_run;
        char time[TIMESTAMP_TEXT_BYTES];

        if (retirement->remaining == 0) {
                printf("nothing of it %s in `changes` and `results`\n",
                       dry_run ? "would be left" : "is left");
                return;
        }
        timestamp_format(retirement->again_ms, time);
        printf("%zu keys %s in `changes` and `results`, so that a vendor who was away learns of "
               "it; "
               "run `dplsync retire %s` again after %.10s, and they go\n",
               retirement->remaining, dry_run ? "would stay" : "stay", work->municipality, time);
}

static void print(const struct work *work)
{
        const struct retirement *retirement = &work->retirement;
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        if (!work->invocation->json) {
                printf("%s: the vendor %s told that %zu events are gone\n", work->municipality,
                       work->invocation->dry_run ? "would be" : "was", retirement->gone);
                if (retirement->forgotten > 0)
                        printf("%zu keys %s the topics\n", retirement->forgotten,
                               work->invocation->dry_run ? "would leave" : "leave");
                print_remaining(work);
                return;
        }
        buffer_append_byte(&text, '{');
        json_write_member_boolean(&text, "dry_run", work->invocation->dry_run);
        json_write_member_text(&text, "municipality", work->municipality);
        json_write_member_integer(&text, "gone", (int64_t)retirement->gone);
        json_write_member_integer(&text, "forgotten", (int64_t)retirement->forgotten);
        json_write_member_integer(&text, "kept", (int64_t)retirement->kept);
        json_write_member_integer(&text, "remaining", (int64_t)retirement->remaining);
        if (retirement->remaining > 0)
                json_write_member_time(&text, "again_after", retirement->again_ms);
        json_write_member_integer(&text, "cleared", work->cleared);
        buffer_append_text(&text, "}\n");
        cli_print(&text);
}

int cli_retire(const struct invocation *invocation, struct error *error)
{
        static const enum topic topics[] = { TOPIC_SNAPSHOTS, TOPIC_CHANGES, TOPIC_RESULTS };
        _cleanup_(work_close) struct work work = { .invocation = invocation,
                                                   .municipality = invocation->operands[0],
                                                   .marker_offset = -1 };

        if (check_use(&work, error) < 0)
                return EXIT_USAGE;
        if (check_quiet(&work, error) < 0 ||
            desk_check_topics(&work.desk, topics, ARRAY_LENGTH(topics), error) < 0 ||
            load(&work, error) < 0)
                return EXIT_FAILED;
        if (!invocation->dry_run && (tell(&work, error) < 0 || clear(&work, error) < 0)) {
                error_wrap(error, "not all is done; repeat the command to go on");
                return EXIT_FAILED;
        }
        print(&work);
        return EXIT_DONE;
}
