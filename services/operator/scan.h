/* services/operator/scan.h
 *
 * Reads records of topics for the command line, without a consumer group: from a place to the
 * present end, or on and on.
 */
#ifndef OPERATOR_SCAN_H
#define OPERATOR_SCAN_H

#include "model/record.h"
#include "operator/desk.h"

/* One topic, or one partition of it. */
struct scan_range {
        enum topic topic;
        int32_t partition; /* SCAN_ALL: every one */
        int64_t from_ms;   /* only what was written at or after; 0: from the beginning */
};
enum { SCAN_ALL = -1 };

/* False: enough, nothing more is handed over. */
typedef bool scan_fn(void *context, const struct record *record);

struct scan {
        const struct scan_range *ranges;
        size_t count;
        bool follow; /* goes on at the end, until `take` has enough or the operator interrupts */
        scan_fn *take;
        void *context;
        /* How far it is, in records read and records there were at the beginning (of all ranges).
         * May be NULL. */
        void (*progress)(void *context, int64_t read, int64_t all);
        void *progress_context;
};

/* Each partition's records in order. -1 and a reason: Kafka does not answer, or interrupted. */
int scan_run(struct desk *desk, const struct scan *scan, struct error *error);

#endif
