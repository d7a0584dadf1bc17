/* tests/sim/sim.h
 *
 * What every part of the simulated world shares: the clock, the dice, the trace, and the verdict.
 * One seed is one history, to the last byte: whatever is random comes from these dice, whatever has
 * a time from this calendar.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "base/cleanup.h"
#include "base/dice.h"
#include "base/slice.h"
#include "sim/calendar.h"

#define SIM_SECOND INT64_C(1000)
#define SIM_MINUTE (60 * SIM_SECOND)
#define SIM_HOUR   (60 * SIM_MINUTE)
#define SIM_START  INT64_C(1772355600000) /* 2026-03-01T09:00:00Z */

enum { SIM_TRACE_LINES = 40, SIM_LINE_BYTES = 240 };

struct sim {
        struct calendar calendar;
        struct dice dice;
        uint64_t seed;
        unsigned without; /* a mechanism that is switched off (history.h); 0: none */
        uint64_t digest;  /* of all that was appended and written: the history in one number */
        uint64_t events;  /* errands run so far: names a moment of a history */
        bool broken;      /* an invariant does not hold; nothing further is looked at */
        char verdict[2 * SIM_LINE_BYTES];
        bool tracing;     /* to stderr */
        bool remembering; /* keep the last lines */
        char (*lines)[SIM_LINE_BYTES];
        size_t line_count;
};

void sim_init(struct sim *sim, uint64_t seed, unsigned without);
void sim_deinit(struct sim *sim);

int64_t sim_now(const struct sim *sim);
int64_t sim_between(struct sim *sim, int64_t low, int64_t high); /* both included */
bool sim_chance(struct sim *sim, int64_t per_mille);

/* Is anybody listening? Spares the making of long lines. */
bool sim_listens(const struct sim *sim);
void sim_say(struct sim *sim, const char *format, ...) _printf_(2, 3);
/* The last lines that were said, to stderr. */
void sim_recall(const struct sim *sim);

/* An invariant of DESIGN.md, by number, does not hold. Only the first one counts. */
void sim_break(struct sim *sim, int invariant, const char *format, ...) _printf_(3, 4);

/* Something that must be the same whenever the seed is. */
void sim_mark(struct sim *sim, const void *data, size_t bytes);

/* Runs the history on. False once it is broken. */
bool sim_run(struct sim *sim, int64_t until_ms);

/* Frees an errand that owns nothing. */
void sim_drop(struct errand *errand);

#endif
