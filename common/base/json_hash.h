/* common/base/json_hash.h
 *
 * Hashes of JSON values by what they mean: strings decoded, numbers by value (75.0 is 75), members
 * in any order. From the bytes, without a tree of them: several times cheaper than to have jansson
 * read them, which a list of thousands of changed events would feel.
 *
 * A value is to be one that json_raw.h has handed out: well-formed and bounded in depth. What a
 * text or a number of ours cannot hold (U+0000, half a surrogate pair, an integer beyond 64 bits)
 * counts by its bytes.
 */
#ifndef BASE_JSON_HASH_H
#define BASE_JSON_HASH_H

#include <stdint.h>

#include "base/slice.h"

uint64_t json_hash(struct slice value);

/* A member's part in the sum over its object, which needs no order: `name` is without its quotes.
 */
uint64_t json_hash_member(struct slice name, uint64_t value);

/* The same as json_hash, but of a string only what stands before the first of `mark`; with
 * `member` not NULL, of an object's member of that name. */
uint64_t json_hash_until(struct slice value, const char *member, char mark);

#endif
