/* common/base/decimal.h
 *
 * Whole numbers as text. printf does the same at ten times the cost, and every record, key and
 * line has a few.
 */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

enum { DECIMAL_BYTES = 21 }; /* of the longest, the NUL included */

/* Both NUL-terminate `text`, and give its length. */
size_t decimal_format(int64_t number, char text[DECIMAL_BYTES]);
size_t decimal_format_unsigned(uint64_t number, char text[DECIMAL_BYTES]);

#endif
