/* services/operator/overview_reader.h
 *
 * Reads the rows of an overview from Redis, `{m}:status` of each, pipelined.
 */
#ifndef OPERATOR_OVERVIEW_READER_H
#define OPERATOR_OVERVIEW_READER_H

#include "io/redis.h"
#include "operator/overview.h"

/* `reason` NULL: all rows were read. Else not all of them, and why. */
typedef void overview_read_fn(void *context, const char *reason);

/* Reads `count` rows, which must stay where they are until `done` is called. Never calls it before
 * returning. -1 and a reason when Redis takes no commands now: then `done` is not called. */
int overview_read(struct redis *redis, struct overview_row *rows, size_t count,
                  overview_read_fn *done, void *context, struct error *error);

/* For the command line: connects, reads all rows of `overview` (see overview_init), disconnects.
 * Blocks for at most the configuration's redis.deadline. -1 and a reason. */
int overview_load(struct overview *overview, const struct config *config, struct error *error);

#endif
