/* services/fetcher/publication.c
 *
 * Headers of a part: those of CONTRACT.md "snapshots", CloudEvents, and the read's trace, which travels on
 * to the changes and the PATCHes that come of it. One more, `dplsync-unreadable-uuids`, names the
 * events that are present and in no part (too large, too deep, or twice in the list): the reconciler
 * neither tells nor misses them. A list with an event that has no readable uuid, or with more of them
 * than can be named, is published as incomplete, and nothing is deleted on its strength.
 */
#include "fetcher/publication.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void publication_init(struct publication *publication, const char *municipality,
                      const struct snapshot_part *head, struct list *list,
                      const struct trace *read, struct dice *dice)
{
        memset(publication, 0, sizeof(*publication));
        publication->list = list;
        publication->head = *head;
        publication->head.parts = 1;
        publication->head.complete = true;
        if (list) {
                publication->head.parts = list_parts(list);
                publication->head.events = list_events(list);
                publication->head.unreadable = list_unreadable(list);
                memcpy(publication->head.sha256, list_sha256(list), SHA256_HEX_BYTES);
                publication->head.complete = list_write_aside(list, &publication->aside) && list_complete(list);
        }
        snprintf(publication->head.id, SNAPSHOT_ID_BYTES, "%.24s-%" PRId64 "-%08" PRIx32,
                 municipality, head->fetch_seq, (uint32_t)dice_next(dice));
        trace_child(read, "send", 0, &publication->trace);
}

void publication_deinit(struct publication *publication)
{
        list_free(publication->list);
        buffer_deinit(&publication->aside);
        memset(publication, 0, sizeof(*publication));
}

static void write_headers(const struct publication *publication, const char *source,
                          const char *municipality, int64_t now_ms, struct headers *headers)
{
        char id[SNAPSHOT_ID_BYTES + 16], traceparent[TRACEPARENT_BYTES];

        snprintf(id, sizeof(id), "%s-%" PRIu32, publication->head.id, publication->head.part);
        headers_clear(headers);
        headers_add_cloudevent(headers, id, source, "dk.dplsync.snapshot", municipality, now_ms);
        trace_write(&publication->trace, traceparent);
        headers_add(headers, "traceparent", traceparent);
        snapshot_part_write(&publication->head, headers);
        if (publication->aside.length > 0)
                headers_borrow(headers, "dplsync-unreadable-uuids",
                               buffer_slice(&publication->aside));
}

bool publication_next(struct publication *publication, const char *source, const char *municipality,
                      int64_t now_ms, struct buffer *value, struct headers *headers)
{
        uint32_t under_way = publication->head.part - publication->acknowledged;

        if (publication->failed || publication->head.part == publication->head.parts ||
            under_way == PUBLICATION_PARTS_UNDER_WAY)
                return false;
        publication->head.part++;
        if (publication->list)
                list_write_part(publication->list, publication->head.part, value);
        else
                buffer_append_text(value, "[]");
        write_headers(publication, source, municipality, now_ms, headers);
        return true;
}

enum publication_state publication_delivered(struct publication *publication, bool acknowledged)
{
        publication->acknowledged += acknowledged;
        publication->failed |= !acknowledged;
        if (publication->failed)
                return PUBLICATION_FAILED;
        return publication->acknowledged == publication->head.parts ? PUBLICATION_DONE
                                                                    : PUBLICATION_UNDER_WAY;
}
