/* tests/sim/reconciler/page.h
 *
 * A site's list of events as it is shown at one moment: the bytes, and what they mean. Never
 * changed once made; shared by all who hold it.
 */
#ifndef SIM_RECONCILER_PAGE_H
#define SIM_RECONCILER_PAGE_H

#include "base/buffer.h"
#include "base/digest.h"
#include "base/uuid.h"

struct page_event {
        struct uuid uuid;
        bool aside; /* present, but in no part: too large, or twice in the list */
        bool relevant;
        int64_t start_ms, end_ms;
        size_t at, length; /* in `text` */
};

struct page {
        unsigned holders;
        struct buffer text;        /* the events' bytes, behind each other */
        struct page_event *events; /* sorted by uuid once it is closed */
        size_t count, capacity;
        uint32_t unreadable; /* elements of the list that are in no part */
        bool anonymous;      /* one of them without a readable uuid */
        int64_t edge_ms;     /* the window begins here; TIMESTAMP_NONE: there is none */
        char from_date[11];
        char sha256[SHA256_HEX_BYTES];
};

struct page *page_new(void); /* with one holder */
struct page *page_hold(struct page *page);
void page_release(struct page *page);

/* `raw` is the event's bytes. */
void page_add(struct page *page, const struct page_event *event, const char *raw);
void page_close(struct page *page);

/* NULL: the page does not have it. */
const struct page_event *page_find(const struct page *page, const struct uuid *uuid);
struct slice page_raw(const struct page *page, const struct page_event *event);

/* Events that are in some part; and part `part` of `parts` as a JSON array of its share. */
size_t page_told(const struct page *page);
void page_write_part(const struct page *page, uint32_t part, uint32_t parts, struct buffer *value);

#endif
