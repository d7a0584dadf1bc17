/* services/fetcher/queue.h
 *
 * Who reads next, of thousands of sites, and when anybody wants to be looked at: no step looks at
 * all of them.
 *
 * Bounds: at most `most_reads` reads at a time; at most `most_bytes` for all lists, or what one
 * list alone needs. A read that would go beyond waits, the one that is due longest goes first; one
 * that has waited for 30 s lets nobody pass any more.
 */
#ifndef FETCHER_QUEUE_H
#define FETCHER_QUEUE_H

#include "fetcher/fetch.h"

struct queue {
        struct agenda agenda;  /* when a read is due, or a deadline passes */
        struct fetch *waiting; /* due, not begun: the one due longest first */
        int64_t reads;         /* under way */
        int64_t reserved;      /* bytes that those are expected to need beyond what they hold */
        int64_t held;          /* bytes of all lists; counted by the fetches themselves */
};

struct queue_limits {
        int64_t most_reads;
        int64_t most_bytes;
};

#define QUEUE_NULL                                                                                 \
        {                                                                                          \
                .agenda = AGENDA_NULL                                                              \
        }

void queue_deinit(struct queue *queue);

/* To be called after anything has happened to a fetch. */
void queue_settle(struct queue *queue, struct fetch *fetch);
/* It is about to go. */
void queue_leave(struct queue *queue, struct fetch *fetch);

/* One whose deadline has passed; NULL when there are no more. Those whose read is due wait from
 * then on. */
struct fetch *queue_take_expired(struct queue *queue, int64_t now_ms);

/* The one that is to begin its read now; NULL: none is due, or none has room. */
struct fetch *queue_next(const struct queue *queue, const struct queue_limits *limits,
                         int64_t now_ms);

/* When queue_take_expired is due; INT64_MAX: never. What waits for room waits for the end of
 * another read, not for the clock. */
int64_t queue_wake_ms(const struct queue *queue);

#endif
