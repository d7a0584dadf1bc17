/* tests/sim/store.h
 *
 * Redis: hashes of fields, and what befalls it: it goes away, loses everything, or comes back as it
 * was at any earlier point. Every write is kept in a journal with what it replaced, so that any
 * earlier point can be had back.
 */
#ifndef SIM_STORE_H
#define SIM_STORE_H

#include "base/map.h"
#include "base/slice.h"

enum { STORE_KEY_BYTES = 80 };

struct store_field {
        char *name; /* bytes */
        size_t name_length;
        char *value;
        size_t value_length;
        UT_hash_handle hh;
};

struct store_hash {
        char key[STORE_KEY_BYTES];
        struct store_field *fields;
        UT_hash_handle hh;
};

struct store_undo {
        struct store_hash *hash;
        char *name;
        size_t name_length;
        char *value; /* before; NULL: there was none */
        size_t value_length;
        bool ends; /* the last one of its command */
};

struct store {
        struct store_hash *hashes; /* a hash without fields is one that is not there */
        struct store_undo *journal;
        size_t journal_count, journal_capacity;
        bool up;
        unsigned life; /* of the connections: goes up when they break */
};

void store_init(struct store *store);
void store_deinit(struct store *store);

/* data NULL: there is none. Valid until the next write. */
struct slice store_get(const struct store *store, const char *key, struct slice name);
void store_put(struct store *store, const char *key, struct slice name, struct slice value);
void store_remove(struct store *store, const char *key, struct slice name);
void store_delete(struct store *store, const char *key);
void store_flush(struct store *store);

/* All fields of a hash, as HGETALL answers: name, value, name ... Its own bytes. */
struct store_pairs {
        struct slice *items;
        size_t count;
        char *bytes;
};
void store_read(const struct store *store, const char *key, struct store_pairs *pairs);
void store_pairs_deinit(struct store_pairs *pairs);

/* What was written since is one command, a script or HSET: it is there as a whole, or not at all.
 */
void store_end_command(struct store *store);

/* The moments of the past: 0 is the beginning. What came after `moment` never was, nor what was
 * half done then. */
size_t store_moment(const struct store *store);
void store_roll_back(struct store *store, size_t moment);

/* "{aarhus}:m" */
void store_key(char key[STORE_KEY_BYTES], const char *municipality, const char *what);

#endif
