/* services/writer/original.c
 *
 * Layout behind the fixed part: key, value, then per header its name with a NUL, the value's length
 * and the value. Lengths of what is absent are -1.
 */
#include "writer/original.h"

#include <stdlib.h>

#include "base/memory.h"

struct original {
        int32_t partition;
        int64_t offset;
        int64_t timestamp_ms;
        int32_t key_length;
        int32_t value_length;
        uint32_t headers_length;
        uint32_t header_count;
        char bytes[];
};

static size_t headers_length(const struct headers *headers)
{
        size_t length = 0;

        for (size_t i = 0; i < headers->count; i++)
                length += strlen(headers->items[i].name) + 1 + sizeof(int32_t) +
                          headers->items[i].value.length;
        return length;
}

static int32_t length_of(struct slice slice)
{
        return slice.data ? (int32_t)slice.length : -1;
}

static char *put(char *at, const void *data, size_t bytes)
{
        if (bytes > 0)
                memcpy(at, data, bytes);
        return at + bytes;
}

static void put_headers(char *at, const struct headers *headers)
{
        for (size_t i = 0; i < headers->count; i++) {
                int32_t length = length_of(headers->items[i].value);

                at = put(at, headers->items[i].name, strlen(headers->items[i].name) + 1);
                at = put(at, &length, sizeof(length));
                at = put(at, headers->items[i].value.data, headers->items[i].value.length);
        }
}

struct original *original_new(const struct writer_record *record)
{
        size_t headers_bytes = headers_length(record->headers);
        struct original *original = memory_new(sizeof(*original) + record->key.length +
                                               record->value.length + headers_bytes);

        original->partition = record->partition;
        original->offset = record->offset;
        original->timestamp_ms = record->timestamp_ms;
        original->key_length = length_of(record->key);
        original->value_length = length_of(record->value);
        original->headers_length = (uint32_t)headers_bytes;
        original->header_count = (uint32_t)record->headers->count;

        char *at = put(original->bytes, record->key.data, record->key.length);

        at = put(at, record->value.data, record->value.length);
        put_headers(at, record->headers);
        return original;
}

static size_t bytes_of(int32_t length)
{
        return length > 0 ? (size_t)length : 0;
}

static struct slice slice_at(const char *at, int32_t length)
{
        return length < 0 ? SLICE_NULL : (struct slice){ at, (size_t)length };
}

size_t original_bytes(const struct original *original)
{
        return sizeof(*original) + bytes_of(original->key_length) +
               bytes_of(original->value_length) + original->headers_length;
}

int32_t original_partition(const struct original *original)
{
        return original->partition;
}

int64_t original_offset(const struct original *original)
{
        return original->offset;
}

struct slice original_value(const struct original *original)
{
        return slice_at(original->bytes + bytes_of(original->key_length), original->value_length);
}

static void view_headers(const struct original *original, const char *at, struct headers *headers)
{
        headers_clear(headers);
        for (uint32_t i = 0; i < original->header_count; i++) {
                const char *name = at;
                int32_t length;

                at += strlen(name) + 1;
                memcpy(&length, at, sizeof(length));
                at += sizeof(length);
                headers_borrow(headers, name, slice_at(at, length));
                at += bytes_of(length);
        }
}

void original_record(const struct original *original, struct writer_record *record,
                     struct headers *headers)
{
        struct slice value = original_value(original);

        record->partition = original->partition;
        record->offset = original->offset;
        record->timestamp_ms = original->timestamp_ms;
        record->key = slice_at(original->bytes, original->key_length);
        record->value = value;
        record->headers = headers;
        view_headers(original,
                     original->bytes + bytes_of(original->key_length) +
                             bytes_of(original->value_length),
                     headers);
}
