/* common/model/config_schema.c
 *
 * The tables of the configuration as documents: JSON Schema and --help. Settings are named in the
 * tables only; here stand the objects around them and the forms of some texts.
 *
 * municipality_settings begins with base_url, the only one that has no default.
 */
#include "model/config.h"

#include <string.h>

static void schema_object_begin(struct buffer *out, const char *description)
{
        buffer_append_byte(out, '{');
        json_write_member_text(out, "type", "object");
        json_write_member_text(out, "description", description);
        json_write_member_boolean(out, "additionalProperties", false);
        json_write_member(out, "properties");
        buffer_append_byte(out, '{');
}

static void schema_section(struct buffer *out, const char *name, const char *prefix,
                           const char *description, const char *required)
{
        json_write_member(out, name);
        schema_object_begin(out, description);
        settings_schema(config_settings, config_settings_count, prefix, out);
        buffer_append_byte(out, '}');
        if (required)
                json_write_member_raw(out, "required", slice_of(required));
        buffer_append_byte(out, '}');
}

static void schema_kafka(struct buffer *out)
{
        json_write_member_raw(
                out, "kafka",
                slice_of("{\"type\":\"object\",\"description\":\"Properties of librdkafka, such as "
                         "those "
                         "for SASL and "
                         "TLS.\",\"additionalProperties\":{\"type\":[\"string\",\"integer\","
                         "\"boolean\"]},\"anyOf\":[{\"required\":[\"bootstrap.servers\"]},"
                         "{\"required\":[\"metadata.broker.list\"]}]}"));
}

static void schema_municipalities(struct buffer *out)
{
        json_write_member(out, "defaults");
        schema_object_begin(out, "What holds for every municipality that does not say otherwise.");
        settings_schema(municipality_settings + 1, municipality_settings_count - 1, "", out);
        buffer_append_text(out, "}}");
        json_write_member(out, "municipalities");
        buffer_append_byte(out, '{');
        json_write_member_text(out, "type", "array");
        json_write_member_raw(out, "items", slice_of("{\"$ref\":\"#/$defs/municipality\"}"));
        buffer_append_byte(out, '}');
}

static void schema_municipality(struct buffer *out)
{
        json_write_member(out, "municipality");
        schema_object_begin(out, "One site.");
        json_write_member_raw(
                out, "id",
                slice_of("{\"type\":\"string\",\"pattern\":\"^[a-z0-9][a-z0-9-]{0,62}$\","
                         "\"description\":\"Its name in every message; never renamed.\"}"));
        settings_schema(municipality_settings, municipality_settings_count, "", out);
        buffer_append_byte(out, '}');
        json_write_member_raw(out, "required", slice_of("[\"id\",\"base_url\"]"));
        buffer_append_byte(out, '}');
}

static void schema_root(struct buffer *out)
{
        buffer_append_byte(out, '{');
        json_write_member_text(out, "$schema", "https://json-schema.org/draft/2020-12/schema");
        json_write_member_text(out, "title", "Configuration of dplsync");
        json_write_member_text(out, "type", "object");
        json_write_member_boolean(out, "additionalProperties", false);
        json_write_member_raw(out, "required", slice_of("[\"kafka\",\"redis\",\"contact\"]"));
        json_write_member_raw(out, "oneOf",
                              slice_of("[{\"required\":[\"municipalities\"]},"
                                       "{\"required\":[\"municipalities_file\"]}]"));
        json_write_member(out, "properties");
        buffer_append_byte(out, '{');
        json_write_member_raw(out, "$schema", slice_of("{\"type\":\"string\"}"));
        schema_kafka(out);
        schema_section(out, "redis", "redis.", "Redis.", "[\"url\"]");
        schema_section(out, "topics", "topics.", "Kafka's topics.", NULL);
        settings_schema(config_settings, config_settings_count, "", out);
        schema_section(out, "tracing", "tracing.", "Export of spans to OpenTelemetry.", NULL);
        schema_section(out, "fetcher", "fetcher.", "The program that reads the sites.", NULL);
        schema_section(out, "reconciler", "reconciler.", "The program that tells the vendor.",
                       NULL);
        schema_section(out, "writer", "writer.", "The program that writes to the sites.", NULL);
        schema_section(out, "console", "console.", "The operator's page, `dplsync console`.", NULL);
        schema_municipalities(out);
        buffer_append_byte(out, '}');
        json_write_member(out, "$defs");
        buffer_append_byte(out, '{');
        schema_municipality(out);
        buffer_append_text(out, "}}");
}

/* Patterns of texts, of what can be said in one. */
static const struct {
        const char *pointer[4]; /* member names from the root */
        const char *pattern;
} patterns[] = {
        { { "properties", "redis", "properties", "url" }, "^(redis|rediss|redis\\+sentinel)://." },
        { { "properties", "topics", "properties", "prefix" }, "^[a-zA-Z0-9._-]*$" },
        { { "properties", "console", "properties", "origin" }, "^https?://[A-Za-z0-9.:\\[\\]-]+$" },
        { { "properties", "contact", NULL, NULL }, "^[ -'*-\\[\\]-~]+$" },
        { { "$defs", "municipality", "properties", "base_url" },
          "^https?://([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?"
          "(/[A-Za-z0-9._~!$&'()*+,;=:@%/\\[\\]-]*)?$" },
        { { "$defs", "municipality", "properties", "api_version" }, "^[a-z0-9_-][a-z0-9._-]*$" },
};

static void add_patterns(json_t *root)
{
        for (size_t i = 0; i < ARRAY_LENGTH(patterns); i++) {
                json_t *at = root;

                for (size_t j = 0; j < 4 && patterns[i].pointer[j]; j++)
                        at = json_object_get(at, patterns[i].pointer[j]);
                json_object_set_new(at, "pattern", json_string(patterns[i].pattern));
        }
}

void config_schema(struct buffer *out)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        schema_root(&text);

        _cleanup_(json_decrefp) json_t *root = json_loadb(text.data, text.length, 0, NULL);

        add_patterns(root);

        _cleanup_(freep) char *pretty = json_dumps(root, JSON_INDENT(2) | JSON_ENSURE_ASCII);

        buffer_append_text(out, pretty);
        buffer_append_byte(out, '\n');
}

static bool is_shown(const char *path, const char *service)
{
        static const char *const services[] = { "fetcher.", "reconciler.", "writer." };

        for (size_t i = 0; i < ARRAY_LENGTH(services); i++)
                if (strncmp(path, services[i], strlen(services[i])) == 0)
                        return strncmp(path, service, strlen(service)) == 0;
        return true;
}

void config_help(const char *service, struct buffer *out)
{
        buffer_append_text(out,
                           "Settings in the configuration file, each with the environment variable "
                           "that overrides it:\n");
        for (size_t i = 0; i < config_settings_count; i++)
                if (is_shown(config_settings[i].path, service))
                        settings_help(&config_settings[i], 1, "", out);
        buffer_append_text(out, "\nSettings of one municipality, or in \"defaults\" of all. Each "
                                "municipality has its own \"id\" and \"base_url\".\n");
        settings_help(municipality_settings + 1, municipality_settings_count - 1, "defaults.", out);
}
