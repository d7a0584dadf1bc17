/* services/reconciler/writes.c
 *
 * The packed entries lie behind each other in one buffer, which moves while it grows: until the
 * seal, an item only knows its length.
 */
#include "reconciler/writes.h"

#include <stdlib.h>

#include "base/memory.h"

enum { ITEMS_FIRST = 32 };

static struct write *add_item(struct writes *writes, const struct uuid *uuid)
{
        if (writes->count == writes->capacity) {
                writes->capacity = writes->capacity > 0 ? 2 * writes->capacity : ITEMS_FIRST;
                writes->items =
                        memory_resize(writes->items, writes->capacity, sizeof(*writes->items));
        }

        struct write *item = &writes->items[writes->count++];

        *item = (struct write){ .uuid = *uuid, .packed = SLICE_NULL };
        return item;
}

void writes_set(struct writes *writes, const struct uuid *uuid, const struct known *known)
{
        struct write *item = add_item(writes, uuid);
        size_t before = writes->bytes.length;

        known_write(known, &writes->bytes);
        item->packed.length = writes->bytes.length - before;
}

void writes_remove(struct writes *writes, const struct uuid *uuid)
{
        add_item(writes, uuid);
}

void writes_seal(struct writes *writes)
{
        size_t at = 0;

        for (size_t i = 0; i < writes->count; i++) {
                struct slice *packed = &writes->items[i].packed;

                if (packed->length == 0)
                        continue;
                packed->data = writes->bytes.data + at;
                at += packed->length;
        }
        writes->at = 0;
}

bool writes_take(struct writes *writes, const struct write **batch, size_t *count)
{
        size_t left = writes->count - writes->at;

        *batch = left > 0 ? &writes->items[writes->at] : NULL;
        *count = left < WRITES_BATCH ? left : WRITES_BATCH;
        writes->at += *count;
        return writes->at == writes->count;
}

void writes_deinit(struct writes *writes)
{
        free(writes->items);
        buffer_deinit(&writes->bytes);
        *writes = (struct writes)WRITES_NULL;
}
