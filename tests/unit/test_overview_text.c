/* The overview in words. */
#include "support.h"

#include "base/buffer.h"
#include "operator/overview_text.h"

#define NOW    INT64_C(1772355602117)
#define MINUTE INT64_C(60000)

static const struct overview_row fine = { .id = "aarhus",
                                          .interval_ms = 10 * MINUTE,
                                          .success_ms = NOW - 2 * MINUTE,
                                          .events = 412,
                                          .last_outcome = "applied" };
static const struct overview_row bad = { .id = "viborg",
                                         .interval_ms = 10 * MINUTE,
                                         .success_ms = NOW - 50 * 60 * MINUTE,
                                         .attempt_ms = NOW - MINUTE,
                                         .fetch_error = "the site\033[2J answered 503",
                                         .events = 31,
                                         .held = 7,
                                         .hold = "0123456789abcdef",
                                         .waiting = 3,
                                         .oldest_ms = NOW - 3 * 60 * MINUTE,
                                         .credentials_rejected = true,
                                         .probe_ms = NOW + 5 * MINUTE,
                                         .dead_letters = 2 };

static void make(struct overview *overview, struct overview_row *rows)
{
        rows[0] = fine;
        rows[1] = bad;
        *overview = (struct overview){ .rows = rows, .count = 2 };
        overview_judge(overview, NOW);
}

static void test_table(void **state)
{
        static const struct {
                const char *says;
                bool all;
                const char *want;
        } rows[] = {
                { "what is fine is counted", false,
                  "2 municipalities: 1 fresh, 1 stale, 0 paused, 1 not written to, 1 with "
                  "deletions "
                  "held\n\n"
                  "MUNICIPALITY  WRONG                                             READ  EVENTS  "
                  "HELD  WAITING  OLDEST  LAST\n"
                  "viborg        deletions held, credentials, dead letters, stale  2 d   31      7 "
                  " "
                  "   3        3 h\n\n"
                  "1 is as it should be; --all lists them, too\n" },
                { "or listed", true,
                  "2 municipalities: 1 fresh, 1 stale, 0 paused, 1 not written to, 1 with "
                  "deletions "
                  "held\n\n"
                  "MUNICIPALITY  WRONG                                             READ   EVENTS  "
                  "HELD  WAITING  OLDEST  LAST\n"
                  "viborg        deletions held, credentials, dead letters, stale  2 d    31      "
                  "7 "
                  "    3        3 h\n"
                  "aarhus                                                          2 min  412      "
                  "                      applied\n" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
                struct overview_row all[2];
                struct overview overview;

                make(&overview, all);
                overview_write_table(&overview, rows[i].all, &text);
                check_text(text.data, rows[i].want, rows[i].says);
        }
}

static void test_row(void **state)
{
        static const char *const pieces[] = {
                "viborg: deletions held, credentials, dead letters, stale\n",
                "deletions held many events vanished at once: `dplsync holds show viborg`\n",
                "correct the files viborg.username",
                "`dplsync dead-letters list --municipality viborg`",
                "`dplsync refresh viborg` tries at once",
                "error          the site?[2J answered 503\n",
                "oldest         3 h ago\n",
                "next log-in    for 5 min\n",
                "dead letters   2\n",
        };
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        struct overview_row all[2];
        struct overview overview;

        (void)state;
        make(&overview, all);
        overview_write_row(&overview.rows[0], NOW, &text);
        for (size_t i = 0; i < ARRAY_LENGTH(pieces); i++)
                if (!strstr(text.data, pieces[i]))
                        fail_msg("not there: %s\nin: %s", pieces[i], text.data);
        buffer_clear(&text);
        overview_write_row(&overview.rows[1], NOW, &text);
        check(strncmp(text.data, "aarhus: as it should be\n\nread           2 min ago\n", 48) == 0,
              text.data);
}

static void test_every_mark_has_advice(void **state)
{
        (void)state;
        for (size_t i = 0; i < OVERVIEW_MARKS; i++) {
                _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
                struct overview_row row = { .id = "aarhus", .marks = overview_mark_at(i) };
                const char *name = overview_mark_name(overview_mark_at(i));

                overview_write_row(&row, NOW, &text);

                const char *again = strstr(text.data + strlen("aarhus: ") + strlen(name), name);

                check(again && strstr(again, "aarhus"), text.data);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table),
                cmocka_unit_test(test_row),
                cmocka_unit_test(test_every_mark_has_advice),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
