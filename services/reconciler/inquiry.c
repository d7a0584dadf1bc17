/* services/reconciler/inquiry.c
 *
 * See the header.
 */
#include "reconciler/inquiry.h"

#include <stdlib.h>

#include "base/memory.h"
#include "reconciler/drift.h"
#include "reconciler/wished.h"

static void add(struct inquiry *inquiry, const struct uuid *uuid)
{
        inquiry->uuids[inquiry->count++] = *uuid;
}

/* Everything that is known or new may have a wish. */
void inquiry_begin(struct inquiry *inquiry, struct diff *diff)
{
        size_t known = diff->facts.fresh ? diff->catalogue->count : 0;

        *inquiry = (struct inquiry)INQUIRY_NULL;
        inquiry->diff = diff;
        inquiry->uuids = memory_resize(NULL, known + diff->step_count + 1, sizeof(*inquiry->uuids));
        for (size_t i = 0; i < known; i++)
                add(inquiry, &diff->catalogue->entries[i].uuid);
        for (size_t i = 0; i < diff->step_count; i++) {
                const struct diff_step *step = &diff->steps[i];

                if (diff->facts.fresh ? step->op == DIFF_CREATE : diff_asks_for_state(step))
                        add(inquiry, &step->uuid);
        }
}

bool inquiry_next(struct inquiry *inquiry, const struct uuid **uuids, size_t *count)
{
        size_t left = inquiry->count - inquiry->next;

        if (left == 0)
                return false;
        inquiry->at = inquiry->next;
        *uuids = &inquiry->uuids[inquiry->at];
        *count = left < INQUIRY_BATCH ? left : INQUIRY_BATCH;
        inquiry->next += *count;
        return true;
}

static void take_one(struct diff *diff, const struct uuid *uuid, struct slice entry)
{
        struct diff_step *step = diff_step_of(diff, uuid);
        struct wish wish;

        wished_read(&wish, entry);
        if (step && diff_asks_for_state(step) && wished_state(&wish) != STATE_NONE)
                diff_own_state(diff, step, wished_state(&wish));
        if (diff->facts.fresh)
                drift_see(diff, uuid, &wish);
        wish_deinit(&wish);
}

void inquiry_take(struct inquiry *inquiry, const struct slice *entries, size_t count)
{
        for (size_t i = 0; i < count && inquiry->at + i < inquiry->next; i++)
                take_one(inquiry->diff, &inquiry->uuids[inquiry->at + i], entries[i]);
}

void inquiry_deinit(struct inquiry *inquiry)
{
        free(inquiry->uuids);
        *inquiry = (struct inquiry)INQUIRY_NULL;
}
