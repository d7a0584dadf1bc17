/* How many dead letters wait for each reason. */
#include "support.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "operator/reasons.h"

static void take(struct dead_letters *letters, int64_t offset, const char *municipality,
                 const char *reason)
{
        struct headers headers;
        const struct record record = { .topic = TOPIC_DEAD_LETTERS,
                                       .offset = offset,
                                       .timestamp_ms = 1000,
                                       .key = slice_of(municipality),
                                       .value = reason ? slice_of("{}") : SLICE_NULL,
                                       .headers = &headers };

        headers_clear(&headers);
        headers_add(&headers, "dplsync-municipality", municipality);
        if (reason) {
                headers_add(&headers, "dplsync-reason", reason);
        } else { /* the mark of the first letter */
                headers_add(&headers, "dplsync-mark", "replayed");
                headers_add_number(&headers, "dplsync-letter-offset", 0);
        }
        dead_letters_take(letters, &record);
}

static void check_reasons(const struct dead_letters *letters, const char *municipality,
                          const char *want, const char *says)
{
        _cleanup_(buffer_deinit) struct buffer got = BUFFER_NULL;
        struct reasons reasons;

        buffer_append_text(&got, "");
        reasons_collect(&reasons, letters, municipality);
        for (size_t i = 0; i < reasons.count; i++)
                buffer_append_format(&got, "%" PRId64 " %s,", reasons.items[i].letters,
                                     reasons.items[i].name);
        check_text(got.data, want, says);
}

static void test_counts(void **state)
{
        const struct dead_letters_bounds bounds = { 100, 1 << 20 };
        struct dead_letters letters;

        (void)state;
        dead_letters_init(&letters, &bounds, NULL);
        check_reasons(&letters, "", "", "nothing is dead");
        take(&letters, 0, "aarhus", "invalid-url");
        take(&letters, 1, "aarhus", "rejected-by-cms");
        take(&letters, 2, "odense", "not-json");
        take(&letters, 3, "aarhus", "rejected-by-cms");
        check_reasons(&letters, "aarhus", "1 invalid-url,2 rejected-by-cms,", "of one");
        check_reasons(&letters, "", "1 invalid-url,2 rejected-by-cms,1 not-json,", "of all");
        take(&letters, 4, "aarhus", NULL);
        check_reasons(&letters, "aarhus", "2 rejected-by-cms,", "only of those that wait");
        dead_letters_deinit(&letters);
}

static void test_bound(void **state)
{
        const struct dead_letters_bounds bounds = { 100, 1 << 20 };
        struct dead_letters letters;
        struct reasons reasons;

        (void)state;
        dead_letters_init(&letters, &bounds, NULL);
        for (int64_t i = 0; i < REASONS_MAX + 3; i++) {
                char reason[32];

                snprintf(reason, sizeof(reason), "reason-%" PRId64, i);
                take(&letters, i, "aarhus", reason);
        }
        take(&letters, 99, "aarhus", "reason-0");
        reasons_collect(&reasons, &letters, "aarhus");
        check_number(reasons.count, REASONS_MAX, "so many and no more");
        check_number(reasons.items[0].letters, 2, "and those are counted on");
        check_number(reasons.items[0].newest_ms, 1000, "with the time of the newest");
        dead_letters_deinit(&letters);
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_counts),
                                            cmocka_unit_test(test_bound) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
