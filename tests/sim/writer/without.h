/* tests/sim/writer/without.h
 *
 * The values of sim->without: a mechanism that is switched off, to see that a history notices.
 */
#ifndef SIM_WRITER_WITHOUT_H
#define SIM_WRITER_WITHOUT_H

enum without {
        WITHOUT_NOTHING,
        WITHOUT_LEASE,           /* Redis keeps none: everybody may begin and finish */
        WITHOUT_SEAL,            /* a wish of doubtful outcome is not sent once more */
        WITHOUT_MEMBER_VERSIONS, /* what is sent again counts as a new wish */
        WITHOUT_ORDER,           /* an offset is committed before its outcome is told */
        WITHOUT_CARRY,           /* what waits is not carried forward */
};

#endif
