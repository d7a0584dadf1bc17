/* services/operator/page_row.c
 *
 * Each mark has a headline, a reason and an advice, in the words of those who run a ticket system
 * and have never seen this program: what happened to whom, whether something is lost, who has to do
 * what.
 */
#include "operator/page_row.h"

#include <stdio.h>

#include "operator/page_plot.h"
#include "operator/page_text.h"

enum { REASONS_MAX = 8 };

struct problem {
        const struct page_data *data;
        const struct overview_row *row;
        int64_t now_ms;
};

/* Chips */

static void chip_held(struct buffer *out, const struct overview_row *row, int64_t now_ms)
{
        (void)now_ms;
        page_count(out, row->held, "deletion held", "deletions held");
}

static void chip_credentials(struct buffer *out, const struct overview_row *row, int64_t now_ms)
{
        (void)now_ms;
        buffer_append_text(out, row->credentials_rejected ? "log-in rejected" : "no log-in");
}

static void chip_stuck(struct buffer *out, const struct overview_row *row, int64_t now_ms)
{
        (void)now_ms;
        page_count(out, row->waiting, "update stuck", "updates stuck");
}

static void chip_stale(struct buffer *out, const struct overview_row *row, int64_t now_ms)
{
        buffer_append_text(out, "not read for ");
        page_age(out, now_ms - row->success_ms);
}

static void chip_breaker(struct buffer *out, const struct overview_row *row, int64_t now_ms)
{
        (void)row;
        (void)now_ms;
        buffer_append_text(out, "writing fails");
}

static void chip_dead_letters(struct buffer *out, const struct overview_row *row, int64_t now_ms)
{
        (void)now_ms;
        page_count(out, row->dead_letters, "dead letter", "dead letters");
}

static void chip_unread(struct buffer *out, const struct overview_row *row, int64_t now_ms)
{
        (void)row;
        (void)now_ms;
        buffer_append_text(out, "never read");
}

static int64_t paused_until_ms(const struct overview_row *row)
{
        return row->fetch_paused_ms > row->write_paused_ms ? row->fetch_paused_ms
                                                           : row->write_paused_ms;
}

static void chip_paused(struct buffer *out, const struct overview_row *row, int64_t now_ms)
{
        buffer_append_text(out, "paused until ");
        page_moment(out, paused_until_ms(row), now_ms);
}

/* Problems */

static void link_to(struct buffer *out, const char *path, const char *municipality,
                    const char *label)
{
        buffer_append_format(out, "<a class=\"button\" href=\"/%s%smunicipality=%s\">%s</a>\n",
                             path, strchr(path, '?') ? "&amp;" : "?", municipality, label);
}

static void tell_held(struct buffer *out, const struct problem *problem)
{
        const struct overview_row *row = problem->row;
        bool foreign = strcmp(row->hold_reason, "another-site") == 0;

        buffer_append_text(out, "<h3>");
        page_count(out, row->held, "deletion waits", "deletions wait");
        buffer_append_text(out, " for a decision</h3><p>");
        if (foreign)
                buffer_append_text(out,
                                   "The site shows a list that has no event in common with "
                                   "what is known: it looks like another site’s. Nothing of it "
                                   "was told to the vendor. Check <code>base_url</code> and the "
                                   "site itself first.");
        else {
                page_number(out, row->held);
                buffer_append_text(out, " of ");
                page_count(out, row->known, "known event is", "known events are");
                buffer_append_text(out,
                                   " missing from the site’s list, more than may go in a day "
                                   "unseen. The vendor still has them. If two fresh reads half "
                                   "an hour apart lack them, too, they are deleted by "
                                   "themselves.");
        }
        buffer_append_text(out, "</p>\n");
        link_to(out, "hold", row->id, problem->data->reader.actions ? "Look and decide" : "Look");
}

static void tell_credentials(struct buffer *out, const struct problem *problem)
{
        const struct overview_row *row = problem->row;

        if (row->credentials_rejected)
                buffer_append_text(out, "<h3>The site rejects the log-in</h3><p>");
        else
                buffer_append_text(out, "<h3>There is no log-in for this site</h3><p>");
        buffer_append_format(out,
                             "Nothing can be written; updates wait and are not lost. Correct "
                             "<code>%s.username</code> and <code>%s.password</code> in the "
                             "credentials: it goes on by itself then.",
                             row->id, row->id);
        if (row->credentials_rejected && row->probe_ms > problem->now_ms) {
                buffer_append_text(out, " Without a change it is tried once more at ");
                page_moment(out, row->probe_ms, problem->now_ms);
                buffer_append_text(out, ".");
        }
        buffer_append_text(out, "</p>\n");
}

static void tell_stuck(struct buffer *out, const struct problem *problem)
{
        buffer_append_text(out, "<h3>");
        page_count(out, problem->row->waiting, "update waits", "updates wait");
        buffer_append_text(out, " and nothing says why</h3><p>The oldest since ");
        page_moment(out, problem->row->oldest_ms, problem->now_ms);
        buffer_append_text(out, ", though the site is not paused and no breaker is open. That is "
                                "dplsync’s own fault, or no writer runs: look at its log and "
                                "<code>/readyz</code>. A restart of the writer is safe.</p>\n");
}

static void tell_last_error(struct buffer *out, const struct overview_row *row)
{
        if (row->fetch_error[0] == '\0')
                return;
        buffer_append_text(out, " The last attempt failed: <q>");
        page_foreign(out, slice_of(row->fetch_error), OVERVIEW_SENTENCE_BYTES);
        buffer_append_text(out, "</q>.");
}

static void tell_stale(struct buffer *out, const struct problem *problem)
{
        const struct overview_row *row = problem->row;
        bool tried =
                problem->now_ms - row->attempt_ms <= OVERVIEW_STALE_INTERVALS * row->interval_ms;

        buffer_append_text(out, "<h3>The site was last read well ");
        page_age(out, problem->now_ms - row->success_ms);
        buffer_append_text(out, " ago</h3><p>It should be every ");
        page_age(out, row->interval_ms);
        buffer_append_text(out, ". The vendor does not hear of changes meanwhile; nothing is "
                                "deleted.");
        tell_last_error(out, row);
        if (!tried)
                buffer_append_text(out, " Nobody has tried since: look whether a fetcher runs.");
        else
                buffer_append_text(out,
                                   " It is tried again and again; ask the site’s operator if it "
                                   "lasts.");
        buffer_append_text(out, "</p>\n");
}

static void tell_breaker(struct buffer *out, const struct problem *problem)
{
        const struct overview_row *row = problem->row;

        buffer_append_text(out, "<h3>Writing to the site fails</h3><p>");
        page_count(out, row->waiting, "update waits", "updates wait");
        buffer_append_text(out, "; nothing is lost. One at a time is tried");
        if (row->breaker_until_ms > problem->now_ms) {
                buffer_append_text(out, ", the next at ");
                page_moment(out, row->breaker_until_ms, problem->now_ms);
        }
        buffer_append_text(out, ", and when one gets through the rest follows. Ask the site’s "
                                "operator if it lasts.</p>\n");
}

/* "3 rejected-by-cms, 1 invalid-state" */
static void tell_reasons(struct buffer *out, const struct dead_letters *letters, const char *id)
{
        struct {
                const char *reason;
                int64_t count;
        } reasons[REASONS_MAX];
        size_t count = 0;

        for (const struct letter *letter = letters->oldest; letter; letter = letter->next) {
                size_t i = 0;

                if (letter->fate != LETTER_WAITS || strcmp(letter->municipality, id) != 0)
                        continue;
                while (i < count && strcmp(reasons[i].reason, letter->reason) != 0)
                        i++;
                if (i == REASONS_MAX)
                        continue;
                if (i == count) {
                        reasons[count].reason = letter->reason;
                        reasons[count++].count = 0;
                }
                reasons[i].count++;
        }
        for (size_t i = 0; i < count; i++) {
                buffer_append_text(out, i > 0 ? ", " : "");
                page_number(out, reasons[i].count);
                buffer_append_text(out, " <code>");
                page_plain(out, slice_of(reasons[i].reason));
                buffer_append_text(out, "</code>");
        }
}

static void tell_dead_letters(struct buffer *out, const struct problem *problem)
{
        const struct overview_row *row = problem->row;

        buffer_append_text(out, "<h3>");
        page_count(out, row->dead_letters, "update", "updates");
        buffer_append_text(out, " could not be done</h3><p>");
        tell_reasons(out, problem->data->letters, row->id);
        buffer_append_text(out, ". The vendor was told, too. Replay those whose cause is gone; "
                                "discard the rest.</p>\n");
        link_to(out, "dead-letters", row->id,
                problem->data->reader.actions ? "Look and decide" : "Look");
}

static void tell_unread(struct buffer *out, const struct problem *problem)
{
        buffer_append_text(out, "<h3>The site was never read</h3><p>");
        if (problem->row->attempt_ms == 0)
                buffer_append_text(out, "Nobody has tried yet. A new municipality is read within "
                                        "seconds: look whether a fetcher runs and has this "
                                        "configuration.");
        else
                buffer_append_text(out, "It was tried.");
        tell_last_error(out, problem->row);
        buffer_append_text(out, "</p>\n");
}

static void tell_paused(struct buffer *out, const struct problem *problem)
{
        const struct overview_row *row = problem->row;
        bool reading = row->fetch_paused_ms > problem->now_ms;
        bool writing = row->write_paused_ms > problem->now_ms;

        buffer_append_format(out, "<h3>%s paused until ",
                             reading && writing ? "Reading and writing are"
                             : reading          ? "Reading is"
                                                : "Writing is");
        page_moment(out, paused_until_ms(row), problem->now_ms);
        buffer_append_text(out,
                           "</h3><p>The site asked for it. Nothing is to be done and nothing is "
                           "lost.</p>\n");
}

static const struct {
        enum overview_mark mark;
        const char *kind;
        void (*chip)(struct buffer *out, const struct overview_row *row, int64_t now_ms);
        void (*tell)(struct buffer *out, const struct problem *problem);
} marks[OVERVIEW_MARKS] = {
        { OVERVIEW_HELD, "decide", chip_held, tell_held },
        { OVERVIEW_CREDENTIALS, "decide", chip_credentials, tell_credentials },
        { OVERVIEW_DEAD_LETTERS, "decide", chip_dead_letters, tell_dead_letters },
        { OVERVIEW_STUCK, "bad", chip_stuck, tell_stuck },
        { OVERVIEW_STALE, "bad", chip_stale, tell_stale },
        { OVERVIEW_BREAKER, "bad", chip_breaker, tell_breaker },
        { OVERVIEW_UNREAD, "bad", chip_unread, tell_unread },
        { OVERVIEW_PAUSED, "mild", chip_paused, tell_paused },
};

void page_row_marks(struct buffer *out, const struct overview_row *row, int64_t now_ms)
{
        for (size_t i = 0; i < OVERVIEW_MARKS; i++) {
                if (!(row->marks & marks[i].mark))
                        continue;
                buffer_append_format(out, "<em class=\"%s\">", marks[i].kind);
                marks[i].chip(out, row, now_ms);
                buffer_append_text(out, "</em> ");
        }
}

/* Facts */

static void fact(struct buffer *out, const char *name)
{
        buffer_append_format(out, "<dt>%s</dt><dd>", name);
}

static void fact_moment(struct buffer *out, const char *name, int64_t at_ms, int64_t now_ms)
{
        fact(out, name);
        if (at_ms > 0)
                page_moment(out, at_ms, now_ms);
        else
                buffer_append_text(out, "never");
        buffer_append_text(out, "</dd>");
}

static void fact_number(struct buffer *out, const char *name, int64_t number)
{
        fact(out, name);
        page_number(out, number);
        buffer_append_text(out, "</dd>");
}

static void facts_of_reading(struct buffer *out, const struct overview_row *row, int64_t now_ms)
{
        buffer_append_text(out, "<div><h3>Reading</h3><dl>");
        fact_moment(out, "last good read", row->success_ms, now_ms);
        fact_moment(out, "past its cache", row->fresh_ms, now_ms);
        fact_moment(out, "last attempt", row->attempt_ms, now_ms);
        fact(out, "its outcome");
        page_plain(out, slice_of(row->fetch_outcome[0] != '\0' ? row->fetch_outcome : "–"));
        if (row->http_status > 0) {
                buffer_append_text(out, ", HTTP ");
                page_number(out, row->http_status);
        }
        buffer_append_text(out, "</dd>");
        fact(out, "list");
        page_count(out, row->events, "event", "events");
        buffer_append_text(out, ", ");
        page_bytes(out, row->bytes);
        buffer_append_text(out, "</dd>");
        if (row->unreadable > 0)
                fact_number(out, "unreadable events", row->unreadable);
        if (row->failures > 0)
                fact_number(out, "failures in a row", row->failures);
        buffer_append_text(out, "</dl></div>\n");
}

static void facts_of_telling(struct buffer *out, const struct overview_row *row, int64_t now_ms)
{
        buffer_append_text(out, "<div><h3>Telling the vendor</h3><dl>");
        fact_number(out, "known events", row->known);
        fact_number(out, "perhaps gone", row->candidates);
        if (row->hold_since_ms > 0)
                fact_moment(out, "held since", row->hold_since_ms, now_ms);
        if (row->drift > 0)
                fact_number(out, "show other than wished", row->drift);
        fact_moment(out, "last list applied", row->applied_ms, now_ms);
        fact_moment(out, "it speaks of", row->as_of_ms, now_ms);
        buffer_append_text(out, "</dl>");
        page_plot_known(out, row, now_ms);
        buffer_append_text(out, "</div>\n");
}

static void facts_of_writing(struct buffer *out, const struct overview_row *row, int64_t now_ms)
{
        static const char *const breakers[] = {
                [BREAKER_CLOSED] = "works",
                [BREAKER_HALF_OPEN] = "is being tried",
                [BREAKER_OPEN] = "fails, breaker open",
        };

        buffer_append_text(out, "<div><h3>Writing to the site</h3><dl>");
        fact_number(out, "updates waiting", row->waiting);
        if (row->waiting > 0)
                fact_moment(out, "the oldest since", row->oldest_ms, now_ms);
        fact(out, "site");
        buffer_append_format(out, "%s</dd>", breakers[row->breaker]);
        fact(out, "last outcome");
        page_plain(out, slice_of(row->last_outcome[0] != '\0' ? row->last_outcome : "–"));
        buffer_append_text(out, "</dd>");
        if (row->last_outcome_ms > 0)
                fact_moment(out, "at", row->last_outcome_ms, now_ms);
        buffer_append_text(out, "</dl></div>\n");
}

/* The last outcomes */

static void outcome_line(struct buffer *out, const struct outcome *outcome,
                         const char *municipality, int64_t now_ms)
{
        const char *state = event_state_name(outcome->state);
        char uuid[UUID_TEXT_BYTES];

        uuid_format(&outcome->uuid, uuid);
        buffer_append_text(out, "<tr><td>");
        page_moment(out, outcome->finished_ms, now_ms);
        buffer_append_format(out, "</td><td class=\"outcome-%s\">%s",
                             result_outcome_name(outcome->outcome),
                             result_outcome_name(outcome->outcome));
        if (outcome->status > 0)
                buffer_append_format(out, " <small>HTTP %ld</small>", outcome->status);
        buffer_append_format(out, "</td><td>%s%s%s</td><td>", state ? state : "",
                             state && outcome->links ? " and " : "", outcome->links ? "links" : "");
        if (outcome->latency_ms >= 0)
                page_latency(out, outcome->latency_ms);
        buffer_append_format(
                out,
                "</td><td><a href=\"/trail?municipality=%s&amp;uuid=%s\">%.8s…</a></td>"
                "<td><code>%s</code></td></tr>\n",
                municipality, uuid, uuid, outcome->trace);
}

static void page_outcomes(struct buffer *out, const struct page_data *data,
                          const struct overview_row *row)
{
        const struct outcomes_of *of = outcomes_find(data->outcomes, row->id);
        const struct outcome *outcome;

        buffer_append_text(out, "<h3>Last outcomes</h3>\n");
        if (!outcomes_at(of, 0)) {
                buffer_append_text(out, "<p>None yet.</p>\n");
                return;
        }
        buffer_append_text(out,
                           "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Last "
                           "outcomes\"><table><thead><tr>"
                           "<th>At</th><th>Outcome</th><th>Of</th><th>Took</th><th>Event</th>"
                           "<th>Trace</th></tr></thead><tbody>\n");
        for (size_t i = 0; (outcome = outcomes_at(of, i)); i++)
                outcome_line(out, outcome, row->id, data->now_ms);
        buffer_append_text(out, "</tbody></table></div>\n");
}

static void page_trail_form(struct buffer *out, const struct overview_row *row)
{
        buffer_append_format(out,
                             "<form class=\"search\" action=\"/trail\"><input type=\"hidden\" "
                             "name=\"municipality\" value=\"%s\"><label for=\"uuid-%s\">What "
                             "happened to an event</label> <input id=\"uuid-%s\" name=\"uuid\" "
                             "placeholder=\"its uuid\" pattern=\"[0-9a-fA-F-]{36}\" required "
                             "autocomplete=\"off\"> <button>Show its trail</button></form>\n",
                             row->id, row->id, row->id);
}

void page_row_inside(struct buffer *out, const struct page_data *data,
                     const struct overview_row *row, bool whole)
{
        const struct problem problem = { data, row, data->now_ms };

        buffer_append_text(out, "<div class=\"inside\">\n");
        for (size_t i = 0; i < OVERVIEW_MARKS; i++) {
                if (!(row->marks & marks[i].mark))
                        continue;
                buffer_append_format(out, "<section class=\"problem %s\">", marks[i].kind);
                marks[i].tell(out, &problem);
                buffer_append_text(out, "</section>\n");
        }
        if (whole) {
                buffer_append_text(out, "<div class=\"facts\">\n");
                facts_of_reading(out, row, data->now_ms);
                facts_of_telling(out, row, data->now_ms);
                facts_of_writing(out, row, data->now_ms);
                buffer_append_text(out, "</div>\n");
        }
        if (data->reader.actions) {
                buffer_append_text(out, "<p class=\"actions\">");
                link_to(out, "confirm?action=refresh", row->id, "Fetch now");
                link_to(out, "confirm?action=reassert", row->id, "Tell all again");
                buffer_append_text(out, "</p>\n");
        }
        if (whole) {
                page_outcomes(out, data, row);
                page_trail_form(out, row);
        }
        buffer_append_text(out, "</div>\n");
}
