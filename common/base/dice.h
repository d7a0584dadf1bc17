/* common/base/dice.h
 *
 * Jitter without a generator of our own inside the cores: a core is given dice that its shell has
 * seeded (from the system) or its test has (with a number), so that equal inputs give equal
 * actions. splitmix64; not for secrets.
 */
#ifndef BASE_DICE_H
#define BASE_DICE_H

#include <stdint.h>

struct dice {
        uint64_t state;
};

uint64_t dice_next(struct dice *dice);
int64_t dice_below(struct dice *dice, int64_t bound_ms); /* [0, bound_ms), 0 for bound <= 0 */

#endif
