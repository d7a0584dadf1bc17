/* common/base/decimal.c
 *
 * See the header.
 */
#include "base/decimal.h"

static size_t put(uint64_t number, char *text)
{
        char digits[DECIMAL_BYTES];
        size_t at = sizeof(digits), length = 0;

        do {
                digits[--at] = (char)('0' + number % 10);
                number /= 10;
        } while (number > 0);
        while (at < sizeof(digits))
                text[length++] = digits[at++];
        text[length] = '\0';
        return length;
}

size_t decimal_format_unsigned(uint64_t number, char text[DECIMAL_BYTES])
{
        return put(number, text);
}

size_t decimal_format(int64_t number, char text[DECIMAL_BYTES])
{
        if (number >= 0)
                return put((uint64_t)number, text);
        text[0] = '-';
        return 1 + put(-(uint64_t)number, text + 1);
}
