/* common/base/text.h
 *
 * Texts in arrays of a fixed size. What is too long is cut, as snprintf cuts it, whose "%s" costs
 * twenty times as much.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <string.h>

/* `bytes` (at least 1): of `to`, the NUL included. The two must not overlap. Returns how many were
 * copied. */
static inline size_t text_copy(char *to, size_t bytes, const char *text)
{
        size_t length = strlen(text);

        if (length >= bytes)
                length = bytes - 1;
        memcpy(to, text, length);
        to[length] = '\0';
        return length;
}

/* The parts in a row, up to the NULL behind them. */
static inline void text_join(char *to, size_t bytes, const char *const *parts)
{
        to[0] = '\0';
        for (; *parts; parts++) {
                size_t length = text_copy(to, bytes, *parts);

                to += length;
                bytes -= length;
        }
}

#define TEXT_JOIN(to, ...) text_join(to, sizeof(to), (const char *const[]){ __VA_ARGS__, NULL })

#endif
