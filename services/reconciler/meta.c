/* services/reconciler/meta.c
 *
 * One table names every field, so that what is written is what is read.
 */
#include "reconciler/meta.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/version.h"

enum kind { NUMBER, UNSIGNED, DIGEST, HOLD };

static const struct field {
        const char *name;
        enum kind kind;
        size_t offset;
} table[] = {
        { "epoch", NUMBER, offsetof(struct meta, epoch) },
        { "offset", NUMBER, offsetof(struct meta, offset) },
        { "version", UNSIGNED, offsetof(struct meta, version) },
        { "version_at", NUMBER, offsetof(struct meta, version_at_ms) },
        { "fetch_seq", NUMBER, offsetof(struct meta, fetch_seq) },
        { "as_of", NUMBER, offsetof(struct meta, as_of_ms) },
        { "applied_at", NUMBER, offsetof(struct meta, applied_at_ms) },
        { "digest", DIGEST, offsetof(struct meta, digest) },
        { "rules", UNSIGNED, offsetof(struct meta, rules) },
        { "next_rules", UNSIGNED, offsetof(struct meta, next_rules) },
        { "next_rules_at", NUMBER, offsetof(struct meta, next_rules_at_ms) },
        { "known", NUMBER, offsetof(struct meta, known) },
        { "candidates", NUMBER, offsetof(struct meta, candidates) },
        { "held", NUMBER, offsetof(struct meta, held) },
        { "hold", HOLD, offsetof(struct meta, hold) },
        { "hold_since", NUMBER, offsetof(struct meta, hold_since_ms) },
        { "drift", NUMBER, offsetof(struct meta, drift) },
        { "suspected", NUMBER, offsetof(struct meta, suspected) },
        { "foreign", DIGEST, offsetof(struct meta, foreign) },
        { "foreign_at", NUMBER, offsetof(struct meta, foreign_at_ms) },
        { "foreign_edge", NUMBER, offsetof(struct meta, foreign_edge_ms) },
        { "recheck_at", NUMBER, offsetof(struct meta, recheck_at_ms) },
        { "reassert_at", NUMBER, offsetof(struct meta, reassert_at_ms) },
};

void meta_init(struct meta *meta)
{
        *meta = (struct meta){ .offset = META_OFFSET_NONE };
}

static size_t text_bytes(enum kind kind)
{
        return kind == DIGEST ? SHA256_HEX_BYTES : kind == HOLD ? HOLD_ID_BYTES : 0;
}

static bool read_field(struct meta *meta, const struct field *field, struct slice value)
{
        char text[META_FIELD_BYTES];
        char *place = (char *)meta + field->offset;
        char *end;

        if (value.length >= sizeof(text))
                return false;
        memcpy(text, value.data, value.length);
        text[value.length] = '\0';
        if (text_bytes(field->kind) > 0) {
                if (value.length >= text_bytes(field->kind))
                        return false;
                memcpy(place, text, value.length + 1);
                return true;
        }
        if (field->kind == NUMBER)
                *(int64_t *)(void *)place = strtoll(text, &end, 10);
        else
                *(uint64_t *)(void *)place = strtoull(text, &end, 10);
        return value.length > 0 && *end == '\0';
}

static const struct field *find_field(struct slice name)
{
        for (size_t f = 0; f < ARRAY_LENGTH(table); f++)
                if (slice_is(name, table[f].name))
                        return &table[f];
        return NULL;
}

int meta_read(struct meta *meta, const struct slice *pairs, size_t count, struct error *error)
{
        bool epoch = false, offset = false;
        int result = 0;

        meta_init(meta);
        for (size_t i = 0; i + 1 < count; i += 2) {
                const struct field *field = find_field(pairs[i]);

                if (field && !read_field(meta, field, pairs[i + 1])) {
                        result = error_set(error, "the state's field %s cannot be read",
                                           field->name);
                        continue;
                }
                epoch = epoch || slice_is(pairs[i], "epoch");
                offset = offset || slice_is(pairs[i], "offset");
        }
        meta->exists = epoch && offset;
        if (result == 0)
                return 0;
        *meta = (struct meta){ .exists = meta->exists,
                               .epoch = meta->epoch,
                               .offset = meta->offset };
        return -1;
}

void meta_write(const struct meta *meta, struct meta_fields *fields)
{
        fields->count = ARRAY_LENGTH(table);
        for (size_t f = 0; f < ARRAY_LENGTH(table); f++) {
                const char *place = (const char *)meta + table[f].offset;
                char *value = fields->items[f].value;

                fields->items[f].name = table[f].name;
                if (text_bytes(table[f].kind) > 0)
                        snprintf(value, META_FIELD_BYTES, "%s", place);
                else if (table[f].kind == NUMBER)
                        snprintf(value, META_FIELD_BYTES, "%" PRId64,
                                 *(const int64_t *)(const void *)place);
                else
                        snprintf(value, META_FIELD_BYTES, "%" PRIu64,
                                 *(const uint64_t *)(const void *)place);
        }
}

uint64_t meta_handled(const struct meta *meta)
{
        if (!meta->exists || meta->offset < 0 || meta->epoch < EPOCH_MIN || meta->epoch > EPOCH_MAX)
                return VERSION_NONE;
        return version_make((uint32_t)meta->epoch, meta->offset);
}
