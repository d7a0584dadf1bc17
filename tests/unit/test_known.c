/* The packed memory of one event: there and back, small, and nothing foreign is believed. */
#include "support.h"

#include "base/cleanup.h"
#include "base/memory.h"
#include "model/known.h"

static void fill(struct known *known)
{
        *known = (struct known){
                .version = UINT64_C(9007199254740991),
                .raw_hash = UINT64_MAX,
                .canonical = UINT64_C(0x0123456789abcdef),
                .start_ms = INT64_C(1772355600000),
                .end_ms = TIMESTAMP_NONE,
                .has_series = true,
                .series = { { 1, 2, 3, 0, 255 } },
                .state = STATE_OCCURRED,
                .url = memory_copy_text("https://tickets.example/e/77"),
                .admin_url = memory_copy_text("https://tickets.example/admin/e/77"),
                .flags = KNOWN_HELD | KNOWN_MISSED_ONCE,
                .since_ms = INT64_C(1772355602117),
        };
        for (size_t i = 0; i < EVENT_FIELD_COUNT; i++)
                known->fields[i] = (uint16_t)(i * 3000);
}

static void check_round(const struct known *known, const char *says)
{
        _cleanup_(buffer_deinit) struct buffer bytes = BUFFER_NULL;
        struct error error = ERROR_NULL;
        struct known read;

        known_write(known, &bytes);
        if (known_read(&read, buffer_slice(&bytes), &error) < 0)
                fail_msg("%s: %s", says, error.text);
        check_number(read.version, known->version, says);
        check(read.raw_hash == known->raw_hash && read.canonical == known->canonical, says);
        check(memcmp(read.fields, known->fields, sizeof(read.fields)) == 0, says);
        check_number(read.start_ms, known->start_ms, says);
        check_number(read.end_ms, known->end_ms, says);
        check_number(read.has_series, known->has_series, says);
        check(uuid_compare(&read.series, &known->series) == 0, says);
        check_number(read.state, known->state, says);
        check_text(read.url, known->url, says);
        check_text(read.admin_url, known->admin_url, says);
        check_number(read.flags, known->flags, says);
        check_number(read.since_ms, known->since_ms, says);
        known_deinit(&read);
}

static void test_round(void **state)
{
        _cleanup_(buffer_deinit) struct buffer bytes = BUFFER_NULL;
        struct known known;

        (void)state;
        fill(&known);
        check_round(&known, "all there");
        known_write(&known, &bytes);
        check(bytes.length < 250, "under 250 bytes in Redis");
        free(known.url);
        known.url = memory_copy_text("");
        check_round(&known, "an empty link is not an absent one");
        known_deinit(&known);
        known.has_series = false;
        memset(&known.series, 0, sizeof(known.series));
        check_round(&known, "no links, no series");
        known = (struct known){ .flags = KNOWN_DELETED };
        check_round(&known, "nothing at all");
}

static void test_from_event(void **state)
{
        static const char raw[] = "{\"uuid\":\"0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b\",\"title\":"
                                  "\"a\",\"state\":\"Active\","
                                  "\"external_data\":{\"url\":\"https://a/1\"}}";
        struct event event;
        struct known known;

        (void)state;
        check_number(event_parse(&event, slice_of(raw), NULL), 0, "parsed");
        known_from_event(&known, &event, 77, UINT64_C(1099511627777));
        check_number(known.raw_hash, 77, "raw hash");
        check_number(known.version, UINT64_C(1099511627777), "version");
        check(known.canonical == event.canonical, "canonical");
        check_text(known.url, "https://a/1", "its own copy");
        check_number(known.flags, 0, "nothing is held against it");
        event_deinit(&event);
        check_round(&known, "an event as shown");
        known_deinit(&known);
}

/* Every truncation, every byte more, every flipped byte: refused or read, never beyond the end. */
static void test_damage(void **state)
{
        _cleanup_(buffer_deinit) struct buffer bytes = BUFFER_NULL;
        struct known known, read;

        (void)state;
        fill(&known);
        known_write(&known, &bytes);
        known_deinit(&known);
        for (size_t length = 0; length < bytes.length; length++) {
                _cleanup_(freep) char *piece = memory_new(length);

                memcpy(piece, bytes.data, length);
                check_number(known_read(&read, (struct slice){ piece, length }, NULL), -1,
                             "cut off");
        }
        for (size_t i = 0; i < bytes.length; i++) {
                bytes.data[i] = (char)~bytes.data[i];
                if (known_read(&read, buffer_slice(&bytes), NULL) == 0)
                        known_deinit(&read);
                bytes.data[i] = (char)~bytes.data[i];
        }
        buffer_append_byte(&bytes, 0);
        check_number(known_read(&read, buffer_slice(&bytes), NULL), -1, "a byte too many");
}

static void test_refused(void **state)
{
        static const struct {
                const char *says;
                size_t at;
                char byte;
        } rows[] = {
                { "another layout", 0, 2 },
                { "presence of what we do not know", 1, 15 },
                { "a state that is none", 4, 6 },
                { "a version of 2^53 and more", 12, 1 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(buffer_deinit) struct buffer bytes = BUFFER_NULL;
                struct error error = ERROR_NULL;
                struct known known, read;

                fill(&known);
                known_write(&known, &bytes);
                known_deinit(&known);
                bytes.data[rows[i].at] = rows[i].byte;
                check_number(known_read(&read, buffer_slice(&bytes), &error), -1, rows[i].says);
                check(error.text[0], rows[i].says);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_round),
                cmocka_unit_test(test_from_event),
                cmocka_unit_test(test_damage),
                cmocka_unit_test(test_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
