/* tests/sim/group.h
 *
 * A consumer group: who owns which partitions, and what is committed. Range assignment, eager: a
 * rebalance takes everything from everybody, and gives it out anew a moment later. A member that
 * was put out without being told (its heartbeats were lost) goes on as if it owned its partitions:
 * a zombie, whose commits are refused.
 */
#ifndef SIM_GROUP_H
#define SIM_GROUP_H

#include "model/topics.h"
#include "sim/sim.h"

enum { GROUP_MEMBERS_MAX = 4, GROUP_PARTITIONS_MAX = 8 };

struct member {
        bool in;             /* of the group, as the group sees it */
        uint64_t generation; /* of its assignment, as it sees it */
        size_t owned;        /* partitions, `first` and following */
        int32_t first;
        void (*assigned)(struct member *member);
        void (*revoked)(struct member *member); /* may commit */
};

struct group {
        struct sim *sim;
        int32_t partitions;
        uint64_t generation;
        struct member *members[GROUP_MEMBERS_MAX];
        size_t member_count;
        int64_t committed[TOPIC_COUNT][GROUP_PARTITIONS_MAX]; /* GROUP_NONE: never */
};

enum { GROUP_NONE = -1001 };

void group_init(struct group *group, struct sim *sim, int32_t partitions);

/* Once for each member that there will ever be. */
void group_add(struct group *group, struct member *member);

/* All three rebalance. */
void group_join(struct group *group, struct member *member);
void group_leave(struct group *group, struct member *member);   /* it is told */
void group_put_out(struct group *group, struct member *member); /* it is not */

bool group_owns(const struct member *member, int32_t partition);
/* False: refused, it is no member any more. */
bool group_commit(struct group *group, const struct member *member, enum topic topic,
                  int32_t partition, int64_t offset);

#endif
