/* services/operator/cli_replay.c
 *
 * `dplsync replay`: what was once wished goes out to the sites again. First everything that is
 * meant is read, then it is sent: so a bar can show how far it is, and what is sent meanwhile is
 * not read as if it were one of them.
 */
#include <inttypes.h>
#include <stdio.h>

#include "operator/cli.h"
#include "operator/cli_deliver.h"
#include "operator/cli_scan.h"
#include "operator/invocation.h"
#include "operator/undo.h"
#include "operator/wishes.h"

enum { RATE = 200 };

struct work {
        const struct invocation *invocation;
        enum topic topic;
        struct desk desk;
        struct replay replay;
        int64_t from_ms;
        int64_t to_ms; /* 0: no end */
        struct wishes wishes;
        struct undo undo;
        size_t meant; /* events */
        size_t idle;  /* of those: nothing of their wish stands */
};

static void work_close(struct work *work)
{
        wishes_deinit(&work->wishes);
        undo_deinit(&work->undo);
        desk_close(&work->desk);
}

/* ---- reading ---- */

/* What stands is the newest, so the end of a span is not for results. */
static bool take(void *context, const struct record *record)
{
        struct work *work = context;

        if (work->topic == TOPIC_RESULTS)
                wishes_take_result(&work->wishes, record);
        else if (work->to_ms == 0 || record->timestamp_ms < work->to_ms)
                wishes_take_update(&work->wishes, record);
        return true;
}

static bool take_for_undo(void *context, const struct record *record)
{
        undo_take(&((struct work *)context)->undo, record);
        return true;
}

/* A vendor may have a partitioner of its own, so its updates can be in any partition. */
static int load(struct work *work, int64_t from_ms, scan_fn *taker, struct error *error)
{
        const char *municipality = work->invocation->municipality;
        struct scan_range range = { work->topic, SCAN_ALL, from_ms };

        if (municipality && work->topic == TOPIC_RESULTS)
                range.partition = topics_partition(&work->desk.topics, municipality);
        return cli_scan(&work->desk, "reading", &range, 1, taker, work, error);
}

/* ---- sending ---- */

static bool next(void *context, struct delivery_item *item)
{
        struct work *work = context;

        if (work->invocation->undo)
                return undo_next(&work->undo, work->replay.now_ms, &item->record);
        return wishes_next(&work->wishes, &work->replay, &item->record, &work->idle);
}

static size_t rehearse(struct work *work)
{
        struct delivery_item item = { 0 };
        size_t count = 0;

        while (next(work, &item))
                count++;
        outgoing_deinit(&item.record);
        return count;
}

static void print_json(const struct work *work, size_t sent)
{
        bool undo = work->invocation->undo;
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        buffer_append_byte(&text, '{');
        json_write_member_boolean(&text, "dry_run", work->invocation->dry_run);
        if (!undo)
                json_write_member_integer(&text, "run", (int64_t)work->replay.run);
        json_write_member_integer(&text, "meant", (int64_t)work->meant);
        json_write_member_integer(&text, "sent", (int64_t)sent);
        if (undo)
                json_write_member_integer(&text, "without_earlier_wish",
                                          (int64_t)work->undo.unknown);
        else
                json_write_member_integer(&text, "came_to_nothing", (int64_t)work->idle);
        buffer_append_text(&text, "}\n");
        cli_print(&text);
}

static void print_undo(const struct work *work, size_t sent, const char *would)
{
        printf("%zu of %zu events %sset back\n", sent, work->undo.events_touched, would);
        if (work->undo.unknown > 0)
                printf("%zu values have no earlier wish: only the vendor can say what is right\n",
                       work->undo.unknown);
}

static void print_text(const struct work *work, size_t sent)
{
        const char *would = work->invocation->dry_run ? "would be " : "";

        if (work->invocation->undo) {
                print_undo(work, sent, would);
                return;
        }
        printf("wishes for %zu of %zu events %ssent again, as run %" PRIu64 "\n", sent, work->meant,
               would, work->replay.run);
        if (work->idle > 0)
                printf("%zu left out: what was wished last came to nothing\n", work->idle);
        if (work->wishes.unreadable > 0)
                printf("%zu updates left out: they cannot be understood\n",
                       work->wishes.unreadable);
}

static int send_all(struct work *work, struct error *error)
{
        struct cli_batch batch = {
                .what = "sending",
                .all = work->meant,
                .rate = work->invocation->rate > 0 ? (unsigned)work->invocation->rate : RATE,
                .next = next,
                .context = work,
        };
        size_t sent;
        int result = 0;

        if (work->invocation->dry_run)
                sent = rehearse(work);
        else
                result = cli_deliver(&work->desk, &batch, &sent, error);
        if (work->invocation->json)
                print_json(work, sent);
        else
                print_text(work, sent);
        if (result == 0)
                return 0;
        if (work->invocation->undo)
                return error_wrap(error, "not all is done; repeat the command to go on");
        return error_wrap(error, "not all is done; repeat it with --run %" PRIu64 " to go on",
                          work->replay.run);
}

/* ---- the commands ---- */

static int check_use(const struct invocation *invocation, struct error *error)
{
        if (!invocation->from.given && !invocation->all)
                return error_set(error,
                                 "since when? Write --from TIME, such as --from 2h, or --all");
        if (invocation->from.given && invocation->all)
                return error_set(error, "either --from or --all, not both");
        if (invocation->undo && (!invocation->from.given || !invocation->to.given))
                return error_set(error, "--undo needs the whole span: --from TIME and --to TIME");
        return 0;
}

static int choose_span(struct work *work, struct error *error)
{
        const struct invocation *invocation = work->invocation;
        int64_t now_ms = desk_now_ms(&work->desk);

        work->from_ms = moment_ms(&invocation->from, now_ms, 0);
        work->to_ms = moment_ms(&invocation->to, now_ms, 0);
        if (work->to_ms > 0 && work->to_ms <= work->from_ms)
                return error_set(error, "--to is not behind --from");
        return 0;
}

static int open_work(struct work *work, struct error *error)
{
        const struct invocation *invocation = work->invocation;
        const struct uuid *uuid = invocation->uuid_text ? &invocation->uuid : NULL;
        int64_t now_ms;

        if (check_use(invocation, error) < 0 ||
            desk_open(&work->desk, invocation->config_path, error) < 0 ||
            choose_span(work, error) < 0)
                return -1;
        now_ms = desk_now_ms(&work->desk);
        work->replay =
                (struct replay){ .topics = &work->desk.topics,
                                 .run = (uint64_t)(invocation->run ? invocation->run : now_ms),
                                 .resumed = invocation->run > 0,
                                 .now_ms = now_ms };
        work->wishes = (struct wishes){ .municipality = invocation->municipality,
                                        .uuid = uuid,
                                        .epoch = work->desk.topics.epoch };
        work->undo = (struct undo){ .from_ms = work->from_ms,
                                    .to_ms = work->to_ms,
                                    .municipality = invocation->municipality,
                                    .uuid = uuid };
        return 0;
}

/* Taking back needs what was wished before the span, so all there is. */
static int load_meant(struct work *work, struct error *error)
{
        bool undo = work->invocation->undo;

        if (load(work, undo ? 0 : work->from_ms, undo ? take_for_undo : take, error) < 0)
                return -1;
        work->meant = undo ? undo_finish(&work->undo) : wishes_count(&work->wishes);
        return 0;
}

static int run(const struct invocation *invocation, enum topic topic, struct error *error)
{
        static const enum topic topics[] = { TOPIC_UPDATES, TOPIC_RESULTS };
        _cleanup_(work_close) struct work work = { .invocation = invocation, .topic = topic };

        if (open_work(&work, error) < 0)
                return EXIT_USAGE;
        if (desk_check_topics(&work.desk, topics, topic == TOPIC_UPDATES ? 1 : 2, error) < 0 ||
            load_meant(&work, error) < 0 || send_all(&work, error) < 0)
                return EXIT_FAILED;
        return EXIT_DONE;
}

int cli_replay_updates(const struct invocation *invocation, struct error *error)
{
        return run(invocation, TOPIC_UPDATES, error);
}

int cli_replay_results(const struct invocation *invocation, struct error *error)
{
        return run(invocation, TOPIC_RESULTS, error);
}
