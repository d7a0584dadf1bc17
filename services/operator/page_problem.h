/* services/operator/page_problem.h
 *
 * What is wrong with a municipality, mark by mark: a chip for the folded line, and inside of the
 * row what happened, why, and what to do, with the button that leads there.
 */
#ifndef OPERATOR_PAGE_PROBLEM_H
#define OPERATOR_PAGE_PROBLEM_H

#include "operator/page.h"

/* "31 deletions held", "not read for 3 h" */
void page_chips(struct buffer *out, const struct overview_row *row, int64_t now_ms);

void page_problems(struct buffer *out, const struct page_data *data,
                   const struct overview_row *row);

/* A link that looks like a button; `path` without its slash, may have a query. */
void page_link_button(struct buffer *out, const char *path, const char *municipality,
                      const char *label);

#endif
