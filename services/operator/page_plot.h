/* services/operator/page_plot.h
 *
 * Small plots in SVG, drawn by attributes alone (the page's policy allows no style in it), each
 * with a sentence for those who do not see it.
 */
#ifndef OPERATOR_PAGE_PLOT_H
#define OPERATOR_PAGE_PLOT_H

#include "operator/page.h"

/* Freshness: a dot a municipality, by the age of its last good read in its own intervals. */
void page_plot_freshness(struct buffer *out, const struct overview *overview);

/* Latency: a dot an update, from its wish to its end, the newest to the right; on a scale of powers
 * of ten, since both a second and an hour are to be seen. */
void page_plot_latency(struct buffer *out, const struct outcomes *outcomes);

/* The events that were known, hour by hour of the last day; nothing where nobody told. */
void page_plot_known(struct buffer *out, const struct overview_row *row, int64_t now_ms);

#endif
