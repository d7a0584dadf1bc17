/* tests/sim/sim.c
 *
 * A history is told twice: once fast and silent, and, if it broke, again with its last lines kept.
 */
#include "sim/sim.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/timestamp.h"

/* So many errands without the clock going on are no work any more. */
enum { STUCK_ERRANDS = 200000 };

void sim_init(struct sim *sim, uint64_t seed, unsigned without)
{
        *sim = (struct sim){ .seed = seed, .without = without };
        sim->dice.state = seed;
        sim->calendar.now_ms = SIM_START;
        sim->lines = memory_new(SIM_TRACE_LINES * sizeof(*sim->lines));
}

void sim_deinit(struct sim *sim)
{
        free(sim->lines);
}

int64_t sim_now(const struct sim *sim)
{
        return sim->calendar.now_ms;
}

int64_t sim_between(struct sim *sim, int64_t low, int64_t high)
{
        return low + dice_below(&sim->dice, high - low + 1);
}

bool sim_chance(struct sim *sim, int64_t per_mille)
{
        return dice_below(&sim->dice, 1000) < per_mille;
}

bool sim_listens(const struct sim *sim)
{
        return sim->tracing || sim->remembering;
}

_printf_(2, 0) static void say(struct sim *sim, const char *format, va_list arguments)
{
        char time[TIMESTAMP_TEXT_BYTES];
        char *line = sim->lines[sim->line_count++ % SIM_TRACE_LINES];
        int length;

        timestamp_format(sim_now(sim), time);
        length = snprintf(line, SIM_LINE_BYTES, "%s #%" PRIu64 " ", time, sim->events);
        vsnprintf(line + length, SIM_LINE_BYTES - (size_t)length, format, arguments);
        if (sim->tracing)
                fprintf(stderr, "%s\n", line);
}

void sim_say(struct sim *sim, const char *format, ...)
{
        va_list arguments;

        if (!sim_listens(sim))
                return;
        va_start(arguments, format);
        say(sim, format, arguments);
        va_end(arguments);
}

void sim_recall(const struct sim *sim)
{
        size_t first = sim->line_count > SIM_TRACE_LINES ? sim->line_count - SIM_TRACE_LINES : 0;

        for (size_t i = first; i < sim->line_count; i++)
                fprintf(stderr, "  %s\n", sim->lines[i % SIM_TRACE_LINES]);
}

void sim_break(struct sim *sim, int invariant, const char *format, ...)
{
        char reason[SIM_LINE_BYTES];
        va_list arguments;

        if (sim->broken)
                return;
        va_start(arguments, format);
        vsnprintf(reason, sizeof(reason), format, arguments);
        va_end(arguments);
        sim->broken = true;
        snprintf(sim->verdict, sizeof(sim->verdict),
                 "seed %" PRIu64 ", event #%" PRIu64 ": invariant %d does not hold: %s", sim->seed,
                 sim->events, invariant, reason);
        sim_say(sim, "BROKEN: invariant %d: %s", invariant, reason);
}

void sim_mark(struct sim *sim, const void *data, size_t bytes)
{
        sim->digest = hash64_seed(data, bytes, sim->digest);
}

bool sim_run(struct sim *sim, int64_t until_ms)
{
        int64_t moment_ms = sim_now(sim);
        uint64_t since = sim->events;

        while (!sim->broken && calendar_step(&sim->calendar, until_ms)) {
                sim->events++;
                if (sim_now(sim) != moment_ms) {
                        moment_ms = sim_now(sim);
                        since = sim->events;
                } else if (sim->events - since > STUCK_ERRANDS) {
                        sim_break(sim, 15, "something goes round in circles");
                }
        }
        return !sim->broken;
}

void sim_drop(struct errand *errand)
{
        free(errand);
}
