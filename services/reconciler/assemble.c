/* services/reconciler/assemble.c
 *
 * The time that counts is the log's: a reconciler that was away for an hour reads an hour of parts
 * in a second and must neither give up what is whole nor wait an hour for what is not.
 */
#include "reconciler/assemble.h"

#include <stdlib.h>

#include "base/memory.h"

int64_t snapshot_as_of_ms(const struct snapshot *snapshot)
{
        return snapshot->head.as_of_ms < snapshot->appended_ms ? snapshot->head.as_of_ms
                                                               : snapshot->appended_ms;
}

int64_t snapshot_offset(const struct snapshot *snapshot)
{
        return snapshot->offsets[snapshot->arrived - 1];
}

struct trace snapshot_trace(const struct snapshot *snapshot)
{
        struct trace trace;

        trace_child(&snapshot->sent, "process", 0, &trace);
        return trace;
}

void snapshot_free(struct snapshot *snapshot)
{
        if (!snapshot)
                return;
        listing_deinit(&snapshot->listing);
        free(snapshot->offsets);
        free(snapshot);
}

static struct snapshot *snapshot_new(const char *municipality, int32_t partition,
                                     int64_t appended_ms, const struct snapshot_part *head)
{
        struct snapshot *snapshot = memory_new(sizeof(*snapshot));

        snapshot->head = *head;
        snapshot->partition = partition;
        snapshot->first_at_ms = appended_ms;
        snapshot->refused = -1;
        snapshot->offsets = memory_resize(NULL, head->parts, sizeof(*snapshot->offsets));
        memcpy(snapshot->municipality, municipality, strlen(municipality) + 1);
        return snapshot;
}

static void mark_broken(struct snapshot *snapshot)
{
        snapshot->broken = true;
        snapshot->refused = snapshot_offset(snapshot);
        listing_deinit(&snapshot->listing);
}

static int check_part(struct snapshot *snapshot, const char *municipality,
                      const struct snapshot_part *head)
{
        if (strcmp(snapshot->municipality, municipality) != 0)
                return error_set(&snapshot->reason, "parts of one snapshot are for %s and %s",
                                 snapshot->municipality, municipality);
        if (head->part != snapshot->arrived || head->parts != snapshot->head.parts)
                return error_set(&snapshot->reason, "part %u of %u came as number %u", head->part,
                                 head->parts, snapshot->arrived);
        return 0;
}

static void take_part(struct snapshot *snapshot, const char *municipality,
                      const struct snapshot_part *head, struct slice value)
{
        if (snapshot->broken)
                return;
        if (check_part(snapshot, municipality, head) < 0 ||
            listing_add(&snapshot->listing, value, &snapshot->reason) < 0)
                mark_broken(snapshot);
}

/* All parts are here: does the whole have what its headers say? */
static void finish(struct snapshot *snapshot, const struct headers *headers)
{
        const struct snapshot_part *head = &snapshot->head;
        struct slice aside = headers_get(headers, "dplsync-unreadable-uuids");
        size_t found = snapshot->listing.count + head->unreadable;

        if (snapshot->broken)
                return;
        if (!head->unchanged && found != head->events) {
                error_set(&snapshot->reason, "the list is said to have %u events, and has %zu",
                          head->events, found);
                mark_broken(snapshot);
                return;
        }
        listing_add_aside(&snapshot->listing, aside);
        snapshot->complete = head->complete && !snapshot->listing.anonymous &&
                             (head->unreadable == 0 || aside.length > 0);
        listing_close(&snapshot->listing);
}

struct snapshot *assemble_add(struct assemble *assemble, const char *municipality,
                              int32_t partition, int64_t offset, int64_t appended_ms,
                              const struct snapshot_part *head, const struct headers *headers,
                              struct slice value, const char **refused)
{
        struct snapshot *snapshot;
        bool whole;

        HASH_FIND_STR(assemble->open, head->id, snapshot);
        if (!snapshot) {
                snapshot = snapshot_new(municipality, partition, appended_ms, head);
                trace_read(&snapshot->sent, headers_get(headers, "traceparent"));
                HASH_ADD_STR(assemble->open, head.id, snapshot);
        }
        assemble->bytes -= snapshot->listing.bytes;
        snapshot->offsets[snapshot->arrived++] = offset;
        snapshot->appended_ms = appended_ms;
        take_part(snapshot, municipality, head, value);
        whole = snapshot->arrived == snapshot->head.parts;
        if (whole) {
                HASH_DEL(assemble->open, snapshot);
                finish(snapshot, headers);
        } else {
                assemble->bytes += snapshot->listing.bytes;
        }
        *refused = snapshot->refused == offset ? snapshot->reason.text : NULL;
        return whole ? snapshot : NULL;
}

struct snapshot *assemble_abandoned(struct assemble *assemble, int32_t partition, int64_t now_ms)
{
        struct snapshot *snapshot, *next;

        HASH_ITER(hh, assemble->open, snapshot, next) {
                if (snapshot->partition != partition ||
                    now_ms - snapshot->first_at_ms < ASSEMBLE_PATIENCE_MS)
                        continue;
                HASH_DEL(assemble->open, snapshot);
                assemble->bytes -= snapshot->listing.bytes;
                return snapshot;
        }
        return NULL;
}

int64_t assemble_next_ms(const struct assemble *assemble)
{
        int64_t next_ms = INT64_MAX;

        for (const struct snapshot *s = assemble->open; s; s = s->hh.next)
                if (s->first_at_ms + ASSEMBLE_PATIENCE_MS < next_ms)
                        next_ms = s->first_at_ms + ASSEMBLE_PATIENCE_MS;
        return next_ms;
}

void assemble_deinit(struct assemble *assemble)
{
        struct snapshot *snapshot, *next;

        HASH_ITER(hh, assemble->open, snapshot, next) {
                HASH_DEL(assemble->open, snapshot);
                snapshot_free(snapshot);
        }
        *assemble = (struct assemble)ASSEMBLE_NULL;
}
