/* common/model/config.c
 *
 * The one table of settings of all programs, and what a table cannot say: the properties of
 * librdkafka, the list of municipalities, and where two settings must agree. config_schema.c writes
 * schema and --help from the same tables.
 */
#include "model/config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "model/ledger.h"
#include "model/redis_url.h"
#include "model/topics.h"
#include "model/update.h"

#define AT(member) offsetof(struct config, member)

const struct setting config_settings[] = {
        { "redis.url", SETTING_TEXT, AT(redis_url), NULL, 0, 0, NULL, false,
          "Where Redis is: redis://host:6379/0, rediss:// (TLS), unix:///path or "
          "redis+sentinel://host:26379,host:26379/master/0." },
        { "redis.deadline", SETTING_DURATION, AT(redis_deadline_ms), "5s", 100, 60000, NULL, false,
          "A reply that takes longer ends the connection." },
        { "topics.prefix", SETTING_TEXT, AT(topics_prefix), "dplsync.", 0, 0, NULL, false,
          "What the names of all topics and consumer groups begin with." },
        { "topics.epoch", SETTING_INTEGER, AT(topics_epoch), "1", 1, 8191, NULL, false,
          "To be raised by one whenever topics were recreated, so that versions go on rising." },
        { "topics.partitions", SETTING_INTEGER, AT(topics_partitions), "24", 1, 10000, NULL, false,
          "Number of partitions of every topic; fixed once they hold data." },
        { "credentials_dir", SETTING_TEXT, AT(credentials_dir), "/etc/dplsync/credentials", 0, 0,
          NULL, true, "Folder of the files <municipality>.username and <municipality>.password." },
        { "contact", SETTING_TEXT, AT(contact), NULL, 0, 0, NULL, false,
          "Mail or web address that is told to the sites, for their operators." },
        { "municipalities_file", SETTING_TEXT, AT(municipalities_file), NULL, 0, 0, NULL, true,
          "File with the list of municipalities, instead of \"municipalities\"; relative to this "
          "file." },
        { "log_format", SETTING_CHOICE, AT(log_format), "json", 0, 0, "json|text", false,
          "Form of the log lines: json for machines, text for people." },
        { "log_level", SETTING_CHOICE, AT(log_level), "info", 0, 0, "debug|info|warn|error", true,
          "The least level that is logged." },
        { "tracing.endpoint", SETTING_TEXT, AT(tracing.endpoint), NULL, 0, 0, NULL, false,
          "Where an OpenTelemetry collector takes OTLP over HTTP, such as http://collector:4318 "
          "(/v1/traces is added); without it no spans are exported. Also "
          "OTEL_EXPORTER_OTLP_ENDPOINT." },
        { "tracing.headers", SETTING_TEXT, AT(tracing.headers), NULL, 0, 0, NULL, false,
          "Headers for it, \"name=value,name=value\". Also OTEL_EXPORTER_OTLP_HEADERS." },
        { "tracing.service_name", SETTING_TEXT, AT(tracing.service_name), NULL, 0, 0, NULL, false,
          "service.name of the spans; else dplsync- and the service. Also OTEL_SERVICE_NAME." },
        { "tracing.resource_attributes", SETTING_TEXT, AT(tracing.resource_attributes), NULL, 0, 0,
          NULL, false, "Further attributes of all spans. Also OTEL_RESOURCE_ATTRIBUTES." },
        { "tracing.sample_percent", SETTING_INTEGER, AT(tracing.sample_percent), "1", 0, 100, NULL,
          true,
          "How many of the traces that begin here are sampled; what fails is exported always." },
        { "fetcher.admin_address", SETTING_TEXT, AT(fetcher.admin_address), "127.0.0.1:9101", 0, 0,
          NULL, false, "Where /metrics, /healthz and /readyz are served." },
        { "fetcher.max_transfers", SETTING_INTEGER, AT(fetcher.max_transfers), "64", 1, 1000, NULL,
          true, "Sites that are read at the same time." },
        { "fetcher.max_memory", SETTING_SIZE, AT(fetcher.max_memory), "64MiB", 1 << 20, INT64_MAX,
          NULL, true, "Memory for the lists that are being read, of all sites." },
        { "reconciler.admin_address", SETTING_TEXT, AT(reconciler.admin_address), "127.0.0.1:9102",
          0, 0, NULL, false, "Where /metrics, /healthz and /readyz are served." },
        { "reconciler.max_memory", SETTING_SIZE, AT(reconciler.max_memory), "128MiB", 1 << 20,
          INT64_MAX, NULL, true, "Memory for the snapshots that are being assembled and applied." },
        { "writer.admin_address", SETTING_TEXT, AT(writer.admin_address), "127.0.0.1:9103", 0, 0,
          NULL, false, "Where /metrics, /healthz and /readyz are served." },
        { "writer.max_transfers", SETTING_INTEGER, AT(writer.max_transfers), "64", 1, 10000, NULL,
          true, "PATCHes in flight, of all sites." },
        { "writer.max_attempts", SETTING_INTEGER, AT(writer.max_attempts), "3", 1, 100, NULL, true,
          "Tries before the dead letters, of those that count against an update." },
        { "writer.retry_base", SETTING_DURATION, AT(writer.retry_base_ms), "500ms", 1, 3600000,
          NULL, true, "First wait before another try; it doubles with each." },
        { "writer.retry_cap", SETTING_DURATION, AT(writer.retry_cap_ms), "5m", 1, 86400000, NULL,
          true, "Longest wait before another try." },
        { "writer.lease", SETTING_DURATION, AT(writer.lease_ms), "90s", 1000, LEDGER_LEASE_MAX_MS,
          NULL, false,
          "Time for which one writer alone may send an event's PATCH; longer than write_timeout." },
        { "writer.seal_after", SETTING_DURATION, AT(writer.seal_after_ms), "5m", 100, 86400000,
          NULL, true, "A PATCH whose outcome is unknown is sent once more after this time." },
        { "writer.probe_every", SETTING_DURATION, AT(writer.probe_every_ms), "90m", 100, 604800000,
          NULL, true,
          "Time between two tries of credentials that were rejected; each counts at the site." },
        { "writer.unknown_municipality_wait", SETTING_DURATION,
          AT(writer.unknown_municipality_wait_ms), "10m", 0, 86400000, NULL, true,
          "How long an update waits for a municipality that is not in the configuration." },
        { "writer.half_unknown_wait", SETTING_DURATION, AT(writer.half_unknown_wait_ms), "1h", 0,
          604800000, NULL, true,
          "How long half a link pair waits for the other half to become known." },
        { "writer.sweep_every", SETTING_DURATION, AT(writer.sweep_every_ms), "12h", 1000, 86400000,
          NULL, true,
          "How often a municipality's ledger is looked through for events deleted 29 days ago." },
        { "writer.carry_every", SETTING_DURATION, AT(writer.carry_every_ms), "6h", 1000, 604800000,
          NULL, true,
          "An update that has waited for this long is put at the end of its topic again; less than "
          "the topic's retention." },
        { "console.address", SETTING_TEXT, AT(console.address), "127.0.0.1:9104", 0, 0, NULL, false,
          "Where `dplsync console` serves its page." },
        { "console.actions", SETTING_BOOLEAN, AT(console.actions), "false", 0, 0, NULL, false,
          "Whether the page has buttons; without them it only shows." },
        { "console.origin", SETTING_TEXT, AT(console.origin), NULL, 0, 0, NULL, false,
          "Where people reach the page, such as https://dplsync.vendor.example; without it, only "
          "as "
          "localhost." },
        { "console.user_header", SETTING_TEXT, AT(console.user_header), NULL, 0, 0, NULL, false,
          "Header in which the proxy before the page names the person; only for a proxy that sets "
          "it always." },
};

const size_t config_settings_count = ARRAY_LENGTH(config_settings);

/* Prefixes of the table's sections. */
static const char *const sections[] = { "redis.",      "topics.", "tracing.", "fetcher.",
                                        "reconciler.", "writer.", "console." };

/* Members of the file that are no settings of the table's top level. "$schema" is for editors. */
static const char *const other_members[] = { "$schema",  "kafka",          "redis",   "topics",
                                             "defaults", "municipalities", "fetcher", "reconciler",
                                             "writer",   "console",        "tracing", NULL };

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

/* OpenTelemetry's own variables, which are looked at where ours is not set. */
static const struct {
        const char *path;
        const char *variable;
} opentelemetry[] = {
        { "tracing.endpoint", "OTEL_EXPORTER_OTLP_ENDPOINT" },
        { "tracing.headers", "OTEL_EXPORTER_OTLP_HEADERS" },
        { "tracing.service_name", "OTEL_SERVICE_NAME" },
        { "tracing.resource_attributes", "OTEL_RESOURCE_ATTRIBUTES" },
};

struct environment {
        settings_environment_fn *get;
        void *context;
};

static const char *get_with_opentelemetry(const char *name, void *context)
{
        const struct environment *environment = context;
        const char *text = environment->get(name, environment->context);

        for (size_t i = 0; (!text || text[0] == '\0') && i < ARRAY_LENGTH(opentelemetry); i++) {
                char variable[SETTINGS_VARIABLE_BYTES];

                settings_variable("", opentelemetry[i].path, variable);
                if (strcmp(name, variable) == 0)
                        text = environment->get(opentelemetry[i].variable, environment->context);
        }
        return text;
}

/* Kafka. */

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

static int read_kafka(struct config *config, const json_t *root, settings_environment_fn *get,
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

/* Settings of the table. */

static int read_sections(struct config *config, const json_t *root, struct error *error)
{
        if (!json_is_object(root))
                return error_set(error, "the configuration is not a JSON object");
        if (settings_read(config_settings, config_settings_count, "", root, other_members, config,
                          error) < 0)
                return -1;
        for (size_t i = 0; i < ARRAY_LENGTH(sections); i++) {
                char name[32];

                snprintf(name, sizeof(name), "%.*s", (int)strlen(sections[i]) - 1, sections[i]);

                const json_t *section = json_object_get(root, name);

                if (section && settings_read(config_settings, config_settings_count, sections[i],
                                             section, NULL, config, error) < 0)
                        return -1;
        }
        return 0;
}

/* "127.0.0.1:9101", "[::]:9101"; port 0 takes a free one. */
static int check_address(const char *setting, const char *address, struct error *error)
{
        const char *colon = strrchr(address, ':');
        size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;
        bool bracketed = address[0] == '[' && colon && colon[-1] == ']';

        if (digits >= 1 && digits <= 5 && colon[1 + digits] == '\0' && colon > address &&
            (bracketed || memchr(address, ':', (size_t)(colon - address)) == NULL) &&
            strtol(colon + 1, NULL, 10) <= 65535)
                return 0;
        return error_set(error, "%s: \"%.64s\" is not an address; write \"0.0.0.0:9101\"", setting,
                         address);
}

/* As browsers send it: scheme, host and port only. */
static int check_origin(const char *origin, struct error *error)
{
        static const char allowed[] =
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:[]-";

        if (!origin)
                return 0;

        size_t scheme = strncmp(origin, "https://", 8) == 0  ? 8
                        : strncmp(origin, "http://", 7) == 0 ? 7
                                                             : 0;

        if (scheme > 0 && origin[scheme] != '\0' &&
            strspn(origin + scheme, allowed) == strlen(origin + scheme))
                return 0;
        return error_set(error,
                         "console.origin: \"%.64s\" is not scheme, host and port only; write "
                         "\"https://dplsync.vendor.example\"",
                         origin);
}

/* The URL may hold a password: it is not quoted. */
static int check_redis(const char *text, struct error *error)
{
        struct redis_url url;

        if (!text)
                return error_set(error, "redis: \"url\" is missing; write \"redis\": "
                                        "{\"url\": \"redis://host:6379/0\"}");
        if (redis_url_parse(&url, text, error) < 0)
                return error_wrap(error, "redis.url");
        return 0;
}

/* It becomes a comment in the User-Agent header, in parentheses. */
static int check_contact(const char *contact, struct error *error)
{
        if (!contact || contact[0] == '\0')
                return error_set(error,
                                 "\"contact\" is missing; write a mail or web address that the "
                                 "sites' operators can turn to");
        for (const char *at = contact; *at; at++)
                if (*at < ' ' || *at >= 0x7f || strchr("()\\", *at))
                        return error_set(error,
                                         "contact: only printable ASCII without parentheses and "
                                         "backslashes can be sent to the sites");
        return 0;
}

/* It is not quoted: somebody may have put a log-in into it. */
static int check_tracing(const struct config *config, struct error *error)
{
        const char *endpoint = config->tracing.endpoint;

        if (!endpoint || update_url_valid(endpoint, strlen(endpoint)))
                return 0;
        return error_set(error, "tracing.endpoint: expected is an address such as "
                                "http://collector:4318, without user name and password");
}

static int check_settings(const struct config *config, struct error *error)
{
        struct topics topics;

        if (check_redis(config->redis_url, error) < 0 ||
            check_contact(config->contact, error) < 0 || check_tracing(config, error) < 0 ||
            check_address("fetcher.admin_address", config->fetcher.admin_address, error) < 0 ||
            check_address("reconciler.admin_address", config->reconciler.admin_address, error) <
                    0 ||
            check_address("writer.admin_address", config->writer.admin_address, error) < 0 ||
            check_address("console.address", config->console.address, error) < 0 ||
            check_origin(config->console.origin, error) < 0)
                return -1;
        if (!topics_init(&topics, config->topics_prefix, (int32_t)config->topics_partitions,
                         (uint32_t)config->topics_epoch))
                return error_set(
                        error,
                        "topics.prefix: \"%.64s\" cannot begin a topic's name; write up to "
                        "200 of a-z, A-Z, 0-9, '.', '_' and '-'",
                        config->topics_prefix);
        if (config->writer.retry_cap_ms < config->writer.retry_base_ms)
                return error_set(error, "writer.retry_cap: it is less than writer.retry_base");
        return 0;
}

/* Municipalities. */

/* The text of a variable as the file would have it. NULL if it is not UTF-8. */
static json_t *json_of_variable(const struct setting *setting, const char *text)
{
        _cleanup_(json_decrefp) json_t *value =
                json_loadb(text, strlen(text), JSON_DECODE_ANY, NULL);

        if ((setting->type == SETTING_INTEGER && json_is_integer(value)) ||
            (setting->type == SETTING_BOOLEAN && json_is_boolean(value)))
                return TAKE_PTR(value);
        return json_string(text);
}

/* Check `object` as if it were all of "defaults". */
static int check_defaults(const json_t *object, struct error *error)
{
        struct municipality scratch = { .base_url = NULL };

        if (json_object_get(object, "base_url"))
                return error_set(error,
                                 "base_url: every municipality has its own, there is no default");

        settings_default(municipality_settings, municipality_settings_count, &scratch);

        int result = settings_read(municipality_settings, municipality_settings_count, "", object,
                                   NULL, &scratch, error);

        settings_deinit(municipality_settings, municipality_settings_count, &scratch);
        return result;
}

static int override_default(json_t *defaults, const struct setting *setting,
                            settings_environment_fn *get, void *context, struct error *error)
{
        char variable[SETTINGS_VARIABLE_BYTES];

        settings_variable("defaults.", setting->path, variable);

        const char *text = get(variable, context);

        if (!text || text[0] == '\0')
                return 0;

        _cleanup_(json_decrefp) json_t *one = json_object();

        if (json_object_set_new(one, setting->path, json_of_variable(setting, text)) < 0)
                return error_set(error, "%s: it is not UTF-8", variable);
        if (check_defaults(one, error) < 0)
                return error_wrap(error, "%s", variable);
        return json_object_update(defaults, one);
}

/* The file's "defaults" under what the environment says. NULL on failure. */
static json_t *read_defaults(const json_t *root, settings_environment_fn *get, void *context,
                             struct error *error)
{
        const json_t *object = json_object_get(root, "defaults");
        _cleanup_(json_decrefp) json_t *defaults = object ? json_deep_copy(object) : json_object();

        if (check_defaults(defaults, error) < 0) {
                error_wrap(error, "defaults");
                return NULL;
        }
        for (size_t i = 0; i < municipality_settings_count; i++)
                if (override_default(defaults, &municipality_settings[i], get, context, error) < 0)
                        return NULL;
        return TAKE_PTR(defaults);
}

static int compare_ids(const void *a, const void *b)
{
        return strcmp(((const struct municipality *)a)->id, ((const struct municipality *)b)->id);
}

static int check_municipalities(const struct config *config, struct error *error)
{
        for (size_t i = 0; i < config->municipality_count; i++) {
                const struct municipality *municipality = &config->municipalities[i];

                if (i > 0 && strcmp(municipality->id, municipality[-1].id) == 0)
                        return error_set(error, "%s: this id stands twice", municipality->id);
                if (municipality->write_timeout_ms >= config->writer.lease_ms)
                        return error_set(error,
                                         "%s: write_timeout: it is not less than writer.lease, so "
                                         "that nothing could be sent",
                                         municipality->id);
        }
        return 0;
}

static int read_list(struct config *config, const json_t *list, const json_t *defaults,
                     struct error *error)
{
        size_t count = json_array_size(list);

        config->municipalities = memory_new(count * sizeof(*config->municipalities));
        for (size_t i = 0; i < count; i++) {
                struct municipality *next = &config->municipalities[i];

                if (municipality_read(next, json_array_get(list, i), defaults, error) < 0) {
                        return next->id[0] != '\0' ? -1 : error_wrap(error, "number %zu", i + 1);
                }
                config->municipality_count++;
        }
        qsort(config->municipalities, count, sizeof(*config->municipalities), compare_ids);
        return check_municipalities(config, error);
}

/* The list is in the file or in a file of its own, never in both. */
static int read_municipalities(struct config *config, const json_t *root, const json_t *list,
                               const json_t *defaults, struct error *error)
{
        const json_t *own = json_object_get(root, "municipalities");

        if (own && config->municipalities_file)
                return error_set(error,
                                 "\"municipalities\" and \"municipalities_file\" are both there; "
                                 "keep one of them");
        if (!own && !config->municipalities_file)
                return error_set(error,
                                 "\"municipalities\" is missing; write a list of "
                                 "{\"id\": ..., \"base_url\": ...}, or \"municipalities_file\"");
        if (!own)
                own = list;
        if (!json_is_array(own))
                return error_set(error, "municipalities: expected is an array of objects");
        if (read_list(config, own, defaults, error) < 0)
                return error_wrap(error, "municipalities");
        return 0;
}

/* The whole. */

static const char *no_variable(const char *name, void *context)
{
        (void)name;
        (void)context;
        return NULL;
}

struct config *config_read(const json_t *root, const json_t *municipalities,
                           settings_environment_fn *get, void *context, struct error *error)
{
        _cleanup_(config_freep) struct config *config = memory_new(sizeof(*config));

        if (!get)
                get = no_variable;

        struct environment environment = { get, context };

        settings_default(config_settings, config_settings_count, config);
        if (read_sections(config, root, error) < 0 ||
            settings_read_environment(config_settings, config_settings_count,
                                      get_with_opentelemetry, &environment, config, error) < 0 ||
            read_kafka(config, root, get, context, error) < 0 || check_settings(config, error) < 0)
                return NULL;

        _cleanup_(json_decrefp) json_t *defaults = read_defaults(root, get, context, error);

        if (!defaults || read_municipalities(config, root, municipalities, defaults, error) < 0)
                return NULL;
        return TAKE_PTR(config);
}

const char *config_municipalities_file(const json_t *root, settings_environment_fn *get,
                                       void *context)
{
        char variable[SETTINGS_VARIABLE_BYTES];

        settings_variable("", "municipalities_file", variable);

        const char *text = get ? get(variable, context) : NULL;

        return text && text[0] != '\0' ? text : json_member_text(root, "municipalities_file");
}

void config_free(struct config *config)
{
        if (!config)
                return;
        for (size_t i = 0; i < config->municipality_count; i++)
                municipality_deinit(&config->municipalities[i]);
        free(config->municipalities);
        json_decref(config->kafka);
        settings_deinit(config_settings, config_settings_count, config);
        free(config);
}

void config_freep(struct config **config)
{
        config_free(*config);
}

const struct municipality *config_municipality(const struct config *config, const char *id)
{
        return config_municipality_slice(config, slice_of(id));
}

const struct municipality *config_municipality_slice(const struct config *config, struct slice id)
{
        struct municipality key;

        if (id.length == 0 || id.length >= sizeof(key.id))
                return NULL;
        memcpy(key.id, id.data, id.length);
        key.id[id.length] = '\0';
        return bsearch(&key, config->municipalities, config->municipality_count, sizeof(key),
                       compare_ids);
}
