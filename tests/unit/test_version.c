/* version = epoch * 2^40 + offset, and "none" for what does not fit. */
#include "support.h"

#include "base/cleanup.h"
#include "model/version.h"

static const struct {
        const char *says;
        uint32_t epoch;
        int64_t offset;
        uint64_t want;
} rows[] = {
        { "the first record of the first epoch is the smallest", 1, 0, VERSION_MIN },
        { "the contract's example", 1, 4117, UINT64_C(1099511631893) },
        { "offsets rise within an epoch", 1, 4118, UINT64_C(1099511631894) },
        { "an epoch outweighs every offset", 2, 0, UINT64_C(2199023255552) },
        { "the last offset of an epoch", 1, (INT64_C(1) << 40) - 1, UINT64_C(2199023255551) },
        { "the largest stays below 2^53", 8191, (INT64_C(1) << 40) - 1, VERSION_MAX },
        { "epoch 0 is none", 0, 5, VERSION_NONE },
        { "epoch 8192 is none", 8192, 5, VERSION_NONE },
        { "an offset of 2^40 is none, not the next epoch", 1, INT64_C(1) << 40, VERSION_NONE },
        { "Kafka's logical offsets are none", 1, -1001, VERSION_NONE },
};

static void test_make(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                uint64_t version = version_make(rows[i].epoch, rows[i].offset);

                check_number(version, rows[i].want, rows[i].says);
                if (version == VERSION_NONE)
                        continue;
                check_number(version_epoch(version), rows[i].epoch, rows[i].says);
                check_number(version_offset(version), rows[i].offset, rows[i].says);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_make) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
