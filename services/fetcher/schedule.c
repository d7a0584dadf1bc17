/* services/fetcher/schedule.c
 *
 * The sites are other people's: what is asked of them must be even over time, never doubled, and
 * less when they are ill. See the rules in the header.
 */
#include "fetcher/schedule.h"

#include "policy/retry.h"

enum { FIRST_READ_MS = 10000 }; /* so soon at the latest, of a site or with new credentials */

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
        return value < least ? least : value > most ? most : value;
}

/* The interval, give or take a tenth. */
static int64_t jittered_ms(const struct schedule_policy *policy, struct dice *dice)
{
        return policy->interval_ms - policy->interval_ms / 10 +
               dice_below(dice, policy->interval_ms / 5 + 1);
}

static struct retry_policy backoff(const struct schedule_policy *policy)
{
        int64_t base_ms = clamp(policy->interval_ms / 60, 500, 10000);

        return (struct retry_policy){
                .base_ms = base_ms,
                .cap_ms = clamp(policy->interval_ms * 4, base_ms, 3600 * 1000),
                .floor_ms = base_ms / 2,
        };
}

void schedule_init(struct schedule *schedule, const struct schedule_policy *policy,
                   int64_t success_ms, int64_t now_ms, struct dice *dice)
{
        int64_t regular_ms = success_ms + jittered_ms(policy, dice);

        schedule->spread = success_ms > 0;
        schedule->due_ms = regular_ms;
        if (success_ms == 0 || regular_ms < now_ms)
                schedule->due_ms = now_ms + dice_below(dice, clamp(policy->interval_ms / 10, 0,
                                                                   FIRST_READ_MS));
        else if (regular_ms > now_ms + policy->interval_ms)
                schedule->due_ms = now_ms + policy->interval_ms; /* from a clock that ran ahead */
}

int64_t schedule_due_ms(const struct schedule *schedule)
{
        if (schedule->running)
                return INT64_MAX;
        return schedule->due_ms > schedule->paused_until_ms ? schedule->due_ms
                                                            : schedule->paused_until_ms;
}

static bool overdue(int64_t last_ms, int64_t every_ms, int64_t now_ms)
{
        return last_ms == 0 || now_ms - last_ms >= every_ms;
}

struct schedule_kind schedule_begin(struct schedule *schedule, const struct schedule_policy *policy,
                                    int64_t now_ms)
{
        schedule->running = true;
        schedule->began = schedule->asked;
        schedule->asked = (struct schedule_kind){ .read = false };
        schedule->reading.read = true;
        schedule->reading.full =
                schedule->began.full || overdue(schedule->full_ms, policy->full_every_ms, now_ms);
        schedule->reading.fresh = schedule->began.fresh ||
                                  overdue(schedule->fresh_ms, policy->fresh_every_ms, now_ms);
        return schedule->reading;
}

void schedule_past_cache(struct schedule *schedule)
{
        schedule->reading.fresh = true;
}

void schedule_succeeded(struct schedule *schedule, const struct schedule_policy *policy, bool full,
                        int64_t now_ms, struct dice *dice)
{
        schedule->running = false;
        schedule->failures = 0;
        schedule->paused_until_ms = 0;
        if (full)
                schedule->full_ms = now_ms;
        if (schedule->reading.fresh)
                schedule->fresh_ms = now_ms;
        schedule->due_ms = now_ms + (schedule->spread ? jittered_ms(policy, dice)
                                                      : dice_below(dice, policy->interval_ms));
        schedule->spread = true;
        if (schedule->asked.read)
                schedule->due_ms = now_ms;
}

/* What was asked for is asked for still. */
static void restore_asked(struct schedule *schedule)
{
        schedule->running = false;
        schedule->asked.read |= schedule->began.read;
        schedule->asked.full |= schedule->began.full;
        schedule->asked.fresh |= schedule->began.fresh;
}

void schedule_failed(struct schedule *schedule, const struct schedule_policy *policy,
                     int64_t pause_until_ms, int64_t now_ms, struct dice *dice)
{
        struct retry_policy retry = backoff(policy);

        restore_asked(schedule);
        schedule->failures++;
        schedule->paused_until_ms = clamp(pause_until_ms, 0, now_ms + SCHEDULE_PAUSE_MAX_MS);
        schedule->due_ms = now_ms + retry_wait_ms(&retry, schedule->failures, dice);
}

void schedule_postponed(struct schedule *schedule, int64_t wait_ms, int64_t now_ms)
{
        restore_asked(schedule);
        schedule->due_ms = now_ms + wait_ms;
}

void schedule_refresh(struct schedule *schedule, bool full, bool fresh, int64_t at_ms)
{
        schedule->asked.read = true;
        schedule->asked.full |= full;
        schedule->asked.fresh |= fresh;
        if (schedule->due_ms > at_ms)
                schedule->due_ms = at_ms;
}

void schedule_refresh_soon(struct schedule *schedule, int64_t now_ms, struct dice *dice)
{
        schedule_refresh(schedule, false, true, now_ms + dice_below(dice, FIRST_READ_MS));
}

void schedule_reconfigured(struct schedule *schedule, const struct schedule_policy *policy,
                           int64_t now_ms, struct dice *dice)
{
        int64_t latest_ms = now_ms + jittered_ms(policy, dice);

        if (schedule->failures == 0 && schedule->due_ms > latest_ms)
                schedule->due_ms = latest_ms;
}
