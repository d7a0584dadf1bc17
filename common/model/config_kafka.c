/* common/model/config_kafka.c
 *
 * The properties of librdkafka are its own to check (io/kafka.h); here they become texts, those of
 * the file under those of the environment.
 */
#include "model/config_parts.h"

#include <inttypes.h>
#include <stdio.h>

/* Properties of librdkafka that the environment can set although the file does not have them. */
static const char *const kafka_variables[] = {
        "bootstrap.servers",
        "security.protocol",
        "sasl.mechanism",
        "sasl.mechanisms",
        "sasl.username",
        "sasl.password",
        "ssl.ca.location",
        "ssl.certificate.location",
        "ssl.key.location",
        "ssl.key.password",
        "client.rack",
        "debug",
        "sasl.oauthbearer.config",
};

static int kafka_take(json_t *kafka, const char *name, const json_t *value, struct error *error)
{
        char number[32];

        if (json_is_string(value))
                return json_object_set_new(kafka, name, json_string(json_string_value(value)));
        if (json_is_boolean(value))
                return json_object_set_new(kafka, name,
                                           json_string(json_is_true(value) ? "true" : "false"));
        if (json_is_integer(value)) {
                snprintf(number, sizeof(number), "%" PRId64, (int64_t)json_integer_value(value));
                return json_object_set_new(kafka, name, json_string(number));
        }
        return error_set(error, "kafka: %.64s: expected is a string, an integer, true or false",
                         name);
}

static int kafka_override(json_t *kafka, const char *name, settings_environment_fn *get,
                          void *context, struct error *error)
{
        char variable[SETTINGS_VARIABLE_BYTES];

        settings_variable("kafka.", name, variable);

        const char *text = get(variable, context);

        if (text && text[0] != '\0' && json_object_set_new(kafka, name, json_string(text)) < 0)
                return error_set(error, "%s: it is not UTF-8", variable);
        return 0;
}

int config_read_kafka(struct config *config, const json_t *root, settings_environment_fn *get,
                      void *context, struct error *error)
{
        const json_t *object = json_object_get(root, "kafka");
        const char *name;
        json_t *value;

        config->kafka = json_object();
        if (object && !json_is_object(object))
                return error_set(error,
                                 "kafka: expected is an object with librdkafka's properties");
        json_object_foreach((json_t *)object, name, value) {
                if (kafka_take(config->kafka, name, value, error) < 0 ||
                    kafka_override(config->kafka, name, get, context, error) < 0)
                        return -1;
        }
        for (size_t i = 0; i < ARRAY_LENGTH(kafka_variables); i++)
                if (kafka_override(config->kafka, kafka_variables[i], get, context, error) < 0)
                        return -1;
        if (!json_object_get(config->kafka, "bootstrap.servers") &&
            !json_object_get(config->kafka, "metadata.broker.list"))
                return error_set(error, "kafka: \"bootstrap.servers\" is missing; write "
                                        "\"kafka\": {\"bootstrap.servers\": \"host:9092\"}");
        return 0;
}
