/* services/operator/reasons.h
 *
 * Why dead letters are dead: how many wait for each reason, in the order of the first of each.
 */
#ifndef OPERATOR_REASONS_H
#define OPERATOR_REASONS_H

#include "operator/dead_letters.h"

enum { REASONS_MAX = 16 }; /* letters of more reasons than that are left out */

struct reasons {
        size_t count;
        struct reason {
                const char *name; /* of a letter: valid as long as that is kept */
                int64_t letters;
                int64_t newest_ms; /* when the newest of them was written */
        } items[REASONS_MAX];
};

/* Of those that wait. `municipality` "": of all. */
void reasons_collect(struct reasons *reasons, const struct dead_letters *letters,
                     const char *municipality);

#endif
