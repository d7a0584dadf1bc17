/* services/operator/page_order.c
 *
 * Everything that an action depends on is on the page where it is decided, and goes back with the
 * form: whoever looks away for an hour cannot approve what came meanwhile.
 */
#include "operator/page_order.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/text.h"
#include "operator/page_text.h"
#include "operator/reasons.h"

/* Forms */

static void hidden(struct buffer *out, const char *name, const char *value)
{
        if (value[0] == '\0')
                return;
        buffer_append_format(out, "<input type=\"hidden\" name=\"%s\" value=\"", name);
        page_plain(out, slice_of(value));
        buffer_append_text(out, "\">");
}

static void hidden_number(struct buffer *out, const char *name, int64_t value)
{
        char text[24];

        snprintf(text, sizeof(text), "%" PRId64, value);
        hidden(out, name, text);
}

static void choice_button(struct buffer *out, const struct page_choice *choice, int64_t count)
{
        buffer_append_format(out, "<button class=\"%s\" name=\"action\" value=\"%s\">%s",
                             choice->danger ? "danger" : "safe", order_action_name(choice->action),
                             choice->label);
        if (choice->action != ORDER_REFRESH && choice->action != ORDER_REASSERT) {
                buffer_append_byte(out, ' ');
                page_number(out, count);
        }
        buffer_append_text(out, "</button>\n");
}

void page_order_form(struct buffer *out, const struct page_reader *reader,
                     const struct order *order, const struct page_choice *choices, size_t count)
{
        if (!reader->actions)
                return;
        buffer_append_text(out, "<form class=\"order\" method=\"post\" action=\"/act\">");
        hidden(out, "token", reader->token);
        hidden(out, "municipality", order->municipality);
        hidden(out, "hold", order->hold);
        hidden(out, "letter", order->letter);
        if (order->until_ms > 0)
                hidden_number(out, "until", order->until_ms);
        hidden_number(out, "count", order->count);
        buffer_append_format(out,
                             "<label>Why <small>(for the log, may be empty)</small> <input "
                             "name=\"why\" maxlength=\"%d\" autocomplete=\"off\"></label>\n",
                             ORDER_WHY_BYTES - 1);
        for (size_t i = 0; i < count; i++)
                choice_button(out, &choices[i], order->count);
        buffer_append_text(out, "</form>\n");
}

static void page_read_only(struct buffer *out, const struct page_reader *reader)
{
        if (!reader->actions)
                buffer_append_text(out, "<p class=\"note\">This console only shows. With "
                                        "<code>console.actions</code> in the configuration it also "
                                        "acts; the command <code>dplsync</code> always can.</p>\n");
}

static void page_heading(struct buffer *out, const char *municipality, const char *heading)
{
        if (municipality[0] != '\0')
                buffer_append_format(
                        out, "<p class=\"crumb\"><a href=\"/?municipality=%s\">%s</a></p>\n",
                        municipality, municipality);
        buffer_append_format(out, "<h1>%s</h1>\n", heading);
}

/* One question */

static const struct {
        const char *heading, *text, *label;
} confirmations[ORDER_ACTIONS] = {
        [ORDER_REFRESH] = { "Fetch the list now?",
                            "The site’s list is read now, past its cache, instead of at the next "
                            "turn. It costs the site one request that it has to work for; what "
                            "changed is told to the vendor as usual. Safe to repeat.",
                            "Fetch now" },
        [ORDER_REASSERT] = { "Tell the vendor all events again?",
                             "With the next whole list every event is told to the vendor again, "
                             "though nothing changed. Right when a vendor has lost data; otherwise "
                             "only many messages. Safe to repeat.",
                             "Tell all again" },
};

void page_confirm(struct buffer *out, const struct page_data *data, const struct order *order)
{
        _cleanup_(buffer_deinit) struct buffer main = BUFFER_NULL;
        const struct overview_row *row = overview_find(data->overview, order->municipality);
        struct order seen = *order;

        page_heading(&main, order->municipality, confirmations[order->action].heading);
        buffer_append_format(&main, "<p>%s</p>\n", confirmations[order->action].text);
        if (row) {
                seen.count = row->known;
                buffer_append_text(&main, "<p>This is about <b>");
                page_count(&main, row->known, "known event", "known events");
                buffer_append_format(&main, "</b> of %s.</p>\n", row->id);
        }
        page_order_form(
                &main, &data->reader, &seen,
                &(struct page_choice){ order->action, confirmations[order->action].label, false },
                1);
        page_read_only(&main, &data->reader);
        page_document(out, confirmations[order->action].heading, buffer_slice(&main), 0);
}

/* A hold */

static int by_start(const struct held_event *one, const struct held_event *other)
{
        if (one->start_ms != other->start_ms)
                return one->start_ms < other->start_ms ? -1 : 1;
        return uuid_compare(&one->uuid, &other->uuid);
}

static int compare_held(const void *a, const void *b)
{
        return by_start(*(const struct held_event *const *)a, *(const struct held_event *const *)b);
}

static void held_line(struct buffer *out, const char *municipality, const struct held_event *event,
                      int64_t now_ms)
{
        char uuid[UUID_TEXT_BYTES];

        uuid_format(&event->uuid, uuid);
        buffer_append_text(out, "<tr><td>");
        if (event->start_ms != TIMESTAMP_NONE)
                page_moment(out, event->start_ms, now_ms);
        else
                buffer_append_text(out, "–");
        buffer_append_format(out, "</td><td><a href=\"/trail?municipality=%s&amp;uuid=%s\">",
                             municipality, uuid);
        page_foreign(out, slice_of(event->title[0] != '\0' ? event->title : uuid),
                     PAGE_TITLE_CHARACTERS);
        buffer_append_text(out, "</a></td><td>");
        if (event->since_ms > 0)
                page_moment(out, event->since_ms, now_ms);
        buffer_append_format(out, "</td><td>%s</td></tr>\n",
                             event->approved      ? "approved, a fresh read decides"
                             : event->irrelevant  ? "no longer relevant"
                             : event->missed_once ? "missed by one fresh read"
                                                  : "missing");
}

static void held_table(struct buffer *out, const char *municipality, const struct held *held,
                       int64_t now_ms)
{
        size_t count = held_count(held), shown = count < PAGE_HELD_MAX ? count : PAGE_HELD_MAX;
        _cleanup_(freep) const struct held_event **events =
                memory_new((count + 1) * sizeof(*events));
        const struct held_event *event;
        size_t i = 0;

        for (event = held->events; event; event = event->hh.next)
                events[i++] = event;
        if (count > 1)
                qsort(events, count, sizeof(*events), compare_held);
        buffer_append_text(out, "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
                                "aria-label=\"Held events\"><table><thead><tr><th>Starts</th>"
                                "<th>Event</th><th>Held since</th><th>Why</th></tr></thead><tbody>"
                                "\n");
        for (i = 0; i < shown; i++)
                held_line(out, municipality, events[i], now_ms);
        buffer_append_text(out, "</tbody></table></div>\n");
        if (count > shown)
                buffer_append_format(out, "<p class=\"note\">and %zu more</p>\n", count - shown);
}

static void hold_decisions(struct buffer *out, const struct page_data *data,
                           const char *municipality, const struct held *held)
{
        static const struct page_choice delete = { ORDER_APPROVE, "Delete these", true };
        static const struct page_choice keep = { ORDER_REJECT, "Keep these", false };
        struct order order = { .count = held->count };

        text_copy(order.municipality, sizeof(order.municipality), municipality);
        text_copy(order.hold, sizeof(order.hold), held->id);
        buffer_append_text(out,
                           "<div class=\"decisions\">\n<section><h2>They are really gone</h2>"
                           "<p>The site is read once more, past its cache. What it still lacks "
                           "is deleted at the vendor; what came back stays.</p>");
        page_order_form(out, &data->reader, &order, &delete, 1);
        buffer_append_text(out,
                           "</section>\n<section><h2>The list is wrong</h2><p>The vendor keeps "
                           "them, and nothing is said of them for 24 hours. If the site still "
                           "lacks them then, they are held anew.</p>");
        page_order_form(out, &data->reader, &order, &keep, 1);
        buffer_append_text(out, "</section>\n</div>\n");
}

void page_hold(struct buffer *out, const struct page_data *data, const char *municipality,
               const struct held *held, bool titles_read)
{
        _cleanup_(buffer_deinit) struct buffer main = BUFFER_NULL, heading = BUFFER_NULL;

        page_count(&heading, held->count, "deletion waits for a decision",
                   "deletions wait for a decision");
        page_heading(&main, municipality, held->id[0] != '\0' ? heading.data : "Nothing is held");
        if (held->id[0] == '\0') {
                buffer_append_text(&main, "<p>No deletion of this municipality waits.</p>\n");
        } else {
                buffer_append_text(&main, "<p>of ");
                page_count(&main, held->known, "known event", "known events");
                buffer_append_text(
                        &main, held->foreign ? ". The whole list looks like another site’s: it "
                                               "has no event in common with what is known.</p>\n"
                                             : ".</p>\n");
                held_table(&main, municipality, held, data->now_ms);
                if (!titles_read)
                        buffer_append_text(&main, "<p class=\"note\">Titles are being looked up "
                                                  "…</p>\n");
                hold_decisions(&main, data, municipality, held);
        }
        page_read_only(&main, &data->reader);
        page_document(out, "Held deletions · dplsync", buffer_slice(&main), titles_read ? 0 : 1);
}

/* Dead letters */

static void letter_moment(struct buffer *out, const char *text, int64_t now_ms)
{
        int64_t at_ms;

        if (timestamp_parse(text, strlen(text), &at_ms))
                page_moment(out, at_ms, now_ms);
        else
                buffer_append_text(out, "–");
}

static void letter_event(struct buffer *out, const struct letter *letter)
{
        struct uuid uuid;
        char text[UUID_TEXT_BYTES];

        if (!uuid_parse(letter->uuid, strlen(letter->uuid), &uuid) ||
            !municipality_id_valid(letter->municipality, strlen(letter->municipality))) {
                buffer_append_text(out, "–");
                return;
        }
        uuid_format(&uuid, text);
        buffer_append_format(out, "<a href=\"/trail?municipality=%s&amp;uuid=%s\">%.8s…</a>",
                             letter->municipality, text, text);
}

/* The body only for those who may act: it is a vendor's message, not ours to spread. */
static void letter_body(struct buffer *out, const struct letter *letter)
{
        enum { BODY_CHARACTERS = 600 };

        buffer_append_text(out, "<details><summary>message</summary><pre>");
        page_foreign(out, letter->value, BODY_CHARACTERS);
        buffer_append_text(out, "</pre></details>");
}

static void letter_line(struct buffer *out, const struct page_data *data,
                        const struct letter *letter)
{
        buffer_append_text(out, "<tr><td>");
        letter_moment(out, letter->last_failed_at, data->now_ms);
        if (data->view.municipality[0] == '\0') {
                buffer_append_text(out, "</td><td>");
                page_foreign(out, slice_of(letter->municipality), MUNICIPALITY_ID_BYTES);
        }
        buffer_append_text(out, "</td><td>");
        letter_event(out, letter);
        buffer_append_text(out, "</td><td>");
        page_foreign(out, slice_of(letter->detail), PAGE_SENTENCE_BYTES);
        if (letter->status > 0)
                buffer_append_format(out, " <small>HTTP %" PRId64 "</small>", letter->status);
        if (data->reader.actions)
                letter_body(out, letter);
        buffer_append_text(out, "</td></tr>\n");
}

static void letter_table(struct buffer *out, const struct page_data *data,
                         const struct letter_filter *filter)
{
        const struct letter *letter;
        size_t shown = 0, left = 0;

        buffer_append_format(out,
                             "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
                             "aria-label=\"Dead letters\"><table><thead><tr><th>Failed</th>%s"
                             "<th>Event</th><th>What</th></tr></thead><tbody>\n",
                             data->view.municipality[0] == '\0' ? "<th>Municipality</th>" : "");
        for (letter = data->letters->oldest; letter; letter = letter->next) {
                if (!letter_matches(letter, filter))
                        continue;
                if (shown++ < PAGE_LETTERS_MAX)
                        letter_line(out, data, letter);
                else
                        left++;
        }
        buffer_append_text(out, "</tbody></table></div>\n");
        if (left > 0)
                buffer_append_format(out, "<p class=\"note\">and %zu more</p>\n", left);
}

static void letter_decisions(struct buffer *out, const struct page_data *data,
                             const struct reason *reason)
{
        static const struct page_choice choices[] = { { ORDER_REPLAY, "Replay", false },
                                                      { ORDER_DISCARD, "Discard", true } };
        struct order order = { .count = reason->letters, .until_ms = reason->newest_ms };

        if (data->view.municipality[0] == '\0')
                return;
        text_copy(order.municipality, sizeof(order.municipality), data->view.municipality);
        text_copy(order.letter, sizeof(order.letter), reason->name);
        page_order_form(out, &data->reader, &order, choices, ARRAY_LENGTH(choices));
}

void page_letters(struct buffer *out, const struct page_data *data)
{
        _cleanup_(buffer_deinit) struct buffer main = BUFFER_NULL;
        const char *municipality = data->view.municipality;
        struct reasons reasons;

        reasons_collect(&reasons, data->letters, municipality);
        page_heading(&main, municipality, "Dead letters");
        buffer_append_text(&main,
                           reasons.count > 0
                                   ? "<p>Updates that could not be done. A replay keeps their "
                                     "order and versions: what was wished anew since wins. "
                                     "Discarding tells nobody; the vendor was told already.</p>"
                                     "\n"
                                   : "<p>None waits for a decision.</p>\n");
        for (size_t i = 0; i < reasons.count; i++) {
                const struct letter_filter filter = { .municipality =
                                                              municipality[0] ? municipality : NULL,
                                                      .reason = reasons.items[i].name };

                buffer_append_text(&main, "<section class=\"letters\"><h2>");
                page_number(&main, reasons.items[i].letters);
                buffer_append_text(&main, " <code>");
                page_plain(&main, slice_of(reasons.items[i].name));
                buffer_append_text(&main, "</code></h2>\n");
                letter_table(&main, data, &filter);
                letter_decisions(&main, data, &reasons.items[i]);
                buffer_append_text(&main, "</section>\n");
        }
        if (data->letters->left_out > 0)
                buffer_append_format(&main,
                                     "<p class=\"note\">%zu older ones are not shown here; "
                                     "<code>dplsync dead-letters list</code> has them.</p>\n",
                                     data->letters->left_out);
        if (reasons.count > 0 && municipality[0] == '\0')
                buffer_append_text(&main, "<p class=\"note\">They are decided about at their "
                                          "municipality; where nobody knows whose they are, by "
                                          "<code>dplsync dead-letters</code>.</p>\n");
        page_read_only(&main, &data->reader);
        page_document(out, "Dead letters · dplsync", buffer_slice(&main), 0);
}
