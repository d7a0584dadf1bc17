/* services/operator/page_rows.c
 *
 * A row is a <details>: it unfolds with the keyboard and without script. Its summary is laid out as
 * the columns of a table by the style sheet, or as a small card where there is no room for columns.
 */
#include "operator/page_rows.h"

#include "base/memory.h"
#include "operator/page_problem.h"
#include "operator/page_row.h"
#include "operator/page_text.h"

#define DAY_MS (24 * 3600 * INT64_C(1000))

/* The six numbers */

static const struct {
        enum page_show show;
        const char *label, *kind;
        size_t at;
} numbers[] = {
#define AT(member) offsetof(struct overview_sums, member)
        { PAGE_SHOW_FRESH, "fresh", "good", AT(fresh) },
        { PAGE_SHOW_STALE, "stale", "bad", AT(stale) },
        { PAGE_SHOW_PAUSED, "paused", "mild", AT(paused) },
        { PAGE_SHOW_BREAKER, "not writable", "bad", AT(breaker) },
        { PAGE_SHOW_HELD, "deletions held", "decide", AT(held) },
        { PAGE_SHOW_DEAD_LETTERS, "dead letters", "decide", AT(dead_letters) },
#undef AT
};

void page_numbers(struct buffer *out, const struct page_data *data)
{
        buffer_append_text(out, "<nav class=\"numbers\" aria-label=\"The state of all\">\n");
        for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
                size_t value = *(const size_t *)(const void *)((const char *)&data->overview->sums +
                                                               numbers[i].at);
                bool chosen = data->view.show == numbers[i].show;
                struct page_view view = { .show = chosen ? PAGE_SHOW_ALL : numbers[i].show,
                                          .sort = data->view.sort };

                buffer_append_format(out, "<a class=\"%s%s\" href=\"/",
                                     value > 0 ? numbers[i].kind : "none", chosen ? " chosen" : "");
                page_view_address(out, &view);
                buffer_append_format(out, "\"%s><b>", chosen ? " aria-current=\"true\"" : "");
                page_number(out, (int64_t)value);
                buffer_append_format(out, "</b> %s</a>\n", numbers[i].label);
        }
        buffer_append_text(out, "</nav>\n");
}

/* Which rows, in which order */

static bool is_shown(const struct overview_row *row, const struct page_view *view)
{
        static const unsigned marks[PAGE_SHOWS] = {
                [PAGE_SHOW_STALE] = OVERVIEW_STALE | OVERVIEW_UNREAD,
                [PAGE_SHOW_PAUSED] = OVERVIEW_PAUSED,
                [PAGE_SHOW_BREAKER] = OVERVIEW_BREAKER | OVERVIEW_CREDENTIALS,
                [PAGE_SHOW_HELD] = OVERVIEW_HELD,
                [PAGE_SHOW_DEAD_LETTERS] = OVERVIEW_DEAD_LETTERS,
        };

        if (view->municipality[0] != '\0')
                return strcmp(row->id, view->municipality) == 0;
        if (view->filter[0] != '\0' && !strstr(row->id, view->filter))
                return false;
        if (view->show == PAGE_SHOW_FRESH)
                return !(row->marks & marks[PAGE_SHOW_STALE]);
        return view->show == PAGE_SHOW_ALL || (row->marks & marks[view->show]);
}

static int compare_numbers(int64_t one, int64_t other)
{
        return one < other ? -1 : one > other;
}

typedef int compare_fn(const struct overview_row *one, const struct overview_row *other);

static int by_name(const struct overview_row *one, const struct overview_row *other)
{
        return strcmp(one->id, other->id);
}

static int by_read(const struct overview_row *one, const struct overview_row *other)
{
        return compare_numbers(one->success_ms, other->success_ms);
}

static int by_events(const struct overview_row *one, const struct overview_row *other)
{
        return compare_numbers(other->known, one->known);
}

static int by_waiting(const struct overview_row *one, const struct overview_row *other)
{
        return compare_numbers(other->waiting, one->waiting);
}

static int by_last(const struct overview_row *one, const struct overview_row *other)
{
        return compare_numbers(other->last_outcome_ms, one->last_outcome_ms);
}

static compare_fn *const orders[PAGE_SORTS] = {
        [PAGE_SORT_NAME] = by_name,     [PAGE_SORT_READ] = by_read,
        [PAGE_SORT_EVENTS] = by_events, [PAGE_SORT_WAITING] = by_waiting,
        [PAGE_SORT_LAST] = by_last,
};

struct shown { /* with its place in the overview, so that equals stay in that order */
        const struct overview_row *row;
        compare_fn *order;
};

static int compare_shown(const void *a, const void *b)
{
        const struct shown *one = a, *other = b;
        int order = one->order(one->row, other->row);

        return order != 0 ? order : one->row < other->row ? -1 : 1;
}

static size_t choose(const struct page_data *data, struct shown *shown)
{
        size_t count = 0;

        for (size_t i = 0; i < data->overview->count; i++)
                if (is_shown(&data->overview->rows[i], &data->view))
                        shown[count++] =
                                (struct shown){ &data->overview->rows[i], orders[data->view.sort] };
        if (count > 1 && orders[data->view.sort])
                qsort(shown, count, sizeof(*shown), compare_shown);
        return count;
}

/* The folded line */

static void row_read(struct buffer *out, const struct overview_row *row, int64_t now_ms)
{
        if (row->success_ms == 0)
                buffer_append_text(out, "never");
        else
                page_age(out, now_ms - row->success_ms);
}

/* With what a day has changed. */
static void row_events(struct buffer *out, const struct overview_row *row, int64_t now_ms)
{
        int64_t before = overview_known_at(row, now_ms - DAY_MS);

        page_number(out, row->known);
        if (before < 0 || before == row->known)
                return;
        buffer_append_text(out, row->known > before ? "<small> +" : "<small> ");
        page_number(out, row->known - before);
        buffer_append_text(out, "</small>");
}

static void row_waiting(struct buffer *out, const struct overview_row *row, int64_t now_ms)
{
        page_number(out, row->waiting);
        if (row->waiting == 0 || row->oldest_ms == 0)
                return;
        buffer_append_text(out, "<small> for ");
        page_age(out, now_ms - row->oldest_ms);
        buffer_append_text(out, "</small>");
}

static void row_last(struct buffer *out, const struct overview_row *row, int64_t now_ms)
{
        if (row->last_outcome_ms == 0) {
                buffer_append_text(out, "–");
                return;
        }
        page_plain(out, slice_of(row->last_outcome));
        buffer_append_text(out, "<small>, ");
        page_age(out, now_ms - row->last_outcome_ms);
        buffer_append_text(out, "</small>");
}

static void row_line(struct buffer *out, const struct overview_row *row, int64_t now_ms)
{
        static const struct {
                const char *label; /* where there is no heading above it */
                void (*fill)(struct buffer *out, const struct overview_row *row, int64_t now_ms);
        } cells[] = { { "read", row_read },
                      { "events", row_events },
                      { "waiting", row_waiting },
                      { "last", row_last } };

        buffer_append_format(out, "<summary><b>%s</b><span class=\"marks\">", row->id);
        page_chips(out, row, now_ms);
        buffer_append_text(out, "</span>");
        for (size_t i = 0; i < ARRAY_LENGTH(cells); i++) {
                buffer_append_format(out, "<span><i>%s</i>", cells[i].label);
                cells[i].fill(out, row, now_ms);
                buffer_append_text(out, "</span>");
        }
        buffer_append_text(out, "</summary>\n");
}

static const char *kind_of(const struct overview_row *row)
{
        const unsigned decide = OVERVIEW_HELD | OVERVIEW_CREDENTIALS | OVERVIEW_DEAD_LETTERS;

        if (row->marks & decide)
                return "decide";
        if (row->marks & ~(unsigned)OVERVIEW_PAUSED)
                return "bad";
        return row->marks ? "mild" : "good";
}

static void page_row(struct buffer *out, const struct page_data *data,
                     const struct overview_row *row, bool inside)
{
        bool alone = data->view.municipality[0] != '\0';

        buffer_append_format(out, "<details class=\"%s\" id=\"m-%s\"%s>", kind_of(row), row->id,
                             alone ? " open" : "");
        row_line(out, row, data->now_ms);
        if (alone || inside)
                page_row_inside(out, data, row, alone);
        if (!alone)
                buffer_append_format(out, "<p><a href=\"/?municipality=%s\">All about %s</a></p>",
                                     row->id, row->id);
        buffer_append_text(out, "</details>\n");
}

/* The list */

static void page_headings(struct buffer *out, const struct page_view *view)
{
        static const struct {
                enum page_sort sort;
                const char *label;
        } headings[] = {
                { PAGE_SORT_NAME, "Municipality" }, { PAGE_SORT_TROUBLE, "What is wrong" },
                { PAGE_SORT_READ, "Read" },         { PAGE_SORT_EVENTS, "Events" },
                { PAGE_SORT_WAITING, "Waiting" },   { PAGE_SORT_LAST, "Last outcome" },
        };

        buffer_append_text(out, "<nav class=\"headings\" aria-label=\"Sort by\">");
        for (size_t i = 0; i < ARRAY_LENGTH(headings); i++) {
                struct page_view sorted = *view;

                sorted.sort = headings[i].sort;
                buffer_append_text(out, "<a href=\"/");
                page_view_address(out, &sorted);
                buffer_append_format(out, "\"%s>%s</a>",
                                     view->sort == headings[i].sort ? " aria-current=\"true\"" : "",
                                     headings[i].label);
        }
        buffer_append_text(out, "</nav>\n");
}

static void page_none(struct buffer *out, const struct page_view *view)
{
        buffer_append_text(out, "<p class=\"empty\">");
        if (view->municipality[0] != '\0')
                buffer_append_text(out, "This municipality is not in the configuration.");
        else if (view->show != PAGE_SHOW_ALL && view->filter[0] == '\0')
                buffer_append_text(out, "None just now.");
        else
                buffer_append_text(out, "No municipality matches.");
        buffer_append_text(out, " <a href=\"/\">Show all</a></p>\n");
}

void page_rows(struct buffer *out, const struct page_data *data)
{
        struct shown *shown = memory_new((data->overview->count + 1) * sizeof(*shown));
        size_t count = choose(data, shown), unfolded = 0;

        buffer_append_format(out, "<section class=\"rows%s\" aria-label=\"Municipalities\">\n",
                             count > 1 ? "" : " alone");
        if (count > 1)
                page_headings(out, &data->view);
        for (size_t i = 0; i < count; i++) {
                bool inside = shown[i].row->marks != 0 && unfolded < PAGE_UNFOLDED_MAX;

                unfolded += inside;
                page_row(out, data, shown[i].row, inside);
        }
        if (count == 0)
                page_none(out, &data->view);
        buffer_append_text(out, "</section>\n");
        free(shown);
}
