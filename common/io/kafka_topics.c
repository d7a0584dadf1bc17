/* common/io/kafka_topics.c
 *
 * Looking at topics and creating them, through a handle that lives for one call. It is a consumer,
 * since asking about a topic as a producer would create it where the brokers do so by themselves.
 * Admin results carry their errors per item: each topic has a report of its own.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "io/kafka_config.h"
#include "io/steady.h"
#include "model/topic_settings.h"

enum { REASON_BYTES = 256, BEST_REPLICATION = 3, SAFE_IN_SYNC = 2, SETTLE_PAUSE_US = 50000 };

/* One conversation with the brokers. */
struct talk {
        const struct kafka_cluster *cluster;
        rd_kafka_t *rk;
        rd_kafka_queue_t *queue;
        int64_t until_ms; /* by the steady clock */
        int brokers;
        char last_reason[REASON_BYTES]; /* why a connection failed */
};

static int left_ms(const struct talk *talk)
{
        int64_t left = talk->until_ms - steady_ms();

        return left > 1 ? (int)left : 1;
}

static const char *name_of(const struct talk *talk, enum topic topic)
{
        return talk->cluster->topics->names[topic];
}

/* The first reason says more than the last, which is that all brokers are down. */
static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
        struct talk *talk = opaque;

        (void)rk;
        if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
                text_copy(talk->last_reason, sizeof(talk->last_reason), reason);
}

static int talk_begin(struct talk *talk, const struct kafka_cluster *cluster, int64_t timeout_ms,
                      struct error *error)
{
        rd_kafka_conf_t *conf = kafka_config_new(cluster, KAFKA_FOR_ADMIN, error);

        if (!conf)
                return -1;
        *talk = (struct talk){ .cluster = cluster, .until_ms = steady_ms() + timeout_ms };
        rd_kafka_conf_set_opaque(conf, talk);
        rd_kafka_conf_set_error_cb(conf, on_error);
        talk->rk = kafka_config_open(conf, RD_KAFKA_CONSUMER, error);
        if (!talk->rk)
                return -1;
        talk->queue = rd_kafka_queue_new(talk->rk);
        return 0;
}

static void talk_end(struct talk *talk)
{
        if (talk->queue)
                rd_kafka_queue_destroy(talk->queue);
        if (talk->rk)
                rd_kafka_destroy_flags(talk->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

static int no_answer(struct talk *talk, rd_kafka_resp_err_t code, struct error *error)
{
        rd_kafka_poll(talk->rk, 0);
        return error_set(error, "kafka: the brokers do not answer: %s; %s",
                         talk->last_reason[0] ? talk->last_reason : rd_kafka_err2str(code),
                         kafka_config_advice(talk->cluster));
}

/* NULL and a reason if the answer does not come in time or is an error as a whole. */
static rd_kafka_event_t *await(struct talk *talk, struct error *error)
{
        rd_kafka_event_t *event = rd_kafka_queue_poll(talk->queue, left_ms(talk));

        if (!event) {
                no_answer(talk, RD_KAFKA_RESP_ERR__TIMED_OUT, error);
                return NULL;
        }
        if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR)
                return event;
        error_set(error, "kafka: %s", rd_kafka_event_error_string(event));
        rd_kafka_event_destroy(event);
        return NULL;
}

static struct kafka_topic_report *report_of(const struct talk *talk,
                                            struct kafka_topic_report *reports, size_t count,
                                            const char *name)
{
        enum topic topic = topics_find(talk->cluster->topics, name);

        for (size_t i = 0; i < count; i++)
                if (reports[i].topic == topic)
                        return &reports[i];
        return NULL;
}

static void say(struct kafka_topic_report *report, enum kafka_topic_state state, const char *text)
{
        report->state = state;
        text_copy(report->said, sizeof(report->said), text);
}

/* Partitions and replication */

static void look_at_metadata(const struct talk *talk, const rd_kafka_metadata_topic_t *found,
                             struct kafka_topic_report *report)
{
        char text[sizeof(report->said)];

        if (found->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
                return;
        if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
                say(report, KAFKA_TOPIC_WRONG, rd_kafka_err2str(found->err));
                return;
        }
        report->state = KAFKA_TOPIC_RIGHT;
        report->partitions = found->partition_cnt;
        if (found->partition_cnt > 0)
                report->replication = found->partitions[0].replica_cnt;
        if (found->partition_cnt == talk->cluster->topics->partitions)
                return;
        snprintf(
                text, sizeof(text),
                "has %d partitions, but topics.partitions is %d; set topics.partitions to what the "
                "topics have, or let topics.prefix name new ones",
                found->partition_cnt, (int)talk->cluster->topics->partitions);
        say(report, KAFKA_TOPIC_WRONG, text);
}

/* librdkafka asks about the topics that it has a handle of. */
static int read_metadata(struct talk *talk, struct kafka_topic_report *reports, size_t count,
                         struct error *error)
{
        rd_kafka_topic_t *handles[TOPIC_COUNT];
        const struct rd_kafka_metadata *metadata = NULL;

        for (size_t i = 0; i < count; i++)
                handles[i] = rd_kafka_topic_new(talk->rk, name_of(talk, reports[i].topic), NULL);

        rd_kafka_resp_err_t code = rd_kafka_metadata(talk->rk, 0, NULL, &metadata, left_ms(talk));

        for (size_t i = 0; i < count; i++)
                rd_kafka_topic_destroy(handles[i]);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
                return no_answer(talk, code, error);
        talk->brokers = metadata->broker_cnt;
        for (int i = 0; i < metadata->topic_cnt; i++) {
                struct kafka_topic_report *report =
                        report_of(talk, reports, count, metadata->topics[i].topic);

                if (report)
                        look_at_metadata(talk, &metadata->topics[i], report);
        }
        rd_kafka_metadata_destroy(metadata);
        return 0;
}

/* Settings */

struct entries {
        const rd_kafka_ConfigEntry_t **items;
        size_t count;
};

static const char *entry_value(void *context, const char *name)
{
        const struct entries *entries = context;

        for (size_t i = 0; i < entries->count; i++)
                if (strcmp(rd_kafka_ConfigEntry_name(entries->items[i]), name) == 0)
                        return rd_kafka_ConfigEntry_value(entries->items[i]);
        return NULL;
}

static void look_at_settings(const struct talk *talk, const rd_kafka_ConfigResource_t *found,
                             struct kafka_topic_report *report)
{
        _cleanup_(buffer_deinit) struct buffer wrong = BUFFER_NULL;
        _cleanup_(buffer_deinit) struct buffer advice = BUFFER_NULL;
        struct entries entries = { 0 };

        if (report->state != KAFKA_TOPIC_RIGHT)
                return;
        if (rd_kafka_ConfigResource_error(found) != RD_KAFKA_RESP_ERR_NO_ERROR) {
                buffer_append_format(&advice,
                                     "its settings cannot be read (%s), so they were not checked",
                                     rd_kafka_err2str(rd_kafka_ConfigResource_error(found)));
        } else {
                entries.items = rd_kafka_ConfigResource_configs(found, &entries.count);
                topic_settings_check(report->topic, entry_value, &entries, &wrong, &advice);
        }
        if (report->replication < BEST_REPLICATION && report->replication < talk->brokers)
                buffer_append_format(&advice, "%sit has %d replica%s, advised are %d",
                                     advice.length > 0 ? "; " : "", (int)report->replication,
                                     report->replication == 1 ? "" : "s",
                                     talk->brokers < BEST_REPLICATION ? talk->brokers
                                                                      : BEST_REPLICATION);
        if (wrong.length > 0) {
                buffer_append_text(
                        &wrong, "; change it with kafka-configs.sh --alter --entity-type topics");
                say(report, KAFKA_TOPIC_WRONG, wrong.data);
        } else if (advice.length > 0) {
                say(report, KAFKA_TOPIC_RIGHT, advice.data);
        }
}

static void ask_settings(struct talk *talk, const struct kafka_topic_report *reports, size_t count)
{
        char reason[REASON_BYTES];
        rd_kafka_ConfigResource_t *resources[TOPIC_COUNT];
        size_t asked = 0;
        rd_kafka_AdminOptions_t *options =
                rd_kafka_AdminOptions_new(talk->rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);

        for (size_t i = 0; i < count; i++)
                if (reports[i].state == KAFKA_TOPIC_RIGHT)
                        resources[asked++] = rd_kafka_ConfigResource_new(
                                RD_KAFKA_RESOURCE_TOPIC, name_of(talk, reports[i].topic));
        rd_kafka_AdminOptions_set_request_timeout(options, left_ms(talk), reason, sizeof(reason));
        rd_kafka_DescribeConfigs(talk->rk, resources, asked, options, talk->queue);
        rd_kafka_AdminOptions_destroy(options);
        rd_kafka_ConfigResource_destroy_array(resources, asked);
}

static bool any_in(const struct kafka_topic_report *reports, size_t count,
                   enum kafka_topic_state state)
{
        for (size_t i = 0; i < count; i++)
                if (reports[i].state == state)
                        return true;
        return false;
}

static int read_settings(struct talk *talk, struct kafka_topic_report *reports, size_t count,
                         struct error *error)
{
        size_t found_count = 0;

        if (!any_in(reports, count, KAFKA_TOPIC_RIGHT))
                return 0;
        ask_settings(talk, reports, count);

        rd_kafka_event_t *event = await(talk, error);

        if (!event)
                return -1;

        const rd_kafka_ConfigResource_t **found = rd_kafka_DescribeConfigs_result_resources(
                rd_kafka_event_DescribeConfigs_result(event), &found_count);

        for (size_t i = 0; i < found_count; i++) {
                struct kafka_topic_report *report =
                        report_of(talk, reports, count, rd_kafka_ConfigResource_name(found[i]));

                if (report)
                        look_at_settings(talk, found[i], report);
        }
        rd_kafka_event_destroy(event);
        return 0;
}

static int look(struct talk *talk, const enum topic *topics, size_t count,
                struct kafka_topic_report *reports, struct error *error)
{
        for (size_t i = 0; i < count; i++)
                reports[i] = (struct kafka_topic_report){ .topic = topics[i],
                                                          .state = KAFKA_TOPIC_MISSING };
        if (read_metadata(talk, reports, count, error) < 0)
                return -1;
        return read_settings(talk, reports, count, error);
}

int kafka_describe_topics(const struct kafka_cluster *cluster, const enum topic *topics,
                          size_t count, int64_t timeout_ms, struct kafka_topic_report *reports,
                          struct error *error)
{
        _cleanup_(talk_end) struct talk talk = { 0 };

        if (talk_begin(&talk, cluster, timeout_ms, error) < 0)
                return -1;
        return look(&talk, topics, count, reports, error);
}

/* One sentence for all that is wrong. */
static int sum_up(const struct kafka_cluster *cluster, const struct kafka_topic_report *reports,
                  size_t count, struct error *error)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        for (size_t i = 0; i < count; i++) {
                const char *name = cluster->topics->names[reports[i].topic];
                const char *separator = text.length > 0 ? ". " : "";

                if (reports[i].state == KAFKA_TOPIC_WRONG)
                        buffer_append_format(&text, "%stopic %s: %s", separator, name,
                                             reports[i].said);
                else if (reports[i].state == KAFKA_TOPIC_MISSING)
                        buffer_append_format(&text, "%stopic %s does not exist", separator, name);
        }
        if (text.length == 0)
                return 0;
        return error_set(
                error, "kafka: %s%s",
                any_in(reports, count, KAFKA_TOPIC_MISSING) ? "run `dplsync topics create`: " : "",
                text.data);
}

int kafka_check_topics(const struct kafka_cluster *cluster, const enum topic *topics, size_t count,
                       int64_t timeout_ms, struct error *error)
{
        struct kafka_topic_report reports[TOPIC_COUNT];

        if (kafka_describe_topics(cluster, topics, count, timeout_ms, reports, error) < 0)
                return -1;
        return sum_up(cluster, reports, count, error);
}

/* Creating */

static rd_kafka_NewTopic_t *new_topic(const struct talk *talk, enum topic topic,
                                      int32_t replication)
{
        char reason[REASON_BYTES];
        char text[16];
        rd_kafka_NewTopic_t *new =
                rd_kafka_NewTopic_new(name_of(talk, topic), talk->cluster->topics->partitions,
                                      replication, reason, sizeof(reason));

        if (!new)
                return NULL;
        for (size_t i = 0; i < topic_settings_count; i++)
                if (topic_settings[i].topic == topic)
                        rd_kafka_NewTopic_set_config(new, topic_settings[i].name,
                                                     topic_settings[i].value);
        if (replication >= BEST_REPLICATION) {
                snprintf(text, sizeof(text), "%d", SAFE_IN_SYNC);
                rd_kafka_NewTopic_set_config(new, "min.insync.replicas", text);
        }
        return new;
}

static void ask_creation(struct talk *talk, const struct kafka_topic_report *reports,
                         int32_t replication, bool dry_run)
{
        char reason[REASON_BYTES];
        rd_kafka_NewTopic_t *topics[TOPIC_COUNT];
        size_t count = 0;
        rd_kafka_AdminOptions_t *options =
                rd_kafka_AdminOptions_new(talk->rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);

        for (size_t i = 0; i < TOPIC_COUNT; i++) {
                if (reports[i].state != KAFKA_TOPIC_MISSING)
                        continue;
                topics[count] = new_topic(talk, reports[i].topic, replication);
                count += topics[count] != NULL;
        }
        rd_kafka_AdminOptions_set_request_timeout(options, left_ms(talk), reason, sizeof(reason));
        rd_kafka_AdminOptions_set_operation_timeout(options, left_ms(talk), reason, sizeof(reason));
        rd_kafka_AdminOptions_set_validate_only(options, dry_run, reason, sizeof(reason));
        rd_kafka_CreateTopics(talk->rk, topics, count, options, talk->queue);
        rd_kafka_AdminOptions_destroy(options);
        rd_kafka_NewTopic_destroy_array(topics, count);
}

static void take_creation(const struct talk *talk, const rd_kafka_topic_result_t *result,
                          int32_t replication, struct kafka_topic_report *report)
{
        rd_kafka_resp_err_t code = rd_kafka_topic_result_error(result);
        const char *reason = rd_kafka_topic_result_error_string(result);

        if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
                return;
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
                say(report, KAFKA_TOPIC_FAILED, reason ? reason : rd_kafka_err2str(code));
                return;
        }
        say(report, KAFKA_TOPIC_CREATED, "");
        report->partitions = talk->cluster->topics->partitions;
        report->replication = replication;
}

static int create(struct talk *talk, int32_t replication, bool dry_run,
                  struct kafka_topic_report *reports, struct error *error)
{
        size_t count = 0;

        ask_creation(talk, reports, replication, dry_run);

        rd_kafka_event_t *event = await(talk, error);

        if (!event)
                return -1;

        const rd_kafka_topic_result_t **results = rd_kafka_CreateTopics_result_topics(
                rd_kafka_event_CreateTopics_result(event), &count);

        for (size_t i = 0; i < count; i++) {
                struct kafka_topic_report *report = report_of(
                        talk, reports, TOPIC_COUNT, rd_kafka_topic_result_name(results[i]));

                if (report)
                        take_creation(talk, results[i], replication, report);
        }
        rd_kafka_event_destroy(event);
        return 0;
}

/* A broker learns of a new topic a little later than the controller: wait, so that whoever is
 * started next finds it. What still counts as missing was made by somebody else in the meantime,
 * and is looked at. */
static int settle(struct talk *talk, const enum topic *topics, struct kafka_topic_report *reports,
                  struct error *error)
{
        struct kafka_topic_report seen[TOPIC_COUNT];

        for (;;) {
                bool all = true;

                if (look(talk, topics, TOPIC_COUNT, seen, error) < 0)
                        return -1;
                for (size_t i = 0; i < TOPIC_COUNT; i++) {
                        all = all && (seen[i].state != KAFKA_TOPIC_MISSING ||
                                      reports[i].state == KAFKA_TOPIC_FAILED);
                        if (reports[i].state == KAFKA_TOPIC_MISSING)
                                reports[i] = seen[i];
                }
                if (all || steady_ms() >= talk->until_ms)
                        return 0;
                usleep(SETTLE_PAUSE_US);
        }
}

int kafka_create_topics(const struct kafka_cluster *cluster, int32_t replication, bool dry_run,
                        int64_t timeout_ms, struct kafka_topic_report reports[TOPIC_COUNT],
                        struct error *error)
{
        _cleanup_(talk_end) struct talk talk = { 0 };
        enum topic all[TOPIC_COUNT];

        for (enum topic topic = 0; topic < TOPIC_COUNT; topic++)
                all[topic] = topic;
        if (talk_begin(&talk, cluster, timeout_ms, error) < 0 ||
            look(&talk, all, TOPIC_COUNT, reports, error) < 0)
                return -1;
        if (!any_in(reports, TOPIC_COUNT, KAFKA_TOPIC_MISSING))
                return 0;
        if (replication == 0)
                replication = talk.brokers < BEST_REPLICATION ? talk.brokers : BEST_REPLICATION;
        if (create(&talk, replication, dry_run, reports, error) < 0)
                return -1;
        return dry_run ? 0 : settle(&talk, all, reports, error);
}
