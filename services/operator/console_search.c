/* services/operator/console_search.c
 *
 * A task is named by what it looks for, so that a page that asks again, or two people who look at
 * the same, share one. Which events are held comes from Redis at once; titles and trails from
 * Kafka's topics, read from their beginning to their present end.
 */
#include "operator/console_search.h"

#include <stdio.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/redis_key.h"
#include "operator/kafka_view.h"

enum {
        TASKS_MAX = 8,
        KEPT_MS = 10 * 1000,
        NAME_BYTES = MUNICIPALITY_ID_BYTES + 72,
};

enum task_state { TASK_FREE, TASK_WAITS, TASK_ASKS_REDIS, TASK_READS, TASK_DONE };

struct task {
        struct console_search *search;
        enum task_state state;
        char name[NAME_BYTES]; /* municipality, and uuid or hold */
        char municipality[MUNICIPALITY_ID_BYTES];
        bool is_hold;
        struct trail trail;
        struct held held;
        bool hold_read;
        int64_t read;
        int64_t done_ms;
        int64_t looked_ms;
        unsigned number; /* of its use: a late reply of Redis to an earlier one is nobody's */
        struct error trouble;
};

struct console_search {
        struct desk *desk;
        const struct console_feed *feed;
        struct kafka_consumer *reader;
        struct task tasks[TASKS_MAX];
        struct task *reading;     /* the one whose records come; NULL: none */
        size_t open[TOPIC_COUNT]; /* partitions whose end was not reached yet */
        size_t open_count;        /* of all topics */
};

/* Reading Kafka */

static const enum topic trail_topics[] = { TOPIC_SNAPSHOTS, TOPIC_CHANGES, TOPIC_UPDATES,
                                           TOPIC_RESULTS, TOPIC_DEAD_LETTERS };
static const enum topic hold_topics[] = { TOPIC_CHANGES };

static void read_next(struct console_search *search);

static void finish(struct task *task)
{
        task->state = TASK_DONE;
        task->done_ms = loop_now_ms(task->search->desk->loop);
        if (!task->is_hold)
                trail_sort(&task->trail);
        if (task->search->reading == task)
                task->search->reading = NULL;
        read_next(task->search);
}

/* The municipality's partition; of `updates` every one. */
static void open_topic(struct console_search *search, enum topic topic, int32_t partition)
{
        bool all = topic == TOPIC_UPDATES;
        int32_t first = all ? 0 : partition;
        int32_t last = all ? search->desk->topics.partitions - 1 : partition;

        for (int32_t at = first; at <= last; at++) {
                search->open[topic]++;
                search->open_count++;
                kafka_start(search->reader, topic, at, KAFKA_BEGIN);
        }
}

static void begin_reading(struct task *task)
{
        struct console_search *search = task->search;
        const enum topic *topics = task->is_hold ? hold_topics : trail_topics;
        size_t count = task->is_hold ? ARRAY_LENGTH(hold_topics) : ARRAY_LENGTH(trail_topics);
        int32_t partition = topics_partition(&search->desk->topics, task->municipality);

        task->state = TASK_READS;
        search->reading = task;
        for (size_t i = 0; i < count; i++)
                open_topic(search, topics[i], partition);
}

static void read_next(struct console_search *search)
{
        for (size_t i = 0; i < TASKS_MAX && !search->reading; i++)
                if (search->tasks[i].state == TASK_WAITS)
                        begin_reading(&search->tasks[i]);
}

static void on_record(void *context, const struct kafka_record *record)
{
        struct console_search *search = context;
        struct task *task = search->reading;
        const struct record view = kafka_view(record);

        if (!task || !search->open[record->topic])
                return;
        task->read++;
        if (!task->is_hold)
                trail_take(&task->trail, &view);
        else if (record->value.data)
                held_take_change(&task->held, record->value);
}

static void on_end(void *context, enum topic topic, int32_t partition, int64_t offset)
{
        struct console_search *search = context;

        (void)offset;
        kafka_stop(search->reader, topic, partition);
        if (!search->reading || !search->open[topic])
                return;
        search->open[topic]--;
        if (--search->open_count == 0)
                finish(search->reading);
}

static void on_out_of_range(void *context, enum topic topic, int32_t partition, int64_t low,
                            int64_t high)
{
        struct console_search *search = context;

        (void)high;
        kafka_start(search->reader, topic, partition, low);
}

static void on_kafka_failed(void *context, const char *reason, bool fatal)
{
        struct console_search *search = context;

        (void)fatal;
        if (search->reading)
                error_set(&search->reading->trouble, "Kafka is in trouble: %s", reason);
}

/* Asking Redis */

struct question {
        struct task *task;
        unsigned number;
};

static void fold(const struct redisReply *reply, struct held *held,
                 void (*take)(struct held *held, struct slice name, struct slice value))
{
        for (size_t i = 0; i + 1 < reply->elements; i += 2)
                take(held, (struct slice){ reply->element[i]->str, (size_t)reply->element[i]->len },
                     (struct slice){ reply->element[i + 1]->str,
                                     (size_t)reply->element[i + 1]->len });
}

static struct task *task_of(struct question *question)
{
        struct task *task = question->task;
        bool stands = task->number == question->number && task->state == TASK_ASKS_REDIS;

        free(question);
        return stands ? task : NULL;
}

static void lost(struct task *task)
{
        error_set(&task->trouble, "Redis did not answer");
        finish(task);
}

static bool ask(struct task *task, const char *what, redis_reply_fn *fn)
{
        struct question *question = memory_new(sizeof(*question));
        char key[REDIS_KEY_BYTES];

        redis_key(key, task->municipality, what);
        *question = (struct question){ task, task->number };

        const struct slice arguments[] = { slice_of("HGETALL"), slice_of(key) };

        if (redis_command(console_feed_redis(task->search->feed), fn, question,
                          ARRAY_LENGTH(arguments), arguments) == 0)
                return true;
        free(question);
        return false;
}

static void on_events(void *context, const struct redisReply *reply)
{
        struct task *task = task_of(context);

        if (!task)
                return;
        if (!reply || reply->type != REDIS_REPLY_ARRAY) {
                lost(task);
                return;
        }
        fold(reply, &task->held, held_take_event);
        task->hold_read = true;
        task->state = TASK_WAITS;
        read_next(task->search);
}

static void on_meta(void *context, const struct redisReply *reply)
{
        struct task *task = task_of(context);

        if (!task)
                return;
        if (reply && reply->type == REDIS_REPLY_ARRAY) {
                fold(reply, &task->held, held_take_meta);
                if (ask(task, "s", on_events))
                        return;
        }
        lost(task);
}

/* Tasks */

static void task_clear(struct task *task)
{
        trail_deinit(&task->trail);
        held_deinit(&task->held);
        *task = (struct task){ .search = task->search, .number = task->number + 1 };
}

/* A free one, or the one that was looked at longest ago and is not being read. */
static struct task *task_take(struct console_search *search)
{
        struct task *oldest = NULL;

        for (size_t i = 0; i < TASKS_MAX; i++) {
                struct task *task = &search->tasks[i];

                if (task->state == TASK_FREE)
                        return task;
                if (task != search->reading && (!oldest || task->looked_ms < oldest->looked_ms))
                        oldest = task;
        }
        task_clear(oldest);
        return oldest;
}

static struct task *task_find(struct console_search *search, const char *name)
{
        int64_t now_ms = loop_now_ms(search->desk->loop);

        for (size_t i = 0; i < TASKS_MAX; i++) {
                struct task *task = &search->tasks[i];

                if (task->state == TASK_DONE && now_ms - task->done_ms > KEPT_MS)
                        task_clear(task);
                if (task->state != TASK_FREE && strcmp(task->name, name) == 0)
                        return task;
        }
        return NULL;
}

static struct task *task_new(struct console_search *search, const char *name,
                             const char *municipality, bool is_hold)
{
        struct task *task = task_take(search);

        text_copy(task->name, sizeof(task->name), name);
        text_copy(task->municipality, sizeof(task->municipality), municipality);
        task->is_hold = is_hold;
        return task;
}

static void show(struct task *task, struct console_found *found)
{
        task->looked_ms = loop_now_ms(task->search->desk->loop);
        *found = (struct console_found){
                .trail = task->is_hold ? NULL : &task->trail,
                .held = task->is_hold ? &task->held : NULL,
                .read = task->read,
                .done = task->state == TASK_DONE,
                .hold_read = task->hold_read,
                .trouble = task->trouble.text,
        };
}

void console_search_trail(struct console_search *search, const char *municipality,
                          const struct uuid *uuid, struct console_found *found)
{
        char name[NAME_BYTES], text[UUID_TEXT_BYTES];
        struct task *task;

        uuid_format(uuid, text);
        snprintf(name, sizeof(name), "%s/%s", municipality, text);
        task = task_find(search, name);
        if (!task) {
                task = task_new(search, name, municipality, false);
                trail_init(&task->trail, municipality, uuid);
                task->state = TASK_WAITS;
                read_next(search);
        }
        show(task, found);
}

void console_search_hold(struct console_search *search, const char *municipality, const char *hold,
                         struct console_found *found)
{
        char name[NAME_BYTES];
        struct task *task;

        snprintf(name, sizeof(name), "%s hold %.64s", municipality, hold);
        task = task_find(search, name);
        if (!task) {
                task = task_new(search, name, municipality, true);
                task->state = TASK_ASKS_REDIS;
                if (!ask(task, "m", on_meta))
                        lost(task);
        }
        show(task, found);
}

/* Life */

struct console_search *console_search_new(struct desk *desk, const struct console_feed *feed,
                                          struct error *error)
{
        static const struct kafka_handlers handlers = { .record = on_record,
                                                        .end = on_end,
                                                        .out_of_range = on_out_of_range,
                                                        .failed = on_kafka_failed };
        struct console_search *search = memory_new(sizeof(*search));

        search->desk = desk;
        search->feed = feed;
        for (size_t i = 0; i < TASKS_MAX; i++)
                search->tasks[i].search = search;
        search->reader = kafka_reader_new(desk->loop, &desk->cluster, &handlers, search, error);
        if (!search->reader) {
                console_search_free(search);
                return NULL;
        }
        return search;
}

void console_search_free(struct console_search *search)
{
        if (!search)
                return;
        kafka_consumer_free(search->reader);
        for (size_t i = 0; i < TASKS_MAX; i++)
                task_clear(&search->tasks[i]);
        free(search);
}
