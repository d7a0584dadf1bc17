/* services/operator/page_row.c
 *
 * Below what is wrong stand the facts, in the order of the flow: what was read, what the vendor was
 * told, what was written to the site.
 */
#include "operator/page_row.h"

#include "operator/page_plot.h"
#include "operator/page_problem.h"
#include "operator/page_text.h"

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
        buffer_append_text(out, "<div class=\"inside\">\n");
        page_problems(out, data, row);
        if (whole) {
                buffer_append_text(out, "<div class=\"facts\">\n");
                facts_of_reading(out, row, data->now_ms);
                facts_of_telling(out, row, data->now_ms);
                facts_of_writing(out, row, data->now_ms);
                buffer_append_text(out, "</div>\n");
        }
        if (data->reader.actions) {
                buffer_append_text(out, "<p class=\"actions\">");
                page_link_button(out, "confirm?action=refresh", row->id, "Fetch now");
                page_link_button(out, "confirm?action=reassert", row->id, "Tell all again");
                buffer_append_text(out, "</p>\n");
        }
        if (whole) {
                page_outcomes(out, data, row);
                page_trail_form(out, row);
        }
        buffer_append_text(out, "</div>\n");
}
