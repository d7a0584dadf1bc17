/* services/operator/record.c
 *
 * Tens of thousands of records may be kept while an operator looks at them: one allocation each.
 */
#include "operator/record.h"

#include <string.h>

#include "base/memory.h"

struct record_copy {
        struct record record; /* key and value are its own; headers NULL */
        size_t bytes;
        size_t header_count;
        struct header headers[];
};

static char *put(char *at, const void *data, size_t bytes)
{
        if (bytes > 0)
                memcpy(at, data, bytes);
        at[bytes] = '\0';
        return at + bytes + 1;
}

static char *put_slice(char *at, struct slice from, struct slice *to)
{
        *to = from.data ? (struct slice){ at, from.length } : SLICE_NULL;
        return from.data ? put(at, from.data, from.length) : at;
}

static size_t text_bytes(const struct record *record)
{
        size_t bytes = record->key.length + 1 + record->value.length + 1;

        for (size_t i = 0; i < record->headers->count; i++)
                bytes += strlen(record->headers->items[i].name) + 1 +
                         record->headers->items[i].value.length + 1;
        return bytes;
}

struct record_copy *record_copy_new(const struct record *record)
{
        size_t count = record->headers->count;
        size_t bytes =
                sizeof(struct record_copy) + count * sizeof(struct header) + text_bytes(record);
        struct record_copy *copy = memory_new(bytes);
        char *at = (char *)(copy->headers + count);

        copy->record = *record;
        copy->record.headers = NULL;
        copy->bytes = bytes;
        copy->header_count = count;
        at = put_slice(at, record->key, &copy->record.key);
        at = put_slice(at, record->value, &copy->record.value);
        for (size_t i = 0; i < count; i++) {
                const struct header *header = &record->headers->items[i];

                copy->headers[i].name = at;
                at = put(at, header->name, strlen(header->name));
                at = put_slice(at, header->value, &copy->headers[i].value);
        }
        return copy;
}

size_t record_copy_bytes(const struct record_copy *copy)
{
        return copy->bytes;
}

void record_copy_view(const struct record_copy *copy, struct record *record,
                      struct headers *headers)
{
        *record = copy->record;
        record->headers = headers;
        headers_clear(headers);
        for (size_t i = 0; i < copy->header_count; i++)
                headers_borrow(headers, copy->headers[i].name, copy->headers[i].value);
}
