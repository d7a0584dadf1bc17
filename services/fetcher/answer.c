/* services/fetcher/answer.c
 *
 * The table of CMS-API.md ("Reading", errors): a maintenance page is a 503 in plain text, Varnish's
 * own is a 503 in HTML, and an intermediary may answer 200 with a page of its own. None of them may
 * ever look like an empty list.
 */
#include "fetcher/answer.h"

#include <string.h>

#include "fetcher/schedule.h"
#include "policy/retry.h"

int64_t answer_age_ms(const char *text)
{
        static const int64_t most_s = INT64_C(10) * 366 * 86400;
        int64_t seconds = 0;

        if (!text || *text == '\0')
                return 0;
        for (; *text; text++) {
                if (*text < '0' || *text > '9')
                        return 0;
                seconds = seconds * 10 + (*text - '0');
                seconds = seconds < most_s ? seconds : most_s;
        }
        return seconds * 1000;
}

static void failed(struct answer_verdict *verdict, const char *reason)
{
        verdict->outcome = ANSWER_FAILED;
        verdict->reason = reason;
}

static void judge_transport(struct answer_verdict *verdict, const struct answer *answer)
{
        const char *detail = answer->error && answer->error[0] ? answer->error : "no details";

        if (answer->transport == ANSWER_NOT_SENT) {
                failed(verdict, "not-reached");
                error_set(&verdict->error, "the site could not be reached: %.200s", detail);
        } else if (answer->transport == ANSWER_TOO_LARGE) {
                failed(verdict, "too-large");
                error_set(&verdict->error, "the list is longer than max_list");
        } else {
                failed(verdict, "broken-off");
                error_set(&verdict->error, "the answer broke off: %.200s", detail);
        }
}

static void judge_list(struct answer_verdict *verdict, const struct answer *answer, struct list *list)
{
        enum list_fault fault = list_end(list);

        if (fault == LIST_SOUND) {
                verdict->outcome = ANSWER_LIST;
                return;
        }
        failed(verdict, fault == LIST_NOT_A_LIST  ? "not-a-list"
                        : fault == LIST_TRUNCATED ? "truncated"
                                                  : "too-large");
        list_explain(list, &verdict->error);
        if (answer->content_type && fault == LIST_NOT_A_LIST) {
                struct error sentence = verdict->error;

                error_set(&verdict->error, "%.300s (content type %.100s)", sentence.text,
                          answer->content_type);
        }
}

struct status_class {
        long first, last;
        const char *reason;
        const char *says;
};

static const struct status_class classes[] = {
        { 304, 304, "unexpected-304", "nothing has changed, though it was asked for the list itself" },
        { 300, 399, "redirect", "a redirect that is not followed; set base_url to the address it leads to" },
        { 400, 400, "refused", "it does not take the request; check api_version and from_date" },
        { 401, 403, "forbidden", "it may not be read; the site's administrator must allow it" },
        { 404, 404, "not-found", "no list there; check base_url and api_version" },
        { 429, 429, "busy", "it asks for fewer requests" },
        { 503, 503, "unavailable", "it is overloaded or in maintenance" },
        { 500, 599, "site-error", "it failed" },
        { 0, 999, "unexpected-status", "this is no list" },
};

static void judge_status(struct answer_verdict *verdict, const struct answer *answer, int64_t now_ms)
{
        const struct status_class *class = classes;

        while (answer->status < class->first || answer->status > class->last)
                class++;
        failed(verdict, class->reason);
        error_set(&verdict->error, "the site answered %ld: %s", answer->status, class->says);
        if (answer->status >= 400)
                retry_after_parse(answer->retry_after, now_ms, SCHEDULE_PAUSE_MAX_MS,
                                  &verdict->pause_until_ms);
}

/* curl hands on three digits at most, but who feeds us is not our business. */
static bool plausible(long status)
{
        return status >= 0 && status <= 999;
}

struct answer_verdict answer_judge(const struct answer *answer, struct list *list, bool conditional,
                                   int64_t now_ms)
{
        struct answer_verdict verdict = { .reason = "", .age_ms = answer_age_ms(answer->age) };
        bool stopped = answer->transport == ANSWER_STOPPED;

        if (answer->status == 200 && (stopped || answer->transport == ANSWER_WHOLE))
                judge_list(&verdict, answer, list);
        else if (answer->transport != ANSWER_WHOLE || !plausible(answer->status))
                judge_transport(&verdict, answer);
        else if (answer->status == 304 && conditional)
                verdict.outcome = ANSWER_SAME;
        else
                judge_status(&verdict, answer, now_ms);
        return verdict;
}
