/* common/base/timestamp.h
 *
 * Moments as milliseconds since 1970 UTC. Formatted as RFC 3339 with ms and Z, the form of every
 * message we write. Nothing here reads a clock.
 */
#ifndef BASE_TIMESTAMP_H
#define BASE_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIMESTAMP_TEXT_BYTES = 32 };
#define TIMESTAMP_NONE INT64_MIN
#define TIMESTAMP_LAST INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

/* RFC 3339 with any offset and up to nine decimals, "2026-03-01T10:00:02+01:00". 1970 to 9999. */
bool timestamp_parse(const char *text, size_t length, int64_t *ms);

/* "2026-03-01T09:00:02.117Z" */
void timestamp_format(int64_t ms, char text[TIMESTAMP_TEXT_BYTES]);

/* "2026-03-01": the UTC day, for from_date. */
void timestamp_format_date(int64_t ms, char text[TIMESTAMP_TEXT_BYTES]);

/* HTTP-date of RFC 9110 5.6.7, all three forms. Two-digit years: the rule of that section needs a
 * clock, hence now_ms. */
bool timestamp_parse_http(const char *text, size_t length, int64_t now_ms, int64_t *ms);

#endif
