/* services/reconciler/terms.c
 *
 * Everything but the next asking follows from the snapshot and the state alone, so that a snapshot
 * that is worked again is worked on the same terms.
 */
#include "reconciler/terms.h"

#include <stdio.h>

#include "base/digest.h"
#include "reconciler/asking.h"
#include "reconciler/judge.h"
#include "reconciler/rules.h"

#define CLOCK_MARGIN_MS   (10 * INT64_C(1000))
#define UNDECIDED_MOST_MS (6 * 3600 * INT64_C(1000))

static int64_t edge_ms(const struct snapshot_part *head)
{
        char text[TIMESTAMP_TEXT_BYTES];
        int64_t ms;

        if (!head->from_date[0])
                return TIMESTAMP_NONE;
        snprintf(text, sizeof(text), "%sT00:00:00Z", head->from_date);
        return timestamp_parse(text, strlen(text), &ms) ? ms : TIMESTAMP_NONE;
}

struct diff_facts terms_facts(const struct snapshot *snapshot, const struct meta *meta,
                              const struct municipality *config, uint32_t epoch)
{
        uint64_t number = rules_in_force(meta, snapshot->appended_ms);
        struct rules rules = rules_read(number);

        return (struct diff_facts){
                .version = version_make(epoch, snapshot_offset(snapshot)),
                .now_ms = snapshot->appended_ms,
                .edge_ms = edge_ms(&snapshot->head),
                .complete = snapshot->complete,
                .fresh = snapshot->head.fresh,
                .reassert =
                        meta->reassert_at_ms > 0 && meta->reassert_at_ms <= snapshot->appended_ms,
                .look_at_all = meta->rules != number,
                .relevant_only = rules.relevant_only,
                .news = rules.news,
                .allowance = { config->guard_events, config->guard_percent },
        };
}

/* The next time everything is told again: jittered, but the same when the snapshot is worked again.
 */
static int64_t next_reassert_ms(const char *municipality, const struct diff_facts *facts,
                                int64_t every_ms)
{
        uint64_t dice = hash64_seed(municipality, strlen(municipality), facts->version);

        return facts->now_ms + every_ms - (int64_t)(dice % 1000) * every_ms / 5000;
}

/* A list with an event that cannot be read decides nothing about what is absent, and the next one
 * is likely to have it too: the longer a hold has waited, the later it is asked for. */
static int64_t undecided_recheck_ms(int64_t planned_ms, int64_t waiting_since_ms, int64_t now_ms)
{
        int64_t wait_ms = now_ms - waiting_since_ms;

        if (planned_ms > now_ms)
                return planned_ms;
        if (wait_ms < GUARD_CONFIRM_MS)
                wait_ms = GUARD_CONFIRM_MS;
        if (wait_ms > UNDECIDED_MOST_MS)
                wait_ms = UNDECIDED_MOST_MS;
        return now_ms + wait_ms;
}

/* `planned_ms`: when it was to be asked for before this list. */
static int64_t next_recheck_ms(const struct diff *diff, const struct municipality *config,
                               int64_t planned_ms, int64_t now_ms)
{
        int64_t earliest_ms = now_ms + asking_every_ms(config);
        int64_t confirm_ms;

        if (diff->foreign)
                return now_ms + GUARD_CONFIRM_MS;
        if (diff->counts.candidates > 0)
                return earliest_ms;
        if (diff->counts.held == 0)
                return 0;
        if (!diff->facts.complete)
                return undecided_recheck_ms(planned_ms, diff->counts.waiting_since_ms, now_ms);
        confirm_ms = diff->counts.waiting_since_ms + GUARD_CONFIRM_MS + CLOCK_MARGIN_MS;
        return confirm_ms > earliest_ms ? confirm_ms : earliest_ms;
}

/* What waits for a fresh list; 0: nothing. */
static void settle_drift(struct meta *meta, const struct diff *diff,
                         const struct municipality *config, int64_t now_ms)
{
        int64_t earliest_ms = now_ms + asking_every_ms(config);

        if (diff->facts.fresh) {
                meta->drift = (int64_t)diff->drifting.count;
                meta->suspected = (int64_t)diff->counts.suspected;
        }
        if (meta->suspected > 0 && (meta->recheck_at_ms == 0 || meta->recheck_at_ms > earliest_ms))
                meta->recheck_at_ms = earliest_ms;
}

void terms_settle_confirmed(struct meta *meta, const struct diff *diff,
                            const struct municipality *config, int64_t now_ms)
{
        if (meta->candidates == 0 && meta->held == 0)
                meta->recheck_at_ms = 0;
        settle_drift(meta, diff, config, now_ms);
}

static void hold_foreign(struct meta *meta, const struct snapshot *snapshot,
                         const struct diff_facts *facts)
{
        memcpy(meta->foreign, snapshot->head.sha256, sizeof(meta->foreign));
        meta->foreign_at_ms = facts->now_ms;
        meta->foreign_edge_ms = facts->edge_ms == TIMESTAMP_NONE ? 0 : facts->edge_ms;
}

struct diff_facts terms_foreign(const struct meta *meta)
{
        return (struct diff_facts){
                .now_ms = meta->foreign_at_ms,
                .edge_ms = meta->foreign_edge_ms == 0 ? TIMESTAMP_NONE : meta->foreign_edge_ms,
        };
}

void terms_settle(struct meta *meta, const struct snapshot *snapshot, const struct diff *diff,
                  const struct municipality *config, uint32_t epoch, int64_t now_ms)
{
        judge_handled(meta, snapshot, epoch);
        if (meta->held == 0)
                meta->hold_since_ms = diff->facts.now_ms;
        meta->held = (int64_t)diff->counts.held;
        if (meta->held == 0)
                meta->hold_since_ms = 0;
        hold_id(&diff->hold, meta->hold);
        meta->recheck_at_ms = next_recheck_ms(diff, config, meta->recheck_at_ms, now_ms);
        if (diff->foreign) {
                hold_foreign(meta, snapshot, &diff->facts);
                return;
        }
        settle_drift(meta, diff, config, now_ms);
        judge_applied(meta, snapshot);
        if (diff->counts.kept_back > 0)
                meta->digest[0] = '\0'; /* to confirm it would confirm what was not decided */
        rules_applied(meta, rules_in_force(meta, snapshot->appended_ms));
        meta->known = (int64_t)diff->counts.known;
        meta->candidates = (int64_t)diff->counts.candidates;
        if (diff->facts.reassert || meta->reassert_at_ms == 0)
                meta->reassert_at_ms = next_reassert_ms(snapshot->municipality, &diff->facts,
                                                        config->reassert_every_ms);
}
