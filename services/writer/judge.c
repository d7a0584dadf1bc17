/* services/writer/judge.c
 *
 * What a verdict means for the site (breaker, rate, pause, log-in) and for the lane (confirmed,
 * ended, tried again, when). The table is DESIGN.md "Outcome of an attempt"; which row it is,
 * verdict.c has said.
 */
#include "writer/inside.h"

#include <stdio.h>

#include "base/text.h"

enum {
        DOUBT_WAITS = 3,
        MISPLACED_WAIT_MS = 5 * 60 * 1000,
        STRAYS_MAX = 3, /* events that the CMS does not know, one after the other */
        ANSWER_KEPT_BYTES = 512,
        PROBE_NOT_SENT_MS = 60 * 1000,
};

/* ---- the site ---- */

static void judge_report_breaker(struct writer_core *core, const struct site *site, const char *why)
{
        struct writer_report *report = core_report(core, REPORT_BREAKER, site->id, NULL);

        report->breaker = site->bulkhead.breaker.state;
        report->until_ms = site->bulkhead.breaker.probe_at_ms;
        text_copy(report->detail, sizeof(report->detail), why);
}

static void site_works(struct writer_core *core, struct site *site)
{
        site->strays = 0;
        if (breaker_succeed(&site->bulkhead.breaker, core->now_ms))
                judge_report_breaker(core, site, "the site answers again");
}

static void site_fails(struct writer_core *core, struct site *site, const char *why)
{
        if (breaker_fail(&site->bulkhead.breaker, core->now_ms, &core->dice))
                judge_report_breaker(core, site, why);
}

static void site_is_misplaced(struct writer_core *core, struct site *site, const char *why)
{
        if (breaker_trip(&site->bulkhead.breaker, core->now_ms, &core->dice))
                judge_report_breaker(core, site, why);
}

/* The CMS itself does not know an event that the last list had. One that was deleted since must not
 * stop the others; that the whole site is another shows when nothing works, or with the third. */
static bool site_is_itself(struct site *site, const struct lane *lane)
{
        if (lane->failures == 0)
                site->strays++;
        return site->successes > 0 && site->strays < STRAYS_MAX;
}

static void site_rejects_login(struct writer_core *core, struct site *site, long status)
{
        breaker_forget(&site->bulkhead.breaker, core->now_ms);
        if (site->login == LOGIN_REJECTED)
                return;
        site->login = LOGIN_REJECTED;
        turn_join(core, site);
        site->login_worked = false;
        site->probe_at_ms = core->now_ms + core->config->writer.probe_every_ms;
        core_tell_status(core, site);

        struct writer_report *report =
                core_report(core, REPORT_CREDENTIALS_REJECTED, site->id, NULL);

        report->status = status;
        report->until_ms = site->probe_at_ms;
        snprintf(report->detail, sizeof(report->detail),
                 "correct %s/%s.username and .password, or ask the site's administrator; it is "
                 "tried "
                 "again when they change, else at the time given",
                 core->config->credentials_dir, site->id);
}

static void site_pauses(struct writer_core *core, struct site *site, const struct answer *answer)
{
        int64_t until_ms;

        if (!retry_after_parse(answer->retry_after, core->now_ms, PAUSE_MAX_MS, &until_ms) ||
            !bulkhead_pause(&site->bulkhead, until_ms) || until_ms <= core->now_ms)
                return;

        struct writer_report *report = core_report(core, REPORT_SITE_PAUSED, site->id, NULL);

        report->status = answer->status;
        report->until_ms = until_ms;
}

/* ---- the lane ---- */

static void judge_describe(struct lane *lane, const struct answer *answer)
{
        struct attempt *attempt = lane->attempt;

        attempt->status = answer->status;
        if (answer->status > 0)
                snprintf(attempt->detail, sizeof(attempt->detail), "the site answered %ld%s",
                         answer->status,
                         answer->status < 300 ? ", but not with the event as it was sent" : "");
        else
                text_copy(attempt->detail, sizeof(attempt->detail),
                          answer->error ? answer->error : "no answer");
        buffer_clear(&attempt->answer);
        buffer_append(&attempt->answer, answer->body.data,
                      answer->body.length < ANSWER_KEPT_BYTES ? answer->body.length
                                                              : ANSWER_KEPT_BYTES);
}

static void judge_retry(struct writer_core *core, struct lane *lane, int64_t wait_ms)
{
        lane->failures++;
        lane->retry_ms = core->now_ms + wait_ms;
        for (struct wanted *wanted = lane->open; wanted; wanted = wanted->next)
                if (wanted->in_attempt && wanted->first_failed_ms == 0)
                        wanted->first_failed_ms = core->now_ms;
        lane_alight(lane);
}

static void judge_retry_soon(struct writer_core *core, struct lane *lane)
{
        judge_retry(core, lane, retry_wait_ms(&core->retry, lane->failures + 1, &core->dice));
}

static void judge_seal_now(struct writer_core *core, struct lane *lane)
{
        lane->wish.sealed_at_ms = core->now_ms;
}

/* Gives up: those on board are dead, or, if it was only a seal, the seal is. */
static void judge_end(struct lane *lane, enum wanted_end end, const char *reason)
{
        lane->failures = 0;
        lane->counted = 0;
        lane->retry_ms = 0;
        lane_end_sent(lane, end, reason);
        if (!lane->attempt->seal)
                return;
        lane->wish.sealed_at_ms = 0;
}

/* Tries of one event count only if the site took others in between: else the site is to blame. */
static bool judge_count(struct writer_core *core, struct lane *lane)
{
        struct site *site = lane->site;

        if (lane->counted == 0 || site->successes > lane->success_mark)
                lane->counted++;
        lane->success_mark = site->successes;
        return lane->counted > (unsigned)core->config->writer.max_attempts;
}

static void judge_doubt(struct writer_core *core, struct lane *lane)
{
        static const int64_t waits_ms[DOUBT_WAITS] = { 30 * 1000, 5 * 60 * 1000, 30 * 60 * 1000 };

        judge_seal_now(core, lane);
        if (judge_count(core, lane)) {
                judge_end(lane, END_DEAD, "attempts-exhausted");
                return;
        }
        judge_retry(core, lane,
                    waits_ms[lane->failures < DOUBT_WAITS ? lane->failures : DOUBT_WAITS - 1]);
}

static void judge_conflict(struct writer_core *core, struct lane *lane)
{
        if (lane->counted++ >= (unsigned)core->config->writer.max_attempts)
                judge_end(lane, END_DEAD, "attempts-exhausted");
        else
                judge_retry_soon(core, lane);
}

static void judge_apply(struct lane *lane)
{
        lane->site->successes++;
        lane->site->login_worked = true;
        lane->failures = 0;
        lane->counted = 0;
        lane->retry_ms = 0;
        lane_confirm(lane);
        if (lane->attempt->seal)
                lane->wish.sealed_at_ms = 0;
}

static void judge_throttled(struct writer_core *core, struct lane *lane,
                            const struct answer *answer)
{
        if (answer->status == 429)
                rate_halve(&lane->site->bulkhead.rate, core->now_ms);
        breaker_forget(&lane->site->bulkhead.breaker, core->now_ms);
        site_pauses(core, lane->site, answer);
        judge_retry_soon(core, lane);
}

static void judge_stray(struct writer_core *core, struct lane *lane)
{
        struct site *site = lane->site;

        if (lane->failures == 0)
                core_report(core, REPORT_STRAY, site->id, &lane->uuid);
        breaker_forget(&site->bulkhead.breaker, core->now_ms);
        course_ask(core, site, 0);
        judge_retry(core, lane, MISPLACED_WAIT_MS);
}

static void judge_verdict(struct writer_core *core, struct lane *lane, const struct answer *answer)
{
        struct site *site = lane->site;
        const char *why = lane->attempt->detail;

        switch (lane->attempt->verdict) {
        case VERDICT_APPLIED:
                site_works(core, site);
                judge_apply(lane);
                return;
        case VERDICT_NOT_SENT:
                site_fails(core, site, why);
                judge_retry_soon(core, lane);
                return;
        case VERDICT_REFUSED:
                breaker_forget(&site->bulkhead.breaker, core->now_ms);
                lane_alight(lane);
                return;
        case VERDICT_UNKNOWN:
                site_fails(core, site, why);
                site_pauses(core, site, answer);
                judge_seal_now(core, lane);
                judge_retry_soon(core, lane);
                return;
        case VERDICT_THROTTLED:
                judge_throttled(core, lane, answer);
                return;
        case VERDICT_DOUBTFUL:
                site_fails(core, site, why);
                judge_doubt(core, lane);
                return;
        case VERDICT_UNAUTHORIZED:
                site_rejects_login(core, site, answer->status);
                lane_alight(lane);
                return;
        case VERDICT_GONE:
                site_works(core, site);
                judge_end(lane, END_GONE, NULL);
                return;
        case VERDICT_MISPLACED:
                if (verdict_is_cms_404(answer) && site_is_itself(site, lane)) {
                        judge_stray(core, lane);
                        return;
                }
                site_is_misplaced(core, site, why);
                judge_retry(core, lane, MISPLACED_WAIT_MS);
                return;
        case VERDICT_REJECTED:
                site_works(core, site);
                judge_end(lane, END_DEAD, "rejected-by-cms");
                return;
        case VERDICT_CONFLICT:
                site_works(core, site);
                judge_conflict(core, lane);
                return;
        }
}

void judge(struct writer_core *core, struct lane *lane, const struct answer *answer)
{
        judge_describe(lane, answer);
        lane->attempt->verdict = verdict_of(answer, &lane->attempt->request, lane->in_snapshot);
        judge_verdict(core, lane, answer);
}

bool judge_probe(struct writer_core *core, struct site *site, const struct answer *answer)
{
        bool works = verdict_is_cms_404(answer);

        site->probing = false;
        if (answer->transport == TRANSPORT_NOT_SENT || answer->transport == TRANSPORT_REFUSED)
                site->probe_at_ms = core->now_ms + PROBE_NOT_SENT_MS;
        if (works) {
                site->login = LOGIN_PRESENT;
                site->login_worked = true;
                core_report(core, REPORT_CREDENTIALS_WORK, site->id, NULL);
        }
        core_tell_status(core, site);
        return works;
}
