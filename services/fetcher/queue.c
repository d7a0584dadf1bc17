/* services/fetcher/queue.c
 *
 * A fetch is in the agenda until its moment comes, and then, if that moment was a read's, in the
 * line of those that wait for room, which is nearly always empty.
 */
#include "fetcher/queue.h"

#include <utlist.h>

/* A read that is due, but does not fit, lets others pass for so long. */
enum { HEAD_START_MS = 30000 };

void queue_deinit(struct queue *queue)
{
        agenda_deinit(&queue->agenda);
}

static bool is_reading(const struct fetch *fetch)
{
        return fetch->phase == FETCH_ASKING || fetch->phase == FETCH_READING;
}

static void count(struct queue *queue, struct fetch *fetch, bool reads)
{
        int64_t beyond = fetch_expected_bytes(fetch) - fetch->memory;
        int64_t reserved = reads && beyond > 0 ? beyond : 0;

        queue->reads += reads - fetch->place.reads;
        queue->reserved += reserved - fetch->place.reserved;
        fetch->place.reads = reads;
        fetch->place.reserved = reserved;
}

static void leave_line(struct queue *queue, struct fetch *fetch)
{
        if (fetch->place.waits)
                DL_DELETE2(queue->waiting, fetch, ahead, behind);
        fetch->place.waits = false;
}

void queue_settle(struct queue *queue, struct fetch *fetch)
{
        int64_t next_ms = fetch_next_ms(fetch);
        struct due *due = &fetch->place.due;

        count(queue, fetch, is_reading(fetch));
        if (next_ms == due->at_ms && (due->place > 0 || fetch->place.waits))
                return;
        leave_line(queue, fetch);
        if (next_ms == INT64_MAX)
                agenda_drop(&queue->agenda, due);
        else
                agenda_set(&queue->agenda, due, next_ms);
}

void queue_leave(struct queue *queue, struct fetch *fetch)
{
        count(queue, fetch, false);
        leave_line(queue, fetch);
        agenda_drop(&queue->agenda, &fetch->place.due);
}

struct fetch *queue_take_expired(struct queue *queue, int64_t now_ms)
{
        struct due *due;

        while ((due = agenda_take(&queue->agenda, now_ms))) {
                struct fetch *fetch = (struct fetch *)due; /* its place is its first member */

                if (fetch->phase != FETCH_IDLE)
                        return fetch;
                fetch->place.waits = true;
                DL_APPEND2(queue->waiting, fetch, ahead, behind);
        }
        return NULL;
}

static bool fits(const struct queue *queue, const struct queue_limits *limits,
                 const struct fetch *fetch)
{
        int64_t taken = queue->held + queue->reserved;

        return taken == 0 || taken + fetch_expected_bytes(fetch) <= limits->most_bytes;
}

struct fetch *queue_next(const struct queue *queue, const struct queue_limits *limits,
                         int64_t now_ms)
{
        struct fetch *fetch;

        if (queue->reads >= limits->most_reads)
                return NULL;
        DL_FOREACH2(queue->waiting, fetch, behind)
        {
                if (fits(queue, limits, fetch))
                        return fetch;
                if (now_ms - fetch->place.due.at_ms > HEAD_START_MS)
                        return NULL;
        }
        return NULL;
}

int64_t queue_wake_ms(const struct queue *queue)
{
        return agenda_next_ms(&queue->agenda);
}
