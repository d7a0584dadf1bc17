/* services/fetcher/core.h
 *
 * The fetcher, without a socket, a clock or dice: inputs and the time go in, actions come out, and
 * equal inputs give equal actions. It owns the municipalities of the partitions that the group has
 * assigned to it, reads each on its schedule, and publishes what it finds (DESIGN.md, "Fetcher").
 * Its bounds, max_transfers and max_memory, are kept by fetcher/queue.h; a read that outgrows
 * max_memory while others hold some of it is given up and begun again later.
 */
#ifndef FETCHER_CORE_H
#define FETCHER_CORE_H

#include "fetcher/actions.h"
#include "fetcher/answer.h"
#include "fetcher/commands.h"
#include "model/config.h"

struct fetcher_core;

struct fetcher_settings {
        const struct topics *topics; /* borrowed for the core's life */
        const char *source;          /* ce_source: names this instance; borrowed likewise */
};

enum fetcher_input_type {
        FETCHER_CONFIGURED, /* first of all, and after every reload */
        FETCHER_ASSIGNED,
        FETCHER_REVOKED,
        FETCHER_COMMAND,    /* a record of `control` */
        FETCHER_REDIS_REPLY,
        FETCHER_DATA,       /* body bytes of a 200 */
        FETCHER_ANSWER,     /* a read has ended */
        FETCHER_DELIVERED,
        FETCHER_TICK,
        FETCHER_DRAIN,
};

struct fetcher_assignment {
        int32_t partition;
        int64_t committed; /* next offset of `control`; negative: none */
};

/* All of it is borrowed for the call, but for the configuration, which must live until the next one. */
struct fetcher_input {
        enum fetcher_input_type type;
        uint64_t token; /* of the action that this answers */
        union {
                struct {
                        const struct config *config;
                        /* A flag for each of its municipalities; NULL: none are new. */
                        const bool *has_credentials;
                        const bool *new_credentials;
                } configured;
                struct {
                        const struct fetcher_assignment *partitions;
                        size_t count;
                } assigned;
                struct command command;
                struct {
                        bool answered;      /* false: Redis cannot be used, or says error */
                        struct slice value; /* data NULL: nil */
                } redis;
                struct {
                        struct slice bytes;
                        const char *content_type; /* may be NULL */
                } data;
                struct answer answer;
                struct {
                        bool acknowledged;
                        int64_t append_ms; /* by the broker's clock; negative: unknown */
                } delivered;
        };
};

struct fetcher_core *fetcher_core_new(const struct fetcher_settings *settings, uint64_t seed);
void fetcher_core_free(struct fetcher_core *core);

/* Actions are added to the list. They are to be executed, in order, before the next call. */
void fetcher_core_handle(struct fetcher_core *core, const struct fetcher_input *input, int64_t now_ms,
                         struct fetcher_actions *actions);

/* When a FETCHER_TICK is due; INT64_MAX: never. */
int64_t fetcher_core_next_ms(const struct fetcher_core *core);

/* Our clock and Kafka's differ so much that this process must not count as ready: true, and why. */
bool fetcher_core_explain_clock(const struct fetcher_core *core, struct error *why);

struct fetcher_gauges {
        int64_t reads;          /* under way */
        int64_t list_bytes;     /* held by lists */
        int64_t clock_ahead_ms; /* fetcher/clock.h */
};

struct fetcher_gauges fetcher_core_gauges(const struct fetcher_core *core);

#endif
