/* common/base/slice.h
 *
 * A view of bytes that somebody else owns. Not NUL-terminated. {NULL, 0} is "none".
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
        const char *data;
        size_t length;
};

#define SLICE_NULL ((struct slice){ NULL, 0 })

static inline struct slice slice_of(const char *text)
{
        return text ? (struct slice){ text, strlen(text) } : SLICE_NULL;
}

static inline bool slice_equal(struct slice a, struct slice b)
{
        return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static inline bool slice_is(struct slice a, const char *text)
{
        return slice_equal(a, slice_of(text));
}

#endif
