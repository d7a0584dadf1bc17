/* services/operator/page_row.h
 *
 * What is inside a row: for each mark what is wrong, why, and what to do, with its buttons; then
 * the facts of reading, telling and writing.
 */
#ifndef OPERATOR_PAGE_ROW_H
#define OPERATOR_PAGE_ROW_H

#include "operator/page.h"

/* The chips of the folded line: "31 deletions held", "read 3 h ago". */
void page_row_marks(struct buffer *out, const struct overview_row *row, int64_t now_ms);

/* `whole`: with the last outcomes. */
void page_row_inside(struct buffer *out, const struct page_data *data,
                     const struct overview_row *row, bool whole);

#endif
