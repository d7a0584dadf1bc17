/* common/io/kafka_group.c
 *
 * When the group gives us partitions, an empty list is assigned at once, so that its rebalance
 * never waits for our Redis; then the committed offsets are asked for, and the owner of the
 * consumer decides what is read from where.
 *
 * Offsets are committed by ourselves: librdkafka's automatic commit refuses what is stored for a
 * partition that is not being read just now.
 */
#include "io/kafka_group.h"

#include "base/memory.h"

enum { COMMIT_EVERY_MS = 5000, QUESTION_MS = 5000 };

static void *generation_tag(const struct kafka_group *group)
{
        return (void *)(uintptr_t)group->generation;
}

static bool is_of_now(const struct kafka_group *group, rd_kafka_event_t *event)
{
        return rd_kafka_event_opaque(event) == generation_tag(group);
}

int kafka_group_subscribe(struct kafka_group *group, struct error *error)
{
        rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(TOPIC_COUNT);

        for (enum topic topic = 0; topic < TOPIC_COUNT; topic++)
                if (group->reads[topic])
                        rd_kafka_topic_partition_list_add(list, group->client->topics->names[topic],
                                                          RD_KAFKA_PARTITION_UA);

        rd_kafka_resp_err_t code = rd_kafka_subscribe(group->client->rk, list);

        rd_kafka_topic_partition_list_destroy(list);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
                return error_set(error, "kafka: group %s cannot be joined: %s", group->name,
                                 rd_kafka_err2str(code));
        return 0;
}

/* Committing */

static bool is_uncommitted(const struct kafka_place *place, int64_t *offset)
{
        *offset = place->stored;
        return place->stored != KAFKA_NONE && place->stored != place->committed;
}

void kafka_group_commit(struct kafka_group *group)
{
        rd_kafka_topic_partition_list_t *list = kafka_places_list(group->places, is_uncommitted);

        group->commit_at_ms = loop_now_ms(group->client->loop) + COMMIT_EVERY_MS;
        if (list->cnt > 0)
                group->committing =
                        rd_kafka_commit_queue(group->client->rk, list, group->client->replies, NULL,
                                              generation_tag(group)) == RD_KAFKA_RESP_ERR_NO_ERROR;
        rd_kafka_topic_partition_list_destroy(list);
}

/* Then the next owner reads a little twice; nothing else is wrong. */
static bool is_of_a_rebalance(rd_kafka_resp_err_t code)
{
        switch (code) {
        case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
        case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
        case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
        case RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
        case RD_KAFKA_RESP_ERR__DESTROY:
                return true;
        default:
                return false;
        }
}

static void commit_answered(struct kafka_group *group, rd_kafka_event_t *event)
{
        rd_kafka_resp_err_t code = rd_kafka_event_error(event);
        const rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);

        if (code != RD_KAFKA_RESP_ERR_NO_ERROR && !is_of_a_rebalance(code))
                kafka_client_fail(
                        group->client,
                        "offsets of group %s could not be committed (a later commit has them, "
                        "or they are read again): %s",
                        group->name, rd_kafka_err2str(code));
        if (!is_of_now(group, event))
                return;
        group->committing = false;
        for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && list && i < list->cnt; i++) {
                const rd_kafka_topic_partition_t *item = &list->elems[i];
                struct kafka_place *place =
                        kafka_places_find(group->places, item->topic, item->partition);

                if (place && item->err == RD_KAFKA_RESP_ERR_NO_ERROR)
                        place->committed = item->offset;
        }
}

/* Given and taken */

static bool is_given(const struct kafka_place *place, int64_t *offset)
{
        *offset = RD_KAFKA_OFFSET_INVALID;
        return place->given;
}

static void ask_offsets(struct kafka_group *group)
{
        char reason[128];
        rd_kafka_t *rk = group->client->rk;
        rd_kafka_topic_partition_list_t *list = kafka_places_list(group->places, is_given);
        rd_kafka_ListConsumerGroupOffsets_t *question =
                rd_kafka_ListConsumerGroupOffsets_new(group->name, list);
        rd_kafka_AdminOptions_t *options =
                rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);

        rd_kafka_AdminOptions_set_request_timeout(options, QUESTION_MS, reason, sizeof(reason));
        rd_kafka_AdminOptions_set_opaque(options, generation_tag(group));
        rd_kafka_ListConsumerGroupOffsets(rk, &question, 1, options, group->client->replies);
        group->asking = true;
        rd_kafka_AdminOptions_destroy(options);
        rd_kafka_ListConsumerGroupOffsets_destroy(question);
        rd_kafka_topic_partition_list_destroy(list);
}

/* Does the group give this partition of all our topics to us? Range does, unless it has not seen
 * all topics yet; then another rebalance follows. */
static bool is_whole(const struct kafka_group *group, int32_t partition)
{
        for (enum topic topic = 0; topic < TOPIC_COUNT; topic++)
                if (group->reads[topic] && !kafka_places_at(group->places, topic, partition)->given)
                        return false;
        return true;
}

static void tell_assigned(struct kafka_group *group)
{
        int32_t partitions = group->client->topics->partitions;
        struct kafka_committed *rows = memory_new((size_t)partitions * sizeof(*rows));
        size_t count = 0;

        for (int32_t partition = 0; partition < partitions; partition++) {
                if (!is_whole(group, partition))
                        continue;
                rows[count].partition = partition;
                for (enum topic topic = 0; topic < TOPIC_COUNT; topic++)
                        rows[count].next_offset[topic] =
                                kafka_places_at(group->places, topic, partition)->committed;
                count++;
        }
        group->membership = KAFKA_MEMBER;
        group->handlers->assigned(group->context, rows, count, group->generation);
        free(rows);
}

static rd_kafka_resp_err_t take_offsets(struct kafka_group *group, rd_kafka_event_t *event)
{
        size_t count = 0;

        if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
                return rd_kafka_event_error(event);

        const rd_kafka_group_result_t **groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
                rd_kafka_event_ListConsumerGroupOffsets_result(event), &count);

        if (count != 1)
                return RD_KAFKA_RESP_ERR__BAD_MSG;
        if (rd_kafka_group_result_error(groups[0]))
                return rd_kafka_error_code(rd_kafka_group_result_error(groups[0]));

        const rd_kafka_topic_partition_list_t *list = rd_kafka_group_result_partitions(groups[0]);

        for (int i = 0; i < list->cnt; i++) {
                const rd_kafka_topic_partition_t *item = &list->elems[i];
                struct kafka_place *place =
                        kafka_places_find(group->places, item->topic, item->partition);

                if (item->err != RD_KAFKA_RESP_ERR_NO_ERROR)
                        return item->err;
                if (place)
                        place->committed = item->offset >= 0 ? item->offset : KAFKA_NONE;
        }
        return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void offsets_answered(struct kafka_group *group, rd_kafka_event_t *event)
{
        if (!is_of_now(group, event) || group->membership != KAFKA_ASKING)
                return;

        rd_kafka_resp_err_t code = take_offsets(group, event);

        group->asking = false;
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
                tell_assigned(group);
        else
                kafka_client_fail(
                        group->client,
                        "committed offsets of group %s could not be read (they are asked for "
                        "again): %s",
                        group->name, rd_kafka_err2str(code));
}

static void mark_given(struct kafka_group *group, const rd_kafka_topic_partition_list_t *partitions)
{
        for (int i = 0; i < partitions->cnt; i++) {
                const rd_kafka_topic_partition_t *item = &partitions->elems[i];
                struct kafka_place *place =
                        kafka_places_find(group->places, item->topic, item->partition);

                if (place)
                        place->given = true;
                else
                        kafka_client_stop(
                                group->client,
                                "topic %s has a partition %d, but topics.partitions is %d, which is "
                                "fixed once there is data; set topics.partitions to what the topics "
                                "have, or let topics.prefix name new ones",
                                item->topic, (int)item->partition,
                                (int)group->client->topics->partitions);
        }
}

static void assign_nothing(struct kafka_group *group)
{
        rd_kafka_topic_partition_list_t *none = rd_kafka_topic_partition_list_new(0);

        rd_kafka_assign(group->client->rk, none);
        rd_kafka_topic_partition_list_destroy(none);
}

static void given(struct kafka_group *group, const rd_kafka_topic_partition_list_t *partitions)
{
        kafka_places_forget(group->places, false);
        group->generation++;
        group->committing = false;
        group->membership = KAFKA_ASKING;
        mark_given(group, partitions);
        assign_nothing(group);
        if (partitions->cnt > 0)
                ask_offsets(group);
        else
                tell_assigned(group);
}

static void taken(struct kafka_group *group)
{
        bool told = group->membership == KAFKA_MEMBER;

        for (size_t i = 0; i < group->places->count; i++)
                group->places->items[i].reading = false;
        group->membership = KAFKA_OUTSIDE;
        if (told)
                group->handlers->revoked(group->context);
        if (!rd_kafka_assignment_lost(group->client->rk))
                kafka_group_commit(group);
        kafka_places_forget(group->places, false);
        rd_kafka_assign(group->client->rk, NULL);
}

void kafka_group_rebalance(struct kafka_group *group, rd_kafka_resp_err_t code,
                           const rd_kafka_topic_partition_list_t *partitions)
{
        if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
                given(group, partitions);
        else
                taken(group);
}

void kafka_group_reply(struct kafka_group *group, rd_kafka_event_t *event)
{
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT)
                offsets_answered(group, event);
        else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_OFFSET_COMMIT)
                commit_answered(group, event);
}

void kafka_group_tick(struct kafka_group *group)
{
        if (group->membership == KAFKA_ASKING && !group->asking)
                ask_offsets(group);
        if (group->membership == KAFKA_MEMBER && !group->committing &&
            loop_now_ms(group->client->loop) >= group->commit_at_ms)
                kafka_group_commit(group);
}
