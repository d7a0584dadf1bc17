/* services/operator/page.h
 *
 * The console's page as a whole: what is shown, for whom, and the frame around it. Pure: structs
 * become HTML in a buffer; page_rows.h, page_row.h, page_plot.h ... write the parts.
 *
 * One page for all municipalities: the six numbers, two plots, a row each, what was done from here.
 * It works without script: every link is an address, every button a form. The script only fetches
 * the part `live` anew and puts it in place.
 */
#ifndef OPERATOR_PAGE_H
#define OPERATOR_PAGE_H

#include "operator/dead_letters.h"
#include "operator/form.h"
#include "operator/outcomes.h"
#include "operator/overview.h"

enum { PAGE_FILTER_BYTES = 64, PAGE_DEEDS_KEPT = 20, PAGE_SENTENCE_BYTES = 256 };

enum page_show { /* which rows; the six numbers are links to them */
                 PAGE_SHOW_ALL,
                 PAGE_SHOW_FRESH,
                 PAGE_SHOW_STALE,
                 PAGE_SHOW_PAUSED,
                 PAGE_SHOW_BREAKER,
                 PAGE_SHOW_HELD,
                 PAGE_SHOW_DEAD_LETTERS,
                 PAGE_SHOWS,
};

enum page_sort {
        PAGE_SORT_TROUBLE,
        PAGE_SORT_NAME,
        PAGE_SORT_READ,
        PAGE_SORT_EVENTS,
        PAGE_SORT_WAITING,
        PAGE_SORT_LAST,
        PAGE_SORTS,
};

/* What the address asks for. Foreign: checked, and escaped where it is shown. */
struct page_view {
        char filter[PAGE_FILTER_BYTES];
        char municipality[MUNICIPALITY_ID_BYTES]; /* "": all; else its row alone, unfolded */
        enum page_show show;
        enum page_sort sort;
};

/* For whom: decides whether there are buttons. */
struct page_reader {
        bool actions;
        const char *token; /* for forms; "" without actions */
};

/* Something that was done from this console. */
enum page_deed_state { PAGE_DEED_SENT, PAGE_DEED_DONE, PAGE_DEED_FAILED };
struct page_deed {
        int64_t at_ms;
        enum page_deed_state state;
        char municipality[MUNICIPALITY_ID_BYTES];
        char said[PAGE_SENTENCE_BYTES]; /* "approved 31 deletions" */
};

struct page_data {
        const struct overview *overview;
        const struct outcomes *outcomes;
        const struct dead_letters *letters;
        const struct page_deed *deeds; /* newest first */
        size_t deed_count;
        const char *trouble; /* the console's own: "" or why what is shown may be old */
        bool caught_up;      /* `results` and `dead-letters` were read to their end */
        int64_t now_ms;
        struct page_reader reader;
        struct page_view view;
};

/* What an address says of the view; what it says wrongly is left out. */
void page_view_read(struct page_view *view, const struct form *form);
/* "?show=held&sort=read": the view as an address, escaped for an attribute. */
void page_view_address(struct buffer *out, const struct page_view *view);

/* A whole document. `main` is HTML; `refresh_s` > 0: the browser asks again by itself. */
void page_document(struct buffer *out, const char *title, struct slice main, int refresh_s);

/* The front page, and of it the part that the script fetches again. */
void page_front(struct buffer *out, const struct page_data *data);
void page_live(struct buffer *out, const struct page_data *data);

/* A page that says one thing: "404 ...". */
void page_message(struct buffer *out, const char *title, const char *sentence);

#endif
