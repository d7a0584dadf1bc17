/* services/operator/desk.c
 *
 * The services' connections are asynchronous; a command has nothing else to do while it waits. So
 * it waits by turning the loop, and the same connections serve both.
 */
#include "operator/desk.h"

#include <signal.h>

#include "base/memory.h"
#include "io/config_file.h"

enum { TOPICS_TIMEOUT_MS = 10000 };

struct waiting {
        struct desk *desk;
        desk_done_fn *done;
        void *context;
        bool finished;
        bool late;
};

static void on_signal(void *context)
{
        struct desk *desk = context;

        if (desk->interrupted)
                _Exit(1);
        desk->interrupted = true;
        loop_stop(desk->loop);
}

static int prepare(struct desk *desk, struct error *error)
{
        const struct config *config = desk->config;

        if (!topics_init(&desk->topics, config->topics_prefix, (int32_t)config->topics_partitions,
                         (uint32_t)config->topics_epoch))
                return error_set(error,
                                 "%s: topics.prefix: \"%.100s\" makes no names that Kafka takes",
                                 desk->config_path, config->topics_prefix);
        desk->cluster = (struct kafka_cluster){ config->kafka, &desk->topics, "dplsync" };
        if (kafka_check_properties(&desk->cluster, error) < 0)
                return error_wrap(error, "%s", desk->config_path);
        desk->loop = loop_new(error);
        if (!desk->loop)
                return -1;
        if (loop_signal(desk->loop, SIGINT, on_signal, desk, error) < 0)
                return -1;
        return loop_signal(desk->loop, SIGTERM, on_signal, desk, error);
}

int desk_open(struct desk *desk, const char *config_path, struct error *error)
{
        *desk = (struct desk){ .config_path = config_path };
        desk->config = config_file_load(config_path, error);
        return desk->config ? prepare(desk, error) : -1;
}

void desk_close(struct desk *desk)
{
        redis_free(desk->redis);
        if (desk->loop)
                loop_free(desk->loop);
        config_free(desk->config);
        *desk = (struct desk){ 0 };
}

int desk_check_topics(struct desk *desk, const enum topic *topics, size_t count,
                      struct error *error)
{
        return kafka_check_topics(&desk->cluster, topics, count, TOPICS_TIMEOUT_MS, error);
}

void desk_kafka_failed(void *context, const char *reason, bool fatal)
{
        struct desk *desk = context;

        (void)fatal;
        error_set(&desk->trouble, "kafka: %s", reason);
}

/* ---- waiting ---- */

static void look(void *context)
{
        struct waiting *waiting = context;

        waiting->finished = waiting->done(waiting->context);
        if (waiting->finished)
                loop_stop(waiting->desk->loop);
}

static void be_late(void *context)
{
        struct waiting *waiting = context;

        waiting->late = true;
        loop_stop(waiting->desk->loop);
}

static int say_late(const struct desk *desk, const char *what, struct error *error)
{
        if (desk->trouble.text[0])
                return error_set(error, "waited in vain for %s: %s", what, desk->trouble.text);
        return error_set(error, "waited in vain for %s", what);
}

int desk_wait(struct desk *desk, desk_done_fn *done, void *context, int64_t timeout_ms,
              const char *what, struct error *error)
{
        struct waiting waiting = { .desk = desk, .done = done, .context = context };
        struct loop_timer deadline = { .fn = be_late, .context = &waiting };

        if (done(context))
                return 0;
        if (timeout_ms > 0)
                loop_timer_set(desk->loop, &deadline, loop_now_ms(desk->loop) + timeout_ms);
        loop_at(desk->loop, LOOP_CORES, look, &waiting);
        if (!desk->interrupted)
                loop_run(desk->loop);
        loop_not_at(desk->loop, LOOP_CORES, look, &waiting);
        loop_timer_stop(desk->loop, &deadline);
        if (waiting.finished)
                return 0;
        if (desk->interrupted)
                return error_set(error, "interrupted");
        return say_late(desk, what, error);
}

/* ---- Redis ---- */

static void on_redis_state(void *context, bool up, const char *reason)
{
        struct desk *desk = context;

        desk->redis_up = up;
        if (!up)
                error_set(&desk->trouble, "redis: %s", reason);
}

static bool redis_is_there(void *context)
{
        return ((const struct desk *)context)->redis_up;
}

int desk_connect_redis(struct desk *desk, struct error *error)
{
        if (!desk->redis)
                desk->redis =
                        redis_new(desk->loop, desk->config->redis_url,
                                  desk->config->redis_deadline_ms, on_redis_state, desk, error);
        if (!desk->redis)
                return -1;
        return desk_wait(desk, redis_is_there, desk, desk->config->redis_deadline_ms, "Redis",
                         error);
}

struct question {
        desk_reply_fn *take;
        void *context;
        bool answered;
        bool lost;
        struct error refusal;
};

static void on_reply(void *context, const struct redisReply *reply)
{
        struct question *question = context;

        question->answered = true;
        question->lost = !reply;
        if (reply && reply->type == REDIS_REPLY_ERROR)
                error_set(&question->refusal, "redis: %.200s", reply->str);
        else if (reply && question->take)
                question->take(question->context, reply);
}

static bool is_answered(void *context)
{
        return ((const struct question *)context)->answered;
}

int desk_redis(struct desk *desk, size_t count, const struct slice *arguments, desk_reply_fn *take,
               void *context, struct error *error)
{
        struct question question = { .take = take, .context = context };

        if (redis_command(desk->redis, on_reply, &question, count, arguments) < 0)
                return error_set(error, "redis takes no commands now: %s", desk->trouble.text);
        /* The deadline is Redis's own: it answers in every case, so the question may stay here. */
        desk_wait(desk, is_answered, &question, 0, "Redis's answer", NULL);
        if (!question.answered) {
                redis_free(desk->redis);
                desk->redis = NULL;
                desk->redis_up = false;
                return error_set(error, "interrupted");
        }
        if (question.lost)
                return error_set(error, "redis did not answer: %s", desk->trouble.text);
        return question.refusal.text[0] ? error_set(error, "%s", question.refusal.text) : 0;
}

/* ---- the rest ---- */

const struct municipality *desk_municipality(const struct desk *desk, const char *id,
                                             struct error *error)
{
        const struct municipality *found = config_municipality(desk->config, id);
        const char **names;
        const char *nearest;

        if (found)
                return found;
        names = memory_new((desk->config->municipality_count + 1) * sizeof(*names));
        for (size_t i = 0; i < desk->config->municipality_count; i++)
                names[i] = desk->config->municipalities[i].id;
        nearest = settings_nearest(id, names);
        free(names);
        if (nearest)
                error_set(error, "%.64s: no such municipality; did you mean %s?", id, nearest);
        else
                error_set(error, "%.64s: no such municipality in %s", id, desk->config_path);
        return NULL;
}

int64_t desk_now_ms(const struct desk *desk)
{
        return loop_now_ms(desk->loop);
}
