/* common/model/trace.h
 *
 * A place in a trace (W3C Trace Context): which trace, which span of it, and whether its owner
 * records it. It comes in and goes out as the header `traceparent`, version 00.
 *
 *         fetch ─▶ snapshot ─▶ change                    one trace
 *         (the vendor's) ─▶ update ─▶ PATCH, result      another
 *
 * Ids of spans are made of where they hang and what they are, not of dice: the same work done again
 * after a crash has the same span, and the records that tell of it the same headers.
 */
#ifndef MODEL_TRACE_H
#define MODEL_TRACE_H

#include <stdint.h>

#include "base/slice.h"

enum {
        TRACE_ID_BYTES = 33, /* 32 hex digits and a NUL */
        TRACE_SPAN_BYTES = 17,
        TRACEPARENT_BYTES = 56,
};

struct trace {
        char id[TRACE_ID_BYTES];     /* "": there is none */
        char span[TRACE_SPAN_BYTES]; /* the span under which what comes next hangs */
        bool sampled;
};

/* False, and none, where `traceparent` is not well-formed. */
bool trace_read(struct trace *trace, struct slice traceparent);
void trace_write(const struct trace *trace, char traceparent[TRACEPARENT_BYTES]); /* "" for none */

/* A trace of our own with its first span, of two random numbers (or hashes). Of all such, about
 * `sample_percent` are sampled: which ones hangs on `low` alone. */
void trace_begin(struct trace *trace, uint64_t high, uint64_t low, int64_t sample_percent);

/* A span below `parent`: what it is (`hop`, such as "PATCH") and which one of several. None below
 * none. `child` may be `parent`. */
void trace_child(const struct trace *parent, const char *hop, uint64_t number, struct trace *child);

#endif
