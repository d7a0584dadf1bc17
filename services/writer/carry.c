/* services/writer/carry.c
 *
 * Carrying forward (DESIGN.md "Offsets"): what has waited for `writer.carry_every` is produced
 * again to the end of `updates`, with its versions and the vendor's record time in the header
 * `dplsync-origin`. Once Kafka has acknowledged that, the old record's offset is done: a dead site
 * never pins its partition beyond the topic's retention. The outcome comes with the new record.
 *
 * The same look sees to what a lane that waits for its site owes the ledger: which updates of its
 * event were told. Else only `results` has that, and of two results of an event compaction leaves
 * the newer one, which was made before the older one was acknowledged and does not know of it.
 */
#include "writer/inside.h"

enum {
        CARRY_LOOKS = 12, /* in the time after which something is carried */
        CARRY_LOOK_MIN_MS = 100,
        CARRY_ON_MS = 1000, /* the next ones, if Kafka has enough to do */
        CARRY_TELLING_MAX = TELLING_MAX / 2,
};

static bool carry_is_due(const struct writer_core *core, const struct wanted *wanted)
{
        return !wanted->in_attempt && !wanted->carrying && !wanted->refused &&
               core->now_ms - wanted->logged_ms >= core->config->writer.carry_every_ms;
}

static void carry_lane(struct writer_core *core, struct lane *lane)
{
        for (struct wanted *wanted = lane->open; wanted; wanted = wanted->next)
                if (carry_is_due(core, wanted))
                        telling_carry(core, lane, wanted);
}

static void carry_pay(struct writer_core *core, struct lane *lane)
{
        if (!upkeep_is_owed(lane) || lane->unacked > 0 || lane_in_flight(lane) ||
            (lane->state != LANE_RESTING && lane->state != LANE_QUEUED))
                return;
        if (lane->state == LANE_QUEUED)
                writer_site_unqueue(lane->site, lane);
        lane->pays = true;
        upkeep_load(core, lane);
}

/* False: not all of them, there is too much on its way to Kafka. */
static bool carry_site(struct writer_core *core, struct site *site)
{
        struct lane *lane, *other;

        HASH_ITER(hh, site->lanes, lane, other) {
                if (core->telling >= CARRY_TELLING_MAX)
                        return false;
                carry_lane(core, lane);
                carry_pay(core, lane);
        }
        return true;
}

void carry_look(struct writer_core *core)
{
        int64_t wait_ms = core->config->writer.carry_every_ms / CARRY_LOOKS;
        struct site *site, *other;

        if (core->now_ms < core->carry_ms || core->draining || core->failed)
                return;
        core->carry_ms = core->now_ms + (wait_ms > CARRY_LOOK_MIN_MS ? wait_ms : CARRY_LOOK_MIN_MS);
        HASH_ITER(hh, core->sites, site, other) {
                if (carry_site(core, site))
                        continue;
                core->carry_ms = core->now_ms + CARRY_ON_MS;
                return;
        }
}

void carry_done(struct writer_core *core, struct lane *lane, struct wanted *wanted)
{
        wanted->carrying = false;
        lane_carry(lane, wanted);
        attempt_told(core, lane, wanted);
}
