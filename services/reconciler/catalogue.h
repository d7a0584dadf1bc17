/* services/reconciler/catalogue.h
 *
 * What is known of a municipality's events, as Redis gave it (`{m}:s`): the packed entries, sorted
 * by uuid. Entries are unpacked one by one while a diff walks along, so 5,000 of them cost one
 * block of memory. Owns the bytes.
 */
#ifndef RECONCILER_CATALOGUE_H
#define RECONCILER_CATALOGUE_H

#include "base/slice.h"
#include "model/known.h"

struct catalogue_entry {
        struct uuid uuid;
        struct slice packed;
};

struct catalogue {
        struct catalogue_entry *entries;
        size_t count;
        char *bytes;
        size_t length;
};

#define CATALOGUE_NULL                                                                             \
        {                                                                                          \
                NULL, 0, NULL, 0                                                                   \
        }

/* `pairs` is field, value, field, value ... Copied. -1 and a reason where one is not ours or cannot
 * be read: then the whole is not to be trusted, and is rebuilt. */
int catalogue_load(struct catalogue *catalogue, const struct slice *pairs, size_t count,
                   struct error *error);

/* Entry `index`, to be given back by known_deinit. Cannot fail: catalogue_load has read it before.
 */
struct known catalogue_get(const struct catalogue *catalogue, size_t index);

bool catalogue_find(const struct catalogue *catalogue, const struct uuid *uuid, size_t *index);

void catalogue_deinit(struct catalogue *catalogue);

#endif
