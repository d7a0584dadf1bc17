/* services/operator/dead_letters.h
 *
 * The dead letters that wait for a person: `dead-letters` read from its beginning, with the marks
 * that say which were replayed or discarded. A ring: when it is full the oldest letter goes, and is
 * counted.
 *
 * Pure: whoever reads the topic (scan.h for the command line, a reader of its own for the console)
 * hands over its records, each partition's in order.
 *
 *         dead_letters_init(&letters, &(struct dead_letters_bounds){ 10000, 64 << 20 }, NULL);
 *         dead_letters_take(&letters, &record);             for each record
 *         for (letter = letters.oldest; letter; letter = letter->next)
 *                 if (letter_matches(letter, &filter)) ...
 */
#ifndef OPERATOR_DEAD_LETTERS_H
#define OPERATOR_DEAD_LETTERS_H

#include "operator/letter.h"

struct dead_letters_bounds {
        size_t max_letters;
        size_t max_bytes;
};

struct dead_letters {
        struct dead_letters_bounds bounds;
        const struct letter_filter *wanted; /* only these are kept; NULL: all. Its `handled` and
                                               what a mark may still change are not looked at */
        struct letter *oldest, *newest;     /* in the order in which they were handed over */
        struct letter *by_place;
        size_t count;
        size_t waiting; /* of those: neither replayed nor discarded */
        size_t bytes;
        size_t left_out; /* letters that went because the ring was full */
};

/* `wanted` is borrowed. */
void dead_letters_init(struct dead_letters *letters, const struct dead_letters_bounds *bounds,
                       const struct letter_filter *wanted);
void dead_letters_deinit(struct dead_letters *letters);

/* A record of the topic: a letter, a mark, or something that is neither and is left alone. One that
 * was taken before changes nothing. */
void dead_letters_take(struct dead_letters *letters, const struct record *record);

/* NULL if there is none of that place. */
struct letter *dead_letters_find(const struct dead_letters *letters, int32_t partition,
                                 int64_t offset);

#endif
