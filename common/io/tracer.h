/* common/io/tracer.h
 *
 * Hands spans (model/span.h) to a collector of OpenTelemetry, by OTLP over HTTP in JSON, if
 * "tracing.endpoint" says where one is; without it nothing here exists, and a tracer is NULL.
 *
 * It never delays anything else: at most 2,048 spans wait, in batches of 512 or after 5 s, one
 * request at a time. What finds no room is dropped, and so is a batch that the collector refuses or
 * has not taken after five tries; `dplsync_trace_dropped_total` counts them. 429, 502, 503, 504 and
 * a collector that is not reached are tried again, after Retry-After where there is one.
 */
#ifndef IO_TRACER_H
#define IO_TRACER_H

#include "base/metrics.h"
#include "io/logger.h"
#include "io/loop.h"
#include "model/config.h"
#include "model/span.h"

struct tracer;

/* `service` is the name where "tracing.service_name" gives none; `dropped` is the counter's place
 * in `metrics`. Everything is borrowed for the tracer's life but `config`. NULL without a reason:
 * no endpoint is configured. */
struct tracer *tracer_new(struct loop *loop, const struct config *config, const char *service,
                          const char *instance, struct metrics *metrics, size_t dropped,
                          struct logger *logger, struct error *error);
void tracer_free(struct tracer *tracer); /* what waits is dropped; NULL is fine */

/* Takes the span if it is wanted (span_wanted). `tracer` may be NULL. */
void tracer_record(struct tracer *tracer, const struct span *span);

/* Sends what waits without waiting for more: the process is about to end. `tracer` may be NULL. */
void tracer_flush(struct tracer *tracer);

#endif
