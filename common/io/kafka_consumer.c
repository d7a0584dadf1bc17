/* common/io/kafka_consumer.c
 *
 * The table of places says what is read: kafka_start and kafka_stop write in it, and librdkafka
 * learns of it by rd_kafka_assign with the whole list and explicit offsets, once for all that was
 * written in a turn. That is also the only thing that brings back a partition whose offset was not
 * in the log: seek and incremental assign are refused then. What librdkafka had fetched ahead is
 * dropped and fetched again, which is why starts are collected.
 *
 * All partition queues are forwarded to `records`, which is read in slices, and only while there is
 * room; librdkafka stops fetching when it is full. When a partition is assigned anew, librdkafka
 * takes the forwarding back, some time after rd_kafka_assign has returned. So each partition's own
 * queue wakes the loop, too, and as long as nothing has come of it, it is forwarded anew at every
 * wake-up; what lies in it moves along.
 *
 * An assign stops what was read, in threads of librdkafka's, and one more before that has ended
 * aborts the process (confluentinc/librdkafka#5573). Nothing starts before all has stopped: so the
 * next assign waits until something has come of the last one, or for a second where nothing comes.
 */
#include <assert.h>
#include <stdio.h>

#include "base/memory.h"
#include "io/kafka_group.h"
#include "io/kafka_prefetch.h"
#include "io/steady.h"

enum {
        SLICE_RECORDS = 64,
        SLICE_US = 5000,
        CLOCK_EVERY = 8,  /* records between looks at the clock */
        BOUNDS_MS = 1000, /* asking a broker for the bounds of a log */
        CLOSE_MS = 5000,
        CLOSE_WAIT_MS = 20,
        SETTLED_MS = 1000,      /* an assign is, also if nothing has come of it */
        SETTLED_EMPTY_MS = 100, /* likewise one of nothing, of which nothing can come */
};

struct kafka_consumer {
        struct kafka_client client;
        const struct kafka_handlers *handlers;
        void *context;
        struct kafka_places places;
        struct kafka_group group;
        bool has_group;

        bool changed;       /* what is read was changed since the last assign */
        int assigned;       /* partitions of the last assign */
        int64_t settled_ms; /* when that has surely ended */
        bool room;
        bool calling; /* inside a handler */
        struct loop_timer work;
        rd_kafka_queue_t *records;
        struct kafka_prefetch prefetch;
        struct headers headers; /* of the record that is handed over */
};

static void work_soon(struct kafka_consumer *consumer)
{
        loop_timer_set(consumer->client.loop, &consumer->work, loop_now_ms(consumer->client.loop));
}

/* What is read */

void kafka_start(struct kafka_consumer *consumer, enum topic topic, int32_t partition,
                 int64_t offset)
{
        struct kafka_place *place = kafka_places_at(&consumer->places, topic, partition);

        assert(offset >= 0 || offset == KAFKA_BEGIN || offset == KAFKA_END);
        if (!place || !place->given)
                return;
        place->reading = true;
        place->unassigned = true;
        place->beyond = false;
        place->next = offset;
        place->ended = -1;
        consumer->changed = true;
        work_soon(consumer);
}

void kafka_stop(struct kafka_consumer *consumer, enum topic topic, int32_t partition)
{
        struct kafka_place *place = kafka_places_at(&consumer->places, topic, partition);

        if (!place || !place->reading)
                return;
        place->reading = false;
        place->beyond = false;
        consumer->changed = true;
        work_soon(consumer);
}

static bool is_read(const struct kafka_place *place, int64_t *offset)
{
        *offset = place->next;
        return place->reading;
}

static void forward(struct kafka_consumer *consumer, const struct kafka_place *place)
{
        rd_kafka_queue_t *queue = rd_kafka_queue_get_partition(
                consumer->client.rk, kafka_place_name(&consumer->places, place), place->partition);

        if (!queue)
                return;
        kafka_client_listen(&consumer->client, queue);
        rd_kafka_queue_forward(queue, consumer->records);
        rd_kafka_queue_destroy(queue);
}

static void forward_quiet(struct kafka_consumer *consumer)
{
        for (size_t i = 0; i < consumer->places.count; i++)
                if (consumer->places.items[i].reading && consumer->places.items[i].quiet)
                        forward(consumer, &consumer->places.items[i]);
}

/* Until when the next one has to wait for this one, unless something comes of it before. */
static int64_t settled_at_ms(const struct kafka_consumer *consumer, int count)
{
        if (consumer->assigned == 0)
                return 0; /* nothing had to be stopped for it */
        return loop_now_ms(consumer->client.loop) + (count > 0 ? SETTLED_MS : SETTLED_EMPTY_MS);
}

static void assign(struct kafka_consumer *consumer)
{
        rd_kafka_topic_partition_list_t *list = kafka_places_list(&consumer->places, is_read);
        int count = list->cnt;

        for (size_t i = 0; i < consumer->places.count; i++)
                consumer->places.items[i].quiet = true;
        forward_quiet(consumer);

        rd_kafka_resp_err_t code = rd_kafka_assign(consumer->client.rk, list);

        rd_kafka_topic_partition_list_destroy(list);
        consumer->settled_ms = settled_at_ms(consumer, count);
        consumer->changed = code != RD_KAFKA_RESP_ERR_NO_ERROR;
        if (consumer->changed) {
                kafka_client_fail(
                        &consumer->client,
                        "what is to be read could not be assigned (it is tried again): %s",
                        rd_kafka_err2str(code));
                return;
        }
        consumer->assigned = count;
        for (size_t i = 0; i < consumer->places.count; i++)
                consumer->places.items[i].unassigned = false;
}

void kafka_store(struct kafka_consumer *consumer, enum topic topic, int32_t partition,
                 int64_t next_offset)
{
        struct kafka_place *place = kafka_places_at(&consumer->places, topic, partition);

        if (place && place->given && consumer->has_group)
                place->stored = next_offset;
}

int64_t kafka_position(const struct kafka_consumer *consumer, enum topic topic, int32_t partition)
{
        const struct kafka_place *place = kafka_places_at(&consumer->places, topic, partition);

        return place && place->reading && place->next >= 0 ? place->next : -1;
}

int64_t kafka_lag(const struct kafka_consumer *consumer, enum topic topic, int32_t partition)
{
        int64_t next = kafka_position(consumer, topic, partition), low, high;

        if (next < 0 ||
            rd_kafka_get_watermark_offsets(consumer->client.rk,
                                           consumer->client.topics->names[topic], partition, &low,
                                           &high) != RD_KAFKA_RESP_ERR_NO_ERROR ||
            high < 0)
                return -1;
        return high > next ? high - next : 0;
}

/* Records */

static void read_headers(struct headers *headers, const rd_kafka_message_t *message)
{
        rd_kafka_headers_t *all;
        const char *name;
        const void *value;
        size_t bytes;

        headers_clear(headers);
        if (rd_kafka_message_headers(message, &all) != RD_KAFKA_RESP_ERR_NO_ERROR)
                return;
        for (size_t i = 0;
             rd_kafka_header_get_all(all, i, &name, &value, &bytes) == RD_KAFKA_RESP_ERR_NO_ERROR;
             i++)
                headers_borrow(headers, name, (struct slice){ value, bytes });
}

static void hand_record(struct kafka_consumer *consumer, struct kafka_place *place,
                        const rd_kafka_message_t *message)
{
        rd_kafka_timestamp_type_t type;

        if (place->next >= 0 && message->offset < place->next)
                return;
        place->next = message->offset + 1;
        read_headers(&consumer->headers, message);

        struct kafka_record record = {
                .topic = place->topic,
                .partition = place->partition,
                .offset = message->offset,
                .timestamp_ms = rd_kafka_message_timestamp(message, &type),
                .key = { message->key, message->key_len },
                .value = { message->payload, message->len },
                .headers = &consumer->headers,
        };

        consumer->handlers->record(consumer->context, &record);
}

static void hand_end(struct kafka_consumer *consumer, struct kafka_place *place, int64_t offset)
{
        if (place->next >= 0 && offset < place->next)
                return;
        place->next = offset;
        if (place->ended == offset || !consumer->handlers->end)
                return;
        place->ended = offset;
        consumer->handlers->end(consumer->context, place->topic, place->partition, offset);
}

static void hand_over(struct kafka_consumer *consumer, const rd_kafka_message_t *message)
{
        struct kafka_place *place = kafka_places_find(
                &consumer->places, rd_kafka_topic_name(message->rkt), message->partition);

        consumer->settled_ms = 0;
        if (!place || !place->reading || place->unassigned)
                return;
        place->quiet = false;
        switch (message->err) {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
                hand_record(consumer, place, message);
                break;
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
                hand_end(consumer, place, message->offset);
                break;
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
        case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
                place->beyond = true;
                break;
        default:
                kafka_client_error(&consumer->client, message->err,
                                   rd_kafka_message_errstr(message));
        }
}

static bool is_under_way(const struct kafka_place *place, int64_t *offset)
{
        *offset = place->next;
        return place->reading && !place->unassigned && place->next >= 0 &&
               place->ended != place->next;
}

/* Without a wait: what goes wrong comes as a record's error. */
static void wake_fetching(struct kafka_consumer *consumer)
{
        rd_kafka_topic_partition_list_t *list = kafka_places_list(&consumer->places, is_under_way);

        if (list->cnt > 0)
                rd_kafka_error_destroy(rd_kafka_seek_partitions(consumer->client.rk, list, 0));
        rd_kafka_topic_partition_list_destroy(list);
}

static void run_empty(struct kafka_consumer *consumer)
{
        if (kafka_prefetch_empty(&consumer->prefetch))
                wake_fetching(consumer);
}

/* False when nothing is left. */
static bool read_slice(struct kafka_consumer *consumer)
{
        int64_t until_us = steady_us() + SLICE_US;

        for (unsigned i = 1; i <= SLICE_RECORDS && consumer->room; i++) {
                rd_kafka_message_t *message = rd_kafka_consume_queue(consumer->records, 0);

                if (!message) {
                        run_empty(consumer);
                        return false;
                }
                kafka_prefetch_read(&consumer->prefetch, message);
                hand_over(consumer, message);
                rd_kafka_message_destroy(message);
                if (i % CLOCK_EVERY == 0 && steady_us() >= until_us)
                        break;
        }
        return consumer->room;
}

/* Asks a broker for the bounds of the log, and waits for the answer: it is rare, and one a turn. */
static void look_beyond(struct kafka_consumer *consumer, struct kafka_place *place)
{
        const char *name = kafka_place_name(&consumer->places, place);
        int64_t low, high;
        rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
                consumer->client.rk, name, place->partition, &low, &high, BOUNDS_MS);

        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
                kafka_client_fail(&consumer->client,
                                  "%s, partition %d: offset %lld is not in the log, and the log's "
                                  "bounds cannot be read (they are asked for again): %s",
                                  name, (int)place->partition, (long long)place->next,
                                  rd_kafka_err2str(code));
                return;
        }
        place->beyond = false;
        place->reading = false;
        consumer->handlers->out_of_range(consumer->context, place->topic, place->partition, low,
                                         high);
        work_soon(consumer);
}

static struct kafka_place *first_beyond(const struct kafka_places *places)
{
        for (size_t i = 0; i < places->count; i++)
                if (places->items[i].beyond)
                        return &places->items[i];
        return NULL;
}

static void assign_when_settled(struct kafka_consumer *consumer)
{
        if (consumer->settled_ms <= loop_now_ms(consumer->client.loop))
                assign(consumer);
        else
                loop_timer_set(consumer->client.loop, &consumer->work, consumer->settled_ms);
}

static void on_work(void *context)
{
        struct kafka_consumer *consumer = context;

        consumer->calling = true;
        if (consumer->changed)
                assign_when_settled(consumer);

        struct kafka_place *beyond = first_beyond(&consumer->places);

        if (beyond)
                look_beyond(consumer, beyond);
        if (consumer->room && read_slice(consumer))
                work_soon(consumer);
        consumer->calling = false;
}

void kafka_want(struct kafka_consumer *consumer, bool room)
{
        if (room && !consumer->room)
                work_soon(consumer);
        consumer->room = room;
}

/* Being served */

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *partitions, void *opaque)
{
        struct kafka_client *client = opaque;
        struct kafka_consumer *consumer = client->owner;

        (void)rk;
        kafka_group_rebalance(&consumer->group, code, partitions);
}

static void on_serve(void *owner)
{
        struct kafka_consumer *consumer = owner;
        rd_kafka_message_t *message;

        consumer->calling = true;
        while ((message = rd_kafka_consumer_poll(consumer->client.rk, 0)) != NULL) {
                kafka_client_error(&consumer->client, message->err,
                                   rd_kafka_message_errstr(message));
                rd_kafka_message_destroy(message);
        }
        consumer->calling = false;
        forward_quiet(consumer);
        work_soon(consumer);
}

static void on_reply(void *owner, rd_kafka_event_t *event)
{
        struct kafka_consumer *consumer = owner;

        consumer->calling = true;
        kafka_group_reply(&consumer->group, event);
        consumer->calling = false;
}

static void on_tick(void *owner)
{
        struct kafka_consumer *consumer = owner;

        if (consumer->has_group)
                kafka_group_tick(&consumer->group);
}

bool kafka_consumer_ready(const struct kafka_consumer *consumer)
{
        return !consumer->client.down &&
               (!consumer->has_group || consumer->group.membership == KAFKA_MEMBER);
}

/* Life */

/* Snapshots are large: with a small queue, fetching stalls for a second at a time. */
static unsigned use_of(const enum topic *topics, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (topics[i] == TOPIC_SNAPSHOTS)
                        return KAFKA_FOR_CONSUMER | KAFKA_FOR_BULK;
        return KAFKA_FOR_CONSUMER;
}

/* `<prefix><group>`; the prefix is what a topic's name begins with. */
static void name_group(struct kafka_consumer *consumer, const char *group)
{
        const char *topic = consumer->client.topics->names[TOPIC_CONTROL];
        size_t prefix_bytes = strlen(topic) - strlen(topic_suffix(TOPIC_CONTROL));

        snprintf(consumer->group.name, sizeof(consumer->group.name), "%.*s%s", (int)prefix_bytes,
                 topic, group);
}

static int open_handle(struct kafka_consumer *consumer, const struct kafka_cluster *cluster,
                       unsigned use, struct error *error)
{
        rd_kafka_conf_t *conf = kafka_config_new(cluster, use, error);

        if (!conf)
                return -1;
        if (kafka_config_set(conf, "group.id", consumer->group.name, error) < 0) {
                rd_kafka_conf_destroy(conf);
                return -1;
        }
        kafka_prefetch_init(&consumer->prefetch, conf);
        rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
        if (kafka_client_open(&consumer->client, conf, RD_KAFKA_CONSUMER, error) < 0)
                return -1;
        rd_kafka_poll_set_consumer(consumer->client.rk);

        rd_kafka_queue_t *main_queue = rd_kafka_queue_get_consumer(consumer->client.rk);

        kafka_client_listen(&consumer->client, main_queue);
        rd_kafka_queue_destroy(main_queue);
        consumer->records = rd_kafka_queue_new(consumer->client.rk);
        kafka_client_listen(&consumer->client, consumer->records);
        return 0;
}

static struct kafka_consumer *consumer_new(struct loop *loop, const struct kafka_cluster *cluster,
                                           const char *group, unsigned use,
                                           const struct kafka_handlers *handlers, void *context,
                                           struct error *error)
{
        struct kafka_consumer *consumer = memory_new(sizeof(*consumer));

        consumer->client = (struct kafka_client){ .loop = loop,
                                                  .topics = cluster->topics,
                                                  .owner = consumer,
                                                  .serve = on_serve,
                                                  .tick = on_tick,
                                                  .reply = on_reply,
                                                  .failed = handlers->failed,
                                                  .context = context };
        consumer->group = (struct kafka_group){ .client = &consumer->client,
                                                .places = &consumer->places,
                                                .handlers = handlers,
                                                .context = context };
        consumer->handlers = handlers;
        consumer->context = context;
        consumer->room = true;
        consumer->work = (struct loop_timer){ .fn = on_work, .context = consumer };
        name_group(consumer, group);
        kafka_places_init(&consumer->places, cluster->topics);
        if (open_handle(consumer, cluster, use, error) < 0) {
                kafka_places_deinit(&consumer->places);
                free(consumer);
                return NULL;
        }
        return consumer;
}

struct kafka_consumer *kafka_consumer_new(struct loop *loop, const struct kafka_cluster *cluster,
                                          const char *group, const enum topic *topics, size_t count,
                                          const struct kafka_handlers *handlers, void *context,
                                          struct error *error)
{
        struct kafka_consumer *consumer =
                consumer_new(loop, cluster, group, use_of(topics, count), handlers, context, error);

        if (!consumer)
                return NULL;
        consumer->has_group = true;
        for (size_t i = 0; i < count; i++)
                consumer->group.reads[topics[i]] = true;
        kafka_places_forget(&consumer->places, false);
        if (kafka_group_subscribe(&consumer->group, error) < 0) {
                kafka_consumer_free(consumer);
                return NULL;
        }
        return consumer;
}

/* librdkafka wants a group's name for rd_kafka_assign; a reader never joins it. */
struct kafka_consumer *kafka_reader_new(struct loop *loop, const struct kafka_cluster *cluster,
                                        const struct kafka_handlers *handlers, void *context,
                                        struct error *error)
{
        struct kafka_consumer *consumer = consumer_new(
                loop, cluster, "reader", KAFKA_FOR_CONSUMER | KAFKA_FOR_BULK | KAFKA_FOR_READER,
                handlers, context, error);

        if (consumer)
                kafka_places_forget(&consumer->places, true);
        return consumer;
}

/* The last commit, then good-bye to the group, both at most as long as a pod has patience. True
 * when all is done. */
static bool leave(struct kafka_consumer *consumer)
{
        rd_kafka_t *rk = consumer->client.rk;
        int64_t until_us = steady_us() + (int64_t)CLOSE_MS * 1000;

        kafka_group_commit(&consumer->group);
        rd_kafka_error_destroy(rd_kafka_consumer_close_queue(rk, consumer->client.replies));
        while (!rd_kafka_consumer_closed(rk) && steady_us() < until_us) {
                rd_kafka_event_t *event =
                        rd_kafka_queue_poll(consumer->client.replies, CLOSE_WAIT_MS);

                if (event && rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE)
                        rd_kafka_assign(rk, NULL);
                rd_kafka_event_destroy(event);
        }
        return rd_kafka_consumer_closed(rk);
}

void kafka_consumer_free(struct kafka_consumer *consumer)
{
        if (!consumer)
                return;
        assert(!consumer->calling);
        kafka_client_silence(&consumer->client);
        loop_timer_stop(consumer->client.loop, &consumer->work);

        bool gone = !consumer->has_group || leave(consumer);

        rd_kafka_queue_destroy(consumer->records);
        if (gone)
                kafka_client_close(&consumer->client);
        else
                kafka_client_abandon(&consumer->client);
        kafka_places_deinit(&consumer->places);
        free(consumer);
}
