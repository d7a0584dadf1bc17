/* common/base/dice.c
 *
 * splitmix64 (Steele, Lea, Flood 2014): one word of state, any seed is a good seed.
 */
#include "base/dice.h"

uint64_t dice_next(struct dice *dice)
{
        uint64_t z = dice->state += 0x9e3779b97f4a7c15;

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
}

int64_t dice_below(struct dice *dice, int64_t bound_ms)
{
        if (bound_ms <= 0)
                return 0;
        return (int64_t)(dice_next(dice) % (uint64_t)bound_ms);
}
