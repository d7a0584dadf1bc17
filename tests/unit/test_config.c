/* tests/unit/test_config.c
 *
 * `test_config schema >schemas/config.schema.json` writes the schema anew after a table has
 * changed.
 */
#include "model/config.h"

#include <stdio.h>

#include "base/log.h"

#include "support.h"

struct variable {
        const char *name;
        const char *text;
};

static const char *get(const char *name, void *context)
{
        const struct variable *variable = context;

        return variable->name && strcmp(variable->name, name) == 0 ? variable->text : NULL;
}

/* What every row below needs besides what it is about. */
#define KAFKA   "\"kafka\":{\"bootstrap.servers\":\"kafka:9092\"}"
#define REDIS   "\"redis\":{\"url\":\"redis://redis:6379/0\"}"
#define CONTACT "\"contact\":\"drift@vendor.example\""
#define COMMON  KAFKA "," REDIS "," CONTACT
#define AARHUS  "{\"id\":\"aarhus\",\"base_url\":\"https://www.aakb.dk\"}"
#define VIBORG  "{\"id\":\"viborg\",\"base_url\":\"https://viborgbib.dk\"}"
#define LIST    "\"municipalities\":[" VIBORG "," AARHUS "]"

static struct config *read(const char *json, struct variable *variable, struct error *error)
{
        struct variable none = { NULL, NULL };
        _cleanup_(json_decrefp) json_t *root = json_loads(json, 0, NULL);

        check(root, json);
        return config_read(root, NULL, get, variable ? variable : &none, error);
}

static void test_defaults(void **state)
{
        struct error error = ERROR_NULL;
        _cleanup_(config_freep) struct config *config = read("{" COMMON "," LIST "}", NULL, &error);

        (void)state;
        check_text(error.text, "", "taken");
        check_text(json_member_text(config->kafka, "bootstrap.servers"), "kafka:9092", "Kafka");
        check_text(config->redis_url, "redis://redis:6379/0", "Redis");
        check_text(config->topics_prefix, "dplsync.", "the prefix");
        check_number(config->topics_epoch, 1, "the epoch");
        check_number(config->topics_partitions, 24, "the partitions");
        check_text(config->credentials_dir, "/etc/dplsync/credentials", "the credentials");
        check_number(config->log_format, LOG_JSON, "the choices are in the order of the enum");
        check_number(config->log_level, LOG_INFO, "the choices are in the order of the enum");
        check_number(config->writer.lease_ms, 90000, "of a section");
        check_number(config->reconciler.max_memory, 134217728, "of a section");
        check_number(config->municipality_count, 2, "both");
        check_text(config->municipalities[0].id, "aarhus", "sorted by id");
}

static void test_values(void **state)
{
        _cleanup_(config_freep) struct config *config =
                read("{\"$schema\":\"config.schema.json\",\"kafka\":{\"bootstrap.servers\":\"a:1\","
                     "\"socket.keepalive.enable\":true,\"statistics.interval.ms\":60000},"
                     "\"redis\":{\"url\":\"rediss://r\",\"deadline\":\"2s\"},"
                     "\"topics\":{\"prefix\":\"test.\",\"epoch\":3,\"partitions\":6}," CONTACT ","
                     "\"log_format\":\"text\",\"log_level\":\"debug\","
                     "\"fetcher\":{\"admin_address\":\"[::]:0\",\"max_transfers\":8},"
                     "\"writer\":{\"max_attempts\":5,\"probe_every\":\"1s\"},"
                     "\"defaults\":{\"poll_interval\":\"1m\"}," LIST "}",
                     NULL, NULL);

        (void)state;
        assert_non_null(config);
        check_text(json_member_text(config->kafka, "socket.keepalive.enable"), "true",
                   "librdkafka takes texts");
        check_text(json_member_text(config->kafka, "statistics.interval.ms"), "60000",
                   "librdkafka takes texts");
        check_number(config->redis_deadline_ms, 2000, "redis");
        check_number(config->topics_epoch, 3, "topics");
        check_number(config->log_format, LOG_TEXT, "log_format");
        check_number(config->log_level, LOG_DEBUG, "log_level");
        check_text(config->fetcher.admin_address, "[::]:0", "fetcher");
        check_number(config->writer.max_attempts, 5, "writer");
        check_number(config->writer.probe_every_ms, 1000, "writer");
        check_number(config->municipalities[0].poll_interval_ms, 60000, "defaults");
}

static const struct {
        const char *says;
        const char *json;
        const char *want;
} refused[] = {
        { "not an object", "[]", "the configuration is not a JSON object" },
        { "an unknown member", "{" COMMON "," LIST ",\"munipalities\":[]}",
          "munipalities: unknown setting; did you mean municipalities?" },
        { "an unknown member of a section", "{" COMMON "," LIST ",\"writer\":{\"max_attemps\":5}}",
          "writer.max_attemps: unknown setting; did you mean writer.max_attempts?" },
        { "in another program's section", "{" COMMON "," LIST ",\"fetcher\":{\"max_transfer\":5}}",
          "fetcher.max_transfer: unknown setting; did you mean fetcher.max_transfers?" },
        { "a section that is none", "{" COMMON "," LIST ",\"writer\":5}",
          "writer: expected is an object, found was a number" },
        { "no Kafka", "{" REDIS "," CONTACT "," LIST "}",
          "kafka: \"bootstrap.servers\" is missing; write \"kafka\": {\"bootstrap.servers\": "
          "\"host:9092\"}" },
        { "a list in kafka",
          "{\"kafka\":{\"bootstrap.servers\":[\"a:1\"]}," REDIS "," CONTACT "," LIST "}",
          "kafka: bootstrap.servers: expected is a string, an integer, true or false" },
        { "no Redis", "{" KAFKA "," CONTACT "," LIST "}",
          "redis: \"url\" is missing; write \"redis\": {\"url\": \"redis://host:6379/0\"}" },
        { "Redis by http, with a password that is not quoted",
          "{" KAFKA ",\"redis\":{\"url\":\"http://:secret@r\"}," CONTACT "," LIST "}",
          "redis.url: it must begin with redis://, rediss://, redis+sentinel:// or unix://, as in "
          "redis://[user:password@]host:port/db" },
        { "no contact", "{" KAFKA "," REDIS "," LIST "}",
          "\"contact\" is missing; write a mail or web address that the sites' operators can turn "
          "to" },
        { "a contact with a line break", "{" KAFKA "," REDIS ",\"contact\":\"a\\nb\"," LIST "}",
          "contact: only printable ASCII without parentheses and backslashes can be sent to the "
          "sites" },
        { "epoch 0", "{" COMMON "," LIST ",\"topics\":{\"epoch\":0}}",
          "topics.epoch: 0 is out of bounds; allowed is 1 to 8191" },
        { "a prefix that Kafka refuses", "{" COMMON "," LIST ",\"topics\":{\"prefix\":\"a b\"}}",
          "topics.prefix: \"a b\" cannot begin a topic's name; write up to 200 of a-z, A-Z, 0-9, "
          "'.', '_' and '-'" },
        { "an address without a port",
          "{" COMMON "," LIST ",\"writer\":{\"admin_address\":\"0.0.0.0\"}}",
          "writer.admin_address: \"0.0.0.0\" is not an address; write \"0.0.0.0:9101\"" },
        { "a port too high", "{" COMMON "," LIST ",\"writer\":{\"admin_address\":\"a:65536\"}}",
          "writer.admin_address: \"a:65536\" is not an address; write \"0.0.0.0:9101\"" },
        { "IPv6 without brackets",
          "{" COMMON "," LIST ",\"writer\":{\"admin_address\":\"::1:80\"}}",
          "writer.admin_address: \"::1:80\" is not an address; write \"0.0.0.0:9101\"" },
        { "the console's port alone", "{" COMMON "," LIST ",\"console\":{\"address\":\"9104\"}}",
          "console.address: \"9104\" is not an address; write \"0.0.0.0:9101\"" },
        { "an origin with a path",
          "{" COMMON "," LIST ",\"console\":{\"origin\":\"https://a.example/\"}}",
          "console.origin: \"https://a.example/\" is not scheme, host and port only; write "
          "\"https://dplsync.vendor.example\"" },
        { "an origin without a scheme",
          "{" COMMON "," LIST ",\"console\":{\"origin\":\"a.example\"}}",
          "console.origin: \"a.example\" is not scheme, host and port only; write "
          "\"https://dplsync.vendor.example\"" },
        { "an address of a collector that is none",
          "{" COMMON "," LIST ",\"tracing\":{\"endpoint\":\"http://u:secret@collector\"}}",
          "tracing.endpoint: expected is an address such as http://collector:4318, without user "
          "name and password" },
        { "a cap below the base",
          "{" COMMON "," LIST ",\"writer\":{\"retry_base\":\"10s\",\"retry_cap\":\"5s\"}}",
          "writer.retry_cap: it is less than writer.retry_base" },
        { "a lease that no PATCH fits in", "{" COMMON "," LIST ",\"writer\":{\"lease\":\"60s\"}}",
          "municipalities: aarhus: write_timeout: it is not less than writer.lease, so that "
          "nothing "
          "could be sent" },
        { "no municipalities", "{" COMMON "}",
          "\"municipalities\" is missing; write a list of {\"id\": ..., \"base_url\": ...}, or "
          "\"municipalities_file\"" },
        { "municipalities twice", "{" COMMON "," LIST ",\"municipalities_file\":\"m.json\"}",
          "\"municipalities\" and \"municipalities_file\" are both there; keep one of them" },
        { "an object for a list", "{" COMMON ",\"municipalities\":{}}",
          "municipalities: expected is an array of objects" },
        { "one that is wrong", "{" COMMON ",\"municipalities\":[" AARHUS ",{\"id\":\"b\"}]}",
          "municipalities: b: \"base_url\" is missing; write \"base_url\": \"https://...\"" },
        { "one without an id", "{" COMMON ",\"municipalities\":[" AARHUS ",{}]}",
          "municipalities: number 2: \"id\" is missing" },
        { "one twice", "{" COMMON ",\"municipalities\":[" AARHUS "," VIBORG "," AARHUS "]}",
          "municipalities: aarhus: this id stands twice" },
        { "an unknown default", "{" COMMON "," LIST ",\"defaults\":{\"poll_intervl\":\"1m\"}}",
          "defaults: poll_intervl: unknown setting; did you mean poll_interval?" },
        { "defaults are checked without municipalities too",
          "{" COMMON ",\"municipalities\":[],\"defaults\":{\"poll_interval\":5}}",
          "defaults: poll_interval: 5 has no unit; write \"10m\", \"30s\" or \"250ms\"" },
        { "defaults that are none", "{" COMMON "," LIST ",\"defaults\":[]}",
          "defaults: expected is an object, found was an array" },
        { "one address for all",
          "{" COMMON "," LIST ",\"defaults\":{\"base_url\":\"https://a.dk\"}}",
          "defaults: base_url: every municipality has its own, there is no default" },
};

static void test_refused(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
                struct error error = ERROR_NULL;

                check(!read(refused[i].json, NULL, &error), refused[i].says);
                check_text(error.text, refused[i].want, refused[i].says);
        }
}

static void test_environment(void **state)
{
        static const struct {
                const char *says;
                struct variable variable;
                const char *want; /* the reason; NULL: taken */
        } rows[] = {
                { "a setting", { "DPLSYNC_WRITER_MAX_ATTEMPTS", "7" }, NULL },
                { "a wrong setting",
                  { "DPLSYNC_WRITER_MAX_ATTEMPTS", "x" },
                  "DPLSYNC_WRITER_MAX_ATTEMPTS: \"x\" is not an integer" },
                { "a default", { "DPLSYNC_DEFAULTS_WRITE_RATE", "9" }, NULL },
                { "a default that is a boolean",
                  { "DPLSYNC_DEFAULTS_RELEVANT_ONLY", "true" },
                  NULL },
                { "a wrong default",
                  { "DPLSYNC_DEFAULTS_WRITE_RATE", "fast" },
                  "DPLSYNC_DEFAULTS_WRITE_RATE: write_rate: expected is an integer, found was a "
                  "string" },
                { "a default out of bounds",
                  { "DPLSYNC_DEFAULTS_WRITE_RATE", "0" },
                  "DPLSYNC_DEFAULTS_WRITE_RATE: write_rate: 0 is out of bounds; allowed is 1 to "
                  "100000" },
                { "not UTF-8",
                  { "DPLSYNC_DEFAULTS_PROXY", "\xff" },
                  "DPLSYNC_DEFAULTS_PROXY: it is not UTF-8" },
                { "a property that the file has",
                  { "DPLSYNC_KAFKA_BOOTSTRAP_SERVERS", "b:2" },
                  NULL },
                { "a property that it has not", { "DPLSYNC_KAFKA_SASL_PASSWORD", "secret" }, NULL },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct error error = ERROR_NULL;
                struct variable variable = rows[i].variable;
                _cleanup_(config_freep) struct config *config = read(
                        "{" COMMON ",\"defaults\":{\"write_rate\":3}," LIST "}", &variable, &error);

                check_text(config ? NULL : error.text, rows[i].want, rows[i].says);
                if (!config)
                        continue;
                check_number(config->writer.max_attempts, i == 0 ? 7 : 3, rows[i].says);
                check_number(config->municipalities[0].write_rate, i == 2 ? 9 : 3, rows[i].says);
                check_number(config->municipalities[1].relevant_only, i == 3, rows[i].says);
                check_text(json_member_text(config->kafka, "bootstrap.servers"),
                           i == 7 ? "b:2" : "kafka:9092", rows[i].says);
                check_text(json_member_text(config->kafka, "sasl.password"),
                           i == 8 ? "secret" : NULL, rows[i].says);
        }
}

/* OpenTelemetry's variables count where ours says nothing. */
static void test_opentelemetry(void **state)
{
        static const struct {
                const char *says, *file;
                struct variable variable;
                const char *want;
        } rows[] = {
                { "nothing", "{}", { NULL, NULL }, NULL },
                { "its own", "{}", { "OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1" }, "http://a:1" },
                { "ours", "{}", { "DPLSYNC_TRACING_ENDPOINT", "http://b:1" }, "http://b:1" },
                { "the environment before the file",
                  "{\"endpoint\":\"http://c:1\"}",
                  { "OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1" },
                  "http://a:1" },
                { "the file", "{\"endpoint\":\"http://c:1\"}", { NULL, NULL }, "http://c:1" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(buffer_deinit) struct buffer json = BUFFER_NULL;
                struct error error = ERROR_NULL;
                struct variable variable = rows[i].variable;

                buffer_append_format(&json, "{" COMMON "," LIST ",\"tracing\":%s}", rows[i].file);

                _cleanup_(config_freep) struct config *config = read(json.data, &variable, &error);

                check_text(error.text, "", rows[i].says);
                check_text(config->tracing.endpoint, rows[i].want, rows[i].says);
        }
}

static void test_file(void **state)
{
        struct variable none = { NULL, NULL };
        struct variable variable = { "DPLSYNC_MUNICIPALITIES_FILE", "other.json" };
        struct error error = ERROR_NULL;
        _cleanup_(json_decrefp) json_t *root =
                json_loads("{" COMMON ",\"municipalities_file\":\"m.json\"}", 0, NULL);
        _cleanup_(json_decrefp) json_t *list = json_loads("[" AARHUS "]", 0, NULL);
        _cleanup_(json_decrefp) json_t *object = json_loads("{}", 0, NULL);

        (void)state;
        check_text(config_municipalities_file(root, get, &none), "m.json", "the file's word");
        check_text(config_municipalities_file(root, get, &variable), "other.json",
                   "the environment's");
        check_text(config_municipalities_file(object, get, &none), NULL, "none");

        _cleanup_(config_freep) struct config *config = config_read(root, list, NULL, NULL, &error);

        check_text(error.text, "", "taken");
        check_text(config->municipalities[0].id, "aarhus", "from the other file");
        check(!config_read(root, object, get, &none, &error), "an object");
        check_text(error.text, "municipalities: expected is an array of objects", "an object");
}

static void test_find(void **state)
{
        _cleanup_(config_freep) struct config *config =
                read("{" COMMON ",\"municipalities\":[" VIBORG "," AARHUS
                     ",{\"id\":\"aarhus-2\",\"base_url\":\"https://a.dk\"}]}",
                     NULL, NULL);
        static const char *const known[] = { "aarhus", "aarhus-2", "viborg" };
        static const char *const unknown[] = {
                "",        "aarhu",
                "aarhus-", "Aarhus",
                "zz",      "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg",
        };

        (void)state;
        assert_non_null(config);
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
                check(config_municipality(config, known[i]) == &config->municipalities[i],
                      known[i]);
        for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
                check(!config_municipality(config, unknown[i]), unknown[i]);
        check(config_municipality_slice(config, (struct slice){ "viborg/0f1c", 6 }),
              "a piece of a key");
        check(!config_municipality_slice(config, SLICE_NULL), "none");
}

static void test_schema(void **state)
{
        _cleanup_(buffer_deinit) struct buffer want = BUFFER_NULL;
        char *got = NULL;
        size_t length = 0;
        FILE *file = fopen(SOURCE_DIR "/schemas/config.schema.json", "re");

        (void)state;
        config_schema(&want);
        assert_non_null(file);
        if (getdelim(&got, &length, '\0', file) < 0)
                fail_msg("schemas/config.schema.json cannot be read");
        fclose(file);
        if (strcmp(got, want.data) != 0)
                fail_msg("schemas/config.schema.json differs from the tables; see the top of this "
                         "test");
        free(got);
}

static void test_help(void **state)
{
        _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;

        (void)state;
        config_help("writer", &out);
        check(strstr(out.data, "  writer.max_attempts  (integer, 1 to 100, default 3)\n"),
              "its own");
        check(strstr(out.data, "        DPLSYNC_REDIS_URL\n"), "common ones");
        check(strstr(out.data, "  defaults.poll_interval  (duration, 100ms to 1d, default 10m)\n"),
              "those of a municipality");
        check(!strstr(out.data, "fetcher."), "not another's");
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_defaults),      cmocka_unit_test(test_values),
                cmocka_unit_test(test_refused),       cmocka_unit_test(test_environment),
                cmocka_unit_test(test_opentelemetry), cmocka_unit_test(test_file),
                cmocka_unit_test(test_find),          cmocka_unit_test(test_schema),
                cmocka_unit_test(test_help),
        };

        if (argc == 2 && strcmp(argv[1], "schema") == 0) {
                _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;

                config_schema(&out);
                return fputs(out.data, stdout) < 0;
        }
        return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
