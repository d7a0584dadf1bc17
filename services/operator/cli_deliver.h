/* services/operator/cli_deliver.h
 *
 * What all commands that write have in common: a batch of records goes out with a bar that shows
 * how far it is, and ends acknowledged or with a reason.
 */
#ifndef OPERATOR_CLI_DELIVER_H
#define OPERATOR_CLI_DELIVER_H

#include "base/timestamp.h"
#include "operator/delivery.h"
#include "operator/desk.h"

struct cli_batch {
        const char *what; /* "replaying" */
        size_t all;       /* items there are */
        unsigned rate;    /* items a second; 0: as fast as it goes */
        bool (*next)(void *context, struct delivery_item *item);
        void (*placed)(void *context, int64_t offset); /* as delivery_handlers has it */
        void *context;
};

/* `sent`: how many items were acknowledged, also on failure. -1 and a reason. */
int cli_deliver(struct desk *desk, const struct cli_batch *batch, size_t *sent,
                struct error *error);

/* A text to standard output. */
void cli_print(const struct buffer *text);

/* Milliseconds since 1970 as "2026-03-01T09:00:02.117Z"; "-" for 0. */
void cli_time(int64_t ms, char text[TIMESTAMP_TEXT_BYTES]);

#endif
