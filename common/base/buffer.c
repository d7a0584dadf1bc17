/* common/base/buffer.c
 *
 * Invariant: once anything was reserved, length < capacity and data[length] is NUL.
 */
#include "base/buffer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/memory.h"

enum { CAPACITY_FIRST = 64, FORMAT_ROOM_BYTES = 40 };

void buffer_deinit(struct buffer *buffer)
{
        free(buffer->data);
        *buffer = (struct buffer)BUFFER_NULL;
}

void buffer_clear(struct buffer *buffer)
{
        buffer->length = 0;
        if (buffer->data)
                buffer->data[0] = '\0';
}

void buffer_grow(struct buffer *buffer, size_t extra_bytes)
{
        size_t needed;

        if (__builtin_add_overflow(buffer->length, extra_bytes, &needed) || needed > SIZE_MAX / 4)
                abort();
        if (needed < buffer->capacity)
                return;

        size_t capacity = buffer->capacity > 0 ? buffer->capacity : CAPACITY_FIRST;

        while (capacity <= needed)
                capacity *= 2;
        buffer->data = memory_resize(buffer->data, capacity, 1);
        buffer->capacity = capacity;
        buffer->data[buffer->length] = '\0';
}

void buffer_append(struct buffer *buffer, const void *data, size_t bytes)
{
        buffer_reserve(buffer, bytes);
        if (bytes > 0)
                memcpy(buffer->data + buffer->length, data, bytes);
        buffer->length += bytes;
        buffer->data[buffer->length] = '\0';
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
        buffer_append(buffer, text, strlen(text));
}

void buffer_append_integer(struct buffer *buffer, int64_t number)
{
        char text[DECIMAL_BYTES];

        buffer_append(buffer, text, decimal_format(number, text));
}

void buffer_append_unsigned(struct buffer *buffer, uint64_t number)
{
        char text[DECIMAL_BYTES];

        buffer_append(buffer, text, decimal_format_unsigned(number, text));
}

/* Formatted once if it fits, which it nearly always does. */
void buffer_append_format(struct buffer *buffer, const char *format, ...)
{
        va_list arguments;

        buffer_reserve(buffer, FORMAT_ROOM_BYTES);

        size_t room = buffer->capacity - buffer->length;

        va_start(arguments, format);
        int bytes = vsnprintf(buffer->data + buffer->length, room, format, arguments);
        va_end(arguments);
        assert(bytes >= 0);
        if ((size_t)bytes >= room) {
                buffer_reserve(buffer, (size_t)bytes);
                va_start(arguments, format);
                vsnprintf(buffer->data + buffer->length, (size_t)bytes + 1, format, arguments);
                va_end(arguments);
        }
        buffer->length += (size_t)bytes;
}

char *buffer_take(struct buffer *buffer)
{
        buffer_reserve(buffer, 0);

        char *data = buffer->data;

        *buffer = (struct buffer)BUFFER_NULL;
        return data;
}
