/* services/reconciler/partition.c
 *
 * `control` is read from the group's offset, else from its beginning. `snapshots` is never begun
 * after work that was not applied.
 */
#include "reconciler/partition.h"

#include <stdlib.h>

#include "base/memory.h"

struct partition *partition_new(int32_t number, int64_t committed, int64_t committed_control)
{
        struct partition *partition = memory_new(sizeof(*partition));

        *partition = (struct partition){
                .number = number,
                .committed = committed,
                .committed_control = committed_control,
                .snapshots = WATERMARK_NULL,
                .control = WATERMARK_NULL,
                .stored = PLACE_NONE,
                .stored_control = PLACE_NONE,
                .start = INT64_MAX,
        };
        return partition;
}

void partition_free(struct partition *partition)
{
        if (!partition)
                return;
        watermark_deinit(&partition->snapshots);
        watermark_deinit(&partition->control);
        free(partition);
}

void partition_needs(struct partition *partition, int64_t offset)
{
        if (offset < partition->start)
                partition->start = offset;
}

void partition_start(struct partition *partition, struct reconciler_actions *actions)
{
        if (partition->unmet > 0 || partition->started)
                return;

        int64_t committed = partition->committed >= 0 ? partition->committed : PLACE_BEGIN;
        int64_t start = partition->start < INT64_MAX ? partition->start : committed;
        int64_t control =
                partition->committed_control >= 0 ? partition->committed_control : PLACE_BEGIN;

        partition->started = true;
        /* What lies before was applied, but not stored: the owner died in between. */
        if (start > committed && start >= 0)
                action_place(actions, RECONCILER_STORE, TOPIC_SNAPSHOTS, partition->number, start);
        action_place(actions, RECONCILER_START, TOPIC_SNAPSHOTS, partition->number, start);
        action_place(actions, RECONCILER_START, TOPIC_CONTROL, partition->number, control);
}

void partition_add(struct partition *partition, enum topic topic, int64_t offset)
{
        watermark_add(topic == TOPIC_CONTROL ? &partition->control : &partition->snapshots, offset);
}

void partition_done(struct partition *partition, enum topic topic, int64_t offset,
                    struct reconciler_actions *actions)
{
        bool control = topic == TOPIC_CONTROL;
        int64_t next =
                watermark_done(control ? &partition->control : &partition->snapshots, offset);
        int64_t *stored = control ? &partition->stored_control : &partition->stored;

        if (next <= *stored)
                return;
        *stored = next;
        action_place(actions, RECONCILER_STORE, topic, partition->number, next);
}

void partition_done_snapshot(struct partition *partition, const struct snapshot *snapshot,
                             struct reconciler_actions *actions)
{
        for (uint32_t i = 0; i < snapshot->arrived; i++)
                if (snapshot->offsets[i] != snapshot->refused)
                        partition_done(partition, TOPIC_SNAPSHOTS, snapshot->offsets[i], actions);
}
