/* common/io/kafka_producer.c
 *
 * An idempotent producer. Every record that was taken is answered, also one that librdkafka refuses
 * at once (too large, no such partition): that answer waits for the loop, so that no caller is
 * called back from inside kafka_produce.
 *
 * Delivery reports come as events of many records each, and are handed on in slices and in order: a
 * report costs its owner some work, and thousands may come together.
 */
#include <assert.h>
#include <limits.h>
#include <utlist.h>

#include "base/memory.h"
#include "io/kafka_client.h"
#include "io/steady.h"

enum { SLICE_REPORTS = 256, POLL_MS = 10, PURGE_MS = 1000 };

struct refusal {
        uint64_t token;
        rd_kafka_resp_err_t code;
        struct refusal *prev, *next;
};

struct kafka_producer {
        struct kafka_client client;
        kafka_delivered_fn *delivered;
        void *context;
        rd_kafka_topic_t *topics[TOPIC_COUNT];
        struct refusal *refusals;
        rd_kafka_queue_t *main_queue;
        rd_kafka_event_t *reports; /* being handed on */
        bool calling;              /* inside a handler */
        int64_t append_ms;         /* of the record being reported on */
        struct loop_timer work;
};

static void work_soon(struct kafka_producer *producer)
{
        loop_timer_set(producer->client.loop, &producer->work, loop_now_ms(producer->client.loop));
}

/* Reports */

static int64_t append_time_ms(const rd_kafka_message_t *message)
{
        rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        int64_t timestamp_ms = rd_kafka_message_timestamp(message, &type);

        return !message->err && type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME ? timestamp_ms : -1;
}

static void report(struct kafka_producer *producer, const rd_kafka_message_t *message)
{
        uint64_t token = (uint64_t)(uintptr_t)message->_private;

        producer->append_ms = append_time_ms(message);
        producer->delivered(producer->context, token, message->offset,
                            message->err ? rd_kafka_err2str(message->err) : NULL);
        producer->append_ms = -1;
}

int64_t kafka_append_ms(const struct kafka_producer *producer)
{
        return producer->append_ms;
}

/* The next event into `reports`, or one that is no report into the client. False when there is
 * none. */
static bool next_event(struct kafka_producer *producer, int timeout_ms)
{
        rd_kafka_event_t *event = rd_kafka_queue_poll(producer->main_queue, timeout_ms);

        if (!event)
                return false;
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR) {
                producer->reports = event;
                return true;
        }
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR)
                kafka_client_error(&producer->client, rd_kafka_event_error(event),
                                   rd_kafka_event_error_string(event));
        rd_kafka_event_destroy(event);
        return true;
}

/* False when there is nothing left. */
static bool serve_reports(struct kafka_producer *producer, unsigned most)
{
        for (unsigned i = 0; i < most;) {
                const rd_kafka_message_t *message =
                        producer->reports ? rd_kafka_event_message_next(producer->reports) : NULL;

                if (message) {
                        report(producer, message);
                        i++;
                        continue;
                }
                rd_kafka_event_destroy(producer->reports);
                producer->reports = NULL;
                if (!next_event(producer, 0))
                        return false;
        }
        return true;
}

static void answer_refusals(struct kafka_producer *producer)
{
        struct refusal *refusals = producer->refusals, *refusal, *next;

        producer->refusals = NULL;
        DL_FOREACH_SAFE(refusals, refusal, next) {
                producer->delivered(producer->context, refusal->token, -1,
                                    rd_kafka_err2str(refusal->code));
                free(refusal);
        }
}

static void serve(void *owner)
{
        struct kafka_producer *producer = owner;

        producer->calling = true;
        answer_refusals(producer);
        if (serve_reports(producer, SLICE_REPORTS))
                work_soon(producer);
        producer->calling = false;
}

static void on_tick(void *owner)
{
        (void)owner;
}

/* Producing */

static rd_kafka_topic_t *topic_handle(struct kafka_producer *producer, enum topic topic)
{
        if (!producer->topics[topic])
                producer->topics[topic] = rd_kafka_topic_new(
                        producer->client.rk, producer->client.topics->names[topic], NULL);
        return producer->topics[topic];
}

static rd_kafka_headers_t *copy_headers(const struct headers *headers)
{
        size_t count = headers ? headers->count : 0;
        rd_kafka_headers_t *copy = rd_kafka_headers_new(count);

        for (size_t i = 0; i < count; i++)
                rd_kafka_header_add(copy, headers->items[i].name, -1, headers->items[i].value.data,
                                    (ssize_t)headers->items[i].value.length);
        return copy;
}

static void refuse(struct kafka_producer *producer, uint64_t token, rd_kafka_resp_err_t code)
{
        struct refusal *refusal = memory_new(sizeof(*refusal));

        refusal->token = token;
        refusal->code = code;
        DL_APPEND(producer->refusals, refusal);
        work_soon(producer);
}

int kafka_produce(struct kafka_producer *producer, enum topic topic, int32_t partition,
                  struct slice key, struct slice value, const struct headers *headers,
                  uint64_t token)
{
        rd_kafka_headers_t *copy = copy_headers(headers);
        rd_kafka_resp_err_t code = rd_kafka_producev(
                producer->client.rk, RD_KAFKA_V_RKT(topic_handle(producer, topic)),
                RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                RD_KAFKA_V_KEY(key.data, key.length),
                RD_KAFKA_V_VALUE((void *)value.data, value.length), RD_KAFKA_V_HEADERS(copy),
                RD_KAFKA_V_OPAQUE((void *)(uintptr_t)token), RD_KAFKA_V_END);

        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
                return 0;
        rd_kafka_headers_destroy(copy);
        if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
                return -1;
        refuse(producer, token, code);
        return 0;
}

bool kafka_producer_ready(const struct kafka_producer *producer)
{
        return !producer->client.down;
}

/* Life */

struct kafka_producer *kafka_producer_new(struct loop *loop, const struct kafka_cluster *cluster,
                                          kafka_delivered_fn *delivered, kafka_failed_fn *failed,
                                          void *context, struct error *error)
{
        rd_kafka_conf_t *conf = kafka_config_new(cluster, KAFKA_FOR_PRODUCER, error);

        if (!conf)
                return NULL;
        rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);

        struct kafka_producer *producer = memory_new(sizeof(*producer));

        producer->client = (struct kafka_client){ .loop = loop,
                                                  .topics = cluster->topics,
                                                  .owner = producer,
                                                  .serve = serve,
                                                  .tick = on_tick,
                                                  .failed = failed,
                                                  .context = context };
        producer->delivered = delivered;
        producer->context = context;
        producer->work = (struct loop_timer){ .fn = serve, .context = producer };
        if (kafka_client_open(&producer->client, conf, RD_KAFKA_PRODUCER, error) < 0) {
                free(producer);
                return NULL;
        }
        producer->main_queue = rd_kafka_queue_get_main(producer->client.rk);
        kafka_client_listen(&producer->client, producer->main_queue);
        return producer;
}

/* Until everything is answered. False when the time is over before. */
static bool answer_all(struct kafka_producer *producer, int64_t timeout_ms)
{
        int64_t until_ms = steady_ms() + timeout_ms;

        do {
                serve_reports(producer, UINT_MAX);
                if (rd_kafka_outq_len(producer->client.rk) == 0)
                        return true;
                next_event(producer, POLL_MS);
        } while (steady_ms() < until_ms);
        return false;
}

void kafka_producer_free(struct kafka_producer *producer, int64_t timeout_ms)
{
        if (!producer)
                return;
        assert(!producer->calling);
        kafka_client_silence(&producer->client);
        loop_timer_stop(producer->client.loop, &producer->work);
        answer_refusals(producer);
        if (!answer_all(producer, timeout_ms)) {
                rd_kafka_purge(producer->client.rk,
                               RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
                answer_all(producer, PURGE_MS);
        }
        answer_refusals(producer);
        for (enum topic topic = 0; topic < TOPIC_COUNT; topic++)
                if (producer->topics[topic])
                        rd_kafka_topic_destroy(producer->topics[topic]);
        rd_kafka_queue_destroy(producer->main_queue);
        kafka_client_close(&producer->client);
        free(producer);
}
