/* tests/unit/test_settings.c */
#include "base/settings.h"

#include "base/memory.h"

#include "support.h"

struct values {
        char *contact;
        char *url;
        int64_t max_attempts;
        int64_t offset;
        bool relevant_only;
        int64_t poll_interval_ms;
        int64_t from_date_ms;
        int64_t max_bytes;
        int format;
};

static const struct setting table[] = {
        { "contact", SETTING_TEXT, offsetof(struct values, contact), NULL, 0, 0, NULL, true,
          "For the sites' operators." },
        { "redis.url", SETTING_TEXT, offsetof(struct values, url), "redis://localhost", 0, 0, NULL,
          false, "Where Redis is." },
        { "writer.max_attempts", SETTING_INTEGER, offsetof(struct values, max_attempts), "3", 1,
          100, NULL, true, "Tries that count." },
        { "offset", SETTING_INTEGER, offsetof(struct values, offset), "-1", -1, INT64_MAX, NULL,
          true, "Where to begin." },
        { "relevant_only", SETTING_BOOLEAN, offsetof(struct values, relevant_only), "false", 0, 0,
          NULL, true, "Only relevant events." },
        { "fetcher.poll_interval", SETTING_DURATION, offsetof(struct values, poll_interval_ms),
          "10m", 10000, 86400000, NULL, true, "Time between reads." },
        { "fetcher.from_date", SETTING_DURATION, offsetof(struct values, from_date_ms), "0",
          -31536000000, 0, NULL, true, "How far back." },
        { "fetcher.max_bytes", SETTING_SIZE, offsetof(struct values, max_bytes), "64MiB", 1024,
          INT64_MAX, NULL, true, "Largest list." },
        { "log_format", SETTING_CHOICE, offsetof(struct values, format), "text", 0, 0,
          "json|text|off", false, "Form of the lines." },
};

enum { COUNT = sizeof(table) / sizeof(table[0]) };

static void test_defaults(void **state)
{
        struct values values = { .max_attempts = 77, .contact = NULL };

        (void)state;
        settings_default(table, COUNT, &values);
        check_text(values.contact, NULL, "no default");
        check_text(values.url, "redis://localhost", "a text");
        check_number(values.max_attempts, 3, "an integer");
        check_number(values.relevant_only, false, "a boolean");
        check_number(values.poll_interval_ms, 600000, "a duration in ms");
        check_number(values.max_bytes, 67108864, "a size in bytes");
        check_number(values.format, 1, "a choice's index");
        settings_default(table, COUNT, &values); /* frees what it had */
        settings_deinit(table, COUNT, &values);
        check_text(values.url, NULL, "texts are given back");
}

static const struct {
        const char *says;
        const char *prefix;
        const char *json;
        const char *want; /* the reason; NULL: taken */
} rows[] = {
        { "nothing", "", "{}", NULL },
        { "a text", "", "{\"contact\":\"drift@vendor.example\"}", NULL },
        { "one of a section", "writer.", "{\"max_attempts\":5}", NULL },
        { "a negative duration", "fetcher.", "{\"from_date\":\"-14d\"}", NULL },
        { "the bounds are inclusive", "writer.", "{\"max_attempts\":100}", NULL },
        { "a section that others know", "", "{\"municipalities\":[]}", NULL },
        { "a letter is missing", "writer.", "{\"max_attemps\":5}",
          "writer.max_attemps: unknown setting; did you mean writer.max_attempts?" },
        { "two letters changed places", "", "{\"cnotact\":\"x\"}",
          "cnotact: unknown setting; did you mean contact?" },
        { "near to a name that others know", "", "{\"municipality\":[]}",
          "municipality: unknown setting; did you mean municipalities?" },
        { "another section's", "", "{\"max_attempts\":5}",
          "max_attempts: unknown setting here; \"max_attempts\" belongs in \"writer\"" },
        { "a path is not a name", "", "{\"writer.max_attempts\":5}",
          "writer.max_attempts: unknown setting here; \"max_attempts\" belongs in \"writer\"" },
        { "near to none", "writer.", "{\"zzz\":5}",
          "writer.zzz: unknown setting; known here: max_attempts" },
        { "a duration without its unit", "fetcher.", "{\"poll_interval\":\"10\"}",
          "fetcher.poll_interval: \"10\" has no unit; write \"10m\", \"30s\" or \"250ms\"" },
        { "a duration as a number", "fetcher.", "{\"poll_interval\":10}",
          "fetcher.poll_interval: 10 has no unit; write \"10m\", \"30s\" or \"250ms\"" },
        { "not a duration", "fetcher.", "{\"poll_interval\":\"soon\"}",
          "fetcher.poll_interval: \"soon\" is not a duration; write \"10m\", \"30s\" or "
          "\"250ms\"" },
        { "too short", "fetcher.", "{\"poll_interval\":\"1s\"}",
          "fetcher.poll_interval: 1s is out of bounds; allowed is 10s to 1d" },
        { "a size without its unit", "fetcher.", "{\"max_bytes\":\"64\"}",
          "fetcher.max_bytes: \"64\" has no unit; write \"64MiB\", \"900kB\" or \"512B\"" },
        { "too small", "fetcher.", "{\"max_bytes\":\"1B\"}",
          "fetcher.max_bytes: 1B is out of bounds; allowed is at least 1KiB" },
        { "too many", "writer.", "{\"max_attempts\":101}",
          "writer.max_attempts: 101 is out of bounds; allowed is 1 to 100" },
        { "a number as a text", "writer.", "{\"max_attempts\":\"5\"}",
          "writer.max_attempts: expected is an integer, found was a string" },
        { "a fraction", "writer.", "{\"max_attempts\":5.0}",
          "writer.max_attempts: expected is an integer, found was a number with decimals" },
        { "a text as a number", "", "{\"contact\":5}",
          "contact: expected is a string, found was a number" },
        { "null is not a value", "", "{\"contact\":null}",
          "contact: expected is a string, found was null" },
        { "a boolean as a text", "", "{\"relevant_only\":\"yes\"}",
          "relevant_only: expected is true or false, found was a string" },
        { "no such choice", "", "{\"log_format\":\"xml\"}",
          "log_format: \"xml\" is not one of json|text|off" },
        { "half a choice", "", "{\"log_format\":\"tex\"}",
          "log_format: \"tex\" is not one of json|text|off" },
        { "two choices", "", "{\"log_format\":\"json|text\"}",
          "log_format: \"json|text\" is not one of json|text|off" },
        { "not an object", "writer.", "[]", "writer: expected is an object, found was an array" },
        { "the whole is not an object", "", "[]",
          "expected is an object, found was an array" },
};

static void test_read(void **state)
{
        static const char *const elsewhere[] = { "municipalities", NULL };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct values values = { 0 };
                struct error error = ERROR_NULL;
                _cleanup_(json_decrefp) json_t *root = json_loads(rows[i].json, 0, NULL);

                settings_default(table, COUNT, &values);

                int result = settings_read(table, COUNT, rows[i].prefix, root,
                                           rows[i].prefix[0] ? NULL : elsewhere, &values, &error);

                check_text(result < 0 ? error.text : NULL, rows[i].want, rows[i].says);
                settings_deinit(table, COUNT, &values);
        }
}

static void test_values(void **state)
{
        static const char text[] = "{\"poll_interval\":\"5m\",\"from_date\":\"-14d\","
                                   "\"max_bytes\":\"2MB\"}";
        struct values values = { 0 };
        _cleanup_(json_decrefp) json_t *root = json_loads(text, 0, NULL);

        (void)state;
        settings_default(table, COUNT, &values);
        check_number(settings_read(table, COUNT, "fetcher.", root, NULL, &values, NULL), 0,
                     "taken");
        check_number(values.poll_interval_ms, 300000, "a duration");
        check_number(values.from_date_ms, -1209600000, "a negative one");
        check_number(values.max_bytes, 2000000, "a size");
        check_number(values.max_attempts, 3, "the others stay");
        settings_deinit(table, COUNT, &values);
}

struct variable {
        const char *name;
        const char *text;
};

static const char *get(const char *name, void *context)
{
        const struct variable *variable = context;

        return strcmp(variable->name, name) == 0 ? variable->text : NULL;
}

static void test_environment(void **state)
{
        static const struct {
                const char *says;
                struct variable variable;
                const char *want; /* the reason; NULL: taken */
                int64_t attempts;
        } environment[] = {
                { "an integer", { "DPLSYNC_WRITER_MAX_ATTEMPTS", "5" }, NULL, 5 },
                { "empty is unset", { "DPLSYNC_WRITER_MAX_ATTEMPTS", "" }, NULL, 3 },
                { "a name that is not ours", { "WRITER_MAX_ATTEMPTS", "5" }, NULL, 3 },
                { "not an integer",
                  { "DPLSYNC_WRITER_MAX_ATTEMPTS", "5x" },
                  "DPLSYNC_WRITER_MAX_ATTEMPTS: \"5x\" is not an integer",
                  3 },
                { "an integer of another world",
                  { "DPLSYNC_WRITER_MAX_ATTEMPTS", "99999999999999999999" },
                  "DPLSYNC_WRITER_MAX_ATTEMPTS: \"99999999999999999999\" is not an integer",
                  3 },
                { "out of bounds",
                  { "DPLSYNC_WRITER_MAX_ATTEMPTS", "0" },
                  "DPLSYNC_WRITER_MAX_ATTEMPTS: 0 is out of bounds; allowed is 1 to 100",
                  3 },
                { "not a boolean",
                  { "DPLSYNC_RELEVANT_ONLY", "yes" },
                  "DPLSYNC_RELEVANT_ONLY: \"yes\" is neither true nor false",
                  3 },
                { "a boolean", { "DPLSYNC_RELEVANT_ONLY", "true" }, NULL, 3 },
                { "a duration", { "DPLSYNC_FETCHER_POLL_INTERVAL", "1m" }, NULL, 3 },
                { "a text", { "DPLSYNC_REDIS_URL", "redis://other" }, NULL, 3 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(environment) / sizeof(environment[0]); i++) {
                struct values values = { 0 };
                struct error error = ERROR_NULL;
                struct variable variable = environment[i].variable;

                settings_default(table, COUNT, &values);

                int result =
                        settings_read_environment(table, COUNT, get, &variable, &values, &error);

                check_text(result < 0 ? error.text : NULL, environment[i].want,
                           environment[i].says);
                check_number(values.max_attempts, environment[i].attempts, environment[i].says);
                settings_deinit(table, COUNT, &values);
        }
}

static void test_equal(void **state)
{
        static const char *const texts[] = {
                "{}",
                "{\"contact\":\"\"}",
                "{\"contact\":\"x\"}",
                "{\"relevant_only\":true}",
                "{\"log_format\":\"off\"}",
                "{\"offset\":7}",
        };
        enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };
        struct values values[TEXTS] = { { 0 } };

        (void)state;
        for (size_t i = 0; i < TEXTS; i++) {
                _cleanup_(json_decrefp) json_t *root = json_loads(texts[i], 0, NULL);

                settings_default(table, COUNT, &values[i]);
                settings_read(table, COUNT, "", root, NULL, &values[i], NULL);
        }
        for (size_t i = 0; i < TEXTS; i++)
                for (size_t j = 0; j < TEXTS; j++)
                        check_number(settings_equal(table, COUNT, &values[i], &values[j]), i == j,
                                     texts[i]);
        for (size_t i = 0; i < TEXTS; i++)
                settings_deinit(table, COUNT, &values[i]);
}

static void test_nearest(void **state)
{
        static const char *const names[] = { "id", "poll_interval", "api_version", "proxy", NULL };
        static const struct {
                const char *says;
                const char *name;
                const char *want;
        } nearest[] = {
                { "itself", "proxy", "proxy" },
                { "one letter more", "proxxy", "proxy" },
                { "two changed places", "porxy", "proxy" },
                { "camel case", "pollInterval", "poll_interval" },
                { "dashes", "poll-interval", "poll_interval" },
                { "capitals", "API_VERSION", "api_version" },
                { "a third away is near", "ido", "id" },
                { "more is not", "idol", NULL },
                { "nothing", "", NULL },
                { "too long to be one of ours",
                  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                  NULL },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(nearest) / sizeof(nearest[0]); i++)
                check_text(settings_nearest(nearest[i].name, names), nearest[i].want,
                           nearest[i].says);
        check_text(settings_nearest("id", NULL), NULL, "no names");
}

static void test_help(void **state)
{
        _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;

        (void)state;
        settings_help(table + 1, 2, "", &out);
        settings_help(table + COUNT - 1, 1, "defaults.", &out);
        check_text(out.data,
                   "  redis.url  (text, default redis://localhost)  needs a restart\n"
                   "        Where Redis is.\n"
                   "        DPLSYNC_REDIS_URL\n"
                   "  writer.max_attempts  (integer, 1 to 100, default 3)\n"
                   "        Tries that count.\n"
                   "        DPLSYNC_WRITER_MAX_ATTEMPTS\n"
                   "  defaults.log_format  (json|text|off, default text)  needs a restart\n"
                   "        Form of the lines.\n"
                   "        DPLSYNC_DEFAULTS_LOG_FORMAT\n",
                   "for people");
}

static void test_schema(void **state)
{
        static const struct {
                const char *prefix;
                const char *want;
        } sections[] = {
                { "writer.", "\"max_attempts\":{\"type\":\"integer\",\"default\":3,\"minimum\":1,"
                             "\"maximum\":100,\"description\":\"Tries that count.\"}" },
                { "fetcher.",
                  "\"poll_interval\":{\"type\":\"string\",\"pattern\":\"^(0|[0-9]+(ms|s|m|h|d))$\","
                  "\"default\":\"10m\",\"description\":\"Time between reads. Allowed: 10s to "
                  "1d.\"},"
                  "\"from_date\":{\"type\":\"string\",\"pattern\":\"^(0|-?[0-9]+(ms|s|m|h|d))$\","
                  "\"default\":\"0\",\"description\":\"How far back. Allowed: -365d to 0.\"},"
                  "\"max_bytes\":{\"type\":\"string\","
                  "\"pattern\":\"^(0|[0-9]+(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB))$\","
                  "\"default\":\"64MiB\",\"description\":\"Largest list. Allowed: at least "
                  "1KiB.\"}" },
                { "",
                  "\"contact\":{\"type\":\"string\",\"description\":\"For the sites' operators.\"},"
                  "\"offset\":{\"type\":\"integer\",\"default\":-1,\"minimum\":-1,"
                  "\"description\":\"Where to begin.\"},"
                  "\"relevant_only\":{\"type\":\"boolean\",\"default\":false,"
                  "\"description\":\"Only relevant events.\"},"
                  "\"log_format\":{\"type\":\"string\",\"enum\":[\"json\",\"text\",\"off\"],"
                  "\"default\":\"text\",\"description\":\"Form of the lines.\"}" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
                _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;

                settings_schema(table, COUNT, sections[i].prefix, &out);
                check_text(out.data, sections[i].want, sections[i].prefix);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_defaults), cmocka_unit_test(test_read),
                cmocka_unit_test(test_values),   cmocka_unit_test(test_environment),
                cmocka_unit_test(test_nearest),  cmocka_unit_test(test_help),
                cmocka_unit_test(test_schema),   cmocka_unit_test(test_equal),
        };

        return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
