/* services/operator/letter.h
 *
 * One dead letter as the operator sees it: the original byte for byte, why it could not be done,
 * and what became of it since. Its name is its place on `dead-letters`, "3/1042".
 *
 * What became of it is on the topic, too: a mark is a record without a value, in the letter's
 * partition and with its key, whose header `dplsync-mark` says `replayed` or `discarded` and
 * `dplsync-letter-offset` of which letter. So the log stays the truth: marks survive a lost Redis,
 * and leave the topic after the letters that they speak of.
 */
#ifndef OPERATOR_LETTER_H
#define OPERATOR_LETTER_H

#include "base/map.h"
#include "base/uuid.h"
#include "model/record.h"
#include "operator/outgoing.h"

enum letter_fate { LETTER_WAITS, LETTER_REPLAYED, LETTER_DISCARDED };
enum { LETTER_NAME_BYTES = 32 };

struct letter {
        int32_t partition; /* on `dead-letters` */
        int64_t offset;
        uint64_t place;       /* both in one, for a map */
        int64_t timestamp_ms; /* when it was written there */
        enum letter_fate fate;
        int64_t fate_ms; /* when that was marked; 0: it waits */

        /* From its headers; "" and 0 where it has none. Foreign bytes, if NUL-terminated ones. */
        const char *reason;
        const char *detail;
        const char *topic; /* the original's, with its prefix */
        const char *municipality;
        const char *uuid;
        const char *first_failed_at;
        const char *last_failed_at;
        const char *answer; /* the site's, at most 512 bytes */
        int64_t from_partition;
        int64_t from_offset;
        int64_t version;
        int64_t attempts;
        int64_t status;

        struct record_copy *copy; /* of the whole record, owned */
        struct slice key;         /* in it */
        struct slice value;

        struct letter *prev, *next; /* older, newer: dead_letters.h */
        UT_hash_handle hh;
};

/* NULL for a record that is no dead letter: a mark, or one without `dplsync-reason`. */
struct letter *letter_new(const struct record *record);
void letter_free(struct letter *letter);
void letter_freep(struct letter **letter);

size_t letter_bytes(const struct letter *letter); /* of memory that it takes */

/* A view, borrowed from the letter. */
void letter_headers(const struct letter *letter, struct headers *headers);

const char *letter_fate_name(enum letter_fate fate); /* "waits", "replayed", "discarded" */

/* Offsets stay below 2^40 (model/version.h). */
static inline uint64_t letter_place(int32_t partition, int64_t offset)
{
        return (uint64_t)partition << 40 | (uint64_t)offset;
}

/* "3/1042", and back. False if the text is no place. */
void letter_name(const struct letter *letter, char name[LETTER_NAME_BYTES]);
bool letter_name_parse(const char *name, int32_t *partition, int64_t *offset);

/* The mark of what became of a letter; `fate` is not LETTER_WAITS. */
void letter_mark(const struct letter *letter, enum letter_fate fate, int64_t now_ms,
                 struct outgoing *out);
/* Reads one. False if the record is no mark. */
bool letter_mark_read(const struct record *record, enum letter_fate *fate, int64_t *letter_offset);

/* Which letters are meant. What is NULL, 0 or false asks for nothing. */
struct letter_filter {
        const char *municipality;
        const char *reason;
        const struct uuid *uuid;
        int64_t from_ms;          /* written at or after */
        int64_t to_ms;            /* written before */
        const char *const *names; /* of letters; `name_count` of them */
        size_t name_count;
        bool handled; /* also those that were replayed or discarded */
};
bool letter_matches(const struct letter *letter, const struct letter_filter *filter);

#endif
