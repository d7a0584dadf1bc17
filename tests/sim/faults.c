/* tests/sim/faults.c
 *
 * The paces are drawn once a history, so that some have a fault all the time and others never.
 */
#include "sim/faults.h"

#include "base/memory.h"

/* -- processes --------------------------------------------------------------------------------- */

static struct process *process_at(const struct errand *errand)
{
        const struct stage_errand *mine = (const struct stage_errand *)errand;

        return mine->stage->processes[mine->which];
}

static void start_again(struct errand *errand)
{
        const struct stage_errand *mine = (const struct stage_errand *)errand;
        struct process *process = process_at(errand);

        if (process->runs)
                return;
        if (process->member.in)
                stage_add_errand(mine->stage, start_again, mine->which, 0, SIM_SECOND);
        else
                process_start(process, stage_config(mine->stage));
}

static void start_later(struct stage *stage, const struct process *process, int64_t wait_ms)
{
        stage_add_errand(stage, start_again, (size_t)process->number, 0, wait_ms);
}

/* Most often while it works. */
void fault_crash(struct stage *stage)
{
        struct process *process = stage_any_process(stage);

        if (!process)
                return;
        process->mishap = MISHAP_CRASH;
        process->mishap_after = (unsigned)sim_between(stage->sim, 0, 120);
        start_later(stage, process, sim_between(stage->sim, 11, 600) * SIM_SECOND);
        start_later(stage, process, SIM_HOUR);
}

static void notice(struct errand *errand)
{
        process_notice(process_at(errand));
}

void fault_isolate(struct stage *stage)
{
        struct process *process = stage_any_process(stage);

        if (!process)
                return;
        process->mishap = MISHAP_ISOLATION;
        process->mishap_after = (unsigned)sim_between(stage->sim, 0, 60);
        for (int64_t minutes = 2; minutes <= 60; minutes += sim_between(stage->sim, 1, 8))
                stage_add_errand(stage, notice, (size_t)process->number, 0, minutes * SIM_MINUTE);
}

void fault_drain(struct stage *stage)
{
        struct process *process = stage_any_process(stage);

        if (!process)
                return;
        process_drain(process);
        start_later(stage, process, sim_between(stage->sim, 1, 300) * SIM_SECOND);
}

void fault_be_away(struct stage *stage)
{
        int64_t wait_ms = sim_between(stage->sim, 10, 360) * SIM_MINUTE;

        for (size_t i = 0; i < stage->process_count; i++) {
                process_crash(stage->processes[i]);
                start_later(stage, stage->processes[i], wait_ms);
        }
}

void fault_watch_over(struct stage *stage)
{
        for (size_t i = 0; i < stage->process_count; i++) {
                process_notice(stage->processes[i]);
                start_later(stage, stage->processes[i], 0);
        }
}

static void get_well(struct errand *errand)
{
        process_at(errand)->lost_per_mille = 0;
}

void fault_lose_answers(struct stage *stage)
{
        struct process *process = stage_any_process(stage);

        if (!process)
                return;
        process->lost_per_mille = sim_between(stage->sim, 10, 300);
        stage_add_errand(stage, get_well, (size_t)process->number, 0,
                         sim_between(stage->sim, 1, 30) * SIM_MINUTE);
}

/* -- Kafka and Redis --------------------------------------------------------------------------- */

static void broker_returns(struct errand *errand)
{
        ((const struct stage_errand *)errand)->stage->broker.up = true;
}

void fault_stop_broker(struct stage *stage)
{
        sim_say(stage->sim, "Kafka is down");
        stage->broker.up = false;
        stage_add_errand(stage, broker_returns, 0, 0, sim_between(stage->sim, 1, 60) * SIM_SECOND);
}

static void redis_returns(struct errand *errand)
{
        stage_redis_up(((const struct stage_errand *)errand)->stage);
}

void fault_stop_redis(struct stage *stage)
{
        stage_redis_down(stage);
        stage_add_errand(stage, redis_returns, 0, 0, sim_between(stage->sim, 1, 300) * SIM_SECOND);
}

void fault_flush_redis(struct stage *stage)
{
        sim_say(stage->sim, "Redis loses everything");
        store_flush(&stage->store);
        stage->kind->lost_redis(stage, true);
}

void fault_roll_back_redis(struct stage *stage)
{
        size_t now = store_moment(&stage->store);
        size_t moment = (size_t)sim_between(stage->sim, 0, (int64_t)now);

        /* Half of them lose only the last second or so. */
        if (sim_chance(stage->sim, 500))
                moment = now - (now < 300 ? now : (size_t)sim_between(stage->sim, 0, 300));
        fault_stop_redis(stage);
        sim_say(stage->sim, "Redis comes back as it was %zu writes ago", now - moment);
        store_roll_back(&stage->store, moment);
        stage->kind->lost_redis(stage, false);
}

/* -- the table --------------------------------------------------------------------------------- */

static void happen(struct errand *errand)
{
        const struct stage_errand *mine = (const struct stage_errand *)errand;
        struct stage *stage = mine->stage;

        if (!stage->faulty)
                return;
        stage->faults[mine->which].happens(stage);
        stage_add_errand(stage, happen, mine->which, mine->detail,
                         sim_between(stage->sim, 0, 2 * (int64_t)mine->detail));
}

void faults_begin(struct stage *stage, const struct fault *faults)
{
        stage->faulty = true;
        stage->faults = faults;
        for (size_t i = 0; faults[i].happens; i++) {
                int64_t pace_ms = faults[i].every_minutes * SIM_MINUTE *
                                  sim_between(stage->sim, 30, 300) / 100;

                if (sim_chance(stage->sim, faults[i].per_mille))
                        stage_add_errand(stage, happen, i, (size_t)pace_ms,
                                         sim_between(stage->sim, 0, 2 * pace_ms));
        }
}

void faults_end(struct stage *stage)
{
        stage->faulty = false;
        sim_say(stage->sim, "from here on nothing goes wrong");
        stage->broker.up = true;
        if (!stage->store.up)
                stage_redis_up(stage);
        stage->kind->mend(stage);
        stage_reconfigure(stage);
        for (size_t i = 0; i < stage->process_count; i++) {
                struct process *process = stage->processes[i];

                process->mishap = MISHAP_NONE;
                process->lost_per_mille = 0;
                process_notice(process);
                start_later(stage, process, 20 * SIM_SECOND);
        }
}
