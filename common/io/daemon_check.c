/* common/io/daemon_check.c
 *
 * Lines go to standard output as they come, since Kafka and Redis may take their time.
 */
#include "io/daemon_check.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "io/daemon_input.h"
#include "io/redis.h"

enum { KAFKA_TIMEOUT_MS = 5000, REDIS_TIMEOUT_MS = 5000 };
enum { HOST_BYTES = 256 };
enum { TOPICS_PATIENCE_MS = 3000, TOPICS_PAUSE_US = 300000 };
enum { EXIT_REMOTE = 1, EXIT_CONFIG = 2 };

static void say(bool good, const char *what, const char *text)
{
        printf("%-5s %-11s  %s\n", good ? "ok" : "wrong", what, text);
        fflush(stdout);
}

static int check_login(const struct daemon_input *input, const struct municipality *municipality)
{
        struct credential credential;
        struct error error = ERROR_NULL;
        char text[ERROR_TEXT_BYTES + 64];

        if (credentials_get(input->credentials, municipality->id, &credential, &error))
                return 0;
        snprintf(text, sizeof(text), "%s: %.300s in %.200s", municipality->id, error.text,
                 input->config->credentials_dir);
        say(false, "credentials", text);
        return EXIT_CONFIG;
}

static int check_credentials(const struct daemon_program *program, const struct daemon_input *input)
{
        const struct config *config = input->config;
        char text[ERROR_TEXT_BYTES + 64];
        size_t found = 0, needed = 0;
        int code = 0;

        for (size_t i = 0; i < config->municipality_count; i++) {
                const struct municipality *municipality = &config->municipalities[i];
                struct credential credential;

                if (credentials_get(input->credentials, municipality->id, &credential, NULL))
                        found++;
                if (!daemon_input_needs_login(program, municipality))
                        continue;
                needed++;
                code |= check_login(input, municipality);
        }
        if (input->unreadable.text[0] != '\0')
                snprintf(text, sizeof(text), "none needed, and none there (%s)",
                         input->unreadable.text);
        else
                snprintf(text, sizeof(text),
                         "%zu found for %zu municipalities, %zu needed; in %.400s", found,
                         config->municipality_count, needed, config->credentials_dir);
        if (code == 0)
                say(true, "credentials", text);
        return code;
}

static int64_t steady_ms(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int daemon_check_topics(const struct daemon_program *program, const struct kafka_cluster *cluster,
                        int64_t timeout_ms, struct error *error)
{
        int64_t patient_until_ms = steady_ms() + TOPICS_PATIENCE_MS;

        while (kafka_check_topics(cluster, program->topics, program->topic_count, timeout_ms,
                                  error) < 0) {
                if (steady_ms() >= patient_until_ms)
                        return -1;
                usleep(TOPICS_PAUSE_US);
        }
        return 0;
}

static int check_kafka(const struct daemon_program *program, const struct config *config)
{
        struct topics topics;
        struct kafka_cluster cluster = { config->kafka, &topics, "dplsync-check" };
        struct error error = ERROR_NULL;
        char text[ERROR_TEXT_BYTES];

        if (!topics_init(&topics, config->topics_prefix, (int32_t)config->topics_partitions,
                         (uint32_t)config->topics_epoch)) {
                say(false, "kafka", "topics.prefix does not make names that Kafka takes");
                return EXIT_CONFIG;
        }
        if (daemon_check_topics(program, &cluster, KAFKA_TIMEOUT_MS, &error) < 0) {
                say(false, "kafka", error.text);
                return EXIT_REMOTE;
        }
        snprintf(text, sizeof(text), "%zu topics with %d partitions each, prefix %.200s",
                 program->topic_count, topics.partitions, config->topics_prefix);
        say(true, "kafka", text);
        return 0;
}

/* Redis */

struct redis_check {
        struct loop *loop;
        struct loop_timer deadline;
        bool up;
        char reason[256];
};

static void on_redis(void *context, bool up, const char *reason)
{
        struct redis_check *check = context;

        check->up = up;
        if (!up && reason)
                text_copy(check->reason, sizeof(check->reason), reason);
        loop_stop(check->loop);
}

static void on_deadline(void *context)
{
        struct redis_check *check = context;

        loop_stop(check->loop);
}

/* The URL without what stands before an @ or behind a ?: either may be a password. */
static void host_of(const char *url, char host[HOST_BYTES])
{
        const char *at = strrchr(url, '@');
        const char *scheme = strstr(url, "://");
        const char *start = at ? at + 1 : scheme ? scheme + 3 : url;

        snprintf(host, HOST_BYTES, "%.*s", (int)strcspn(start, "?"), start);
}

static bool reach_redis(struct loop *loop, const struct config *config, struct error *error)
{
        struct redis_check check = { .loop = loop, .reason = "no answer" };
        char host[HOST_BYTES];
        struct redis *redis = redis_new(loop, config->redis_url, config->redis_deadline_ms,
                                        on_redis, &check, error);

        if (!redis)
                return false;
        check.deadline = (struct loop_timer){ .fn = on_deadline, .context = &check };
        loop_timer_set(loop, &check.deadline, loop_now_ms(loop) + REDIS_TIMEOUT_MS);
        loop_run(loop);
        loop_timer_stop(loop, &check.deadline);

        bool up = check.up;

        redis_free(redis);
        host_of(config->redis_url, host);
        if (!up)
                error_set(error, "%s: %s; is it up, and is redis.url right?", host, check.reason);
        return up;
}

static int check_redis(const struct config *config)
{
        struct error error = ERROR_NULL;
        struct loop *loop = loop_new(&error);
        bool good = loop && reach_redis(loop, config, &error);
        char host[HOST_BYTES];

        loop_free(loop);
        host_of(config->redis_url, host);
        say(good, "redis", good ? host : error.text);
        return good ? 0 : EXIT_REMOTE;
}

int daemon_check(const struct daemon_program *program, const char *config_path)
{
        struct daemon_input input;
        struct error error = ERROR_NULL;
        char text[ERROR_TEXT_BYTES];

        if (daemon_input_load(&input, program, config_path, &error) < 0) {
                say(false, "config", error.text);
                return EXIT_CONFIG;
        }
        snprintf(text, sizeof(text), "%.400s: %zu municipalities", config_path,
                 input.config->municipality_count);
        say(true, "config", text);

        int local = check_credentials(program, &input);
        int remote = check_kafka(program, input.config) | check_redis(input.config);

        daemon_input_deinit(&input);
        return local != 0 ? local : remote;
}
