/* services/writer/tracing.h
 *
 * Where the writer's work stands in its traces. An update is handled under the vendor's own span;
 * one that came without begins a trace whose id is the idempotency key of its PATCH, so that the
 * site's log, the result and the trace can be found from one another. Each PATCH hangs under the
 * handling of the newest update that it carries, and names the others as links.
 *
 * `sample_percent` is for the traces that begin here (model/trace.h).
 */
#ifndef WRITER_TRACING_H
#define WRITER_TRACING_H

#include "model/trace.h"

enum { TRACING_LINKS = 4 };

struct tracing {
        struct trace own;                  /* none for an update without a trace and a PATCH */
        char parent[TRACE_SPAN_BYTES];     /* "": its trace begins with it */
        struct trace links[TRACING_LINKS]; /* the first few of the other updates in a PATCH */
        size_t link_count;
};

struct lane;
struct wanted;

/* The handling of an update; of a seal where `wanted` is NULL. */
struct tracing tracing_update(const struct lane *lane, const struct wanted *wanted,
                              int64_t sample_percent);

/* The PATCH that is about to be sent. `newest` of the updates on board; NULL for a seal. */
struct tracing tracing_patch(const struct lane *lane, const struct wanted *newest,
                             int64_t sample_percent);

#endif
