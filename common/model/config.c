/* common/model/config.c
 *
 * The one table of settings of all programs, and the order in which a configuration is read:
 * config_kafka.c, config_check.c and config_municipalities.c read and check what the table cannot
 * say. config_schema.c writes schema and --help from the same tables.
 */
#include "model/config_parts.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "model/ledger.h"

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
          "How often an update is tried again, after tries that count against it, before the dead "
          "letters: with 3, four tries in all." },
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
            config_read_kafka(config, root, get, context, error) < 0 ||
            config_check(config, error) < 0)
                return NULL;

        _cleanup_(json_decrefp) json_t *defaults = config_read_defaults(root, get, context, error);

        if (!defaults ||
            config_read_municipalities(config, root, municipalities, defaults, error) < 0)
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
