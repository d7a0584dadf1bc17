/* common/io/kafka_config.c
 *
 * Why each value is what it is was measured (DESIGN.md "Libraries and their traps"). Two rules bind
 * several of them together:
 * - message.timeout.ms stays below session.timeout.ms: what a zombie still has queued has failed
 *   before the next owner of its partitions writes, so it cannot win compaction late.
 * - offsets are ours alone: no automatic store, commit or reset.
 */
#include "io/kafka_config.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/settings.h"
#include "io/kafka_socket.h"

enum { REASON_BYTES = 256, MEANING_BYTES = 32 };

struct property {
        const char *name;
        const char *value; /* NULL: has no value of ours, but is not the operator's either */
        unsigned use;      /* enum kafka_use */
        enum { OURS, DEFAULT, DEFAULT_IF_KNOWN } kind;
};

static const struct property properties[] = {
        { "socket.nagle.disable", "true", KAFKA_FOR_ALL, DEFAULT },
        { "reconnect.backoff.max.ms", "1000", KAFKA_FOR_ALL, DEFAULT },

        { "partition.assignment.strategy", "range", KAFKA_FOR_CONSUMER, OURS },
        { "enable.auto.commit", "false", KAFKA_FOR_CONSUMER, OURS },
        { "enable.auto.offset.store", "false", KAFKA_FOR_CONSUMER, OURS },
        { "auto.offset.reset", "error", KAFKA_FOR_CONSUMER, OURS },
        { "enable.partition.eof", "true", KAFKA_FOR_CONSUMER, OURS },
        { "allow.auto.create.topics", "false", KAFKA_FOR_CONSUMER | KAFKA_FOR_ADMIN, OURS },
        { "group.id", NULL, KAFKA_FOR_ALL, OURS },
        { "group.instance.id", NULL, KAFKA_FOR_ALL, OURS },
        { "group.protocol", NULL, KAFKA_FOR_ALL, OURS },
        { "isolation.level", "read_committed", KAFKA_FOR_CONSUMER, DEFAULT },
        { "heartbeat.interval.ms", "500", KAFKA_FOR_CONSUMER, DEFAULT },
        { "session.timeout.ms", "10000", KAFKA_FOR_ALL, DEFAULT },
        { "fetch.max.bytes", "16777216", KAFKA_FOR_CONSUMER, DEFAULT },
        { "queued.max.messages.kbytes", "16384", KAFKA_FOR_CONSUMER, DEFAULT },
        { "queued.max.messages.kbytes", "65536", KAFKA_FOR_BULK, DEFAULT },
        { "fetch.wait.max.ms", "50", KAFKA_FOR_READER, DEFAULT },
        { "fetch.queue.backoff.ms", "10", KAFKA_FOR_CONSUMER, DEFAULT_IF_KNOWN },

        { "enable.idempotence", "true", KAFKA_FOR_PRODUCER, OURS },
        { "acks", "all", KAFKA_FOR_PRODUCER, OURS },
        { "request.required.acks", NULL, KAFKA_FOR_ALL, OURS },
        { "transactional.id", NULL, KAFKA_FOR_ALL, OURS },
        { "message.timeout.ms", "8000", KAFKA_FOR_ALL, DEFAULT },
        /* A request is for one partition, and five may be under way: with 5 ms over two dozen
         * partitions nearly every record is a request of its own, and a writer whose sites answer
         * at once waits for Kafka (6,700 to 10,300 PATCHes a second with 5 ms, 9,200 to 14,100
         * with 20, for a fifth less CPU). */
        { "linger.ms", "20", KAFKA_FOR_PRODUCER, DEFAULT },
        { "compression.codec", "lz4", KAFKA_FOR_PRODUCER, DEFAULT },
        { "queue.buffering.max.kbytes", "65536", KAFKA_FOR_PRODUCER, DEFAULT },
        /* A dead letter is its original and some headers more. */
        { "message.max.bytes", "2097152", KAFKA_FOR_PRODUCER, DEFAULT },
};

void kafka_config_freep(rd_kafka_conf_t **conf)
{
        if (*conf)
                rd_kafka_conf_destroy(*conf);
}

/* librdkafka tells the names of those that have a value only. */
static const char *const without_value[] = {
        "bootstrap.servers",        "sasl.mechanism",   "sasl.username",    "sasl.password",
        "ssl.ca.location",          "ssl.ca.pem",       "ssl.key.location", "ssl.key.pem",
        "ssl.certificate.location", "ssl.key.password",
};

/* The known name nearest to `name`, for the sentence that refuses it. */
static void refuse_unknown(rd_kafka_conf_t *conf, const char *name, struct error *error)
{
        size_t count, used = 0;
        const char **dump = rd_kafka_conf_dump(conf, &count); /* names and values in turn */
        _cleanup_(freep) const char **names =
                memory_new((count / 2 + ARRAY_LENGTH(without_value) + 1) * sizeof(*names));
        const char *nearest;

        for (size_t i = 0; i < count; i += 2)
                names[used++] = dump[i];
        for (size_t i = 0; i < ARRAY_LENGTH(without_value); i++)
                names[used++] = without_value[i];
        nearest = settings_nearest(name, names);
        if (nearest)
                error_set(error, "kafka: %.64s: no such property; did you mean %s?", name, nearest);
        else
                error_set(error, "kafka: %.64s: no such property of librdkafka", name);
        rd_kafka_conf_dump_free(dump, count);
}

int kafka_config_set(rd_kafka_conf_t *conf, const char *name, const char *value,
                     struct error *error)
{
        char reason[REASON_BYTES];

        switch (rd_kafka_conf_set(conf, name, value, reason, sizeof(reason))) {
        case RD_KAFKA_CONF_OK:
                return 0;
        case RD_KAFKA_CONF_UNKNOWN:
                refuse_unknown(conf, name, error);
                return -1;
        default:
                return error_set(error, "kafka: %s", reason);
        }
}

static int set_our_own(rd_kafka_conf_t *conf, unsigned use, struct error *error)
{
        for (size_t i = 0; i < ARRAY_LENGTH(properties); i++) {
                const struct property *property = &properties[i];

                if (!property->value || !(property->use & use))
                        continue;
                if (property->kind == DEFAULT_IF_KNOWN)
                        rd_kafka_conf_set(conf, property->name, property->value, NULL, 0);
                else if (kafka_config_set(conf, property->name, property->value, error) < 0)
                        return -1;
        }
        return 0;
}

static bool is_ours(const char *name)
{
        for (size_t i = 0; i < ARRAY_LENGTH(properties); i++)
                if (properties[i].kind == OURS && strcmp(properties[i].name, name) == 0)
                        return true;
        return false;
}

static int set_the_operators(rd_kafka_conf_t *conf, const json_t *given, struct error *error)
{
        const char *name;
        json_t *value;

        json_object_foreach((json_t *)given, name, value) {
                if (is_ours(name))
                        return error_set(error,
                                         "kafka: %s: dplsync sets this itself, since its promises "
                                         "hang on it; leave it out",
                                         name);
                if (!json_is_string(value))
                        return error_set(
                                error,
                                "kafka: %s: must be a text in quotes, such as \"true\" or \"100\"",
                                name);
                if (kafka_config_set(conf, name, json_string_value(value), error) < 0)
                        return -1;
        }
        return 0;
}

long kafka_config_number(const rd_kafka_conf_t *conf, const char *name)
{
        char text[MEANING_BYTES];
        size_t bytes = sizeof(text);

        if (rd_kafka_conf_get(conf, name, text, &bytes) != RD_KAFKA_CONF_OK)
                return -1;
        return strtol(text, NULL, 10);
}

static int check_together(const rd_kafka_conf_t *conf, const struct kafka_cluster *cluster,
                          struct error *error)
{
        const char *brokers =
                json_string_value(json_object_get(cluster->properties, "bootstrap.servers"));
        long message_ms = kafka_config_number(conf, "message.timeout.ms");
        long session_ms = kafka_config_number(conf, "session.timeout.ms");

        if (!brokers && !json_object_get(cluster->properties, "metadata.broker.list"))
                return error_set(error,
                                 "kafka: bootstrap.servers is missing; name the brokers, such as "
                                 "\"kafka-1:9092,kafka-2:9092\"");
        if (message_ms <= 0 || message_ms >= session_ms)
                return error_set(error,
                                 "kafka: message.timeout.ms (%ld) must be below session.timeout.ms "
                                 "(%ld): else a record of a process that has lost its partitions "
                                 "can come after those of the next owner",
                                 message_ms, session_ms);
        return 0;
}

/* librdkafka's own lines would go to standard error, between ours. What matters in them comes as an
 * error, too. Who sets `debug` wants to see them. */
static void drop_line(const rd_kafka_t *rk, int level, const char *facility, const char *line)
{
        (void)rk;
        (void)level;
        (void)facility;
        (void)line;
}

rd_kafka_conf_t *kafka_config_new(const struct kafka_cluster *cluster, unsigned use,
                                  struct error *error)
{
        _cleanup_(kafka_config_freep) rd_kafka_conf_t *conf = rd_kafka_conf_new();

        if (kafka_config_set(conf, "client.id", cluster->client_id, error) < 0 ||
            set_our_own(conf, use, error) < 0 ||
            set_the_operators(conf, cluster->properties, error) < 0 ||
            check_together(conf, cluster, error) < 0)
                return NULL;
        kafka_socket_set(conf);
        if (!json_object_get(cluster->properties, "debug"))
                rd_kafka_conf_set_log_cb(conf, drop_line);
        return TAKE_PTR(conf);
}

rd_kafka_t *kafka_config_open(rd_kafka_conf_t *conf, rd_kafka_type_t type, struct error *error)
{
        char reason[REASON_BYTES];
        rd_kafka_t *rk = rd_kafka_new(type, conf, reason, sizeof(reason));

        if (!rk) {
                rd_kafka_conf_destroy(conf);
                error_set(error, "kafka: %s", reason);
        }
        return rk;
}

/* Before 2.6.1 librdkafka repeated its own nonce in the last message of SCRAM, which Kafka has
 * refused since 4.0; to both sides that looks like a wrong password. */
static bool scram_may_fail(const struct kafka_cluster *cluster)
{
        const char *mechanism = json_member_text(cluster->properties, "sasl.mechanism");

        if (!mechanism)
                mechanism = json_member_text(cluster->properties, "sasl.mechanisms");
        return mechanism && strncmp(mechanism, "SCRAM-", 6) == 0 && rd_kafka_version() < 0x020601ff;
}

const char *kafka_config_advice(const struct kafka_cluster *cluster)
{
        if (scram_may_fail(cluster))
                return "librdkafka before 2.6.1 cannot log in with SCRAM at Kafka 4.0 or newer: "
                       "use PLAIN over TLS, or a newer librdkafka (Debian 13)";
        return "are bootstrap.servers, the log-in and the network right?";
}

int kafka_check_properties(const struct kafka_cluster *cluster, struct error *error)
{
        _cleanup_(kafka_config_freep) rd_kafka_conf_t *conf =
                kafka_config_new(cluster, KAFKA_FOR_ALL, error);

        return conf ? 0 : -1;
}
