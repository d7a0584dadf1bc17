/* tests/sim/group.c
 *
 * The coordinator answers after half a second at the earliest (DESIGN.md "Groups").
 */
#include "sim/group.h"

#include <assert.h>

#include "base/memory.h"

struct assignment {
        struct errand errand;
        struct group *group;
        uint64_t generation;
};

void group_init(struct group *group, struct sim *sim, int32_t partitions)
{
        assert(partitions <= GROUP_PARTITIONS_MAX);
        *group = (struct group){ .sim = sim, .partitions = partitions };
        for (int topic = 0; topic < TOPIC_COUNT; topic++)
                for (int32_t p = 0; p < partitions; p++)
                        group->committed[topic][p] = GROUP_NONE;
}

void group_add(struct group *group, struct member *member)
{
        assert(group->member_count < GROUP_MEMBERS_MAX);
        group->members[group->member_count++] = member;
}

static size_t count_in(const struct group *group)
{
        size_t count = 0;

        for (size_t i = 0; i < group->member_count; i++)
                count += group->members[i]->in;
        return count;
}

static void assign(struct errand *errand)
{
        const struct assignment *assignment = (const struct assignment *)errand;
        struct group *group = assignment->group;
        size_t members = count_in(group), partitions = (size_t)group->partitions, at = 0;
        int32_t first = 0;

        if (assignment->generation != group->generation)
                return;
        for (size_t i = 0; i < group->member_count; i++) {
                struct member *member = group->members[i];

                if (!member->in)
                        continue;
                member->generation = group->generation;
                member->first = first;
                member->owned = partitions / members + (at++ < partitions % members);
                first += (int32_t)member->owned;
                member->assigned(member);
        }
}

static void rebalance(struct group *group)
{
        struct assignment *assignment = memory_new(sizeof(*assignment));

        for (size_t i = 0; i < group->member_count; i++) {
                struct member *member = group->members[i];

                if (!member->in || member->generation == 0)
                        continue;
                member->revoked(member);
                member->generation = 0;
                member->owned = 0;
        }
        group->generation++;
        assignment->errand = (struct errand){ .run = assign, .drop = sim_drop };
        assignment->group = group;
        assignment->generation = group->generation;
        calendar_add(&group->sim->calendar, &assignment->errand,
                     sim_now(group->sim) + sim_between(group->sim, 500, 3000));
}

void group_join(struct group *group, struct member *member)
{
        assert(!member->in && member->generation == 0);
        member->in = true;
        rebalance(group);
}

void group_leave(struct group *group, struct member *member)
{
        rebalance(group);
        member->in = false;
}

void group_put_out(struct group *group, struct member *member)
{
        member->in = false;
        rebalance(group);
}

bool group_owns(const struct member *member, int32_t partition)
{
        return partition >= member->first && partition < member->first + (int32_t)member->owned;
}

bool group_commit(struct group *group, const struct member *member, enum topic topic,
                  int32_t partition, int64_t offset)
{
        if (!member->in || member->generation != group->generation ||
            !group_owns(member, partition))
                return false;
        group->committed[topic][partition] = offset;
        return true;
}
