/* tests/sim/reconciler/page.c
 *
 * Lists are compared by digest a thousand times for each time that they change.
 */
#include "sim/reconciler/page.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

enum { EVENTS_FIRST = 32 };

struct page *page_new(void)
{
        struct page *page = memory_new(sizeof(*page));

        page->holders = 1;
        return page;
}

struct page *page_hold(struct page *page)
{
        page->holders++;
        return page;
}

void page_release(struct page *page)
{
        if (!page || --page->holders > 0)
                return;
        buffer_deinit(&page->text);
        free(page->events);
        free(page);
}

void page_add(struct page *page, const struct page_event *event, const char *raw)
{
        if (page->count == page->capacity) {
                page->capacity = page->capacity ? 2 * page->capacity : EVENTS_FIRST;
                page->events = memory_resize(page->events, page->capacity, sizeof(*page->events));
        }

        struct page_event *added = &page->events[page->count++];

        *added = *event;
        added->at = page->text.length;
        added->length = strlen(raw);
        buffer_append_text(&page->text, raw);
}

static int compare(const void *a, const void *b)
{
        const struct page_event *left = a, *right = b;

        return uuid_compare(&left->uuid, &right->uuid);
}

void page_close(struct page *page)
{
        char head[64];
        struct sha256 *sha256 = sha256_new();
        int length = snprintf(head, sizeof(head), "%u %d %s", page->unreadable, page->anonymous,
                              page->from_date);

        sha256_update(sha256, head, (size_t)length);
        sha256_update(sha256, page->text.data ? page->text.data : "", page->text.length);
        sha256_final(sha256, page->sha256);
        sha256_free(sha256);
        if (page->count > 0)
                qsort(page->events, page->count, sizeof(*page->events), compare);
}

const struct page_event *page_find(const struct page *page, const struct uuid *uuid)
{
        struct page_event wanted = { .uuid = *uuid };

        if (page->count == 0)
                return NULL;
        return bsearch(&wanted, page->events, page->count, sizeof(*page->events), compare);
}

struct slice page_raw(const struct page *page, const struct page_event *event)
{
        return (struct slice){ page->text.data + event->at, event->length };
}

size_t page_told(const struct page *page)
{
        size_t told = 0;

        for (size_t i = 0; i < page->count; i++)
                told += !page->events[i].aside;
        return told;
}

void page_write_part(const struct page *page, uint32_t part, uint32_t parts, struct buffer *value)
{
        size_t first = page->count * (part - 1) / parts, last = page->count * part / parts;

        buffer_append_byte(value, '[');
        for (size_t i = first; i < last; i++) {
                const struct page_event *event = &page->events[i];

                if (event->aside)
                        continue;
                if (value->length > 1)
                        buffer_append_byte(value, ',');
                buffer_append(value, page->text.data + event->at, event->length);
        }
        buffer_append_byte(value, ']');
}
