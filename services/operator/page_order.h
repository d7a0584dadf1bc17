/* services/operator/page_order.h
 *
 * Where a person decides: what an action would do, with its count, before the one button that does
 * it. The button's form carries exactly what was seen (order.h) and the session's token.
 */
#ifndef OPERATOR_PAGE_ORDER_H
#define OPERATOR_PAGE_ORDER_H

#include "operator/held.h"
#include "operator/order.h"
#include "operator/page.h"

enum { PAGE_HELD_MAX = 500, PAGE_LETTERS_MAX = 200 };

/* A form with what was seen and a button for each choice; nothing where the reader may not act. */
struct page_choice {
        enum order_action action;
        const char *label; /* "Delete these": the count is added where there is one */
        bool danger;       /* cannot be taken back */
};
void page_order_form(struct buffer *out, const struct page_reader *reader,
                     const struct order *order, const struct page_choice *choices, size_t count);

/* "Fetch now", "Tell all again": a page that asks once more. */
void page_confirm(struct buffer *out, const struct page_data *data, const struct order *order);

/* The events of a hold, and the two decisions. `titles_read`: the titles are all there are. */
void page_hold(struct buffer *out, const struct page_data *data, const char *municipality,
               const struct held *held, bool titles_read);

/* The dead letters of the view's municipality ("" : those of all), by reason, and the two decisions
 * for each reason. */
void page_letters(struct buffer *out, const struct page_data *data);

#endif
