/* tests/sim/reconciler/without.h
 *
 * The values of sim->without: a mechanism that is switched off, to see that a history notices.
 */
#ifndef SIM_RECONCILER_WITHOUT_H
#define SIM_RECONCILER_WITHOUT_H

enum without {
        WITHOUT_NOTHING,
        WITHOUT_COMPARE_AND_SET, /* Redis takes every write of the state */
        WITHOUT_REBUILD,         /* `changes` looks empty to whoever rebuilds from it */
        WITHOUT_FRESH_READ,      /* every list says that it was read past the cache */
        WITHOUT_GUARD,           /* the core may delete as much as it likes */
};

#endif
