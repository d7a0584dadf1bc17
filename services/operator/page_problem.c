/* services/operator/page_problem.c
 *
 * Each mark has a headline, a reason and an advice, in the words of those who run a ticket system
 * and have never seen this program: what happened to whom, whether something is lost, who has to do
 * what.
 */
#include "operator/page_problem.h"

#include "operator/page_text.h"
#include "operator/reasons.h"

struct problem {
        const struct page_data *data;
        const struct overview_row *row;
        int64_t now_ms;
};

void page_link_button(struct buffer *out, const char *path, const char *municipality,
                      const char *label)
{
        buffer_append_format(out, "<a class=\"button\" href=\"/%s%smunicipality=%s\">%s</a>\n",
                             path, strchr(path, '?') ? "&amp;" : "?", municipality, label);
}

static int64_t paused_until_ms(const struct overview_row *row)
{
        return row->fetch_paused_ms > row->write_paused_ms ? row->fetch_paused_ms
                                                           : row->write_paused_ms;
}

/* Chips */

static void chip(struct buffer *out, enum overview_mark mark, const struct overview_row *row,
                 int64_t now_ms)
{
        switch (mark) {
        case OVERVIEW_HELD:
                page_count(out, row->held, "deletion held", "deletions held");
                break;
        case OVERVIEW_CREDENTIALS:
                buffer_append_text(out,
                                   row->credentials_rejected ? "log-in rejected" : "no log-in");
                break;
        case OVERVIEW_DEAD_LETTERS:
                page_count(out, row->dead_letters, "dead letter", "dead letters");
                break;
        case OVERVIEW_STUCK:
                page_count(out, row->waiting, "update stuck", "updates stuck");
                break;
        case OVERVIEW_STALE:
                buffer_append_text(out, "not read for ");
                page_age(out, now_ms - row->success_ms);
                break;
        case OVERVIEW_BREAKER:
                buffer_append_text(out, "writing fails");
                break;
        case OVERVIEW_UNREAD:
                buffer_append_text(out, "never read");
                break;
        case OVERVIEW_PAUSED:
                buffer_append_text(out, "paused until ");
                page_moment(out, paused_until_ms(row), now_ms);
                break;
        }
}

/* Problems */

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
        page_link_button(out, "hold", row->id,
                         problem->data->reader.actions ? "Look and decide" : "Look");
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
        struct reasons reasons;

        reasons_collect(&reasons, letters, id);
        for (size_t i = 0; i < reasons.count; i++) {
                buffer_append_text(out, i > 0 ? ", " : "");
                page_number(out, reasons.items[i].letters);
                buffer_append_text(out, " <code>");
                page_plain(out, slice_of(reasons.items[i].name));
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
        page_link_button(out, "dead-letters", row->id,
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
        void (*tell)(struct buffer *out, const struct problem *problem);
} marks[OVERVIEW_MARKS] = {
        { OVERVIEW_HELD, "decide", tell_held },
        { OVERVIEW_CREDENTIALS, "decide", tell_credentials },
        { OVERVIEW_DEAD_LETTERS, "decide", tell_dead_letters },
        { OVERVIEW_STUCK, "bad", tell_stuck },
        { OVERVIEW_STALE, "bad", tell_stale },
        { OVERVIEW_BREAKER, "bad", tell_breaker },
        { OVERVIEW_UNREAD, "bad", tell_unread },
        { OVERVIEW_PAUSED, "mild", tell_paused },
};

void page_chips(struct buffer *out, const struct overview_row *row, int64_t now_ms)
{
        for (size_t i = 0; i < OVERVIEW_MARKS; i++) {
                if (!(row->marks & marks[i].mark))
                        continue;
                buffer_append_format(out, "<em class=\"%s\">", marks[i].kind);
                chip(out, marks[i].mark, row, now_ms);
                buffer_append_text(out, "</em> ");
        }
}

void page_problems(struct buffer *out, const struct page_data *data, const struct overview_row *row)
{
        const struct problem problem = { data, row, data->now_ms };

        for (size_t i = 0; i < OVERVIEW_MARKS; i++) {
                if (!(row->marks & marks[i].mark))
                        continue;
                buffer_append_format(out, "<section class=\"problem %s\">", marks[i].kind);
                marks[i].tell(out, &problem);
                buffer_append_text(out, "</section>\n");
        }
}
