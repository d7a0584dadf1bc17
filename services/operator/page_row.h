/* services/operator/page_row.h
 *
 * What is inside a row: what is wrong (page_problem.h), the facts of reading, telling and writing,
 * the actions, and the last outcomes.
 */
#ifndef OPERATOR_PAGE_ROW_H
#define OPERATOR_PAGE_ROW_H

#include "operator/page.h"

/* `whole`: with the facts and the last outcomes. */
void page_row_inside(struct buffer *out, const struct page_data *data,
                     const struct overview_row *row, bool whole);

#endif
