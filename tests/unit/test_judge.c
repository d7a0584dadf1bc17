/* tests/unit/test_judge.c */
#include "unit/support.h"

#include <stdio.h>

#include "model/version.h"
#include "reconciler/judge.h"

#define NOW_MS INT64_C(1772355600000)
#define MIN_MS (60 * INT64_C(1000))
enum { EPOCH = 3, RULES = 9 };

/* Times in minutes before now; offsets and fetch_seq in the same order. The state: handled offset
 * 100, appended 60 minutes ago, fetched 61 minutes ago, as of 70 minutes ago, list "aa"; in rows of
 * "ff" that one is on hold as another site's. */
static const struct {
        const char *says;
        int64_t offset;
        int64_t appended, fetched, as_of;
        bool fresh, unchanged, broken;
        const char *digest;
        int64_t epoch; /* of the state; 0: there is no state */
        uint64_t rules;
        enum judgement want;
} rows[] = {
        { "a newer list", 101, 50, 51, 51, 0, 0, 0, "bb", EPOCH, RULES, JUDGE_WORK },
        { "a first list", 0, 50, 51, 51, 0, 0, 0, "bb", 0, RULES, JUDGE_WORK },
        { "the same record again", 100, 60, 61, 70, 0, 0, 0, "aa", EPOCH, RULES, JUDGE_DONE },
        { "an earlier record", 50, 90, 91, 91, 0, 0, 0, "aa", EPOCH, RULES, JUDGE_DONE },
        { "an earlier offset that is appended later", 50, 10, 11, 11, 0, 0, 0, "bb", EPOCH, RULES,
          JUDGE_RECREATED },
        { "the state is of a higher epoch", 101, 50, 51, 51, 0, 0, 0, "bb", EPOCH + 1, RULES,
          JUDGE_EPOCH },
        { "the state is of a lower epoch", 5, 50, 51, 51, 0, 0, 0, "bb", EPOCH - 1, RULES,
          JUDGE_WORK },
        { "not what its headers say", 101, 50, 51, 51, 0, 0, 1, "bb", EPOCH, RULES, JUDGE_BROKEN },
        { "fetched before the applied one", 101, 50, 62, 51, 1, 0, 0, "bb", EPOCH, RULES,
          JUDGE_OLD },
        { "shows an older moment", 101, 50, 51, 71, 0, 0, 0, "bb", EPOCH, RULES, JUDGE_OLD },
        { "but past the cache", 101, 50, 51, 71, 1, 0, 0, "bb", EPOCH, RULES, JUDGE_WORK },
        { "confirms the applied list", 101, 50, 51, 51, 0, 1, 0, "aa", EPOCH, RULES,
          JUDGE_CONFIRM },
        { "however old its copy", 101, 50, 51, 99, 0, 1, 0, "aa", EPOCH, RULES, JUDGE_CONFIRM },
        { "under other rules", 101, 50, 51, 51, 0, 1, 0, "aa", EPOCH, RULES + 1, JUDGE_ASK },
        { "confirms another list", 101, 50, 51, 51, 0, 1, 0, "bb", EPOCH, RULES, JUDGE_ASK },
        { "confirms the foreign list", 101, 50, 51, 51, 0, 1, 0, "ff", EPOCH, RULES,
          JUDGE_FOREIGN },
};

static struct meta meta_of(int64_t epoch)
{
        struct meta meta;

        meta_init(&meta);
        if (epoch == 0)
                return meta;
        meta.exists = true;
        meta.epoch = epoch;
        meta.offset = 100;
        meta.version = version_make((uint32_t)epoch, 100);
        meta.version_at_ms = NOW_MS - 60 * MIN_MS;
        meta.fetch_seq = NOW_MS - 61 * MIN_MS;
        meta.as_of_ms = NOW_MS - 70 * MIN_MS;
        meta.rules = RULES;
        snprintf(meta.digest, sizeof(meta.digest), "aa");
        return meta;
}

static struct snapshot snapshot_of(size_t row, int64_t *offset)
{
        struct snapshot snapshot = { .offsets = offset, .arrived = 1, .broken = rows[row].broken };

        *offset = rows[row].offset;
        snapshot.appended_ms = NOW_MS - rows[row].appended * MIN_MS;
        snapshot.head.fetch_seq = NOW_MS - rows[row].fetched * MIN_MS;
        snapshot.head.as_of_ms = NOW_MS - rows[row].as_of * MIN_MS;
        snapshot.head.fresh = rows[row].fresh;
        snapshot.head.unchanged = rows[row].unchanged;
        snprintf(snapshot.head.sha256, sizeof(snapshot.head.sha256), "%s", rows[row].digest);
        return snapshot;
}

static void test_rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                int64_t offset;
                struct snapshot snapshot = snapshot_of(i, &offset);
                struct meta meta = meta_of(rows[i].epoch);

                if (strcmp(rows[i].digest, "ff") == 0)
                        snprintf(meta.foreign, sizeof(meta.foreign), "ff");

                check_number(judge_snapshot(&snapshot, &meta, EPOCH, rows[i].rules), rows[i].want,
                             rows[i].says);
        }
}

/* A fetcher whose clock was an hour ahead: its list is applied, and shuts out nobody after it. */
static void test_clock_ahead(void **state)
{
        (void)state;
        int64_t offset;
        struct snapshot snapshot = snapshot_of(0, &offset);
        struct meta meta = meta_of(EPOCH);

        snprintf(meta.foreign, sizeof(meta.foreign), "ff");
        snapshot.head.fetch_seq = snapshot.head.as_of_ms = NOW_MS + 60 * MIN_MS;
        judge_handled(&meta, &snapshot, EPOCH);
        judge_applied(&meta, &snapshot);
        check_number(meta.fetch_seq, NOW_MS - 61 * MIN_MS, "a fetch_seq ahead fences nothing");
        check_number(meta.as_of_ms, snapshot.appended_ms, "as_of is never later than the log");
        check_number(meta.offset, 101, "it is handled");
        check_text(meta.digest, "bb", "it is the applied list");
        check_text(meta.foreign, "", "and the other site's is forgotten");
}

/* A rebuild found changes of an interrupted snapshot at 120; what lies before it is not recreated.
 */
static void test_interrupted_emission(void **state)
{
        (void)state;
        struct meta meta = meta_of(EPOCH);

        meta.version = version_make(EPOCH, 120);
        meta.version_at_ms = NOW_MS;
        check_number(judge_place(EPOCH, 110, NOW_MS - MIN_MS, &meta), JUDGE_WORK,
                     "before the interrupted one");
        check_number(judge_place(EPOCH, 120, NOW_MS - MIN_MS, &meta), JUDGE_WORK,
                     "the interrupted one");
        check_number(judge_place(EPOCH, 3, NOW_MS + 10 * MIN_MS, &meta), JUDGE_RECREATED,
                     "a topic that began anew");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_clock_ahead),
                cmocka_unit_test(test_interrupted_emission),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
