/* common/io/loop.h
 *
 * The one event loop of a process: epoll over the descriptors of libcurl, Kafka, Redis, the admin
 * port, inotify and signals. No threads of our own. Everything is called back from loop_run;
 * callbacks may add and remove watches and timers, their own included.
 *
 * loop_now_ms is read once a turn: wall clock in ms since 1970 that never goes back. A step back of
 * the system's clock is followed at half speed; a step forward at once. It is the `now` of every
 * core.
 */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/agenda.h"
#include "base/error.h"

struct loop;
struct loop_watch;

typedef void loop_fn(void *context);

/* Owned by whoever embeds it; zeroed before first use. Must be stopped before its memory goes. */
struct loop_timer {
        struct due due; /* first; the loop's */
        loop_fn *fn;
        void *context;
};

struct loop *loop_new(struct error *error);
void loop_free(struct loop *loop);

int64_t loop_now_ms(const struct loop *loop);

/* `events`: POLLIN, POLLOUT, both, or 0 for now. One watch a descriptor, and it must end before the
 * descriptor is closed. An error of the descriptor is told as whatever is watched. */
struct loop_watch *loop_watch(struct loop *loop, int fd, short events, loop_fn *fn, void *context);
void loop_watch_events(struct loop_watch *watch, short events);
void loop_unwatch(struct loop_watch *watch);      /* NULL is fine */
short loop_ready_events(const struct loop *loop); /* within a watch's call: which of them it is */

void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t at_ms);
void loop_timer_stop(struct loop *loop, struct loop_timer *timer);
bool loop_timer_is_set(const struct loop_timer *timer);
/* Sets it where it is not set so already; INT64_MAX stops it. For a core's next moment. */
void loop_timer_follow(struct loop *loop, struct loop_timer *timer, int64_t at_ms);

/* When in a turn, after what was ready and what was due (LOOP_TRANSFERS: before that): */
enum loop_phase {
        LOOP_TRANSFERS, /* io/http lets libcurl work: what a descriptor led to leaves at once */
        LOOP_CORES,     /* shells let their cores catch up */
        LOOP_WRITES,    /* what was collected for a connection leaves together */
        LOOP_PHASES,
};

/* Called once in every turn. */
void loop_at(struct loop *loop, enum loop_phase phase, loop_fn *fn, void *context);
void loop_not_at(struct loop *loop, enum loop_phase phase, loop_fn *fn, void *context);

/* The next turn begins within `left_ms` by the steady clock, whatever happens to the wall's. */
void loop_within(struct loop *loop, int64_t left_ms);
/* At once: there is work that was cut into pieces. */
void loop_again(struct loop *loop);

/* A signal as an event (it is blocked for the process and read from a signalfd). */
int loop_signal(struct loop *loop, int signal, loop_fn *fn, void *context, struct error *error);

/* Runs until loop_stop. */
void loop_run(struct loop *loop);
bool loop_runs(const struct loop *loop); /* from within it */
void loop_stop(struct loop *loop);

/* How long this turn has worked so far: what can be cut into pieces begins no other one when this
 * is more than LOOP_SLICE_US, and goes on in the next turn. */
enum { LOOP_SLICE_US = 5000 };
int64_t loop_turn_us(const struct loop *loop);

/* For metrics and /healthz: the longest turn (work without waiting) since the last call, in
 * microseconds, and when the last turn began, by the steady clock. */
int64_t loop_take_longest_turn_us(struct loop *loop);

#endif
