/* common/base/hex.h
 *
 * Hex digits: a value's in lower case, and one's value, in any case; -1 if it is none.
 */
#ifndef BASE_HEX_H
#define BASE_HEX_H

static inline char hex_digit(unsigned value)
{
        return "0123456789abcdef"[value & 0xf];
}

static inline int hex_value(char digit)
{
        if (digit >= '0' && digit <= '9')
                return digit - '0';
        if (digit >= 'a' && digit <= 'f')
                return digit - 'a' + 10;
        if (digit >= 'A' && digit <= 'F')
                return digit - 'A' + 10;
        return -1;
}

#endif
