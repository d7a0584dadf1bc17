/* What would be told, from a list and a state. */
#include "support.h"

#include <stdio.h>

#include "base/buffer.h"
#include "operator/plan_text.h"

#define A "0f1c0000-0000-4000-8000-00000000000a"
#define B "0f1c0000-0000-4000-8000-00000000000b"
#define EVENT(uuid, title)                                                                         \
        "{\"uuid\":\"" uuid "\",\"title\":\"" title "\",\"ticket_manager_relevance\":true,"        \
        "\"date_time\":{\"start\":\"2026-06-12T18:00:00+02:00\","                                  \
        "\"end\":\"2026-06-12T21:00:00+02:00\"}}"
#define NOW INT64_C(1772355602117)

enum { KNOWN_MAX = 2 };

static const struct {
        const char *says;
        const char *list;
        const char *known[KNOWN_MAX]; /* events that the vendor has */
        bool relevant_only;
        const char *want; /* "op uuid;" */
        size_t held;
} rows[] = {
        { "everything is new to a new site",
          "[" EVENT(A, "x") "," EVENT(B, "y") "]",
          { NULL, NULL },
          false,
          "create " A ";create " B ";",
          0 },
        { "nothing changed", "[" EVENT(A, "x") "]", { EVENT(A, "x"), NULL }, false, "", 0 },
        { "another title",
          "[" EVENT(A, "y") "]",
          { EVENT(A, "x"), NULL },
          false,
          "update " A ";",
          0 },
        { "one is gone",
          "[" EVENT(A, "x") "]",
          { EVENT(A, "x"), EVENT(B, "y") },
          false,
          "delete " B ";",
          0 },
        { "an empty list deletes no more than the guard allows",
          "[]",
          { EVENT(A, "x"), EVENT(B, "y") },
          false,
          "",
          2 },
};

static void take_known(struct plan *plan, const char *const *events)
{
        static const struct slice meta[] = {
                { "epoch", 5 }, { "1", 1 }, { "offset", 6 }, { "7", 1 }
        };
        struct buffer packed[KNOWN_MAX] = { 0 };
        struct slice pairs[2 * KNOWN_MAX];
        struct uuid uuids[KNOWN_MAX];
        struct error error = ERROR_NULL;
        size_t count = 0;

        for (; count < KNOWN_MAX && events[count]; count++) {
                struct slice raw = slice_of(events[count]);
                struct event event;
                struct known known;

                assert_int_equal(event_parse(&event, raw, &error), 0);
                known_from_event(&known, &event, event_raw_hash(raw), version_make(1, 7));
                known_write(&known, &packed[count]);
                uuids[count] = event.uuid;
                pairs[2 * count] = (struct slice){ (const char *)uuids[count].bytes, 16 };
                pairs[2 * count + 1] = buffer_slice(&packed[count]);
                known_deinit(&known);
                event_deinit(&event);
        }
        assert_int_equal(plan_take_state(plan, meta, count > 0 ? 4 : 0, pairs, 2 * count, &error),
                         0);
        for (size_t i = 0; i < count; i++)
                buffer_deinit(&packed[i]);
}

static void compare(struct plan *plan, const char *text)
{
        _cleanup_(list_freep) struct list *list = list_new(1 << 20);
        struct error error = ERROR_NULL;
        const struct uuid *uuids;
        size_t count;

        assert_true(list_add(list, text, strlen(text)));
        assert_int_equal(list_end(list), LIST_SOUND);
        assert_int_equal(plan_take_list(plan, list, "", &error), 0);
        plan_compare(plan);
        while (plan_asks(plan, &uuids, &count)) {
                struct slice none[KNOWN_MAX + 2] = { { NULL, 0 } };

                assert_true(count <= ARRAY_LENGTH(none));
                plan_take_answers(plan, none, count);
        }
        plan_finish(plan);
}

static void test_rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct municipality municipality = { .id = "aarhus",
                                                     .relevant_only = rows[i].relevant_only,
                                                     .guard_events = 1,
                                                     .guard_percent = 20,
                                                     .news = UINT32_MAX };
                _cleanup_(buffer_deinit) struct buffer got = BUFFER_NULL;
                _cleanup_(plan_deinit) struct plan plan;
                const struct diff_step *step;

                plan_init(&plan, &municipality, 1, NOW);
                take_known(&plan, rows[i].known);
                compare(&plan, rows[i].list);
                for (size_t at = 0; (step = plan_next(&plan, &at));) {
                        char uuid[UUID_TEXT_BYTES];

                        uuid_format(&step->uuid, uuid);
                        buffer_append_format(&got, "%s %s;",
                                             step->op == DIFF_CREATE   ? "create"
                                             : step->op == DIFF_UPDATE ? "update"
                                                                       : "delete",
                                             uuid);
                }
                check_text(got.data ? got.data : "", rows[i].want, rows[i].says);
                check_number(plan.diff.counts.held, rows[i].held, rows[i].says);
        }
}

static void test_words(void **state)
{
        struct municipality municipality = {
                .id = "aarhus", .guard_events = 5, .guard_percent = 20, .news = UINT32_MAX
        };
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        _cleanup_(plan_deinit) struct plan plan;

        (void)state;
        plan_init(&plan, &municipality, 1, NOW);
        take_known(&plan, (const char *const[]){ EVENT(B, "y"), NULL });
        compare(&plan, "[" EVENT(A, "B\\u00f8rn") "]");
        plan_write_text(&plan, &text);
        check_text(text.data,
                   "aarhus: 1 events in the list; 1 to create, 0 to update, 1 to delete\n\n"
                   "WHAT    EVENT                                 STARTS                    TITLE  "
                   "WHY\n"
                   "create  " A "  2026-06-12T16:00:00.000Z  Børn\n"
                   "delete  " B "  2026-06-12T16:00:00.000Z         absent\n",
                   "text");
        buffer_clear(&text);
        plan_write_json(&plan, &text);
        check(strstr(text.data, "{\"op\":\"create\",\"uuid\":\"" A "\",\"title\":\"Børn\""),
              text.data);
        check(strstr(text.data, "\"reason\":\"absent\"}]}"), text.data);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_words),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
