/* common/io/daemon.c
 *
 * The frame of a service. Set up in order, run, tear down in reverse; a reload replaces what was
 * read from outside as a whole or not at all. Kafka's properties, topics and addresses are those of
 * the start: changing them says that a restart is needed.
 */
#include "io/daemon.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/admin.h"
#include "io/daemon_check.h"
#include "io/daemon_input.h"
#include "io/daemon_options.h"
#include "io/heap.h"
#include "io/watch.h"

enum { EXIT_DRAINED = 0, EXIT_FAILED = 1, EXIT_CONFIG = 2 };
enum {
        WATCHES_MAX = 3,
        KAFKA_TIMEOUT_MS = 30000,
        RELOAD_AFTER_MS = 200,
        DRAIN_MAX_MS = 65000, /* below Kubernetes' grace of 80 s, above a PATCH's 60 s */
};

struct running {
        struct daemon daemon; /* first: what a service hands back leads to the rest */
        const struct daemon_program *program;
        const char *config_path;
        char *client_id;
        struct daemon_input input;
        json_t *kafka; /* the start's properties, which readers are made with later on, too */
        struct admin *admin;
        struct watch *watches[WATCHES_MAX];
        struct loop_timer reload_soon;
        struct loop_timer drain_deadline;
        struct heap heap;
        void *state; /* the service's; NULL until it has started */
        bool draining;
        bool failed;
};

static void say_error(const struct daemon_program *program, const struct error *error)
{
        fprintf(stderr, "dplsync-%s: %s\n", program->name, error->text);
}

/* What was read */

static void publish_input(struct running *running)
{
        struct daemon *daemon = &running->daemon;

        daemon->config = running->input.config;
        daemon->credentials = running->input.credentials;
        metrics_set(daemon->metrics, METRIC_CONFIG_MUNICIPALITIES, NULL, NULL,
                    (double)daemon->config->municipality_count);
        metrics_set(daemon->metrics, METRIC_CONFIG_LAST_RELOAD, NULL, NULL,
                    (double)loop_now_ms(daemon->loop) / 1000);
        metrics_set(daemon->metrics, METRIC_CONFIG_REFUSED, NULL, NULL, 0);
}

static void warn_of_missing(struct running *running)
{
        _cleanup_(buffer_deinit) struct buffer names = BUFFER_NULL;
        size_t count = daemon_input_missing(&running->input, running->program, &names);

        if (count > 0)
                logger_say(running->daemon.logger, LOG_WARN,
                           "municipalities without credentials wait for them",
                           FIELD_NUMBER("count", (int64_t)count),
                           FIELD_TEXT("municipalities", names.data),
                           FIELD_TEXT("credentials_dir", running->input.config->credentials_dir));
}

static void warn_of_restart(struct running *running, const struct daemon_input *old)
{
        _cleanup_(buffer_deinit) struct buffer names = BUFFER_NULL;

        if (daemon_input_needs_restart(old, &running->input, &names) > 0)
                logger_say(running->daemon.logger, LOG_WARN,
                           "settings were changed that need a restart",
                           FIELD_TEXT("settings", names.data));
}

/* The directory of `path`, NULL for none. */
static char *directory_of(const char *path)
{
        const char *slash = path ? strrchr(path, '/') : NULL;

        if (!path || !slash)
                return memory_copy_text(path ? "." : NULL);
        return memory_copy(path, slash == path ? 1 : (size_t)(slash - path));
}

/* The municipalities' file is named relative to the configuration's directory. */
static char *municipalities_directory(const char *config_directory, const char *file)
{
        _cleanup_(buffer_deinit) struct buffer path = BUFFER_NULL;

        if (!file)
                return NULL;
        if (file[0] != '/')
                buffer_append_format(&path, "%s/", config_directory);
        buffer_append_text(&path, file);
        return directory_of(path.data);
}

/* A municipality and its log-in arrive in two directories: one reload for both. */
static void on_change(void *context)
{
        struct running *running = context;

        if (!loop_timer_is_set(&running->reload_soon))
                loop_timer_set(running->daemon.loop, &running->reload_soon,
                               loop_now_ms(running->daemon.loop) + RELOAD_AFTER_MS);
}

static void watch_input(struct running *running)
{
        const struct config *config = running->input.config;
        _cleanup_(freep) char *config_directory = directory_of(running->config_path);
        _cleanup_(freep) char *list_directory =
                municipalities_directory(config_directory, config->municipalities_file);
        const char *directories[WATCHES_MAX] = { config_directory, list_directory,
                                                 config->credentials_dir };
        struct error error = ERROR_NULL;

        for (size_t i = 0; i < WATCHES_MAX; i++) {
                bool below = directories[i] == config->credentials_dir;

                watch_free(running->watches[i]);
                running->watches[i] = NULL;
                if (!directories[i] || (i > 0 && strcmp(directories[i], directories[0]) == 0))
                        continue;
                running->watches[i] = watch_new(running->daemon.loop, directories[i], below,
                                                on_change, running, &error);
                if (!running->watches[i])
                        logger_say(running->daemon.logger, LOG_WARN,
                                   "changes will be seen only with SIGHUP",
                                   FIELD_TEXT("error.message", error.text));
        }
}

static void refuse_input(struct running *running, const struct error *error)
{
        metrics_add(running->daemon.metrics, METRIC_CONFIG_RELOAD_FAILURES, NULL, NULL, 1);
        metrics_set(running->daemon.metrics, METRIC_CONFIG_REFUSED, NULL, NULL, 1);
        logger_say(running->daemon.logger, LOG_ERROR, "configuration refused, the old one stays",
                   FIELD_TEXT("error.message", error->text));
}

static void replace_input(struct running *running, struct daemon_input *new)
{
        struct daemon_input old = running->input;

        running->input = *new;
        publish_input(running);
        logger_set_level(running->daemon.logger, (enum log_level) new->config->log_level);
        logger_say(running->daemon.logger, LOG_INFO, "configuration replaced",
                   FIELD_NUMBER("municipalities", (int64_t) new->config->municipality_count));
        warn_of_restart(running, &old);
        warn_of_missing(running);
        if (running->program->reloaded)
                running->program->reloaded(running->state, old.config, old.credentials);
        daemon_input_deinit(&old);
        watch_input(running);
}

static void reload(void *context)
{
        struct running *running = context;
        struct daemon_input new;
        struct error error = ERROR_NULL;

        if (running->draining || running->failed || !running->state)
                return;
        if (daemon_input_load(&new, running->program, running->config_path, &error) < 0) {
                refuse_input(running, &error);
                return;
        }
        if (daemon_input_equal(&running->input, &new)) {
                daemon_input_deinit(&new);
                publish_input(running);
                return;
        }
        replace_input(running, &new);
}

/* The admin port */

static bool is_ready(void *context, struct error *why)
{
        struct running *running = context;

        if (!running->state || running->draining) {
                error_set(why, "%s", running->draining ? "draining" : "starting");
                return false;
        }
        return running->program->ready(running->state, why);
}

static void collect(void *context)
{
        struct running *running = context;
        double longest_us = (double)loop_take_longest_turn_us(running->daemon.loop);

        metrics_set(running->daemon.metrics, METRIC_LOOP_LONGEST_TURN, NULL, NULL,
                    longest_us / 1e6);
        if (running->state && running->program->collect)
                running->program->collect(running->state);
}

static const char *admin_address(const struct daemon_program *program, const struct config *config)
{
        const struct {
                const char *name;
                const char *address;
        } all[] = {
                { "fetcher", config->fetcher.admin_address },
                { "reconciler", config->reconciler.admin_address },
                { "writer", config->writer.admin_address },
        };

        for (size_t i = 0; i < ARRAY_LENGTH(all); i++)
                if (strcmp(program->name, all[i].name) == 0)
                        return all[i].address;
        return "127.0.0.1:0";
}

/* The end */

static void give_up_draining(void *context)
{
        daemon_fail(
                context,
                "draining took longer than 65 s; what was left undone is done again after a start");
}

static void terminate(void *context)
{
        struct running *running = context;

        if (running->draining)
                _exit(EXIT_FAILED);
        running->draining = true;
        logger_say(running->daemon.logger, LOG_INFO, "draining");
        loop_timer_set(running->daemon.loop, &running->drain_deadline,
                       loop_now_ms(running->daemon.loop) + DRAIN_MAX_MS);
        tracer_flush(running->daemon.tracer);
        running->program->drain(running->state);
}

void daemon_drained(struct daemon *daemon)
{
        struct running *running = (struct running *)daemon;

        if (!running->failed)
                logger_say(daemon->logger, LOG_INFO, "drained");
        loop_stop(daemon->loop);
}

void daemon_fail(struct daemon *daemon, const char *reason)
{
        struct running *running = (struct running *)daemon;

        if (!running->failed)
                logger_say(daemon->logger, LOG_ERROR, "stopped",
                           FIELD_TEXT("error.message", reason));
        running->failed = true;
        loop_stop(daemon->loop);
}

static void exit_now(int signal)
{
        (void)signal;
        _exit(EXIT_FAILED);
}

/* Closing may block for some seconds, without a loop that could read signals. */
static void let_signals_kill(void)
{
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGINT);
        signal(SIGTERM, exit_now);
        signal(SIGINT, exit_now);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* Set-up */

static void write_instance(char *instance, size_t bytes)
{
        char host[HOST_NAME_MAX + 1] = ""; /* whole: what tells two pods apart is its end */

        gethostname(host, sizeof(host) - 1);
        snprintf(instance, bytes, "%s:%ld", host[0] != '\0' ? host : "localhost", (long)getpid());
}

static int set_up_cluster(struct running *running, struct error *error)
{
        struct daemon *daemon = &running->daemon;
        const struct config *config = running->input.config;

        running->kafka = json_incref(config->kafka);
        if (!topics_init(&daemon->topics, config->topics_prefix, (int32_t)config->topics_partitions,
                         (uint32_t)config->topics_epoch))
                return error_set(error, "topics.prefix does not make names that Kafka takes");
        daemon->cluster =
                (struct kafka_cluster){ running->kafka, &daemon->topics, running->client_id };
        return 0;
}

static int set_up(struct running *running, struct error *error)
{
        struct daemon *daemon = &running->daemon;
        const struct daemon_program *program = running->program;
        const struct config *config = running->input.config;

        running->reload_soon = (struct loop_timer){ .fn = reload, .context = running };
        running->drain_deadline = (struct loop_timer){ .fn = give_up_draining, .context = running };
        daemon->loop = loop_new(error);
        if (!daemon->loop || set_up_cluster(running, error) < 0)
                return -1;
        heap_begin(&running->heap, daemon->loop);
        daemon->logger = logger_new(
                daemon->loop, config->log_format == LOG_JSON ? running->client_id : program->name,
                (enum log_format)config->log_format, (enum log_level)config->log_level);
        daemon->metrics = metrics_new(program->metrics, program->metric_count);
        metrics_set(daemon->metrics, METRIC_BUILD_INFO, DPLSYNC_VERSION, NULL, 1);
        write_instance(daemon->instance, sizeof(daemon->instance));
        publish_input(running);
        daemon->tracer = tracer_new(daemon->loop, config, running->client_id, daemon->instance,
                                    daemon->metrics, METRIC_TRACE_DROPPED, daemon->logger, error);
        return config->tracing.endpoint && !daemon->tracer ? -1 : 0;
}

/* From here on signals are events, so that SIGTERM in the middle of it drains what has started. */
static int start(struct running *running, struct error *error)
{
        struct daemon *daemon = &running->daemon;
        const struct daemon_program *program = running->program;

        if (daemon_check_topics(program, &daemon->cluster, KAFKA_TIMEOUT_MS, error) < 0)
                return -1;
        running->admin =
                admin_new(daemon->loop, admin_address(program, daemon->config), program->name,
                          daemon->metrics, is_ready, collect, running, error);
        if (!running->admin || loop_signal(daemon->loop, SIGTERM, terminate, running, error) < 0 ||
            loop_signal(daemon->loop, SIGINT, terminate, running, error) < 0 ||
            loop_signal(daemon->loop, SIGHUP, reload, running, error) < 0)
                return -1;
        running->state = program->start(daemon, error);
        if (!running->state)
                return -1;
        watch_input(running);
        reload(running); /* it may have changed between its reading and the watch */
        logger_say(daemon->logger, LOG_INFO, "started",
                   FIELD_TEXT("service.version", DPLSYNC_VERSION),
                   FIELD_TEXT("service.instance.id", daemon->instance),
                   FIELD_NUMBER("admin.port", admin_port(running->admin)),
                   FIELD_NUMBER("municipalities", (int64_t)daemon->config->municipality_count));
        warn_of_missing(running);
        return 0;
}

static void tear_down(struct running *running)
{
        struct daemon *daemon = &running->daemon;

        if (running->state)
                running->program->stop(running->state);
        for (size_t i = 0; i < WATCHES_MAX; i++)
                watch_free(running->watches[i]);
        admin_free(running->admin);
        tracer_free(daemon->tracer);
        heap_end(&running->heap);
        if (daemon->loop) {
                loop_timer_stop(daemon->loop, &running->reload_soon);
                loop_timer_stop(daemon->loop, &running->drain_deadline);
        }
        logger_free(daemon->logger);
        metrics_free(daemon->metrics);
        loop_free(daemon->loop);
        json_decref(running->kafka);
}

static int run(struct running *running)
{
        struct error error = ERROR_NULL;
        int code = EXIT_DRAINED;

        if (set_up(running, &error) < 0) {
                say_error(running->program, &error);
                code = EXIT_FAILED;
        } else if (start(running, &error) < 0) {
                daemon_fail(&running->daemon, error.text);
        } else {
                loop_run(running->daemon.loop);
        }
        let_signals_kill();
        tear_down(running);
        return running->failed ? EXIT_FAILED : code;
}

static int load_and_run(const struct daemon_program *program, const char *config_path)
{
        struct running running = { .program = program, .config_path = config_path };
        _cleanup_(buffer_deinit) struct buffer client_id = BUFFER_NULL;
        struct error error = ERROR_NULL;

        if (daemon_input_load(&running.input, program, config_path, &error) < 0) {
                say_error(program, &error);
                return EXIT_CONFIG;
        }
        buffer_append_format(&client_id, "dplsync-%s", program->name);
        running.client_id = client_id.data;

        int code = run(&running);

        daemon_input_deinit(&running.input);
        return code;
}

int daemon_main(const struct daemon_program *program, int argc, char **argv)
{
        struct daemon_options options;

        heap_tame(program->kept_bytes);
        signal(SIGPIPE, SIG_IGN);
        daemon_options_read(&options, program, argc, argv);
        switch (options.task) {
        case DAEMON_SAID:
                return EXIT_DRAINED;
        case DAEMON_WRONG:
                return EXIT_CONFIG;
        case DAEMON_CHECK:
                return daemon_check(program, options.config_path);
        case DAEMON_RUN:
                break;
        }
        return load_and_run(program, options.config_path);
}
