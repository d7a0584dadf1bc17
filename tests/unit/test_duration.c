/* tests/unit/test_duration.c */
#include "base/duration.h"

#include "support.h"

static const struct {
        const char *says;
        const char *text;
        bool valid;
        int64_t want;
        const char *back; /* NULL: as it was */
} durations[] = {
        { "milliseconds", "250ms", true, 250, NULL },
        { "seconds", "30s", true, 30000, NULL },
        { "minutes", "10m", true, 600000, NULL },
        { "hours", "6h", true, 21600000, NULL },
        { "days", "14d", true, 1209600000, NULL },
        { "negative", "-14d", true, -1209600000, NULL },
        { "zero alone", "0", true, 0, NULL },
        { "zero with a unit", "0s", true, 0, "0" },
        { "the largest unit that divides", "120m", true, 7200000, "2h" },
        { "and no larger one", "90m", true, 5400000, NULL },
        { "the largest", "9223372036854775807ms", true, INT64_MAX, NULL },
        { "the smallest", "-9223372036854775808ms", true, INT64_MIN, NULL },
        { "one more", "9223372036854775808ms", false, 0, NULL },
        { "overflow by the unit", "106751991168d", false, 0, NULL },
        { "too many digits", "99999999999999999999s", false, 0, NULL },
        { "no unit", "10", false, 0, NULL },
        { "no number", "m", false, 0, NULL },
        { "only a sign", "-", false, 0, NULL },
        { "minus zero", "-0", false, 0, NULL },
        { "a plus", "+10m", false, 0, NULL },
        { "decimals", "1.5h", false, 0, NULL },
        { "a blank", "10 m", false, 0, NULL },
        { "two", "1h30m", false, 0, NULL },
        { "capitals", "10M", false, 0, NULL },
        { "a size", "10kB", false, 0, NULL },
        { "empty", "", false, 0, NULL },
}, sizes[] = {
        { "bytes", "512B", true, 512, NULL },
        { "thousands", "900kB", true, 900000, NULL },
        { "of 1024", "64MiB", true, 67108864, NULL },
        { "millions", "3MB", true, 3000000, NULL },
        { "gibi", "2GiB", true, INT64_C(2147483648), NULL },
        { "giga", "2GB", true, INT64_C(2000000000), NULL },
        { "tebi", "1TiB", true, INT64_C(1099511627776), NULL },
        { "the larger of two that divide", "1024kB", true, 1024000, "1000KiB" },
        { "zero alone", "0", true, 0, NULL },
        { "negative", "-1kB", false, 0, NULL },
        { "no unit", "64", false, 0, NULL },
        { "a unit of nobody", "64KB", false, 0, NULL },
        { "overflow", "9000000000000TiB", false, 0, NULL },
        { "a duration", "10m", false, 0, NULL },
        { "empty", "", false, 0, NULL },
};

static void test_duration(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
                int64_t ms = 0;
                char text[DURATION_TEXT_BYTES];

                check_number(duration_parse(durations[i].text, &ms), durations[i].valid,
                             durations[i].says);
                if (!durations[i].valid)
                        continue;
                check_number(ms, durations[i].want, durations[i].says);
                duration_format(ms, text);
                check_text(text, durations[i].back ? durations[i].back : durations[i].text,
                           durations[i].says);
        }
}

static void test_size(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
                int64_t bytes = 0;
                char text[DURATION_TEXT_BYTES];

                check_number(size_parse(sizes[i].text, &bytes), sizes[i].valid, sizes[i].says);
                if (!sizes[i].valid)
                        continue;
                check_number(bytes, sizes[i].want, sizes[i].says);
                size_format(bytes, text);
                check_text(text, sizes[i].back ? sizes[i].back : sizes[i].text, sizes[i].says);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_duration),
                cmocka_unit_test(test_size),
        };

        return cmocka_run_group_tests_name("duration", tests, NULL, NULL);
}
