/* services/fetcher/actions.h
 *
 * What the fetcher's core wants done, in order. The list owns everything in it, but for what is
 * marked as borrowed: that belongs to the core and lives until the next fetcher_core_handle.
 *
 * Tokens come back with the reply. A reply with a token that the core no longer knows is dropped by
 * it: so work of an old assignment needs no generation of its own.
 */
#ifndef FETCHER_ACTIONS_H
#define FETCHER_ACTIONS_H

#include "base/buffer.h"
#include "fetcher/reading.h"
#include "model/headers.h"
#include "model/topics.h"
#include "model/trace.h"

enum fetcher_action_type {
        FETCHER_CONTROL_START, /* read `control` from an offset on, or from its end */
        FETCHER_CONTROL_STORE, /* `offset` is the next one to read */
        FETCHER_CONTROL_WANT,  /* take more records, or not */
        FETCHER_REDIS,         /* one command */
        FETCHER_READ,          /* a GET; answered by FETCHER_DATA and FETCHER_ANSWER */
        FETCHER_READ_STOP,     /* it is no longer wanted; not answered */
        FETCHER_PRODUCE,       /* answered by FETCHER_DELIVERED */
        FETCHER_REPORT,        /* for the log and the metrics */
        FETCHER_DRAINED,
};

enum { FETCHER_FROM_BEGIN = -2, FETCHER_WORDS_MAX = 32, FETCHER_NO_REPLY = 0 };

/* A command for Redis: words behind each other, with the end of each. */
struct fetcher_words {
        struct buffer text;
        size_t ends[FETCHER_WORDS_MAX];
        size_t count;
};

void fetcher_words_add(struct fetcher_words *words, const char *format, ...) _printf_(2, 3);
void fetcher_words_add_slice(struct fetcher_words *words, struct slice word);
struct slice fetcher_words_get(const struct fetcher_words *words, size_t index);

enum fetcher_report_type {
        FETCHER_OWNED,           /* a municipality is ours: what is known of it */
        FETCHER_RELEASED,        /* no longer: its series go */
        FETCHER_RECONFIGURED,    /* still ours, with other settings */
        FETCHER_READ_BEGAN,
        FETCHER_READ_PUBLISHED,  /* whole */
        FETCHER_READ_UNCHANGED,
        FETCHER_READ_FAILED,
        FETCHER_READ_POSTPONED,  /* for want of memory, or because the configuration changed */
        FETCHER_EVENTS_ASIDE,    /* events that are present but cannot be told */
        FETCHER_CONTROL_REFUSED, /* a bad command went to the dead letters */
        FETCHER_REDIS_SILENT,    /* going on without what Redis knows */
        FETCHER_CLOCK,           /* ours is wrong (reason "clock"), or right again */
};

struct fetcher_report {
        enum fetcher_report_type type;
        char municipality[MUNICIPALITY_ID_BYTES];
        const char *reason;  /* stable code, "" for none */
        struct error error;  /* the sentence, "" for none; also the uuids set aside */
        long status;
        bool fresh;
        bool full;
        int64_t events;
        int64_t unreadable;
        int64_t bytes;
        int64_t duration_ms; /* of the read */
        int64_t delay_ms;    /* between the moment it was due and its beginning */
        int64_t age_ms;      /* of the copy that answered */
        int64_t success_ms;  /* last one; 0: never */
        int64_t interval_ms;
        struct trace trace;  /* of the last read, and when that began */
        int64_t started_ms;
};

struct fetcher_action {
        enum fetcher_action_type type;
        uint64_t token;
        union {
                struct fetcher_action_control {
                        int32_t partition;
                        int64_t offset;
                        bool want;
                } control;
                struct fetcher_words redis;
                struct fetcher_action_read {
                        struct reading reading;
                        const struct municipality *municipality; /* borrowed from the configuration */
                } read;
                struct fetcher_action_produce {
                        enum topic topic;
                        int32_t partition;
                        struct buffer key;
                        struct buffer value;
                        struct headers *headers; /* items may be borrowed from the core */
                } produce;
                struct fetcher_report report;
        };
};

struct fetcher_actions {
        struct fetcher_action *items;
        size_t count;
        size_t capacity;
};

#define FETCHER_ACTIONS_NULL { NULL, 0, 0 }

/* A zeroed action of that type at the end of the list; valid until the next one is added. */
struct fetcher_action *fetcher_actions_add(struct fetcher_actions *actions,
                                           enum fetcher_action_type type, uint64_t token);
void fetcher_actions_clear(struct fetcher_actions *actions);  /* keeps the room */
void fetcher_actions_deinit(struct fetcher_actions *actions);

#endif
