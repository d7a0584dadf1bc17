/* services/operator/cli_tail.c
 *
 * `dplsync tail`: a topic as it is written, a line a record. For a person a line fits a terminal
 * and nothing in it can harm one; for a program it is the whole record.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/timestamp.h"
#include "operator/cli.h"
#include "operator/cli_deliver.h"
#include "operator/invocation.h"
#include "operator/message.h"
#include "operator/message_text.h"
#include "operator/plain.h"
#include "operator/scan.h"

struct work {
        const struct invocation *invocation;
        struct desk desk;
        int64_t to_ms;
        int64_t shown;
        struct buffer line;
};

static void work_close(struct work *work)
{
        buffer_deinit(&work->line);
        desk_close(&work->desk);
}

static bool is_meant(const struct work *work, const struct record *record)
{
        const struct invocation *invocation = work->invocation;
        struct uuid uuid;

        if (invocation->municipality &&
            !slice_is(message_municipality(record), invocation->municipality))
                return false;
        if (work->to_ms > 0 && record->timestamp_ms >= work->to_ms)
                return false;
        return !invocation->uuid_text ||
               (message_event(record, &uuid) && uuid_compare(&uuid, &invocation->uuid) == 0);
}

/* "09:00:02.117Z  3/1042  aarhus  0f1c…  update [title] ..." with the day in front where it begins.
 */
static void write_line(const struct record *record, struct buffer *out)
{
        char time[TIMESTAMP_TEXT_BYTES], uuid_text[UUID_TEXT_BYTES];
        struct uuid uuid;

        cli_time(record->timestamp_ms, time);
        buffer_append_format(out, "%s  %" PRId32 "/%-6" PRId64 "  ", time, record->partition,
                             record->offset);
        plain_append(out, message_municipality(record), MUNICIPALITY_ID_BYTES);
        if (message_event(record, &uuid)) {
                uuid_format(&uuid, uuid_text);
                buffer_append_format(out, "  %s", uuid_text);
        }
        buffer_append_text(out, "  ");
        message_describe(record, out);
}

static void write_headers(const struct headers *headers, struct buffer *out)
{
        json_write_member(out, "headers");
        buffer_append_byte(out, '{');
        for (size_t i = 0; i < headers->count; i++) {
                const struct header *header = &headers->items[i];

                if (i > 0)
                        buffer_append_byte(out, ',');
                json_write_string(out, header->name, strlen(header->name));
                buffer_append_byte(out, ':');
                json_write_string(out, header->value.data ? header->value.data : "",
                                  header->value.length);
        }
        buffer_append_byte(out, '}');
}

static void write_json(const struct work *work, const struct record *record, struct buffer *out)
{
        buffer_append_byte(out, '{');
        json_write_member_text(out, "topic", work->desk.topics.names[record->topic]);
        json_write_member_integer(out, "partition", record->partition);
        json_write_member_integer(out, "offset", record->offset);
        json_write_member_time(out, "time",
                               record->timestamp_ms > 0 ? record->timestamp_ms : TIMESTAMP_NONE);
        json_write_member_slice(out, "key", record->key);
        json_write_member_slice(out, "value", record->value);
        write_headers(record->headers, out);
        buffer_append_byte(out, '}');
}

static bool show(void *context, const struct record *record)
{
        struct work *work = context;

        if (!is_meant(work, record))
                return true;
        buffer_clear(&work->line);
        if (work->invocation->json)
                write_json(work, record, &work->line);
        else
                write_line(record, &work->line);
        buffer_append_byte(&work->line, '\n');
        cli_print(&work->line);
        fflush(stdout);
        work->shown++;
        return !ferror(stdout) &&
               (work->invocation->limit == 0 || work->shown < work->invocation->limit);
}

/* Either a topic or an event. */
static int check_use(const struct invocation *invocation, struct error *error)
{
        static const unsigned of_topics = INVOCATION_UUID | INVOCATION_TO | INVOCATION_LIMIT;
        bool event = invocation->given & INVOCATION_EVENT;

        if (event && invocation->operand_count > 0)
                return error_set(error, "either a topic or --event, not both");
        if (!event && invocation->operand_count == 0)
                return error_set(error, "which topic? Name one, or write --event UUID");
        if (event && invocation->given & of_topics)
                return error_set(error, "--event takes no more than --municipality and --from");
        if (!event && topic_of_suffix(invocation->operands[0]) == TOPIC_COUNT)
                return error_set(error,
                                 "\"%.40s\" is no topic; there are snapshots, changes, updates, "
                                 "results, dead-letters and control",
                                 invocation->operands[0]);
        return 0;
}

/* With an end there is nothing to wait for. */
static int tail(const struct invocation *invocation, struct error *error)
{
        _cleanup_(work_close) struct work work = { .invocation = invocation };
        enum topic topic = topic_of_suffix(invocation->operands[0]);
        struct scan_range range = { topic, SCAN_ALL, 0 };
        struct scan scan = {
                .ranges = &range, .count = 1, .follow = true, .take = show, .context = &work
        };
        int64_t now_ms;

        if (desk_open(&work.desk, invocation->config_path, error) < 0)
                return EXIT_USAGE;
        now_ms = desk_now_ms(&work.desk);
        work.to_ms = moment_ms(&invocation->to, now_ms, 0);
        range.from_ms = moment_ms(&invocation->from, now_ms, work.to_ms > 0 ? 0 : now_ms);
        scan.follow = work.to_ms == 0;
        if (desk_check_topics(&work.desk, &topic, 1, error) < 0)
                return EXIT_FAILED;
        if (scan_run(&work.desk, &scan, error) == 0 || work.desk.interrupted)
                return EXIT_DONE;
        return EXIT_FAILED;
}

int cli_tail(const struct invocation *invocation, struct error *error)
{
        if (check_use(invocation, error) < 0)
                return EXIT_USAGE;
        return invocation->given & INVOCATION_EVENT ? cli_trail(invocation, error)
                                                    : tail(invocation, error);
}
