/* common/base/buffer.h
 *
 * A growing run of bytes. `data` is always NUL-terminated once anything was appended, so it can be
 * used as text; the NUL is not counted in `length`. The buffer owns `data`; buffer_take hands it to
 * the caller, who frees it. Growth doubles; memory is kept by buffer_clear and given back by
 * buffer_deinit, after which the buffer is as new.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdint.h>

#include "base/cleanup.h"
#include "base/slice.h"

struct buffer {
        char *data;
        size_t length;
        size_t capacity;
};

#define BUFFER_NULL { NULL, 0, 0 }

void buffer_deinit(struct buffer *buffer);
void buffer_clear(struct buffer *buffer);
void buffer_append(struct buffer *buffer, const void *data, size_t bytes);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_integer(struct buffer *buffer, int64_t number);
void buffer_append_unsigned(struct buffer *buffer, uint64_t number);
void buffer_append_format(struct buffer *buffer, const char *format, ...) _printf_(2, 3);
char *buffer_take(struct buffer *buffer); /* never NULL: an empty buffer gives "" */

void buffer_grow(struct buffer *buffer, size_t extra_bytes); /* as buffer_reserve, out of line */

static inline void buffer_reserve(struct buffer *buffer, size_t extra_bytes)
{
        if (extra_bytes >= buffer->capacity - buffer->length)
                buffer_grow(buffer, extra_bytes);
}

static inline void buffer_append_byte(struct buffer *buffer, char byte)
{
        buffer_reserve(buffer, 1);
        buffer->data[buffer->length++] = byte;
        buffer->data[buffer->length] = '\0';
}

static inline struct slice buffer_slice(const struct buffer *buffer)
{
        return (struct slice){ buffer->data, buffer->length };
}

#endif
