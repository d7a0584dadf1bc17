/* services/reconciler/catalogue.c
 *
 * Redis values are foreign bytes: all of them are read once when they arrive, so that a diff in its
 * middle cannot meet one that it does not understand.
 */
#include "reconciler/catalogue.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

static int check_entry(struct slice field, struct slice value, struct error *error)
{
        struct known known;

        if (field.length != sizeof(struct uuid))
                return error_set(error, "a field of the state is no uuid");
        if (known_read(&known, value, error) < 0)
                return -1;
        known_deinit(&known);
        return 0;
}

static int compare_entries(const void *a, const void *b)
{
        const struct catalogue_entry *left = a, *right = b;

        return uuid_compare(&left->uuid, &right->uuid);
}

static void add_entry(struct catalogue *catalogue, struct slice field, struct slice value)
{
        struct catalogue_entry *entry = &catalogue->entries[catalogue->count++];
        char *packed = catalogue->bytes + catalogue->length;

        memcpy(entry->uuid.bytes, field.data, sizeof(entry->uuid.bytes));
        memcpy(packed, value.data, value.length);
        entry->packed = (struct slice){ packed, value.length };
        catalogue->length += value.length;
}

int catalogue_load(struct catalogue *catalogue, const struct slice *pairs, size_t count,
                   struct error *error)
{
        size_t bytes = 0;

        for (size_t i = 0; i + 1 < count; i += 2) {
                if (check_entry(pairs[i], pairs[i + 1], error) < 0)
                        return -1;
                bytes += pairs[i + 1].length;
        }
        *catalogue = (struct catalogue){
                .entries = memory_resize(NULL, count / 2, sizeof(*catalogue->entries)),
                .bytes = memory_resize(NULL, bytes, 1),
        };
        for (size_t i = 0; i + 1 < count; i += 2)
                add_entry(catalogue, pairs[i], pairs[i + 1]);
        if (catalogue->count > 0)
                qsort(catalogue->entries, catalogue->count, sizeof(*catalogue->entries),
                      compare_entries);
        return 0;
}

struct known catalogue_get(const struct catalogue *catalogue, size_t index)
{
        struct known known;
        int read = known_read(&known, catalogue->entries[index].packed, NULL);

        assert(index < catalogue->count && read == 0);
        (void)read;
        return known;
}

bool catalogue_find(const struct catalogue *catalogue, const struct uuid *uuid, size_t *index)
{
        struct catalogue_entry key = { .uuid = *uuid };
        const struct catalogue_entry *found =
                catalogue->count == 0 ? NULL
                                      : bsearch(&key, catalogue->entries, catalogue->count,
                                                sizeof(key), compare_entries);

        if (found)
                *index = (size_t)(found - catalogue->entries);
        return found != NULL;
}

void catalogue_deinit(struct catalogue *catalogue)
{
        free(catalogue->entries);
        free(catalogue->bytes);
        *catalogue = (struct catalogue)CATALOGUE_NULL;
}
