/* services/operator/outcomes.h
 *
 * What became of the last updates: of each municipality the newest OUTCOMES_KEPT, and of all
 * together the newest OUTCOMES_RECENT, for the plot of how long they took. Made of the records of
 * `results`; compaction leaves one an event, which is enough for "what happened last".
 *
 * Pure: the console's reader hands over records, each partition's in order. Results are foreign
 * bytes; one that cannot be read is left alone. Only municipalities of the configuration are asked
 * for, so a limit on their number bounds the rest.
 */
#ifndef OPERATOR_OUTCOMES_H
#define OPERATOR_OUTCOMES_H

#include "base/map.h"
#include "model/headers.h"
#include "model/result.h"

enum {
        OUTCOMES_KEPT = 20,
        OUTCOMES_RECENT = 256,
        OUTCOMES_MUNICIPALITIES_MAX = 5000,
        OUTCOME_TRACE_BYTES = 33, /* 32 hex digits and a NUL */
};

struct outcome {
        enum result_outcome outcome;
        struct uuid uuid;
        int64_t finished_ms;
        int64_t latency_ms; /* since it was wished; -1: not known */
        unsigned attempts;
        long status;            /* 0: none */
        enum event_state state; /* STATE_NONE: its links alone */
        bool links;
        char trace[OUTCOME_TRACE_BYTES]; /* "" : none */
};

/* A ring: items[(next - 1) % size] is the newest. */
struct outcomes_of {
        char municipality[MUNICIPALITY_ID_BYTES];
        struct outcome items[OUTCOMES_KEPT];
        size_t next; /* how many there ever were */
        UT_hash_handle hh;
};

struct outcomes {
        struct outcomes_of *by_municipality;
        struct outcome recent[OUTCOMES_RECENT]; /* a ring, too; those that have a latency */
        size_t recent_next;
};

#define OUTCOMES_NULL                                                                              \
        {                                                                                          \
                .by_municipality = NULL                                                            \
        }

/* `headers` may carry a trace; else the request's key names it. */
void outcomes_take(struct outcomes *outcomes, struct slice value, const struct headers *headers);
void outcomes_deinit(struct outcomes *outcomes);

const struct outcomes_of *outcomes_find(const struct outcomes *outcomes, const char *municipality);
/* Number 0 is the newest; NULL beyond the last. */
const struct outcome *outcomes_at(const struct outcomes_of *of, size_t number);
const struct outcome *outcomes_recent(const struct outcomes *outcomes, size_t number);

#endif
