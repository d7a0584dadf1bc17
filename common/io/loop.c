/* common/io/loop.c
 *
 * One turn: wait, read the clock, descriptors, transfers, timers, cores, writes. What a callback
 * adds takes part from the next turn on; what it removes is not called any more in this one:
 * `ready` is the turn's own list, in which removal leaves holes.
 *
 * epoll keeps what is watched, so that a turn costs what is ready in it and not what is waited for:
 * with poll(), 64 PATCHes under way made each turn look at 64 sockets, a third of the writer's CPU.
 */
#include "io/loop.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include <utlist.h>

#include "base/memory.h"

enum {
        WAIT_MAX_MS = 1000, /* a step forward of the clock is seen within this */
        READY_MAX = 128,    /* descriptors of one turn; the others are first in the next */
};

struct loop_watch {
        struct loop *loop;
        int fd;
        short events; /* wanted; 0: not known to epoll, which would tell of errors all the same */
        loop_fn *fn;
        void *context;
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
        int epoll;
        size_t watch_count;
        struct epoll_event ready[READY_MAX]; /* this turn's; data.ptr NULL: unwatched meanwhile */
        size_t ready_count;
        short ready_events; /* of the watch that is being called */

        struct agenda timers;

        struct turn_hook *hooks[LOOP_PHASES];
        struct signal_event *signals;

        int64_t now_us;    /* see loop_now_ms */
        int64_t steady_us; /* when this turn began */
        int64_t longest_turn_us;
        int64_t within_ms; /* the longest wait that anybody wants after this turn */
        bool running;
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
        struct loop *loop = memory_new(sizeof(*loop));

        loop->epoll = epoll_create1(EPOLL_CLOEXEC);
        if (loop->epoll < 0) {
                error_set(error, "no event loop can be made: %s", strerror(errno));
                free(loop);
                return NULL;
        }
        loop->now_us = clock_us(CLOCK_REALTIME);
        loop->steady_us = clock_us(CLOCK_MONOTONIC);
        loop->within_ms = WAIT_MAX_MS;
        return loop;
}

static void signal_event_free(struct loop *loop, struct signal_event *event)
{
        DL_DELETE(loop->signals, event);
        loop_unwatch(event->watch);
        close(event->fd);
        free(event);
}

static void hooks_free(struct turn_hook **hooks)
{
        while (*hooks) {
                struct turn_hook *hook = *hooks;

                DL_DELETE(*hooks, hook);
                free(hook);
        }
}

void loop_free(struct loop *loop)
{
        if (!loop)
                return;
        while (loop->signals)
                signal_event_free(loop, loop->signals);
        for (enum loop_phase phase = 0; phase < LOOP_PHASES; phase++)
                hooks_free(&loop->hooks[phase]);
        assert(loop->watch_count == 0);
        assert(loop->timers.count == 0);
        agenda_deinit(&loop->timers);
        close(loop->epoll);
        free(loop);
}

int64_t loop_now_ms(const struct loop *loop)
{
        return loop->now_us / 1000;
}

/* Descriptors */

static uint32_t epoll_events(short events)
{
        return (events & POLLIN ? EPOLLIN : 0U) | (events & POLLOUT ? EPOLLOUT : 0U);
}

/* Nothing that we watch can be refused but for want of memory. */
static void tell_epoll(struct loop_watch *watch, int operation)
{
        struct epoll_event event = { .events = epoll_events(watch->events), .data.ptr = watch };

        if (epoll_ctl(watch->loop->epoll, operation, watch->fd, &event) < 0)
                abort();
}

struct loop_watch *loop_watch(struct loop *loop, int fd, short events, loop_fn *fn, void *context)
{
        struct loop_watch *watch = memory_new(sizeof(*watch));

        *watch = (struct loop_watch){ .loop = loop, .fd = fd, .fn = fn, .context = context };
        loop->watch_count++;
        loop_watch_events(watch, events);
        return watch;
}

void loop_watch_events(struct loop_watch *watch, short events)
{
        short before = watch->events;

        if (events == before)
                return;
        watch->events = events;
        tell_epoll(watch, before == 0   ? EPOLL_CTL_ADD
                          : events == 0 ? EPOLL_CTL_DEL
                                        : EPOLL_CTL_MOD);
}

void loop_unwatch(struct loop_watch *watch)
{
        if (!watch)
                return;

        struct loop *loop = watch->loop;

        for (size_t i = 0; i < loop->ready_count; i++)
                if (loop->ready[i].data.ptr == watch)
                        loop->ready[i].data.ptr = NULL;
        loop_watch_events(watch, 0);
        loop->watch_count--;
        free(watch);
}

short loop_ready_events(const struct loop *loop)
{
        return loop->ready_events;
}

/* Who asked for one only learns of an error by trying. */
static short poll_events(uint32_t events)
{
        if (events & (EPOLLERR | EPOLLHUP))
                return POLLIN | POLLOUT;
        return (short)((events & EPOLLIN ? POLLIN : 0) | (events & EPOLLOUT ? POLLOUT : 0));
}

static void dispatch_ready(struct loop *loop)
{
        for (size_t i = 0; i < loop->ready_count; i++) {
                struct loop_watch *watch = loop->ready[i].data.ptr;

                if (!watch)
                        continue;
                loop->ready_events = poll_events(loop->ready[i].events) & watch->events;
                if (loop->ready_events != 0)
                        watch->fn(watch->context);
        }
        loop->ready_count = 0;
}

/* Timers */

void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t at_ms)
{
        agenda_set(&loop->timers, &timer->due, at_ms);
}

void loop_timer_stop(struct loop *loop, struct loop_timer *timer)
{
        agenda_drop(&loop->timers, &timer->due);
}

bool loop_timer_is_set(const struct loop_timer *timer)
{
        return timer->due.place != 0;
}

void loop_timer_follow(struct loop *loop, struct loop_timer *timer, int64_t at_ms)
{
        if (at_ms == INT64_MAX)
                loop_timer_stop(loop, timer);
        else if (!loop_timer_is_set(timer) || timer->due.at_ms != at_ms)
                loop_timer_set(loop, timer, at_ms);
}

/* One that sets itself anew for now waits for the next turn: it must not hold this one. */
static void dispatch_timers(struct loop *loop)
{
        struct due *due;

        for (size_t most = loop->timers.count;
             most > 0 && (due = agenda_take(&loop->timers, loop_now_ms(loop))) != NULL; most--) {
                struct loop_timer *timer = (struct loop_timer *)due;

                timer->fn(timer->context);
        }
}

/* Turns */

void loop_at(struct loop *loop, enum loop_phase phase, loop_fn *fn, void *context)
{
        struct turn_hook *hook = memory_new(sizeof(*hook));

        *hook = (struct turn_hook){ .fn = fn, .context = context };
        DL_APPEND(loop->hooks[phase], hook);
}

void loop_not_at(struct loop *loop, enum loop_phase phase, loop_fn *fn, void *context)
{
        struct turn_hook *hook;

        DL_FOREACH(loop->hooks[phase], hook)
                if (hook->fn == fn && hook->context == context)
                        hook->fn = NULL;
}

static void dispatch_hooks(struct loop *loop, enum loop_phase phase)
{
        struct turn_hook *hook, *next;

        DL_FOREACH(loop->hooks[phase], hook)
                if (hook->fn)
                        hook->fn(hook->context);
        DL_FOREACH_SAFE(loop->hooks[phase], hook, next) {
                if (hook->fn)
                        continue;
                DL_DELETE(loop->hooks[phase], hook);
                free(hook);
        }
}

void loop_within(struct loop *loop, int64_t left_ms)
{
        if (left_ms < loop->within_ms)
                loop->within_ms = left_ms > 0 ? left_ms : 0;
}

void loop_again(struct loop *loop)
{
        loop_within(loop, 0);
}

int64_t loop_turn_us(const struct loop *loop)
{
        return clock_us(CLOCK_MONOTONIC) - loop->steady_us;
}

/* `used_us`: how long the turn that ends has taken; its clock is that much behind. */
static int wait_ms(const struct loop *loop, int64_t used_us)
{
        int64_t next_ms = agenda_next_ms(&loop->timers);
        int64_t left_ms =
                next_ms == INT64_MAX ? WAIT_MAX_MS : next_ms - (loop->now_us + used_us) / 1000;

        if (left_ms < 0)
                return 0;
        return (int)(left_ms < loop->within_ms ? left_ms : loop->within_ms);
}

static void wait_turn(struct loop *loop)
{
        int64_t used_us = loop_turn_us(loop);

        if (used_us > loop->longest_turn_us)
                loop->longest_turn_us = used_us;

        int ready = epoll_wait(loop->epoll, loop->ready, READY_MAX, wait_ms(loop, used_us));

        loop->ready_count = ready > 0 ? (size_t)ready : 0;
        loop->within_ms = WAIT_MAX_MS;
        read_clock(loop);
}

void loop_run(struct loop *loop)
{
        loop->running = true;
        read_clock(loop);
        loop_again(loop); /* for what was written or started outside of any turn */
        while (!loop->stopping) {
                wait_turn(loop);
                dispatch_ready(loop);
                dispatch_hooks(loop, LOOP_TRANSFERS);
                dispatch_timers(loop);
                dispatch_hooks(loop, LOOP_CORES);
                dispatch_hooks(loop, LOOP_WRITES);
        }
        loop->stopping = false;
        loop->running = false;
}

bool loop_runs(const struct loop *loop)
{
        return loop->running;
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
