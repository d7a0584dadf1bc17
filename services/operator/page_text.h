/* services/operator/page_text.h
 *
 * Texts of the console's page as HTML. Titles, reasons and answers come from CMS sites and from
 * Kafka: hostile input. Here they become text and nothing else:
 * - what HTML would read is escaped, so that it may stand between tags and in quoted attributes;
 * - control characters, and those that turn the direction of writing or cannot be seen, are shown
 * by their number ("U+202E"): they could make one text look like another;
 * - what is no UTF-8 becomes U+FFFD.
 *
 * Pure; everything is appended to `out`.
 */
#ifndef OPERATOR_PAGE_TEXT_H
#define OPERATOR_PAGE_TEXT_H

#include <stdint.h>

#include "base/buffer.h"

enum { PAGE_TITLE_CHARACTERS = 120 }; /* longest foreign text in a line of its own */

/* For attributes, and for our own texts: escaped, hidden characters as "[U+202E]". */
void page_plain(struct buffer *out, struct slice text);

/* For foreign texts between tags: isolated by <bdi>, so that right-to-left writing stays inside,
 * hidden characters in a box; cut after `max_characters` with an ellipsis. */
void page_foreign(struct buffer *out, struct slice text, size_t max_characters);

/* For a query of our own addresses: percent-encoded, ready for an attribute. */
void page_query(struct buffer *out, const char *text);

/* "7", "1,042" */
void page_number(struct buffer *out, int64_t number);
/* "1 update", "31 updates" */
void page_count(struct buffer *out, int64_t number, const char *one, const char *many);
/* "12 s", "3 min", "2 h 10 min", "4 days"; coarse enough that a page seldom changes by it alone:
 * below a minute it is "under 1 min". */
void page_age(struct buffer *out, int64_t ms);
/* The same, in milliseconds where it is short: "640 ms", "1.2 s", "3 min". */
void page_latency(struct buffer *out, int64_t ms);
/* <time>: the time of day, with the date where it is not that of `now_ms`; UTC, and the script
 * makes local time of it. */
void page_moment(struct buffer *out, int64_t at_ms, int64_t now_ms);
/* "412 kB" */
void page_bytes(struct buffer *out, int64_t bytes);

#endif
