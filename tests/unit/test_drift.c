/* tests/unit/test_drift.c */
#include "support.h"

#include "base/memory.h"
#include "model/version.h"
#include "reconciler/drift.h"

#define NOW_MS INT64_C(1772355600000)
#define NONE   NULL

/* What is shown, and what was wished; every member of the wish with the same status. */
static const struct {
        const char *says;
        enum event_state shown;
        const char *shown_url, *shown_admin_url;
        enum event_state wished; /* STATE_NONE: no state was wished */
        bool wished_pair;
        const char *url, *admin_url;
        enum wish_status status;
        bool sealed, ended;
        bool want;
} rows[] = {
        { "nothing was wished", STATE_ACTIVE, "a", "b", STATE_NONE, false, NONE, NONE,
          WISH_CONFIRMED, false, false, false },
        { "as wished", STATE_SOLD_OUT, "a", "b", STATE_SOLD_OUT, true, "a", "b", WISH_CONFIRMED,
          false, false, false },
        { "another state", STATE_ACTIVE, NONE, NONE, STATE_SOLD_OUT, false, NONE, NONE,
          WISH_CONFIRMED, false, false, true },
        { "no state at all", STATE_NONE, NONE, NONE, STATE_SOLD_OUT, false, NONE, NONE,
          WISH_CONFIRMED, false, false, true },
        { "a lost link", STATE_NONE, NONE, "b", STATE_NONE, true, "a", "b", WISH_CONFIRMED, false,
          false, true },
        { "another link", STATE_NONE, "x", "b", STATE_NONE, true, "a", "b", WISH_CONFIRMED, false,
          false, true },
        { "another link for administrators", STATE_NONE, "a", "x", STATE_NONE, true, "a", "b",
          WISH_CONFIRMED, false, false, true },
        { "a cleared link shows the series'", STATE_NONE, "series", NONE, STATE_NONE, true, NONE,
          NONE, WISH_CONFIRMED, false, false, false },
        { "one for administrators has no series to fall back to", STATE_NONE, NONE, "x", STATE_NONE,
          true, NONE, NONE, WISH_CONFIRMED, false, false, true },
        { "not written yet", STATE_ACTIVE, NONE, NONE, STATE_SOLD_OUT, true, "a", "b", WISH_OPEN,
          false, false, false },
        { "never written", STATE_ACTIVE, NONE, NONE, STATE_SOLD_OUT, true, "a", "b", WISH_ENDED,
          false, false, false },
        { "it will be sent again", STATE_ACTIVE, NONE, NONE, STATE_SOLD_OUT, true, "a", "b",
          WISH_CONFIRMED, true, false, false },
        { "the event is over", STATE_OCCURRED, NONE, NONE, STATE_SOLD_OUT, true, "a", "b",
          WISH_CONFIRMED, false, true, false },
};

static void test_rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct known known = {
                        .state = rows[i].shown,
                        .url = memory_copy_text(rows[i].shown_url),
                        .admin_url = memory_copy_text(rows[i].shown_admin_url),
                        .end_ms = rows[i].ended ? NOW_MS : NOW_MS + 1,
                };
                uint64_t state_version = rows[i].wished != STATE_NONE ? VERSION_MIN : VERSION_NONE;
                uint64_t pair_version = rows[i].wished_pair ? VERSION_MIN : VERSION_NONE;
                struct wish wish = {
                        .members = { [MEMBER_STATE] = { .version = state_version,
                                                        .status = rows[i].status,
                                                        .state = rows[i].wished },
                                     [MEMBER_URL] = { .version = pair_version,
                                                      .status = rows[i].status,
                                                      .url = memory_copy_text(rows[i].url) },
                                     [MEMBER_ADMIN_URL] = { .version = pair_version,
                                                            .status = rows[i].status,
                                                            .url = memory_copy_text(
                                                                    rows[i].admin_url) } },
                        .sealed_at_ms = rows[i].sealed ? NOW_MS : 0,
                };

                check_number(drift_shows(&known, &wish, NOW_MS), rows[i].want, rows[i].says);
                known_deinit(&known);
                wish_deinit(&wish);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
