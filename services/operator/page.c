/* services/operator/page.c
 *
 * The frame, the view's address and the front page. The document is assets/page.html with its three
 * places filled; everything that is not ours has been escaped before it comes here.
 */
#include "operator/page.h"

#include <stdio.h>

#include "base/text.h"
#include "operator/assets.h"
#include "operator/page_plot.h"
#include "operator/page_rows.h"
#include "operator/page_text.h"

enum { NOTICE_MS = 2 * 60 * 1000 };

static const char *const shows[PAGE_SHOWS] = {
        "all", "fresh", "stale", "paused", "breaker", "held", "dead-letters",
};
static const char *const sorts[PAGE_SORTS] = {
        "trouble", "name", "read", "events", "waiting", "last",
};

/* The view */

static unsigned choice_of(const char *text, const char *const *names, unsigned count)
{
        for (unsigned i = 0; i < count; i++)
                if (strcmp(text, names[i]) == 0)
                        return i;
        return 0;
}

/* Ids are in lower case, whatever a person writes. */
static void lower_case(char *text)
{
        for (; *text; text++)
                if (*text >= 'A' && *text <= 'Z')
                        *text = (char)(*text - 'A' + 'a');
}

void page_view_read(struct page_view *view, const struct form *form)
{
        const char *municipality = form_field(form, "municipality");

        *view = (struct page_view){
                .show = (enum page_show)choice_of(form_field(form, "show"), shows, PAGE_SHOWS),
                .sort = (enum page_sort)choice_of(form_field(form, "sort"), sorts, PAGE_SORTS),
        };
        text_copy(view->filter, sizeof(view->filter), form_field(form, "filter"));
        lower_case(view->filter);
        if (municipality_id_valid(municipality, strlen(municipality)))
                text_copy(view->municipality, sizeof(view->municipality), municipality);
}

static void add_parameter(struct buffer *out, const char **separator, const char *name,
                          const char *value)
{
        buffer_append_format(out, "%s%s=", *separator, name);
        page_query(out, value);
        *separator = "&amp;";
}

void page_view_address(struct buffer *out, const struct page_view *view)
{
        const char *separator = "?";

        if (view->municipality[0] != '\0')
                add_parameter(out, &separator, "municipality", view->municipality);
        if (view->show != PAGE_SHOW_ALL)
                add_parameter(out, &separator, "show", shows[view->show]);
        if (view->sort != PAGE_SORT_TROUBLE)
                add_parameter(out, &separator, "sort", sorts[view->sort]);
        if (view->filter[0] != '\0')
                add_parameter(out, &separator, "filter", view->filter);
}

/* The frame */

/* Copies the template up to the place {{name}}, which is skipped; the rest of it. */
static struct slice append_up_to(struct buffer *out, struct slice rest, const char *place)
{
        const char *at = memmem(rest.data, rest.length, place, strlen(place));
        size_t before = (size_t)(at - rest.data);

        buffer_append(out, rest.data, before);
        before += strlen(place);
        return (struct slice){ rest.data + before, rest.length - before };
}

void page_document(struct buffer *out, const char *title, struct slice main, int refresh_s)
{
        struct slice rest = append_up_to(out, asset_page_html, "{{refresh}}");

        if (refresh_s > 0)
                buffer_append_format(out, "<meta http-equiv=\"refresh\" content=\"%d\">\n",
                                     refresh_s);
        rest = append_up_to(out, rest, "{{title}}");
        page_plain(out, slice_of(title));
        rest = append_up_to(out, rest, "{{main}}");
        buffer_append(out, main.data, main.length);
        buffer_append(out, rest.data, rest.length);
}

void page_message(struct buffer *out, const char *title, const char *sentence)
{
        _cleanup_(buffer_deinit) struct buffer main = BUFFER_NULL;

        buffer_append_text(&main, "<h1>");
        page_plain(&main, slice_of(title));
        buffer_append_text(&main, "</h1>\n<p>");
        page_plain(&main, slice_of(sentence));
        buffer_append_text(&main, "</p>\n<p><a href=\"/\">Back to all municipalities</a></p>\n");
        page_document(out, title, buffer_slice(&main), 0);
}

/* The front page */

static void page_deed(struct buffer *out, const struct page_deed *deed, int64_t now_ms)
{
        static const char *const states[] = {
                [PAGE_DEED_SENT] = "on its way",
                [PAGE_DEED_DONE] = "done",
                [PAGE_DEED_FAILED] = "failed",
        };

        page_moment(out, deed->at_ms, now_ms);
        buffer_append_text(out, " <b>");
        page_plain(out, slice_of(deed->municipality));
        buffer_append_text(out, "</b> ");
        page_foreign(out, slice_of(deed->said), PAGE_SENTENCE_BYTES);
        buffer_append_format(out, " <span class=\"deed-%d\">%s</span>", (int)deed->state,
                             states[deed->state]);
}

static void page_deeds(struct buffer *out, const struct page_data *data)
{
        if (data->deed_count == 0)
                return;
        buffer_append_text(out, "<section class=\"deeds\" aria-label=\"Done from here\">"
                                "<h2>Done from this console</h2>\n<ol>\n");
        for (size_t i = 0; i < data->deed_count; i++) {
                buffer_append_text(out, "<li>");
                page_deed(out, &data->deeds[i], data->now_ms);
                buffer_append_text(out, "</li>\n");
        }
        buffer_append_text(out, "</ol></section>\n");
}

/* What was done just now stands on top, too: who pressed the button looks there. */
static void page_notice(struct buffer *out, const struct page_data *data)
{
        if (data->deed_count == 0 || data->now_ms - data->deeds[0].at_ms > NOTICE_MS)
                return;
        buffer_append_text(out, "<p class=\"notice\" role=\"status\">");
        page_deed(out, &data->deeds[0], data->now_ms);
        buffer_append_text(out, "</p>\n");
}

/* Dead letters that no row counts: nobody could read whose they are, or it has left. */
static void page_strays(struct buffer *out, const struct page_data *data)
{
        size_t strays = data->overview->strays;

        if (strays == 0)
                return;
        buffer_append_text(out, "<p class=\"note\"><a href=\"/dead-letters\">");
        page_count(out, (int64_t)strays, "dead letter", "dead letters");
        buffer_append_text(out, "</a> of no municipality in the configuration.</p>\n");
}

static void page_trouble(struct buffer *out, const struct page_data *data)
{
        if (data->trouble[0] != '\0') {
                buffer_append_text(out, "<p class=\"trouble\" role=\"alert\">");
                page_foreign(out, slice_of(data->trouble), PAGE_SENTENCE_BYTES);
                buffer_append_text(out, "</p>\n");
        }
        if (!data->caught_up)
                buffer_append_text(out,
                                   "<p class=\"note\">Outcomes and dead letters are still being "
                                   "read; what is shown of them is not all yet.</p>\n");
}

void page_live(struct buffer *out, const struct page_data *data)
{
        page_trouble(out, data);
        page_notice(out, data);
        page_numbers(out, data);
        page_strays(out, data);
        if (data->view.municipality[0] == '\0') {
                buffer_append_text(out, "<div class=\"plots\">\n");
                page_plot_freshness(out, data->overview);
                page_plot_latency(out, data->outcomes);
                buffer_append_text(out, "</div>\n");
        }
        page_rows(out, data);
        page_deeds(out, data);
}

static void append_hidden(struct buffer *out, const char *name, const char *value)
{
        buffer_append_format(out, "<input type=\"hidden\" name=\"%s\" value=\"", name);
        page_plain(out, slice_of(value));
        buffer_append_text(out, "\">");
}

static void page_search(struct buffer *out, const struct page_data *data)
{
        const struct page_view *view = &data->view;

        buffer_append_text(out, "<form class=\"search\" role=\"search\" action=\"/\">"
                                "<label for=\"filter\">Municipality</label> "
                                "<input id=\"filter\" name=\"filter\" type=\"search\" "
                                "autocomplete=\"off\" value=\"");
        page_plain(out, slice_of(view->filter));
        buffer_append_text(out, "\">");
        if (view->show != PAGE_SHOW_ALL)
                append_hidden(out, "show", shows[view->show]);
        if (view->sort != PAGE_SORT_TROUBLE)
                append_hidden(out, "sort", sorts[view->sort]);
        buffer_append_text(out, "<button>Filter</button></form>\n");
}

static void page_headline(struct buffer *out, const struct page_data *data)
{
        buffer_append_text(out, "<div class=\"headline\">\n<h1>");
        if (data->view.municipality[0] != '\0')
                page_plain(out, slice_of(data->view.municipality));
        else
                page_count(out, (int64_t)data->overview->count, "municipality", "municipalities");
        buffer_append_text(out, "</h1>\n<p class=\"as-of\">as of <span id=\"as-of\">");
        page_moment(out, data->overview->now_ms, data->now_ms);
        buffer_append_text(out, "</span>");
        if (!data->reader.actions)
                buffer_append_text(out, " · read-only");
        buffer_append_text(out, "</p>\n");
        if (data->view.municipality[0] != '\0')
                buffer_append_text(out, "<p><a href=\"/\">All municipalities</a></p>\n");
        else
                page_search(out, data);
        buffer_append_text(out, "</div>\n");
}

void page_front(struct buffer *out, const struct page_data *data)
{
        _cleanup_(buffer_deinit) struct buffer main = BUFFER_NULL;
        char title[PAGE_SENTENCE_BYTES] = "dplsync";

        if (data->view.municipality[0] != '\0')
                snprintf(title, sizeof(title), "%s · dplsync", data->view.municipality);
        page_headline(&main, data);
        buffer_append_text(&main, "<div id=\"live\">\n");
        page_live(&main, data);
        buffer_append_text(&main, "</div>\n");
        page_document(out, title, buffer_slice(&main), 0);
}
