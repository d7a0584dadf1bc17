/* tests/unit/test_meta.c */
#include "unit/support.h"

#include <stdio.h>

#include "reconciler/meta.h"

static size_t pairs_of(const struct meta_fields *fields, struct slice *pairs)
{
        for (size_t i = 0; i < fields->count; i++) {
                pairs[2 * i] = slice_of(fields->items[i].name);
                pairs[2 * i + 1] = slice_of(fields->items[i].value);
        }
        return 2 * fields->count;
}

static void test_round_trip(void **state)
{
        (void)state;
        struct meta meta = {
                .exists = true,
                .epoch = 2,
                .offset = 77,
                .version = UINT64_C(2199023255629),
                .version_at_ms = 3,
                .fetch_seq = 4,
                .as_of_ms = 5,
                .applied_at_ms = 6,
                .digest = "abc",
                .rules = UINT64_MAX >> 1,
                .next_rules = 7,
                .next_rules_at_ms = 9,
                .known = 7,
                .candidates = 8,
                .held = 9,
                .hold = "0123456789abcdef",
                .foreign = "ff",
                .recheck_at_ms = 10,
                .reassert_at_ms = 11,
        };
        struct meta_fields fields, again;
        struct slice pairs[2 * META_FIELDS_MAX];
        struct meta read;

        meta_write(&meta, &fields);
        assert_int_equal(meta_read(&read, pairs, pairs_of(&fields, pairs), NULL), 0);
        meta_write(&read, &again);
        for (size_t i = 0; i < fields.count; i++)
                check_text(again.items[i].value, fields.items[i].value, fields.items[i].name);
        check(read.exists, "it exists");
}

static const struct {
        const char *says;
        const char *pairs[6];
        int want;
        bool exists;
        int64_t offset;
} rows[] = {
        { "nothing: it does not exist", { NULL }, 0, false, META_OFFSET_NONE },
        { "both fences", { "epoch", "1", "offset", "7" }, 0, true, 7 },
        { "one of them only", { "epoch", "1" }, 0, false, META_OFFSET_NONE },
        { "fields of a later version", { "epoch", "1", "offset", "7", "later", "x" }, 0, true, 7 },
        { "a damaged field keeps the fences",
          { "epoch", "1", "offset", "7", "known", "x" },
          -1,
          true,
          7 },
        { "damaged fences are none", { "epoch", "1", "offset", "7x" }, -1, false, 7 },
        { "an empty number", { "epoch", "", "offset", "7" }, -1, false, 7 },
};

static void test_rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct slice pairs[6];
                size_t count = 0;
                struct meta meta;

                while (count < ARRAY_LENGTH(pairs) && rows[i].pairs[count]) {
                        pairs[count] = slice_of(rows[i].pairs[count]);
                        count++;
                }
                check_number(meta_read(&meta, pairs, count, NULL), rows[i].want, rows[i].says);
                check_number(meta.exists, rows[i].exists, rows[i].says);
                if (rows[i].exists)
                        check_number(meta.offset, rows[i].offset, rows[i].says);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_round_trip),
                                            cmocka_unit_test(test_rows) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
