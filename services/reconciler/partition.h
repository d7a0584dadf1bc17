/* services/reconciler/partition.h
 *
 * One partition that is ours: where reading begins, and how far everything is done. Reading begins
 * only when the state of all its municipalities is known, since their applied offsets say where.
 */
#ifndef RECONCILER_PARTITION_H
#define RECONCILER_PARTITION_H

#include "policy/watermark.h"
#include "reconciler/action.h"

/* Offsets that are none: as in io/kafka.h, which pure files do not include. */
enum { PLACE_BEGIN = -2, PLACE_NONE = -1001 };

enum log_state { LOG_IDLE, LOG_READING };

struct partition {
        int32_t number;
        int64_t committed; /* of `snapshots`; PLACE_NONE: the group never was here */
        int64_t committed_control;
        struct watermark snapshots;
        struct watermark control;
        int64_t stored; /* what the shell was last told */
        int64_t stored_control;
        size_t unmet;          /* municipalities whose state is not known yet */
        int64_t start;         /* lowest offset that one of them needs */
        bool started;
        bool at_end;        /* nothing more to read at the moment */
        enum log_state log; /* is `changes` being read for a rebuild? */
};

struct partition *partition_new(int32_t number, int64_t committed, int64_t committed_control);
void partition_free(struct partition *partition);

/* A municipality needs the snapshots from `offset` on. */
void partition_needs(struct partition *partition, int64_t offset);

/* Begins to read once nothing is unmet; again after a start that was out of range. */
void partition_start(struct partition *partition, struct reconciler_actions *actions);

/* A record was read; and everything that it stands for is done. */
void partition_add(struct partition *partition, enum topic topic, int64_t offset);
void partition_done(struct partition *partition, enum topic topic, int64_t offset,
                    struct reconciler_actions *actions);
/* All parts of a snapshot, but for one that was refused. */
void partition_done_snapshot(struct partition *partition, const struct snapshot *snapshot,
                             struct reconciler_actions *actions);

#endif
