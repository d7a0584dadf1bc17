/* services/reconciler/account.c
 *
 * One outcome, one report. The words are those that the operator's page explains.
 */
#include "reconciler/account.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"

enum { HOUR_MS = 3600 * 1000, KNOWN_HOUR_BYTES = 48 };

static struct report *report_meta(struct reconciler_actions *actions, enum reconciler_report what,
                                  const char *municipality, const struct meta *meta)
{
        struct report *report = action_report(actions, what, municipality, "");

        report->version = meta->version;
        report->known = meta->known;
        report->held = meta->held;
        report->candidates = meta->candidates;
        report->applied_at_ms = meta->applied_at_ms;
        return report;
}

void account_owned(struct reconciler_actions *actions, const char *municipality,
                   const struct meta *meta)
{
        report_meta(actions, REPORT_OWNED, municipality, meta);
}

void account_command(struct reconciler_actions *actions, const char *municipality,
                     const struct error *said, const struct meta *meta)
{
        struct report *report = report_meta(actions, REPORT_COMMAND, municipality, meta);

        text_copy(report->text, sizeof(report->text), said->text);
}

void account_rebuilt(struct reconciler_actions *actions, const char *municipality,
                     const struct meta *meta)
{
        report_meta(actions, REPORT_REBUILT, municipality, meta);
}

static void add_trace(struct report *report, const struct snapshot *snapshot)
{
        report->trace = snapshot_trace(snapshot);
        report->sent = snapshot->sent;
        report->appended_ms = snapshot->appended_ms;
}

void account_applied(struct reconciler_actions *actions, const struct snapshot *snapshot,
                     const struct diff *diff, const struct meta *meta)
{
        enum reconciler_report what = diff->foreign ? REPORT_FOREIGN : REPORT_APPLIED;
        struct report *report = report_meta(actions, what, snapshot->municipality, meta);

        report->version = diff->facts.version;
        report->created = (int64_t)diff->counts.created;
        report->updated = (int64_t)diff->counts.updated;
        report->reasserted = (int64_t)diff->counts.reasserted;
        report->deleted = (int64_t)diff->counts.deleted;
        report->buried = (int64_t)diff->counts.buried;
        add_trace(report, snapshot);
}

void account_judged(struct reconciler_actions *actions, const struct snapshot *snapshot,
                    enum judgement judgement, const struct meta *meta)
{
        static const char *const skipped[] = {
                [JUDGE_BROKEN] = "a part of it was refused",
                [JUDGE_OLD] = "older than the applied list",
                [JUDGE_ASK] = "it confirms a list that is not the applied one",
                [JUDGE_FOREIGN] = "it confirms a list that is on hold as another site's",
        };
        const char *municipality = snapshot->municipality;
        struct report *report;

        if (judgement == JUDGE_CONFIRM)
                report = report_meta(actions, REPORT_CONFIRMED, municipality, meta);
        else
                report = action_report(actions, REPORT_SKIPPED, municipality, skipped[judgement]);
        add_trace(report, snapshot);
}

void account_drift(struct reconciler_actions *actions, const char *municipality,
                   const struct diff *diff)
{
        char names[SAMPLE_TEXT_BYTES];

        if (diff->drifting.count == 0)
                return;
        sample_text(&diff->drifting, names);
        action_report(actions, REPORT_DRIFT, municipality, names)->drifting =
                (int64_t)diff->drifting.count;
}

void account_named(struct reconciler_actions *actions, const char *municipality,
                   const struct diff *diff, bool compared)
{
        struct status *status = action_status(actions, municipality);
        char names[SAMPLE_TEXT_BYTES];

        if (compared) {
                sample_text(&diff->held, names);
                status_text(status, "reconciler_hold_events", names);
        }
        if (diff->facts.fresh && !diff->foreign) {
                sample_text(&diff->drifting, names);
                status_text(status, "reconciler_drift_events", names);
        }
}

/* One field for each hour of the last day, written over a day and an hour later: what was known
 * then and in which hour since 1970 that was. From it the operator sees what a day has changed. */
static void status_known_hour(struct status *status, const struct meta *meta)
{
        static const char *const names[] = {
                "reconciler_known_h00", "reconciler_known_h01", "reconciler_known_h02",
                "reconciler_known_h03", "reconciler_known_h04", "reconciler_known_h05",
                "reconciler_known_h06", "reconciler_known_h07", "reconciler_known_h08",
                "reconciler_known_h09", "reconciler_known_h10", "reconciler_known_h11",
                "reconciler_known_h12", "reconciler_known_h13", "reconciler_known_h14",
                "reconciler_known_h15", "reconciler_known_h16", "reconciler_known_h17",
                "reconciler_known_h18", "reconciler_known_h19", "reconciler_known_h20",
                "reconciler_known_h21", "reconciler_known_h22", "reconciler_known_h23",
                "reconciler_known_h24",
        };
        int64_t hour = meta->applied_at_ms / HOUR_MS;
        char text[KNOWN_HOUR_BYTES];

        if (hour <= 0)
                return;
        snprintf(text, sizeof(text), "%" PRId64 " %" PRId64, hour, meta->known);
        status_text(status, names[(size_t)hour % ARRAY_LENGTH(names)], text);
}

void account_status(struct reconciler_actions *actions, const char *municipality,
                    const struct meta *meta)
{
        struct status *status = action_status(actions, municipality);

        status_number(status, "reconciler_known", meta->known);
        status_number(status, "reconciler_held", meta->held);
        status_text(status, "reconciler_hold", meta->hold);
        status_text(status, "reconciler_hold_reason",
                    meta->foreign[0] ? "another-site"
                    : meta->held > 0 ? "too-many"
                                     : "");
        status_number(status, "reconciler_hold_since", meta->hold_since_ms);
        status_number(status, "reconciler_candidates", meta->candidates);
        status_number(status, "reconciler_drift", meta->drift);
        status_number(status, "reconciler_last_applied", meta->applied_at_ms);
        status_number(status, "reconciler_as_of", meta->as_of_ms);
        status_number(status, "reconciler_version", (int64_t)meta->version);
        status_known_hour(status, meta);
}
