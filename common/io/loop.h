/* common/io/loop.h
 *
 * The one event loop of a process: curl_multi_poll over libcurl's transfers and the descriptors of
 * Kafka, Redis, the admin port, inotify and signals. No threads of our own. Everything is called
 * back from loop_run; callbacks may add and remove watches and timers, their own included.
 *
 * loop_now_ms is read once a turn: wall clock in ms since 1970 that never goes back. A step back of
 * the system's clock is followed at half speed; a step forward at once. It is the `now` of every core.
 */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <curl/curl.h>
#include <stdint.h>

#include "base/error.h"

struct loop;
struct loop_watch;

typedef void loop_fn(void *context);
typedef void loop_transfer_fn(void *context, CURL *easy, CURLcode code);

/* Owned by whoever embeds it; zeroed before first use. Must be stopped before its memory goes. */
struct loop_timer {
        loop_fn *fn;
        void *context;
        int64_t at_ms;
        size_t index; /* place in the heap + 1; 0: not set */
};

struct loop *loop_new(struct error *error);
void loop_free(struct loop *loop);

int64_t loop_now_ms(const struct loop *loop);

/* `events`: POLLIN, POLLOUT or both. */
struct loop_watch *loop_watch(struct loop *loop, int fd, short events, loop_fn *fn, void *context);
void loop_watch_events(struct loop_watch *watch, short events);
void loop_unwatch(struct loop_watch *watch); /* NULL is fine */

void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t at_ms);
void loop_timer_stop(struct loop *loop, struct loop_timer *timer);
/* Sets it where it is not set so already; INT64_MAX stops it. For a core's next moment. */
void loop_timer_follow(struct loop *loop, struct loop_timer *timer, int64_t at_ms);

/* Called once at the end of every turn, before waiting: where shells let their cores catch up. */
void loop_at_turn(struct loop *loop, loop_fn *fn, void *context);
void loop_not_at_turn(struct loop *loop, loop_fn *fn, void *context); /* takes it back */

/* Ask for another turn without waiting: there is work that was cut into pieces. */
void loop_again(struct loop *loop);

/* libcurl's handle, for io/http.c alone, and where finished transfers are handed back. */
CURLM *loop_curl(struct loop *loop);
void loop_at_transfer(struct loop *loop, loop_transfer_fn *fn, void *context);

/* A signal as an event (it is blocked for the process and read from a signalfd). */
int loop_signal(struct loop *loop, int signal, loop_fn *fn, void *context, struct error *error);

/* Runs until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* How long this turn has worked so far: what can be cut into pieces begins no other one when this is
 * more than LOOP_SLICE_US, and goes on in the next turn. */
enum { LOOP_SLICE_US = 5000 };
int64_t loop_turn_us(const struct loop *loop);

/* For metrics and /healthz: the longest turn (work without waiting) since the last call, in
 * microseconds, and when the last turn began, by the steady clock. */
int64_t loop_take_longest_turn_us(struct loop *loop);

#endif
