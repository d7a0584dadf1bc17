/* common/base/duration.h
 *
 * Durations and sizes as people write them: "250ms", "30s", "10m", "6h", "14d" ("-14d" is one too),
 * "900kB" (1000), "64MiB" (1024), "512B". A number needs its unit; decimals are not taken; "0"
 * alone is both a duration and a size. Overflow is not a duration.
 */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

enum { DURATION_TEXT_BYTES = 32 };

bool duration_parse(const char *text, int64_t *ms);
bool size_parse(const char *text, int64_t *bytes);

/* The largest unit that divides it: 600000 is "10m". Parses back to the same. */
void duration_format(int64_t ms, char text[DURATION_TEXT_BYTES]);
void size_format(int64_t bytes, char text[DURATION_TEXT_BYTES]);

#endif
