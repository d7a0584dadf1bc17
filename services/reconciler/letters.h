/* services/reconciler/letters.h
 *
 * Records of `snapshots` that cannot be used, on their way to `dead-letters`: kept whole until
 * Kafka has acknowledged them, and produced again if it did not. Only then is the record done, so
 * that a crash loses none.
 *
 * Bounded by the caller, who stops reading while `bytes` is too much.
 */
#ifndef RECONCILER_LETTERS_H
#define RECONCILER_LETTERS_H

#include "model/headers.h"
#include "reconciler/action.h"

/* The only reason code; the sentence says more. */
#define LETTERS_REASON "invalid-snapshot"

struct letter {
        uint64_t token;
        int32_t partition;
        int64_t offset;
        bool has_key, has_value;
        struct buffer key;
        struct buffer value;
        struct buffer headers; /* as headers_pack has them */
        int64_t again_ms;      /* INT64_MAX: it is on its way */
        struct letter *next;
};

struct letters {
        struct letter *first;
        size_t bytes;
        uint32_t last; /* token; never taken back, so that a late answer meets no other letter */
};

#define LETTERS_NULL                                                                               \
        {                                                                                          \
                NULL, 0, 0                                                                         \
        }

/* What is refused; borrowed. */
struct letters_original {
        const char *topic; /* its whole name */
        int32_t partition;
        int64_t offset;
        struct slice key; /* data NULL: none; so with the value */
        struct slice value;
        const struct headers *headers;
};

/* Keeps a copy, and produces it. `detail` is the sentence. */
void letters_add(struct letters *letters, const struct letters_original *original,
                 const char *detail, int64_t now_ms, struct reconciler_actions *actions);

/* `token` is of a letter: they stay below 2^32, and no site's token does. If it is acknowledged,
 * says which record is done now. */
bool letters_delivered(struct letters *letters, uint64_t token, const char *error, int64_t now_ms,
                       int32_t *partition, int64_t *offset);

/* Produces again what Kafka did not take. */
void letters_tick(struct letters *letters, int64_t now_ms, struct reconciler_actions *actions);
int64_t letters_next_ms(const struct letters *letters); /* INT64_MAX: never */

/* Drops all: their records are read again by whoever owns the partitions next. */
void letters_drop(struct letters *letters);

#endif
