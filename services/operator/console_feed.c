/* services/operator/console_feed.c
 *
 * An overview is built beside the one that is shown and takes its place when it is whole, so that a
 * page never mixes two moments, and a change of the configuration is only another list of rows.
 */
#include "operator/console_feed.h"

#include <libgen.h>

#include "base/memory.h"
#include "io/config_file.h"
#include "io/watch.h"
#include "operator/kafka_view.h"
#include "operator/overview_reader.h"

enum {
        LOOK_EVERY_MS = 2000,
        LETTERS_MAX = 20000,
        LETTERS_BYTES_MAX = 64 << 20,
};

struct console_feed {
        struct desk *desk;
        struct logger *logger;
        struct config *config; /* as it is now; the desk keeps that of the start */
        struct watch *watch;

        struct redis *redis;
        bool redis_up;
        struct loop_timer look;
        struct overview shown;
        struct overview coming;
        bool looking;
        struct error redis_trouble;

        struct kafka_consumer *reader;
        size_t catching_up; /* partitions whose end was not seen yet */
        struct outcomes outcomes;
        struct dead_letters letters;
        struct error kafka_trouble;
};

/* Redis */

static void count_letters(const struct console_feed *feed, struct overview *overview)
{
        const struct letter *letter;

        for (size_t i = 0; i < overview->count; i++)
                overview->rows[i].dead_letters = 0;
        for (letter = feed->letters.oldest; letter; letter = letter->next) {
                struct overview_row *row = overview_row(overview, letter->municipality);

                if (letter->fate != LETTER_WAITS)
                        continue;
                if (row)
                        row->dead_letters++;
                else
                        overview->strays++;
        }
}

static void on_read(void *context, const char *reason)
{
        struct console_feed *feed = context;

        feed->looking = false;
        if (reason) {
                error_set(&feed->redis_trouble, "%s", reason);
                overview_deinit(&feed->coming);
                return;
        }
        feed->redis_trouble = (struct error)ERROR_NULL;
        count_letters(feed, &feed->coming);
        overview_judge(&feed->coming, loop_now_ms(feed->desk->loop));
        overview_deinit(&feed->shown);
        feed->shown = feed->coming;
        feed->coming = (struct overview){ .count = 0 };
}

static void look(void *context)
{
        struct console_feed *feed = context;

        loop_timer_set(feed->desk->loop, &feed->look,
                       loop_now_ms(feed->desk->loop) + LOOK_EVERY_MS);
        if (feed->looking || !feed->redis_up || feed->config->municipality_count == 0)
                return;
        overview_init(&feed->coming, feed->config);
        feed->looking = overview_read(feed->redis, feed->coming.rows, feed->coming.count, on_read,
                                      feed, &feed->redis_trouble) == 0;
        if (!feed->looking)
                overview_deinit(&feed->coming);
}

static void on_redis_state(void *context, bool up, const char *reason)
{
        struct console_feed *feed = context;

        feed->redis_up = up;
        if (up) {
                look(feed);
                return;
        }
        error_set(&feed->redis_trouble, "Redis cannot be reached, so the rows below are old: %s",
                  reason);
        logger_say(feed->logger, LOG_WARN, "redis is down; the page shows what was last read",
                   FIELD_TEXT("error.message", reason));
}

/* Kafka */

static void on_record(void *context, const struct kafka_record *record)
{
        struct console_feed *feed = context;
        const struct record view = kafka_view(record);

        if (record->topic == TOPIC_RESULTS)
                outcomes_take(&feed->outcomes, record->value, record->headers);
        else
                dead_letters_take(&feed->letters, &view);
}

static void on_end(void *context, enum topic topic, int32_t partition, int64_t offset)
{
        struct console_feed *feed = context;

        (void)topic;
        (void)partition;
        (void)offset;
        if (feed->catching_up > 0)
                feed->catching_up--;
}

/* Retention was faster. */
static void on_out_of_range(void *context, enum topic topic, int32_t partition, int64_t low,
                            int64_t high)
{
        struct console_feed *feed = context;

        (void)high;
        kafka_start(feed->reader, topic, partition, low);
}

static void on_kafka_failed(void *context, const char *reason, bool fatal)
{
        struct console_feed *feed = context;

        (void)fatal;
        error_set(&feed->kafka_trouble,
                  "Kafka cannot be reached, so outcomes and dead letters are old: %s", reason);
        logger_say(feed->logger, LOG_WARN, "kafka is in trouble",
                   FIELD_TEXT("error.message", reason));
}

static int start_reader(struct console_feed *feed, struct error *error)
{
        static const struct kafka_handlers handlers = { .record = on_record,
                                                        .end = on_end,
                                                        .out_of_range = on_out_of_range,
                                                        .failed = on_kafka_failed };
        static const enum topic topics[] = { TOPIC_RESULTS, TOPIC_DEAD_LETTERS };

        feed->reader =
                kafka_reader_new(feed->desk->loop, &feed->desk->cluster, &handlers, feed, error);
        if (!feed->reader)
                return -1;
        for (size_t i = 0; i < ARRAY_LENGTH(topics); i++) {
                for (int32_t j = 0; j < feed->desk->topics.partitions; j++)
                        kafka_start(feed->reader, topics[i], j, KAFKA_BEGIN);
                feed->catching_up += (size_t)feed->desk->topics.partitions;
        }
        return 0;
}

/* The configuration */

static void on_config_changed(void *context)
{
        struct console_feed *feed = context;
        struct error error = ERROR_NULL;
        struct config *config = config_file_load(feed->desk->config_path, &error);

        if (!config) {
                logger_say(feed->logger, LOG_WARN,
                           "the new configuration is refused, the old one stays",
                           FIELD_TEXT("error.message", error.text));
                return;
        }
        config_free(feed->config);
        feed->config = config;
        look(feed);
}

static int watch_config(struct console_feed *feed, struct error *error)
{
        _cleanup_(freep) char *path = memory_copy_text(feed->desk->config_path);

        feed->config = config_file_load(feed->desk->config_path, error);
        if (!feed->config)
                return -1;
        feed->watch =
                watch_new(feed->desk->loop, dirname(path), false, on_config_changed, feed, error);
        return feed->watch ? 0 : -1;
}

/* Life */

struct console_feed *console_feed_new(struct desk *desk, struct logger *logger, struct error *error)
{
        struct console_feed *feed = memory_new(sizeof(*feed));
        const struct dead_letters_bounds bounds = { LETTERS_MAX, LETTERS_BYTES_MAX };

        feed->desk = desk;
        feed->logger = logger;
        feed->look = (struct loop_timer){ .fn = look, .context = feed };
        dead_letters_init(&feed->letters, &bounds, NULL);
        if (watch_config(feed, error) == 0)
                feed->redis =
                        redis_new(desk->loop, desk->config->redis_url,
                                  desk->config->redis_deadline_ms, on_redis_state, feed, error);
        if (!feed->redis || start_reader(feed, error) < 0) {
                console_feed_free(feed);
                return NULL;
        }
        look(feed);
        return feed;
}

void console_feed_free(struct console_feed *feed)
{
        if (!feed)
                return;
        loop_timer_stop(feed->desk->loop, &feed->look);
        watch_free(feed->watch);
        redis_free(feed->redis);
        kafka_consumer_free(feed->reader);
        overview_deinit(&feed->coming);
        overview_deinit(&feed->shown);
        outcomes_deinit(&feed->outcomes);
        dead_letters_deinit(&feed->letters);
        config_free(feed->config);
        free(feed);
}

const struct overview *console_feed_overview(const struct console_feed *feed)
{
        return &feed->shown;
}

const struct outcomes *console_feed_outcomes(const struct console_feed *feed)
{
        return &feed->outcomes;
}

const struct dead_letters *console_feed_letters(const struct console_feed *feed)
{
        return &feed->letters;
}

bool console_feed_caught_up(const struct console_feed *feed)
{
        return feed->catching_up == 0;
}

const char *console_feed_trouble(const struct console_feed *feed)
{
        if (feed->redis_trouble.text[0])
                return feed->redis_trouble.text;
        return kafka_consumer_ready(feed->reader) ? "" : feed->kafka_trouble.text;
}

struct redis *console_feed_redis(const struct console_feed *feed)
{
        return feed->redis;
}
