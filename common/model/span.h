/* common/model/span.h
 *
 * A span, as a collector of OpenTelemetry takes it: OTLP/HTTP in JSON (DEPLOY.md 4.4). Member names
 * in lowerCamelCase, ids in hex, 64-bit numbers as texts, enums as integers.
 */
#ifndef MODEL_SPAN_H
#define MODEL_SPAN_H

#include "base/buffer.h"
#include "base/log.h"
#include "model/trace.h"

/* The numbers are OTLP's. */
enum span_kind { SPAN_CLIENT = 3, SPAN_PRODUCER = 4, SPAN_CONSUMER = 5 };

/* All of it is borrowed. */
struct span {
        struct trace trace;            /* its own place */
        char parent[TRACE_SPAN_BYTES]; /* "": it is a trace's first */
        const struct trace
                *links; /* places that it continues, too: the updates merged in a PATCH */
        size_t link_count;
        const char *name; /* "PATCH", "process dplsync.updates": few different ones */
        enum span_kind kind;
        int64_t start_ms;
        int64_t end_ms;
        bool failed;
        const char *error;                  /* a sentence; NULL or "": none */
        const struct log_field *attributes; /* ends with FIELD_END; empty texts are left out */
};

/* Whether it is exported: its trace is sampled, or it failed. */
bool span_wanted(const struct span *span);

void span_write(const struct span *span, struct buffer *json);

/* What all spans of a process share. */
struct span_source {
        const char *service;  /* service.name */
        const char *instance; /* service.instance.id */
        const char *version;  /* service.version */
        const char *more; /* further attributes, "key=value,key=value", values percent-encoded, as
                             OTEL_RESOURCE_ATTRIBUTES has them; NULL: none */
};

/* A request: `spans` are what span_write gave, separated by commas. */
void span_write_request(const struct span_source *source, struct slice spans, struct buffer *json);

/* The next "key=value" of such a list, decoded, cut at 256 bytes each; what is malformed is passed
 * over. False at the end. */
enum { SPAN_PAIR_BYTES = 256 };
struct span_pair {
        char key[SPAN_PAIR_BYTES];
        char value[SPAN_PAIR_BYTES];
};
bool span_next_pair(const char **list, struct span_pair *pair);

#endif
