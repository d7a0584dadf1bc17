/* common/io/kafka_times.c
 *
 * Kafka keeps an index of times for every log, so that reading "from yesterday on" need not begin
 * at the beginning. The brokers take -2 and -1 for a time as the log's bounds, which is what
 * KAFKA_BEGIN and KAFKA_END are.
 */
#include "io/kafka_config.h"

#include <time.h>

enum { TRIES = 10, TRY_AGAIN_NS = 200 * 1000 * 1000 };

static int take_offsets(const rd_kafka_topic_partition_list_t *list, int64_t *offsets,
                        struct error *error)
{
        for (int i = 0; i < list->cnt; i++) {
                const rd_kafka_topic_partition_t *found = &list->elems[i];

                if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR)
                        return error_set(error, "kafka: %s, partition %d: %s", found->topic,
                                         (int)found->partition, rd_kafka_err2str(found->err));
                offsets[found->partition] = found->offset;
        }
        return 0;
}

/* Just after a topic was made, or while a broker goes. */
static bool is_about_leaders(rd_kafka_resp_err_t code)
{
        return code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
               code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
}

/* A time goes in where the offset comes out. */
static rd_kafka_resp_err_t ask_once(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list,
                                    int64_t time_ms, int64_t timeout_ms)
{
        for (int i = 0; i < list->cnt; i++)
                list->elems[i].offset = time_ms;
        return rd_kafka_offsets_for_times(rk, list, (int)timeout_ms);
}

static int ask(rd_kafka_t *rk, const struct kafka_cluster *cluster, enum topic topic,
               int64_t time_ms, int64_t timeout_ms, int64_t *offsets, struct error *error)
{
        int32_t count = cluster->topics->partitions;
        rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
        int result;

        for (int32_t i = 0; i < count; i++)
                rd_kafka_topic_partition_list_add(list, cluster->topics->names[topic], i);

        rd_kafka_resp_err_t code = ask_once(rk, list, time_ms, timeout_ms);

        /* What librdkafka knew of the leaders was old: it has asked anew by the next try. */
        for (int tries = 1; tries < TRIES && is_about_leaders(code); tries++) {
                nanosleep(&(struct timespec){ .tv_nsec = TRY_AGAIN_NS }, NULL);
                code = ask_once(rk, list, time_ms, timeout_ms);
        }
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
                result = error_set(error, "kafka: %s: its offsets cannot be asked for: %s",
                                   cluster->topics->names[topic], rd_kafka_err2str(code));
        else
                result = take_offsets(list, offsets, error);
        rd_kafka_topic_partition_list_destroy(list);
        return result;
}

int kafka_offsets_at(const struct kafka_cluster *cluster, enum topic topic, int64_t time_ms,
                     int64_t timeout_ms, int64_t *offsets, struct error *error)
{
        rd_kafka_conf_t *conf = kafka_config_new(cluster, KAFKA_FOR_ADMIN, error);
        rd_kafka_t *rk = conf ? kafka_config_open(conf, RD_KAFKA_CONSUMER, error) : NULL;

        if (!rk)
                return -1;

        int result = ask(rk, cluster, topic, time_ms, timeout_ms, offsets, error);

        rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        return result;
}
