/* tests/schemas/corpus_check.c
 *
 * The C parsers' verdict over messages in files, so that test_corpus.py can hold it against the
 * JSON Schemas: both must agree on every one.
 *
 *         dplsync-corpus FILE...      reads each FILE; without any, their names come from stdin,
 * one a line dplsync-corpus --written    one message of every kind as our writers make it
 *
 * The message is the name of the folder two above: .../update/good/state.json. Prints a line a
 * file: the name, "good" or "bad", and the reason, tabs between them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_raw.h"
#include "base/memory.h"
#include "model/change.h"
#include "model/control.h"
#include "model/dead_letter.h"
#include "model/event.h"
#include "model/origin.h"
#include "model/result.h"
#include "model/snapshot.h"
#include "model/update.h"

enum { FILE_BYTES_MAX = 16 * 1024 * 1024, PATH_BYTES = 4096 };

static int check_update(struct slice value, struct error *error)
{
        struct update update;
        enum update_fault fault = update_read(&update, value, error);

        update_deinit(&update);
        return fault == UPDATE_OK ? 0 : error_wrap(error, "%s", update_fault_code(fault));
}

static int check_event(struct slice value, struct error *error)
{
        struct event event;

        if (event_parse(&event, value, error) < 0)
                return -1;
        event_deinit(&event);
        return 0;
}

static int check_snapshot(struct slice value, struct error *error)
{
        struct json_raw walk;
        struct slice name, event;
        enum json_raw_step step;

        if (!json_raw_open(&walk, value) || walk.close != ']')
                return error_set(error, "not a list");
        while ((step = json_raw_next(&walk, &name, &event)) == JSON_RAW_ITEM)
                if (check_event(event, error) < 0)
                        return -1;
        return step == JSON_RAW_END ? 0 : error_set(error, "not JSON");
}

static int check_change(struct slice value, struct error *error)
{
        struct change change;

        return change_read(&change, value, error);
}

static int check_result(struct slice value, struct error *error)
{
        struct result result;
        int verdict = result_read(&result, value, error);

        result_deinit(&result);
        return verdict;
}

static int check_control(struct slice value, struct error *error)
{
        struct control control;

        return control_read(&control, value, error);
}

static int check_origin(struct slice value, struct error *error)
{
        struct origin origin;

        return origin_read(&origin, value, error);
}

/* Headers stand in the file as an object of texts. */
static int check_snapshot_headers(struct slice value, struct error *error)
{
        _cleanup_(json_decrefp) json_t *object =
                json_read(value.data, value.length, FILE_BYTES_MAX, error);
        struct headers headers;
        struct snapshot_part part;
        const char *name;
        json_t *text;

        headers_clear(&headers);
        if (!object)
                return -1;
        json_object_foreach(object, name, text) {
                if (!json_is_string(text))
                        return error_set(error, "%s: not a text", name);
                headers_borrow(&headers, name,
                               (struct slice){ json_string_value(text), json_string_length(text) });
        }
        return snapshot_part_read(&part, &headers, error);
}

static const struct {
        const char *message;
        int (*check)(struct slice value, struct error *error);
} checks[] = {
        { "change", check_change },   { "control", check_control },
        { "event", check_event },     { "origin", check_origin },
        { "result", check_result },   { "snapshot", check_snapshot },
        { "update", check_update },   { "snapshot-headers", check_snapshot_headers },
};

/* The folder two above the file. */
static struct slice message_of(const char *path)
{
        struct slice parts[3] = { SLICE_NULL, SLICE_NULL, SLICE_NULL };

        for (const char *at = path; *at;) {
                size_t length = strcspn(at, "/");

                parts[0] = parts[1];
                parts[1] = parts[2];
                parts[2] = (struct slice){ at, length };
                at += length;
                at += *at == '/';
        }
        return parts[0];
}

static int read_file(const char *path, struct buffer *bytes)
{
        FILE *file = fopen(path, "rb");
        char piece[65536];
        size_t got;

        if (!file) {
                perror(path);
                return -1;
        }
        while ((got = fread(piece, 1, sizeof(piece), file)) > 0 && bytes->length < FILE_BYTES_MAX)
                buffer_append(bytes, piece, got);
        fclose(file);
        return 0;
}

static int check_file(const char *path)
{
        _cleanup_(buffer_deinit) struct buffer bytes = BUFFER_NULL;
        struct error error = ERROR_NULL;
        struct slice message = message_of(path);

        if (read_file(path, &bytes) < 0)
                return -1;
        for (size_t i = 0; i < ARRAY_LENGTH(checks); i++) {
                if (!slice_is(message, checks[i].message))
                        continue;

                int verdict = checks[i].check(buffer_slice(&bytes), &error);

                printf("%s\t%s\t%s\n", path, verdict < 0 ? "bad" : "good",
                       verdict < 0 ? error.text : "");
                return 0;
        }
        fprintf(stderr, "%s: no message is called %.*s\n", path, (int)message.length, message.data);
        return -1;
}

static int check_names_of_stdin(void)
{
        char path[PATH_BYTES];
        int failed = 0;

        while (fgets(path, sizeof(path), stdin)) {
                path[strcspn(path, "\n")] = '\0';
                failed |= check_file(path);
        }
        return failed;
}

/* What our writers make, a line a message: its name, a tab, JSON. */
static const char uuid_text[] = "0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b";
static const char event_bytes[] =
        "{\"uuid\":\"0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b\",\"title\":\"B\\u00f8rn\"}";
static const uint64_t version = UINT64_C(1099511631893);
static const int64_t now_ms = INT64_C(1772355602117);

static void print_value(const char *message, struct buffer *value)
{
        printf("%s\t%s\n", message, value->data);
        buffer_clear(value);
}

static void print_headers(const char *message, const struct headers *headers, struct buffer *value)
{
        buffer_append_byte(value, '{');
        for (size_t i = 0; i < headers->count; i++) {
                json_write_member(value, headers->items[i].name);
                json_write_string(value, headers->items[i].value.data,
                                  headers->items[i].value.length);
        }
        buffer_append_byte(value, '}');
        print_value(message, value);
}

static void print_changes(struct buffer *value)
{
        struct change change = { .municipality = "aarhus",
                                 .version = version,
                                 .as_of_ms = now_ms,
                                 .event = slice_of(event_bytes),
                                 .changed = (1U << EVENT_FIELD_COUNT) - 1,
                                 .has_series = true,
                                 .start_ms = now_ms,
                                 .end_ms = now_ms };

        uuid_parse(uuid_text, strlen(uuid_text), &change.uuid);
        for (int op = CHANGE_CREATE; op <= CHANGE_SNAPSHOT; op++) {
                change.op = (enum change_op)op;
                change_write(&change, value);
                print_value("change", value);
        }
}

static void print_wishes(struct buffer *value)
{
        char url[] = "https://tickets.example/e/77";
        struct update update = { .municipality = "aarhus", .present = { true, true, true },
                                 .state = STATE_SOLD_OUT, .url = url };
        struct origin origin = { .epoch = 1, .versions = { version, 0, version },
                                 .first_record_ms = now_ms, .cause = "carried" };
        struct result result = { .municipality = "aarhus",
                                 .version = version,
                                 .outcome = OUTCOME_DEAD,
                                 .reason = "rejected-by-cms",
                                 .status = 422,
                                 .attempts = 1,
                                 .idempotency_key = "9d0c5e1f2a3b4c5d6e7f8091a2b3c4d5",
                                 .wished_at_ms = now_ms,
                                 .finished_at_ms = now_ms,
                                 .present = { true, true, true },
                                 .state = STATE_SOLD_OUT,
                                 .url = url };

        update_write(&update, value);
        print_value("update", value);
        origin_write(&origin, value);
        print_value("origin", value);
        wish_take(&result.wish, &update, (const uint64_t[]){ version, version, version });
        result.wish.sealed_at_ms = now_ms;
        result_write(&result, value);
        print_value("result", value);
        result_deinit(&result);
}

static void print_controls(struct buffer *value)
{
        struct control control = { .id = "c-17", .full = true, .hold = "h-3", .count = 31 };

        for (int command = CONTROL_REFRESH; command <= CONTROL_REASSERT; command++) {
                control.command = (enum control_command)command;
                control_write(&control, value);
                print_value("control", value);
        }
}

static void print_snapshot_headers(struct buffer *value)
{
        struct snapshot_part part = { .id = "aarhus-1772355602117-f0",
                                      .fetch_seq = now_ms,
                                      .as_of_ms = now_ms,
                                      .fetched_at_ms = now_ms,
                                      .part = 1,
                                      .parts = 1,
                                      .events = 412,
                                      .from_date = "2026-02-16",
                                      .unchanged = true };
        struct headers headers;

        sha256_hex("", 0, part.sha256);
        headers_clear(&headers);
        snapshot_part_write(&part, &headers);
        print_headers("snapshot-headers", &headers, value);
}

static void print_dead_letter(struct buffer *value)
{
        struct dead_letter letter = { .reason = "rejected-by-cms",
                                      .detail = "the site said no",
                                      .topic = "dplsync.updates",
                                      .partition = 3,
                                      .offset = 4117,
                                      .municipality = "aarhus",
                                      .uuid = uuid_text,
                                      .version = version,
                                      .attempts = 1,
                                      .status = 422,
                                      .first_failed_ms = now_ms,
                                      .last_failed_ms = now_ms,
                                      .answer = slice_of("{\"message\":\"no\"}") };
        struct headers none, headers;

        headers_clear(&none);
        dead_letter_headers(&letter, &none, &headers);
        print_headers("dead-letter", &headers, value);
}

static int print_written(void)
{
        _cleanup_(buffer_deinit) struct buffer value = BUFFER_NULL;

        print_changes(&value);
        print_wishes(&value);
        print_controls(&value);
        print_snapshot_headers(&value);
        print_dead_letter(&value);
        return 0;
}

int main(int argc, char **argv)
{
        int failed = 0;

        if (argc == 2 && strcmp(argv[1], "--written") == 0)
                failed = print_written();
        else if (argc == 1)
                failed = check_names_of_stdin();
        for (int i = 1; i < argc && strcmp(argv[1], "--written") != 0; i++)
                failed |= check_file(argv[i]);
        return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
