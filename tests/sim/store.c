/* tests/sim/store.c
 *
 * Rolling back is undoing, last write first.
 */
#include "sim/store.h"

#include <assert.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/text.h"

enum { JOURNAL_FIRST = 1024 };

void store_init(struct store *store)
{
        *store = (struct store){ .up = true };
}

void store_key(char key[STORE_KEY_BYTES], const char *municipality, const char *what)
{
        snprintf(key, STORE_KEY_BYTES, "{%s}:%s", municipality, what);
}

static struct store_hash *find_hash(const struct store *store, const char *key)
{
        struct store_hash *hash;

        HASH_FIND_STR(store->hashes, key, hash);
        return hash;
}

static struct store_hash *hash_of(struct store *store, const char *key)
{
        struct store_hash *hash = find_hash(store, key);

        if (hash)
                return hash;
        hash = memory_new(sizeof(*hash));
        text_copy(hash->key, sizeof(hash->key), key);
        HASH_ADD_STR(store->hashes, key, hash);
        return hash;
}

static struct store_field *find_field(const struct store_hash *hash, struct slice name)
{
        struct store_field *field = NULL;

        if (hash)
                HASH_FIND(hh, hash->fields, name.data, name.length, field);
        return field;
}

struct slice store_get(const struct store *store, const char *key, struct slice name)
{
        const struct store_field *field = find_field(find_hash(store, key), name);

        return field ? (struct slice){ field->value, field->value_length } : SLICE_NULL;
}

/* The journal takes over the bytes of `value`. */
static void keep(struct store *store, struct store_hash *hash, struct slice name, char *value,
                 size_t length)
{
        if (store->journal_count == store->journal_capacity) {
                store->journal_capacity =
                        store->journal_capacity ? 2 * store->journal_capacity : JOURNAL_FIRST;
                store->journal = memory_resize(store->journal, store->journal_capacity,
                                               sizeof(*store->journal));
        }
        store->journal[store->journal_count++] = (struct store_undo){
                .hash = hash,
                .name = memory_copy(name.data, name.length),
                .name_length = name.length,
                .value = value,
                .value_length = length,
        };
}

/* Gives back what was there before. */
static char *set(struct store_hash *hash, struct slice name, char *value, size_t *length)
{
        struct store_field *field = find_field(hash, name);
        size_t length_before = field ? field->value_length : 0;
        char *before = field ? field->value : NULL;

        if (!field) {
                field = memory_new(sizeof(*field));
                field->name = memory_copy(name.data, name.length);
                field->name_length = name.length;
                HASH_ADD_KEYPTR(hh, hash->fields, field->name, field->name_length, field);
        }
        field->value = value;
        field->value_length = *length;
        *length = length_before;
        return before;
}

static char *unset(struct store_hash *hash, struct slice name, size_t *length)
{
        struct store_field *field = find_field(hash, name);

        if (!field)
                return NULL;

        char *before = field->value;

        *length = field->value_length;
        HASH_DEL(hash->fields, field);
        free(field->name);
        free(field);
        return before;
}

void store_put(struct store *store, const char *key, struct slice name, struct slice value)
{
        struct store_hash *hash = hash_of(store, key);
        size_t length = value.length;
        char *before = set(hash, name, memory_copy(value.data, value.length), &length);

        keep(store, hash, name, before, length);
}

void store_remove(struct store *store, const char *key, struct slice name)
{
        struct store_hash *hash = hash_of(store, key);
        size_t length = 0;
        char *before = unset(hash, name, &length);

        if (before)
                keep(store, hash, name, before, length);
}

static void empty(struct store *store, struct store_hash *hash)
{
        struct store_field *field, *next;

        HASH_ITER(hh, hash->fields, field, next) {
                HASH_DEL(hash->fields, field);
                keep(store, hash, (struct slice){ field->name, field->name_length }, field->value,
                     field->value_length);
                free(field->name);
                free(field);
        }
}

void store_delete(struct store *store, const char *key)
{
        struct store_hash *hash = find_hash(store, key);

        if (hash)
                empty(store, hash);
}

void store_flush(struct store *store)
{
        for (struct store_hash *hash = store->hashes; hash; hash = hash->hh.next)
                empty(store, hash);
        store_end_command(store);
}

static size_t bytes_of(const struct store_hash *hash)
{
        size_t bytes = 0;

        for (const struct store_field *field = hash->fields; field; field = field->hh.next)
                bytes += field->name_length + field->value_length;
        return bytes;
}

static void copy_item(struct store_pairs *pairs, char **at, const char *data, size_t length)
{
        memcpy(*at, data, length);
        pairs->items[pairs->count++] = (struct slice){ *at, length };
        *at += length;
}

void store_read(const struct store *store, const char *key, struct store_pairs *pairs)
{
        const struct store_hash *hash = find_hash(store, key);

        *pairs = (struct store_pairs){ 0 };
        if (!hash)
                return;
        pairs->items = memory_new((2 * HASH_COUNT(hash->fields) + 1) * sizeof(*pairs->items));
        pairs->bytes = memory_new(bytes_of(hash) + 1);

        char *at = pairs->bytes;

        for (const struct store_field *field = hash->fields; field; field = field->hh.next) {
                copy_item(pairs, &at, field->name, field->name_length);
                copy_item(pairs, &at, field->value, field->value_length);
        }
}

void store_pairs_deinit(struct store_pairs *pairs)
{
        free(pairs->items);
        free(pairs->bytes);
        *pairs = (struct store_pairs){ 0 };
}

void store_end_command(struct store *store)
{
        if (store->journal_count > 0)
                store->journal[store->journal_count - 1].ends = true;
}

size_t store_moment(const struct store *store)
{
        return store->journal_count;
}

static void undo_last(struct store *store)
{
        struct store_undo *undo = &store->journal[--store->journal_count];
        struct slice name = { undo->name, undo->name_length };
        size_t length = undo->value_length;
        char *undone = undo->value ? set(undo->hash, name, undo->value, &length)
                                   : unset(undo->hash, name, &length);

        free(undone);
        free(undo->name);
}

void store_roll_back(struct store *store, size_t moment)
{
        assert(moment <= store->journal_count);
        while (store->journal_count > moment)
                undo_last(store);
        while (store->journal_count > 0 && !store->journal[store->journal_count - 1].ends)
                undo_last(store);
}

void store_deinit(struct store *store)
{
        struct store_hash *hash, *next;

        store_flush(store);
        HASH_ITER(hh, store->hashes, hash, next) {
                HASH_DEL(store->hashes, hash);
                free(hash);
        }
        for (size_t i = 0; i < store->journal_count; i++) {
                free(store->journal[i].name);
                free(store->journal[i].value);
        }
        free(store->journal);
}
