/* common/base/duration.c
 *
 * One table of units for each, the largest first, so that formatting is "the first that divides".
 */
#include "base/duration.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

struct unit {
        const char *name;
        int64_t factor;
};

static const struct unit duration_units[] = {
        { "d", INT64_C(24) * 60 * 60 * 1000 },
        { "h", 60 * 60 * 1000 },
        { "m", 60 * 1000 },
        { "s", 1000 },
        { "ms", 1 },
};

static const struct unit size_units[] = {
        { "TiB", INT64_C(1) << 40 },
        { "TB", INT64_C(1000000000000) },
        { "GiB", INT64_C(1) << 30 },
        { "GB", 1000000000 },
        { "MiB", 1 << 20 },
        { "MB", 1000000 },
        { "KiB", 1 << 10 },
        { "kB", 1000 },
        { "B", 1 },
};

/* Digits and a unit. Collected as a negative number, whose range is the larger one. */
static bool parse(const char *text, bool negative, const struct unit *units, size_t count,
                  int64_t *value)
{
        int64_t number = 0;
        const char *at = text;

        for (; *at >= '0' && *at <= '9'; at++)
                if (__builtin_mul_overflow(number, 10, &number) ||
                    __builtin_sub_overflow(number, *at - '0', &number))
                        return false;
        if (at == text)
                return false;
        for (size_t i = 0; i < count; i++) {
                if (strcmp(at, units[i].name) != 0)
                        continue;
                if (__builtin_mul_overflow(number, units[i].factor, &number))
                        return false;
                if (!negative && __builtin_sub_overflow(0, number, &number))
                        return false;
                *value = number;
                return true;
        }
        return false;
}

static void format(int64_t value, const struct unit *units, char text[DURATION_TEXT_BYTES])
{
        if (value == 0) {
                snprintf(text, DURATION_TEXT_BYTES, "0");
                return;
        }
        while (value % units->factor != 0)
                units++;
        snprintf(text, DURATION_TEXT_BYTES, "%" PRId64 "%s", value / units->factor, units->name);
}

bool duration_parse(const char *text, int64_t *ms)
{
        bool negative = text[0] == '-';

        if (strcmp(text, "0") == 0) {
                *ms = 0;
                return true;
        }
        return parse(text + negative, negative, duration_units, ARRAY_LENGTH(duration_units), ms);
}

bool size_parse(const char *text, int64_t *bytes)
{
        if (strcmp(text, "0") == 0) {
                *bytes = 0;
                return true;
        }
        return parse(text, false, size_units, ARRAY_LENGTH(size_units), bytes);
}

void duration_format(int64_t ms, char text[DURATION_TEXT_BYTES])
{
        format(ms, duration_units, text);
}

void size_format(int64_t bytes, char text[DURATION_TEXT_BYTES])
{
        format(bytes, size_units, text);
}
