/* common/model/record.c
 *
 * Layout behind the fixed part: key, value, then per header its name with a NUL, the value's length
 * and the value with a NUL. Lengths of what is absent are -1.
 */
#include "model/record.h"

#include <stdlib.h>

#include "base/memory.h"

struct record_copy {
        enum topic topic;
        int32_t partition;
        int64_t offset;
        int64_t timestamp_ms;
        int32_t key_length;
        int32_t value_length;
        uint32_t headers_length;
        uint16_t header_count;
        uint16_t dropped; /* of its headers; no more than that are counted */
        char bytes[];
};

static size_t headers_length(const struct headers *headers)
{
        size_t length = 0;

        for (size_t i = 0; i < headers->count; i++)
                length += strlen(headers->items[i].name) + 1 + sizeof(int32_t) +
                          headers->items[i].value.length + 1;
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
                *at++ = '\0';
        }
}

struct record_copy *record_copy_new(const struct record *record)
{
        size_t headers_bytes = headers_length(record->headers);
        struct record_copy *copy = memory_new(sizeof(*copy) + record->key.length +
                                              record->value.length + headers_bytes);

        copy->topic = record->topic;
        copy->partition = record->partition;
        copy->offset = record->offset;
        copy->timestamp_ms = record->timestamp_ms;
        copy->key_length = length_of(record->key);
        copy->value_length = length_of(record->value);
        copy->headers_length = (uint32_t)headers_bytes;
        copy->header_count = (uint16_t)record->headers->count;
        copy->dropped = record->headers->dropped < UINT16_MAX ? (uint16_t)record->headers->dropped
                                                              : UINT16_MAX;

        char *at = put(copy->bytes, record->key.data, record->key.length);

        at = put(at, record->value.data, record->value.length);
        put_headers(at, record->headers);
        return copy;
}

static size_t bytes_of(int32_t length)
{
        return length > 0 ? (size_t)length : 0;
}

static struct slice slice_at(const char *at, int32_t length)
{
        return length < 0 ? SLICE_NULL : (struct slice){ at, (size_t)length };
}

size_t record_copy_bytes(const struct record_copy *copy)
{
        return sizeof(*copy) + bytes_of(copy->key_length) + bytes_of(copy->value_length) +
               copy->headers_length;
}

int32_t record_copy_partition(const struct record_copy *copy)
{
        return copy->partition;
}

int64_t record_copy_offset(const struct record_copy *copy)
{
        return copy->offset;
}

struct slice record_copy_value(const struct record_copy *copy)
{
        return slice_at(copy->bytes + bytes_of(copy->key_length), copy->value_length);
}

static void view_headers(const struct record_copy *copy, const char *at, struct headers *headers)
{
        headers_clear(headers);
        headers->dropped = copy->dropped;
        for (unsigned i = 0; i < copy->header_count; i++) {
                const char *name = at;
                int32_t length;

                at += strlen(name) + 1;
                memcpy(&length, at, sizeof(length));
                at += sizeof(length);
                headers_borrow(headers, name, slice_at(at, length));
                at += bytes_of(length) + 1;
        }
}

void record_copy_view(const struct record_copy *copy, struct record *record,
                      struct headers *headers)
{
        struct slice value = record_copy_value(copy);

        record->topic = copy->topic;
        record->partition = copy->partition;
        record->offset = copy->offset;
        record->timestamp_ms = copy->timestamp_ms;
        record->key = slice_at(copy->bytes, copy->key_length);
        record->value = value;
        record->headers = headers;
        view_headers(copy, copy->bytes + bytes_of(copy->key_length) + bytes_of(copy->value_length),
                     headers);
}
