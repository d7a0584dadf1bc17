/* common/io/scrape.h
 *
 * One answer to /metrics. A program with a thousand municipalities has tens of thousands of series,
 * megabytes of text: they are rendered family by family and compressed as they are sent, so that the
 * loop is held for a piece at a time.
 */
#ifndef IO_SCRAPE_H
#define IO_SCRAPE_H

#include <microhttpd.h>
#include <stdbool.h>

#include "base/metrics.h"

/* `metrics` must live until the server is stopped. NULL: no memory. */
struct MHD_Response *scrape_response(const struct metrics *metrics, bool gzip);

/* Does an Accept-Encoding take gzip? NULL: there is none, and it does not. */
bool scrape_accepts_gzip(const char *accept_encoding);

#endif
