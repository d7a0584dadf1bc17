/* services/operator/cli_validate.c
 *
 * `dplsync validate`: a vendor's messages against the rules before they are sent, or those of a
 * topic as they were sent. Each wrong one is a line that names the place; editors and CI can read
 * it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "operator/cli.h"
#include "operator/cli_deliver.h"
#include "operator/cli_scan.h"
#include "operator/documents.h"
#include "operator/invocation.h"
#include "operator/message.h"
#include "operator/plain.h"

enum { READ_BYTES = 64 * 1024, FILE_BYTES_MAX = 256 * 1024 * 1024, PLACE_BYTES = 64 };

struct work {
        const struct invocation *invocation;
        enum topic topic;
        size_t messages;
        size_t wrong;
        struct buffer json; /* what was wrong, item after item */
};

static void work_deinit(struct work *work)
{
        buffer_deinit(&work->json);
}

/* `place` is "12" for a line of a file, "3/1042" for a record. */
static void say_wrong(struct work *work, const char *place, const char *why)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        work->wrong++;
        if (work->invocation->json) {
                buffer_append_text(&work->json, work->json.length > 0 ? ",{" : "{");
                json_write_member_text(&work->json, "place", place);
                json_write_member_text(&work->json, "why", why);
                buffer_append_byte(&work->json, '}');
                return;
        }
        buffer_append_format(&text, "%s:%s: ", work->invocation->operands[0], place);
        plain_append(&text, slice_of(why), 0);
        buffer_append_byte(&text, '\n');
        cli_print(&text);
}

static int conclude(struct work *work, struct error *error)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        if (work->invocation->json) {
                buffer_append_byte(&text, '{');
                json_write_member_integer(&text, "messages", (int64_t)work->messages);
                json_write_member(&text, "wrong");
                buffer_append_format(&text, "[%s]}\n", work->json.data ? work->json.data : "");
                cli_print(&text);
        } else if (work->wrong == 0) {
                printf("%zu messages, all right\n", work->messages);
        }
        if (work->messages == 0)
                error_set(error, "%s: there is no message in it", work->invocation->operands[0]);
        else if (work->wrong > 0)
                error_set(error, "%zu of %zu messages %s wrong", work->wrong, work->messages,
                          work->wrong == 1 ? "is" : "are");
        return work->wrong == 0 && work->messages > 0 ? EXIT_DONE : EXIT_FAILED;
}

/* ---- a file ---- */

static int read_all(int file, const char *name, struct buffer *text, struct error *error)
{
        ssize_t bytes;

        do {
                buffer_reserve(text, READ_BYTES);
                bytes = read(file, text->data + text->length, READ_BYTES);
                if (bytes < 0)
                        return error_set(error, "%s: %s", name, strerror(errno));
                text->length += (size_t)bytes;
        } while (bytes > 0 && text->length <= FILE_BYTES_MAX);
        return bytes == 0 ? 0 : error_set(error, "%s: over 256 MiB, check it in pieces", name);
}

static int read_file(const char *name, struct buffer *text, struct error *error)
{
        int file, result;

        if (strcmp(name, "-") == 0)
                return read_all(STDIN_FILENO, "standard input", text, error);
        file = open(name, O_RDONLY | O_CLOEXEC);
        if (file < 0)
                return error_set(error, "%s: %s", name, strerror(errno));
        result = read_all(file, name, text, error);
        close(file);
        return result;
}

/* A list's part is an array itself. */
static void check_documents(struct work *work, const struct buffer *text)
{
        struct documents documents = DOCUMENTS_OF(buffer_slice(text));
        struct slice document;
        size_t line;

        if (work->topic != TOPIC_SNAPSHOTS)
                documents_open_array(&documents);
        while (documents_next(&documents, &document, &line)) {
                struct error why = ERROR_NULL;
                char place[PLACE_BYTES];

                snprintf(place, sizeof(place), "%zu", line);
                work->messages++;
                if (message_check(work->topic, document, &why) < 0)
                        say_wrong(work, place, why.text);
        }
}

static int validate_file(struct work *work, struct error *error)
{
        const char *message = work->invocation->message ? work->invocation->message : "update";
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        work->topic = message_topic(message);
        if (work->topic == TOPIC_COUNT) {
                error_set(
                        error,
                        "--message: \"%.40s\" is none of update, change, result, control, snapshot",
                        message);
                return EXIT_USAGE;
        }
        if (read_file(work->invocation->operands[0], &text, error) < 0)
                return EXIT_USAGE;
        check_documents(work, &text);
        return conclude(work, error);
}

/* ---- a topic ---- */

static bool check_record(void *context, const struct record *record)
{
        struct work *work = context;
        struct error why = ERROR_NULL;
        char place[PLACE_BYTES];

        work->messages++;
        snprintf(place, sizeof(place), "%" PRId32 "/%" PRId64, record->partition, record->offset);
        if (message_check_record(record, &why) < 0)
                say_wrong(work, place, why.text);
        return true;
}

static int validate_topic(struct work *work, struct error *error)
{
        _cleanup_(desk_close) struct desk desk = { 0 };
        struct scan_range range = { work->topic, SCAN_ALL, 0 };

        if (work->invocation->message) {
                error_set(error, "--message is for files; what a topic has is known");
                return EXIT_USAGE;
        }
        if (desk_open(&desk, work->invocation->config_path, error) < 0)
                return EXIT_USAGE;
        range.from_ms = moment_ms(&work->invocation->from, desk_now_ms(&desk), 0);
        if (desk_check_topics(&desk, &work->topic, 1, error) < 0 ||
            cli_scan(&desk, "checking", &range, 1, check_record, work, error) < 0)
                return EXIT_FAILED;
        return conclude(work, error);
}

int cli_validate(const struct invocation *invocation, struct error *error)
{
        _cleanup_(work_deinit) struct work work = { .invocation = invocation };

        work.topic = topic_of_suffix(invocation->operands[0]);
        return work.topic == TOPIC_COUNT ? validate_file(&work, error)
                                         : validate_topic(&work, error);
}
