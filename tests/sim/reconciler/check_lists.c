/* tests/sim/reconciler/check_lists.c
 *
 * A list is known from its request on, and counts from its last part on.
 */
#include "sim/reconciler/check_inside.h"

#include "base/memory.h"
#include "reconciler/assemble.h"

struct published *check_publication(struct check *check, struct page *page,
                                    const struct snapshot_part *head, bool past_cache)
{
        struct published *published = memory_new(sizeof(*published));

        *published = (struct published){
                .page = page_hold(page),
                .fresh = head->fresh,
                .past_cache = past_cache,
                .complete = head->complete,
                .unchanged = head->unchanged,
                .parts = head->parts,
                .offset = -1,
        };
        if (check->all_count == check->all_capacity) {
                check->all_capacity = check->all_capacity ? 2 * check->all_capacity : 64;
                check->all =
                        memory_resize(check->all, check->all_capacity, sizeof(struct published *));
        }
        check->all[check->all_count++] = published;
        return published;
}

struct published *check_list_at(const struct check_town *town, int64_t offset)
{
        size_t low = 0, high = town->published_count;

        while (low < high) {
                size_t middle = (low + high) / 2;

                if (town->published[middle]->offset < offset)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < town->published_count && town->published[low]->offset == offset
                       ? town->published[low]
                       : NULL;
}

/* Do its parts lie so that whoever reads on behind another list of the municipality gets all? */
static bool lies_together(const struct check *check, const struct check_town *town,
                          const struct published *published)
{
        uint32_t records = 0;

        for (int64_t at = published->first_offset; at <= published->offset; at++) {
                const struct broker_record *record =
                        broker_next(check->broker, TOPIC_SNAPSHOTS, town->partition, at);

                records += record && record->offset == at && strcmp(record->key, town->id) == 0;
        }
        return records == published->parts &&
               published->appended_ms - published->first_ms < ASSEMBLE_PATIENCE_MS;
}

void check_take_list(struct check *check, struct check_town *town,
                     const struct broker_record *record)
{
        /* The note is the check's own. */
        struct published *published = (struct published *)record->note;

        published->offset = record->offset;
        published->appended_ms = record->appended_ms;
        published->whole = lies_together(check, town, published);
        if (town->published_count == town->published_capacity) {
                town->published_capacity =
                        town->published_capacity ? 2 * town->published_capacity : 64;
                town->published = memory_resize(town->published, town->published_capacity,
                                                sizeof(struct published *));
        }
        town->published[town->published_count++] = published;
}
