/* tests/unit/test_list.c */
#include "unit/support.h"

#include <stdio.h>

#include "base/json.h"
#include "fetcher/list.h"
#include "fetcher/splitter.h"
#include "model/snapshot.h"

#define A "a8fd4444-4bbf-4b31-96cf-46389c216ea2"
#define B "b8fd4444-4bbf-4b31-96cf-46389c216ea2"
#define C "c8fd4444-4bbf-4b31-96cf-46389c216ea2"

static void test_rows(void **state)
{
        static const struct {
                const char *says;
                const char *body;
                enum list_fault fault;
                uint32_t events;
                uint32_t unreadable;
                bool complete;
                const char *part; /* the only one */
                const char *aside;
        } rows[] = {
                { "an empty list is published", "[]", LIST_SOUND, 0, 0, true, "[]", "" },
                { "bytes of events stay as they came", "[ {\"uuid\" : \"" A "\"} , {\"uuid\":\"" B "\"} ]",
                  LIST_SOUND, 2, 0, true, "[{\"uuid\" : \"" A "\"},{\"uuid\":\"" B "\"}]", "" },
                { "an event without a uuid makes the list incomplete",
                  "[{\"title\":\"x\"},{\"uuid\":\"" B "\"}]", LIST_SOUND, 2, 1, false,
                  "[{\"uuid\":\"" B "\"}]", "" },
                { "events that stand twice are set aside, both of them",
                  "[{\"uuid\":\"" A "\",\"v\":1},{\"uuid\":\"" B "\"},{\"uuid\":\"" A "\",\"v\":2}]",
                  LIST_SOUND, 3, 2, true, "[{\"uuid\":\"" B "\"}]", A },
                { "also when they differ in case only",
                  "[{\"uuid\":\"" A "\"},{\"uuid\":\"A8FD4444-4BBF-4B31-96CF-46389C216EA2\"}]",
                  LIST_SOUND, 2, 2, true, "[]", A },
                { "each is named once, in the list's order",
                  "[{\"uuid\":\"" C "\"},{\"uuid\":\"" A "\"},{\"uuid\":\"" C "\"},{\"uuid\":\"" A "\"},"
                  "{\"uuid\":\"" A "\"}]", LIST_SOUND, 5, 5, true, "[]", C "," A },
                { "HTML is no list", "<html>", LIST_NOT_A_LIST, 0, 0, false, NULL, NULL },
                { "a list cut between two events is no list", "[{\"uuid\":\"" A "\"}", LIST_TRUNCATED,
                  1, 0, false, NULL, NULL },
                { "a list with trailing bytes is none", "[]]", LIST_NOT_A_LIST, 0, 0, false, NULL, NULL },
                { "an empty body is no list", "", LIST_NOT_A_LIST, 0, 0, false, NULL, NULL },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                _cleanup_(list_freep) struct list *list = list_new(1 << 20);
                _cleanup_(buffer_deinit) struct buffer part = BUFFER_NULL, aside = BUFFER_NULL;

                list_add(list, rows[i].body, strlen(rows[i].body));
                if (list_end(list) != rows[i].fault)
                        fail_msg("%s: fault %d", rows[i].says, list_fault(list));
                if (list_events(list) != rows[i].events ||
                    list_unreadable(list) != rows[i].unreadable ||
                    list_complete(list) != rows[i].complete)
                        fail_msg("%s: %u events, %u unreadable, complete %d", rows[i].says,
                                 list_events(list), list_unreadable(list), list_complete(list));
                if (rows[i].fault != LIST_SOUND)
                        continue;
                assert_int_equal(list_parts(list), 1);
                list_write_part(list, 1, &part);
                assert_string_equal(part.data, rows[i].part);
                list_write_aside(list, &aside);
                assert_string_equal(aside.data ? aside.data : "", rows[i].aside);
        }
}

/* One event of `bytes` bytes with number `n`. */
static void write_event(struct buffer *body, unsigned n, size_t bytes)
{
        size_t before = body->length;

        buffer_append_format(body, "{\"uuid\":\"%08x-0000-4000-8000-000000000000\",\"body\":\"", n);
        while (body->length - before < bytes - 2)
                buffer_append_byte(body, 'x');
        buffer_append_text(body, "\"}");
}

static void test_parts(void **state)
{
        enum { MOST = SNAPSHOT_PART_BYTES_MAX - 2 };
        static const struct {
                const char *says;
                size_t sizes[6];
                uint32_t parts;
                uint32_t unreadable;
        } rows[] = {
                { "small events share a part", { 100, 200, 300 }, 1, 0 },
                { "one that just fits has a part of its own", { MOST }, 1, 0 },
                { "one byte more is too large, and present", { MOST + 1 }, 1, 1 },
                { "two that fit together with their comma", { MOST / 2, MOST - MOST / 2 - 1 }, 1, 0 },
                { "one byte more makes two parts", { MOST / 2, MOST - MOST / 2 }, 2, 0 },
                { "a large one between small ones", { 100, MOST, 100 }, 3, 0 },
                { "a too large one between small ones", { 100, 2000000, 100 }, 1, 1 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                _cleanup_(list_freep) struct list *list = list_new(64 << 20);
                _cleanup_(buffer_deinit) struct buffer body = BUFFER_NULL, all = BUFFER_NULL;
                unsigned n = 0;

                buffer_append_byte(&body, '[');
                for (; n < 6 && rows[i].sizes[n]; n++) {
                        if (n > 0)
                                buffer_append_byte(&body, ',');
                        write_event(&body, n, rows[i].sizes[n]);
                }
                buffer_append_byte(&body, ']');
                for (size_t at = 0; at < body.length; at += 16384)
                        assert_true(list_add(list, body.data + at,
                                             body.length - at < 16384 ? body.length - at : 16384));
                assert_int_equal(list_end(list), LIST_SOUND);
                if (list_parts(list) != rows[i].parts || list_unreadable(list) != rows[i].unreadable ||
                    list_events(list) != n || !list_complete(list))
                        fail_msg("%s: %u parts, %u unreadable", rows[i].says, list_parts(list),
                                 list_unreadable(list));
                for (uint32_t part = 1; part <= list_parts(list); part++) {
                        buffer_clear(&all);
                        list_write_part(list, part, &all);
                        assert_true(all.length <= SNAPSHOT_PART_BYTES_MAX);
                        assert_true(all.data[0] == '[' && all.data[all.length - 1] == ']');
                }
        }
}

static void test_limits(void **state)
{
        _cleanup_(list_freep) struct list *list = list_new(10), *many = list_new(64 << 20);
        struct error error = ERROR_NULL;

        (void)state;
        assert_true(list_add(list, "[         ", 10));
        assert_false(list_add(list, "]", 1));
        assert_int_equal(list_end(list), LIST_TOO_LARGE);
        list_explain(list, &error);
        assert_string_equal(error.text, "the list is longer than max_list_bytes (10)");

        assert_true(list_add(many, "[{}", 3));
        for (int i = 1; i < LIST_EVENTS_MAX; i++)
                assert_true(list_add(many, ",{}", 3));
        assert_false(list_add(many, ",{}", 3));
        assert_int_equal(list_fault(many), LIST_TOO_MANY_EVENTS);
}

static void append_deep(struct buffer *body, const char *uuid, int levels)
{
        buffer_append_format(body, "{\"uuid\":\"%s\",\"a\":", uuid);
        for (int i = 1; i < levels; i++)
                buffer_append_byte(body, '[');
        for (int i = 1; i < levels; i++)
                buffer_append_byte(body, ']');
        buffer_append_byte(body, '}');
}

/* What is published can be read, in the part's array and in an envelope around a change. */
static void test_deep_events_are_set_aside(void **state)
{
        _cleanup_(buffer_deinit) struct buffer body = BUFFER_NULL, part = BUFFER_NULL;
        _cleanup_(buffer_deinit) struct buffer aside = BUFFER_NULL, wrapped = BUFFER_NULL;
        _cleanup_(list_freep) struct list *list = list_new(1 << 20);
        json_t *read;

        (void)state;
        buffer_append_byte(&body, '[');
        append_deep(&body, A, SPLITTER_EVENT_DEPTH_MAX);
        buffer_append_byte(&body, ',');
        append_deep(&body, B, SPLITTER_EVENT_DEPTH_MAX + 1);
        buffer_append_text(&body, ",{\"uuid\":\"" C "\"}]");
        list_add(list, body.data, body.length);
        assert_int_equal(list_end(list), LIST_SOUND);
        assert_int_equal(list_unreadable(list), 1);
        assert_true(list_complete(list));
        list_write_aside(list, &aside);
        assert_string_equal(aside.data, B);
        list_write_part(list, 1, &part);
        assert_non_null(strstr(part.data, A));
        assert_null(strstr(part.data, B));
        assert_non_null(strstr(part.data, C));
        buffer_append_format(&wrapped, "{\"a\":%s}", part.data);
        read = json_read(wrapped.data, wrapped.length, wrapped.length, NULL);
        assert_non_null(read);
        json_decref(read);
}

static void test_digest(void **state)
{
        _cleanup_(list_freep) struct list *list = list_new(100);

        (void)state;
        list_add(list, " ", 1);
        list_add(list, "[]", 2);
        assert_int_equal(list_end(list), LIST_SOUND);

        char want[SHA256_HEX_BYTES];

        sha256_hex(" []", 3, want);
        assert_string_equal(list_sha256(list), want);
}

static void add_numbered(struct list *list, unsigned number)
{
        char event[80];

        snprintf(event, sizeof(event), "%s{\"uuid\":\"%08x-4bbf-4b31-96cf-46389c216ea2\"}",
                 list_events(list) > 0 ? "," : "[", number);
        assert_true(list_add(list, event, strlen(event)));
}

static void test_twins_far_apart_are_found(void **state)
{
        _cleanup_(list_freep) struct list *list = list_new(64 << 20);
        _cleanup_(buffer_deinit) struct buffer aside = BUFFER_NULL;

        (void)state;
        for (unsigned i = 0; i < 20000; i++)
                add_numbered(list, i * 2654435761u);
        add_numbered(list, 0);
        assert_true(list_add(list, "]", 1));
        assert_int_equal(list_end(list), LIST_SOUND);
        assert_int_equal(list_unreadable(list), 2);
        list_write_aside(list, &aside);
        assert_string_equal(aside.data, "00000000-4bbf-4b31-96cf-46389c216ea2");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_twins_far_apart_are_found),
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_parts),
                cmocka_unit_test(test_limits),
                cmocka_unit_test(test_deep_events_are_set_aside),
                cmocka_unit_test(test_digest),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
