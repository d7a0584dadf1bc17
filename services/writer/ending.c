/* services/writer/ending.c
 *
 * Ends of updates: counted, said, and their offsets done. That of an attempt is done only when the
 * ledger knows of it: the order that all hangs on is answer, result acknowledged by Kafka, FINISH,
 * offset done.
 */
#include "writer/inside.h"

#include <utlist.h>

#include "base/text.h"

static void ending_report(struct writer_core *core, const struct lane *lane,
                          const struct wanted *wanted)
{
        struct writer_report *report =
                core_report(core, REPORT_OUTCOME, lane->site->id, &lane->uuid);

        report->tracing = tracing_update(lane, wanted, core->config->tracing.sample_percent);
        text_copy(report->outcome, sizeof(report->outcome), wanted_end_name(wanted->end));
        if (wanted->end == END_DEAD)
                text_copy(report->reason, sizeof(report->reason), wanted->reason);
        if (wanted->end == END_DEAD && wanted->refused)
                text_copy(report->detail, sizeof(report->detail), wanted->refused);
        report->attempts = wanted->attempts;
        report->status = wanted->by_attempt ? lane->attempt->status : 0;
        report->latency_ms = wanted->since_ms > 0 ? core->now_ms - wanted->since_ms : -1;
        lane->site->last_outcome = wanted_end_name(wanted->end);
        lane->site->last_outcome_ms = core->now_ms;
}

/* All that the update stands for is done. */
static void ending_settle(struct writer_core *core, struct lane *lane, struct wanted *wanted)
{
        LL_DELETE(lane->ending, wanted);
        if (!lane->orphan) {
                core_waits(core, lane->site, wanted, -1);
                core_done(core, wanted->original);
        }
        ending_report(core, lane, wanted);
        wanted_free(wanted);
}

/* Ends that need nothing more; those of an attempt wait for the ledger. */
void ending_settle_all(struct writer_core *core, struct lane *lane, bool finished)
{
        struct wanted *wanted, *other;

        LL_FOREACH_SAFE(lane->ending, wanted, other)
                if (wanted->unacked == 0 && (wanted->told || wanted->end == END_DUPLICATE) &&
                    (finished || !wanted->by_attempt))
                        ending_settle(core, lane, wanted);
}
