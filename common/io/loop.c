/* common/io/loop.c
 *
 * One turn: wait, read the clock, descriptors, transfers, timers, the turn's end. What a callback
 * adds takes part from the next turn on; what it removes is not called any more in this one:
 * `polled` is the turn's own list, in which removal leaves holes.
 *
 * libcurl passes on POLLIN, POLLPRI and POLLOUT alone. Sockets, eventfds, inotify, signalfds and
 * epolls show their errors as readable, so that is enough for what we watch; a pipe would not.
 */
#include "io/loop.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include <utlist.h>

#include "base/memory.h"

enum {
        WAIT_MAX_MS = 1000, /* a step forward of the clock is seen within this */
        WAIT_AFTER_FAILURE_MS = 10,
};

struct loop_watch {
        struct loop *loop;
        int fd;
        short events;
        loop_fn *fn;
        void *context;
        struct loop_watch *prev, *next;
};

struct turn_hook {
        loop_fn *fn; /* NULL: taken back, swept at the end of the turn */
        void *context;
        struct turn_hook *prev, *next;
};

struct signal_event {
        int fd;
        struct loop_watch *watch;
        loop_fn *fn;
        void *context;
        struct signal_event *prev, *next;
};

struct loop {
        CURLM *multi;
        loop_transfer_fn *at_transfer;
        void *transfer_context;

        struct loop_watch *watches;
        size_t watch_count;
        struct loop_watch **polled; /* this turn's, parallel to fds */
        struct curl_waitfd *fds;
        size_t polled_count;
        size_t polled_capacity;

        struct loop_timer **heap; /* the earliest first */
        size_t timer_count;
        size_t timer_capacity;

        struct turn_hook *hooks;
        struct signal_event *signals;

        int64_t now_us;    /* see loop_now_ms */
        int64_t steady_us; /* when this turn began */
        int64_t longest_turn_us;
        bool again;
        bool stopping;
};

static int64_t clock_us(clockid_t clock)
{
        struct timespec time;

        clock_gettime(clock, &time);
        return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/* Never back. While the wall is behind, half the speed of the steady clock, until it is level
 * again. */
static void read_clock(struct loop *loop)
{
        int64_t wall_us = clock_us(CLOCK_REALTIME);
        int64_t steady_us = clock_us(CLOCK_MONOTONIC);
        int64_t slow_us = loop->now_us + (steady_us - loop->steady_us) / 2;

        loop->now_us = wall_us > slow_us ? wall_us : slow_us;
        loop->steady_us = steady_us;
}

struct loop *loop_new(struct error *error)
{
        if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK) {
                error_set(error, "libcurl cannot be initialised");
                return NULL;
        }

        struct loop *loop = memory_new(sizeof(*loop));

        loop->multi = curl_multi_init();
        if (!loop->multi) {
                error_set(error, "libcurl's multi handle cannot be made");
                loop_free(loop);
                return NULL;
        }
        loop->now_us = clock_us(CLOCK_REALTIME);
        loop->steady_us = clock_us(CLOCK_MONOTONIC);
        return loop;
}

static void signal_event_free(struct loop *loop, struct signal_event *event)
{
        DL_DELETE(loop->signals, event);
        loop_unwatch(event->watch);
        close(event->fd);
        free(event);
}

static void sweep_hooks(struct loop *loop)
{
        struct turn_hook *hook, *next;

        DL_FOREACH_SAFE(loop->hooks, hook, next) {
                if (hook->fn)
                        continue;
                DL_DELETE(loop->hooks, hook);
                free(hook);
        }
}

void loop_free(struct loop *loop)
{
        if (!loop)
                return;
        while (loop->signals)
                signal_event_free(loop, loop->signals);
        while (loop->hooks) {
                struct turn_hook *hook = loop->hooks;

                DL_DELETE(loop->hooks, hook);
                free(hook);
        }
        assert(!loop->watches);
        assert(loop->timer_count == 0);
        free(loop->heap);
        free(loop->fds);
        free(loop->polled);
        curl_multi_cleanup(loop->multi);
        free(loop);
        curl_global_cleanup();
}

int64_t loop_now_ms(const struct loop *loop)
{
        return loop->now_us / 1000;
}

/* Descriptors */

struct loop_watch *loop_watch(struct loop *loop, int fd, short events, loop_fn *fn, void *context)
{
        struct loop_watch *watch = memory_new(sizeof(*watch));

        *watch = (struct loop_watch){
                .loop = loop, .fd = fd, .events = events, .fn = fn, .context = context
        };
        DL_APPEND(loop->watches, watch);
        loop->watch_count++;
        return watch;
}

void loop_watch_events(struct loop_watch *watch, short events)
{
        watch->events = events;
}

void loop_unwatch(struct loop_watch *watch)
{
        if (!watch)
                return;

        struct loop *loop = watch->loop;

        for (size_t i = 0; i < loop->polled_count; i++)
                if (loop->polled[i] == watch)
                        loop->polled[i] = NULL;
        DL_DELETE(loop->watches, watch);
        loop->watch_count--;
        free(watch);
}

static short curl_events(short events)
{
        return (short)((events & POLLIN ? CURL_WAIT_POLLIN : 0) |
                       (events & POLLOUT ? CURL_WAIT_POLLOUT : 0));
}

static void collect_polled(struct loop *loop)
{
        struct loop_watch *watch;

        if (loop->watch_count > loop->polled_capacity) {
                loop->polled_capacity = 2 * loop->watch_count;
                loop->polled =
                        memory_resize(loop->polled, loop->polled_capacity, sizeof(*loop->polled));
                loop->fds = memory_resize(loop->fds, loop->polled_capacity, sizeof(*loop->fds));
        }
        loop->polled_count = 0;
        DL_FOREACH(loop->watches, watch) {
                if (watch->events == 0)
                        continue;
                loop->polled[loop->polled_count] = watch;
                loop->fds[loop->polled_count] =
                        (struct curl_waitfd){ watch->fd, curl_events(watch->events), 0 };
                loop->polled_count++;
        }
}

static void dispatch_polled(struct loop *loop)
{
        for (size_t i = 0; i < loop->polled_count; i++) {
                struct loop_watch *watch = loop->polled[i];

                if (watch && loop->fds[i].revents != 0)
                        watch->fn(watch->context);
        }
        loop->polled_count = 0;
}

/* Timers: a binary heap; a timer knows its place + 1. */

static void heap_put(struct loop *loop, size_t place, struct loop_timer *timer)
{
        loop->heap[place] = timer;
        timer->index = place + 1;
}

static void heap_up(struct loop *loop, size_t place)
{
        struct loop_timer *timer = loop->heap[place];

        while (place > 0) {
                size_t parent = (place - 1) / 2;

                if (loop->heap[parent]->at_ms <= timer->at_ms)
                        break;
                heap_put(loop, place, loop->heap[parent]);
                place = parent;
        }
        heap_put(loop, place, timer);
}

static void heap_down(struct loop *loop, size_t place)
{
        struct loop_timer *timer = loop->heap[place];

        for (;;) {
                size_t child = 2 * place + 1;

                if (child >= loop->timer_count)
                        break;
                if (child + 1 < loop->timer_count &&
                    loop->heap[child + 1]->at_ms < loop->heap[child]->at_ms)
                        child++;
                if (timer->at_ms <= loop->heap[child]->at_ms)
                        break;
                heap_put(loop, place, loop->heap[child]);
                place = child;
        }
        heap_put(loop, place, timer);
}

void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t at_ms)
{
        loop_timer_stop(loop, timer);
        if (loop->timer_count == loop->timer_capacity) {
                loop->timer_capacity = loop->timer_capacity > 0 ? 2 * loop->timer_capacity : 16;
                loop->heap = memory_resize(loop->heap, loop->timer_capacity, sizeof(*loop->heap));
        }
        timer->at_ms = at_ms;
        loop->heap[loop->timer_count++] = timer;
        heap_up(loop, loop->timer_count - 1);
}

void loop_timer_stop(struct loop *loop, struct loop_timer *timer)
{
        if (timer->index == 0)
                return;

        size_t place = timer->index - 1;
        struct loop_timer *last = loop->heap[--loop->timer_count];

        assert(loop->heap[place] == timer);
        timer->index = 0;
        if (last == timer)
                return;
        heap_put(loop, place, last);
        heap_up(loop, place);
        heap_down(loop, last->index - 1);
}

void loop_timer_follow(struct loop *loop, struct loop_timer *timer, int64_t at_ms)
{
        if (at_ms == INT64_MAX)
                loop_timer_stop(loop, timer);
        else if (timer->index == 0 || timer->at_ms != at_ms)
                loop_timer_set(loop, timer, at_ms);
}

/* One that sets itself anew for now waits for the next turn: it must not hold this one. */
static void dispatch_timers(struct loop *loop)
{
        int64_t now_ms = loop_now_ms(loop);

        for (size_t most = loop->timer_count; most > 0 && loop->timer_count > 0; most--) {
                struct loop_timer *timer = loop->heap[0];

                if (timer->at_ms > now_ms)
                        break;
                loop_timer_stop(loop, timer);
                timer->fn(timer->context);
        }
}

/* Turns */

void loop_at_turn(struct loop *loop, loop_fn *fn, void *context)
{
        struct turn_hook *hook = memory_new(sizeof(*hook));

        *hook = (struct turn_hook){ .fn = fn, .context = context };
        DL_APPEND(loop->hooks, hook);
}

void loop_not_at_turn(struct loop *loop, loop_fn *fn, void *context)
{
        struct turn_hook *hook;

        DL_FOREACH(loop->hooks, hook)
                if (hook->fn == fn && hook->context == context)
                        hook->fn = NULL;
}

static void dispatch_hooks(struct loop *loop)
{
        struct turn_hook *hook;

        DL_FOREACH(loop->hooks, hook)
                if (hook->fn)
                        hook->fn(hook->context);
        sweep_hooks(loop);
}

void loop_again(struct loop *loop)
{
        loop->again = true;
}

CURLM *loop_curl(struct loop *loop)
{
        return loop->multi;
}

void loop_at_transfer(struct loop *loop, loop_transfer_fn *fn, void *context)
{
        loop->at_transfer = fn;
        loop->transfer_context = context;
}

static void dispatch_transfers(struct loop *loop)
{
        int left;
        CURLMsg *message;

        curl_multi_perform(loop->multi, &left);
        while ((message = curl_multi_info_read(loop->multi, &left)) != NULL)
                if (message->msg == CURLMSG_DONE && loop->at_transfer)
                        loop->at_transfer(loop->transfer_context, message->easy_handle,
                                          message->data.result);
}

int64_t loop_turn_us(const struct loop *loop)
{
        return clock_us(CLOCK_MONOTONIC) - loop->steady_us;
}

/* `used_us`: how long the turn that ends has taken; its clock is that much behind. */
static int wait_ms(const struct loop *loop, int64_t used_us)
{
        if (loop->again)
                return 0;
        if (loop->timer_count == 0)
                return WAIT_MAX_MS;

        int64_t left_ms = loop->heap[0]->at_ms - (loop->now_us + used_us) / 1000;

        if (left_ms < 0)
                return 0;
        return left_ms < WAIT_MAX_MS ? (int)left_ms : WAIT_MAX_MS;
}

static void wait_turn(struct loop *loop)
{
        int64_t used_us = loop_turn_us(loop);

        if (used_us > loop->longest_turn_us)
                loop->longest_turn_us = used_us;
        collect_polled(loop);

        CURLMcode code = curl_multi_poll(loop->multi, loop->fds, (unsigned)loop->polled_count,
                                         wait_ms(loop, used_us), NULL);

        if (code != CURLM_OK) {
                loop->polled_count = 0;
                poll(NULL, 0, WAIT_AFTER_FAILURE_MS);
        }
        loop->again = false;
        read_clock(loop);
}

void loop_run(struct loop *loop)
{
        read_clock(loop);
        while (!loop->stopping) {
                wait_turn(loop);
                dispatch_polled(loop);
                dispatch_transfers(loop);
                dispatch_timers(loop);
                dispatch_hooks(loop);
        }
        loop->stopping = false;
}

void loop_stop(struct loop *loop)
{
        loop->stopping = true;
}

int64_t loop_take_longest_turn_us(struct loop *loop)
{
        int64_t longest_us = loop->longest_turn_us;

        loop->longest_turn_us = 0;
        return longest_us;
}

/* Signals */

static void read_signal(void *context)
{
        struct signal_event *event = context;
        struct signalfd_siginfo info;

        while (read(event->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
                event->fn(event->context);
}

int loop_signal(struct loop *loop, int signal, loop_fn *fn, void *context, struct error *error)
{
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, signal);
        if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return error_set(error, "signal %d cannot be blocked: %s", signal, strerror(errno));

        int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);

        if (fd < 0)
                return error_set(error, "signal %d cannot be read: %s", signal, strerror(errno));

        struct signal_event *event = memory_new(sizeof(*event));

        *event = (struct signal_event){ .fd = fd, .fn = fn, .context = context };
        event->watch = loop_watch(loop, fd, POLLIN, read_signal, event);
        DL_APPEND(loop->signals, event);
        return 0;
}
