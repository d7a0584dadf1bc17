/* services/operator/page_rows.h
 *
 * The rows of the front page: which ones the view asks for, in which order, the headings that sort
 * them, and of each the line that is seen when it is folded.
 */
#ifndef OPERATOR_PAGE_ROWS_H
#define OPERATOR_PAGE_ROWS_H

#include "operator/page.h"

/* How many rows bring what is inside with them; the others say where it is. Bounds the page. */
enum { PAGE_UNFOLDED_MAX = 60 };

void page_numbers(struct buffer *out, const struct page_data *data);
void page_rows(struct buffer *out, const struct page_data *data);

#endif
