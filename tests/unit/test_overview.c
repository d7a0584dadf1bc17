/* The operator's overview: fields of Redis become rows, rows get marks, the worst stands first. */
#include "support.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "operator/overview.h"

#define NOW  INT64_C(1772355600000)
#define MIN  (60 * INT64_C(1000))
#define HOUR (60 * MIN)

static struct config config_of(struct municipality *municipalities, size_t count,
                               const char *const *ids)
{
        for (size_t i = 0; i < count; i++) {
                snprintf(municipalities[i].id, sizeof(municipalities[i].id), "%s", ids[i]);
                municipalities[i].poll_interval_ms = 10 * MIN;
        }
        return (struct config){ .municipalities = municipalities, .municipality_count = count };
}

static void put(struct overview_row *row, const char *name, const char *value)
{
        overview_take(row, slice_of(name), slice_of(value));
}

static void test_fields(void **state)
{
        static const struct {
                const char *says, *name, *value;
                size_t at;
                int64_t want;
        } cases[] = {
#define AT(member) offsetof(struct overview_row, member)
                { "a moment", "fetcher_last_success", "1772355600000", AT(success_ms), NOW },
                { "a count", "reconciler_held", "31", AT(held), 31 },
                { "nothing is none", "writer_waiting", "", AT(waiting), 0 },
                { "less than nothing is none", "writer_waiting", "-3", AT(waiting), 0 },
                { "no number is none", "writer_waiting", "12x", AT(waiting), 0 },
                { "too long a number is none", "writer_waiting", "1111111111111111111111111",
                  AT(waiting), 0 },
                { "unknown fields are left alone", "writer_colour", "7", AT(waiting), 0 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                struct overview_row row = { .waiting = 0 };

                put(&row, cases[i].name, cases[i].value);
                check_number(*(int64_t *)((char *)&row + cases[i].at), cases[i].want,
                             cases[i].says);
        }
}

static void test_texts(void **state)
{
        struct overview_row row = { .told = false };
        char long_text[1000];

        (void)state;
        put(&row, "writer_colour", "blue");
        check(!row.told, "a hash of unknown fields tells nothing");
        put(&row, "writer_breaker", "half-open");
        check_number(row.breaker, BREAKER_HALF_OPEN, "the breaker's word");
        check(row.told, "one known field is something told");
        put(&row, "writer_breaker", "ajar");
        check_number(row.breaker, BREAKER_CLOSED, "an unknown word is a closed breaker");
        put(&row, "writer_credentials_rejected", "1");
        check(row.credentials_rejected, "a flag");
        memset(long_text, 'x', sizeof(long_text) - 1);
        long_text[sizeof(long_text) - 1] = '\0';
        put(&row, "fetcher_error", long_text);
        check_number(strlen(row.fetch_error), OVERVIEW_SENTENCE_BYTES - 1, "sentences are cut");
        put(&row, "reconciler_hold", long_text);
        check_number(strlen(row.hold), OVERVIEW_TEXT_BYTES - 1, "words are cut");
}

static void test_hours(void **state)
{
        struct overview_row row = { .told = false };

        (void)state;
        check_number(overview_known_at(&row, NOW), -1, "nothing is told");
        put(&row, "reconciler_known_h09", "492321 412");
        put(&row, "reconciler_known_h15", "492327 420");
        put(&row, "reconciler_known_h25", "492328 1");
        put(&row, "reconciler_known_h1x", "x y");
        check_number(overview_known_at(&row, 492327 * HOUR), 420, "in that very hour");
        check_number(overview_known_at(&row, 492326 * HOUR), 412, "in the last hour before it");
        check_number(overview_known_at(&row, 492320 * HOUR), -1, "before all that is told");
        check_number(overview_known_at(&row, 492400 * HOUR), 420, "what is no hour is left alone");
}

static void test_marks(void **state)
{
        static const struct {
                const char *says;
                struct overview_row row;
                unsigned want;
        } cases[] = {
                { "read a minute ago, nothing waits", { .success_ms = NOW - MIN }, 0 },
                { "three intervals are still fresh", { .success_ms = NOW - 30 * MIN }, 0 },
                { "more than three are stale",
                  { .success_ms = NOW - 30 * MIN - 1 },
                  OVERVIEW_STALE },
                { "never read is no age", { .success_ms = 0 }, OVERVIEW_UNREAD },
                { "deletions held", { .success_ms = NOW, .held = 31 }, OVERVIEW_HELD },
                { "a hold that counts none",
                  { .success_ms = NOW, .hold = "9f3c01d277ab4a52" },
                  OVERVIEW_HELD },
                { "reading is paused",
                  { .success_ms = NOW, .fetch_paused_ms = NOW + 1 },
                  OVERVIEW_PAUSED },
                { "writing is paused",
                  { .success_ms = NOW, .write_paused_ms = NOW + 1 },
                  OVERVIEW_PAUSED },
                { "a pause that is over is none",
                  { .success_ms = NOW, .write_paused_ms = NOW },
                  0 },
                { "half open is not closed",
                  { .success_ms = NOW, .breaker = BREAKER_HALF_OPEN },
                  OVERVIEW_BREAKER },
                { "rejected, and the breaker open for it",
                  { .success_ms = NOW, .breaker = BREAKER_OPEN, .credentials_rejected = true },
                  OVERVIEW_CREDENTIALS },
                { "no log-in at all",
                  { .success_ms = NOW, .credentials_missing = true },
                  OVERVIEW_CREDENTIALS },
                { "waiting an hour is not yet stuck",
                  { .success_ms = NOW, .waiting = 1, .oldest_ms = NOW - HOUR },
                  0 },
                { "longer is",
                  { .success_ms = NOW, .waiting = 1, .oldest_ms = NOW - HOUR - 1 },
                  OVERVIEW_STUCK },
                { "not where the breaker says why",
                  { .success_ms = NOW,
                    .waiting = 1,
                    .oldest_ms = NOW - 2 * HOUR,
                    .breaker = BREAKER_OPEN },
                  OVERVIEW_BREAKER },
                { "dead letters", { .success_ms = NOW, .dead_letters = 2 }, OVERVIEW_DEAD_LETTERS },
                { "nobody counted them",
                  { .success_ms = NOW, .dead_letters = OVERVIEW_DEAD_LETTERS_UNKNOWN },
                  0 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                struct overview_row row = cases[i].row;
                struct overview overview = { .rows = &row, .count = 1 };

                row.interval_ms = 10 * MIN;
                overview_judge(&overview, NOW);
                check_number(row.marks, cases[i].want, cases[i].says);
        }
}

static void test_order_and_sums(void **state)
{
        static const char *const ids[] = { "aarhus", "billund", "esbjerg", "fanoe", "odense" };
        struct municipality municipalities[ARRAY_LENGTH(ids)] = { 0 };
        struct config config = config_of(municipalities, ARRAY_LENGTH(ids), ids);
        struct overview overview;

        (void)state;
        overview_init(&overview, &config);
        put(overview_row(&overview, "aarhus"), "fetcher_last_success", "1772355500000");
        put(overview_find(&overview, "billund"), "fetcher_last_success", "1772350000000");
        put(overview_find(&overview, "esbjerg"), "fetcher_last_success", "1772340000000");
        put(overview_find(&overview, "fanoe"), "fetcher_last_success", "1772355590000");
        put(overview_find(&overview, "fanoe"), "reconciler_held", "7");
        put(overview_find(&overview, "odense"), "fetcher_last_success", "1772355590000");
        overview_row(&overview, "odense")->dead_letters = 3;
        overview_judge(&overview, NOW);

        static const char *const want[] = { "fanoe", "odense", "esbjerg", "billund", "aarhus" };

        for (size_t i = 0; i < ARRAY_LENGTH(want); i++)
                check_text(overview.rows[i].id, want[i], "the worst first, the oldest of equals");
        check_number(overview.sums.fresh, 3, "fresh");
        check_number(overview.sums.stale, 2, "stale");
        check_number(overview.sums.held, 1, "held");
        check_number(overview.sums.dead_letters, 3, "dead letters, as messages");
        check_number(overview.sums.breaker + overview.sums.paused, 0, "nothing else");
        check(!overview_find(&overview, "nowhere"), "a municipality that is not there");
        overview_deinit(&overview);
}

static void test_names(void **state)
{
        unsigned seen = 0;

        (void)state;
        for (size_t i = 0; i < OVERVIEW_MARKS; i++) {
                check(i == 0 || overview_mark_at(i) < overview_mark_at(i - 1),
                      "the most urgent first");
                check(overview_mark_name(overview_mark_at(i))[0] != '\0', "each has a name");
                seen |= overview_mark_at(i);
        }
        check_number(seen, (1 << OVERVIEW_MARKS) - 1, "all are there");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_fields), cmocka_unit_test(test_texts),
                cmocka_unit_test(test_marks),  cmocka_unit_test(test_order_and_sums),
                cmocka_unit_test(test_names),  cmocka_unit_test(test_hours),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
