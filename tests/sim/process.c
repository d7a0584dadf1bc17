/* tests/sim/process.c
 *
 * A crash is noticed by the group when the session times out, a drain at once, and an isolation by
 * everybody but the process itself.
 */
#include "sim/process.h"

#include <assert.h>

#include "base/memory.h"

#define SESSION_MS (10 * SIM_SECOND)
#define COMMIT_MS  (5 * SIM_SECOND)

/* -- errands ----------------------------------------------------------------------------------- */

void process_add_errand(struct process *process, struct process_errand *errand,
                        void (*run)(struct errand *), void (*drop)(struct errand *), int64_t at_ms)
{
        errand->errand.run = run;
        errand->errand.drop = drop;
        errand->process = process;
        errand->life = process->life;
        calendar_add(&process->sim->calendar, &errand->errand, at_ms);
}

struct process *process_of_errand(const struct errand *errand)
{
        const struct process_errand *mine = (const struct process_errand *)errand;

        return mine->life == mine->process->life ? mine->process : NULL;
}

static void add_plain(struct process *process, void (*run)(struct errand *), int64_t wait_ms)
{
        process_add_errand(process, memory_new(sizeof(struct process_errand)), run, sim_drop,
                           sim_now(process->sim) + wait_ms);
}

int64_t process_delay_ms(struct process *process)
{
        if (process->zombie)
                return sim_between(process->sim, 1, 20 * SIM_SECOND);
        if (sim_chance(process->sim, 30))
                return sim_between(process->sim, 20, 800);
        return sim_between(process->sim, 1, 5);
}

int64_t process_in_order(struct process *process, int64_t *last_ms)
{
        int64_t at_ms = sim_now(process->sim) + process_delay_ms(process);

        if (at_ms < *last_ms)
                at_ms = *last_ms;
        *last_ms = at_ms;
        return at_ms;
}

/* -- time ----------------------------------------------------------------------------------------
 */

static void tick(struct errand *errand)
{
        struct process *process = process_of_errand(errand);

        if (!process || !process->runs || process->wake_ms != errand->at_ms)
                return;
        process->wake_ms = INT64_MAX;
        process->kind->tick(process);
}

void process_follow(struct process *process, int64_t next_ms)
{
        if (next_ms < sim_now(process->sim))
                next_ms = sim_now(process->sim);
        if (next_ms == process->wake_ms)
                return;
        process->wake_ms = next_ms;
        if (next_ms < INT64_MAX)
                add_plain(process, tick, next_ms - sim_now(process->sim));
}

static void commit_again(struct errand *errand)
{
        struct process *process = process_of_errand(errand);

        if (!process || !process->runs)
                return;
        process->kind->commit(process);
        add_plain(process, commit_again, COMMIT_MS);
}

/* -- mishaps and ends
 * ------------------------------------------------------------------------------ */

bool process_is_struck(struct process *process)
{
        return process->mishap != MISHAP_NONE && process->mishap_after-- == 0;
}

bool process_is_crashing(const struct process *process)
{
        return process->mishap == MISHAP_CRASH;
}

static void isolate(struct errand *errand)
{
        struct process *process = process_of_errand(errand);

        if (process)
                process_isolate(process);
}

static void suffer_mishap(struct process *process)
{
        bool crash = process_is_crashing(process);

        process->mishap = MISHAP_NONE;
        if (crash)
                process_crash(process);
        else
                add_plain(process, isolate, 0);
}

static void end_life(struct process *process)
{
        process->kind->end(process);
        process->kind->forget(process);
        process->runs = false;
        process->zombie = process->drained = process->draining = false;
        process->life++;
}

static void leave(struct errand *errand)
{
        struct process *process = process_of_errand(errand);

        if (!process || !process->runs)
                return;
        sim_say(process->sim, "host %d: ends", process->number);
        if (process->member.in)
                group_leave(process->group, &process->member);
        if (process->runs)
                end_life(process);
}

bool process_acted(struct process *process, bool struck)
{
        if (struck)
                suffer_mishap(process);
        if (!process->runs)
                return false;
        if (!process->drained)
                return true;
        process->drained = false;
        process->kind->commit(process);
        add_plain(process, leave, 0);
        return true;
}

/* The session times out. */
static void miss(struct errand *errand)
{
        struct process *process = process_of_errand(errand);

        if (!process || process->runs || !process->member.in)
                return;
        process->member.generation = 0;
        process->member.owned = 0;
        group_put_out(process->group, &process->member);
}

void process_crash(struct process *process)
{
        if (!process->runs)
                return;
        sim_say(process->sim, "host %d: crashes", process->number);
        end_life(process);
        add_plain(process, miss, SESSION_MS);
}

void process_drain(struct process *process)
{
        if (!process->runs || process->draining || process->zombie)
                return;
        sim_say(process->sim, "host %d: drains", process->number);
        process->draining = true;
        process->kind->drain(process);
}

/* -- the group -----------------------------------------------------------------------------------
 */

static void on_revoked(struct member *member)
{
        struct process *process = (struct process *)member;

        if (!process->runs)
                return;
        process->kind->revoked(process);
        if (!process->runs)
                return;
        process->kind->commit(process);
        process->kind->forget(process);
}

static void on_assigned(struct member *member)
{
        struct process *process = (struct process *)member;

        if (!process->runs)
                return;
        sim_say(process->sim, "host %d: owns %zu partitions from %d", process->number,
                member->owned, member->first);
        process->kind->assigned(process);
}

static void put_out(struct errand *errand)
{
        struct process *process = process_of_errand(errand);

        if (!process || !process->zombie || !process->member.in)
                return;
        sim_say(process->sim, "host %d: is put out of the group and does not notice",
                process->number);
        group_put_out(process->group, &process->member);
}

/* Its heartbeats are lost. */
void process_isolate(struct process *process)
{
        if (!process->runs || process->zombie || !process->member.in || process->draining)
                return;
        process->zombie = true;
        add_plain(process, put_out, SESSION_MS);
}

static void join(struct process *process)
{
        process->member.generation = 0;
        process->member.owned = 0;
        group_join(process->group, &process->member);
}

void process_notice(struct process *process)
{
        if (!process->runs || !process->zombie)
                return;
        process->zombie = false;
        if (process->member.in)
                return;
        sim_say(process->sim, "host %d: notices that it was put out", process->number);
        on_revoked(&process->member);
        if (process->runs)
                join(process);
}

/* -- the beginning
 * --------------------------------------------------------------------------------- */

void process_init(struct process *process, const struct process_kind *kind, int number,
                  struct sim *sim, struct group *group)
{
        *process = (struct process){
                .member = { .assigned = on_assigned, .revoked = on_revoked },
                .kind = kind,
                .sim = sim,
                .group = group,
                .number = number,
        };
        group_add(group, &process->member);
}

static void learn(struct process *process, const struct config *config)
{
        if (process->kind->learn)
                process->kind->learn(process, config);
        process->config = config;
}

void process_configure(struct process *process, const struct config *config)
{
        if (!process->runs)
                return;
        learn(process, config);
        process->kind->configured(process);
}

void process_tell_redis(struct process *process, bool up)
{
        if (process->runs)
                process->kind->redis(process, up);
}

void process_start(struct process *process, const struct config *config)
{
        assert(!process->runs && !process->member.in);
        learn(process, config);
        sim_say(process->sim, "host %d: starts", process->number);
        process->life++;
        process->zombie = process->drained = process->draining = false;
        process->mishap = MISHAP_NONE;
        process->wake_ms = INT64_MAX;
        process->sent_ms = process->acknowledged_ms = 0;
        process->asked_ms = process->answered_ms = 0;
        process->unacknowledged = 0;
        process->kind->forget(process);
        process->runs = true;
        process->kind->begin(process);
        add_plain(process, commit_again, COMMIT_MS);
        join(process);
}
