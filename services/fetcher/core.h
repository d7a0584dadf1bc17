/* services/fetcher/core.h
 *
 * The fetcher, without a socket, a clock or dice: inputs and the time go in, actions come out, and
 * equal inputs give equal actions. It owns the municipalities of the partitions that the group has
 * assigned to it, reads each on its schedule, and publishes what it finds (DESIGN.md, "Fetcher").
 *
 * Bounds: at most max_transfers reads at a time; at most max_memory for all lists, or what one list
 * alone needs. A read that would go beyond is postponed, the one that is due longest goes first.
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
                        const bool *has_credentials; /* a flag for each of its municipalities */
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
                bool acknowledged; /* FETCHER_DELIVERED */
        };
};

struct fetcher_core *fetcher_core_new(const struct fetcher_settings *settings, uint64_t seed);
void fetcher_core_free(struct fetcher_core *core);

/* Actions are added to the list. They are to be executed, in order, before the next call. */
void fetcher_core_handle(struct fetcher_core *core, const struct fetcher_input *input, int64_t now_ms,
                         struct fetcher_actions *actions);

/* When a FETCHER_TICK is due; INT64_MAX: never. */
int64_t fetcher_core_next_ms(const struct fetcher_core *core);

/* For gauges: reads under way, and bytes that lists hold. */
size_t fetcher_core_reads(const struct fetcher_core *core);
int64_t fetcher_core_memory(const struct fetcher_core *core);

#endif
