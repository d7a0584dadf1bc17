/* tests/unit/test_municipality.c */
#include "model/municipality.h"

#include "support.h"

static void test_id(void **state)
{
        static const struct {
                const char *says;
                const char *id;
                bool valid;
        } rows[] = {
                { "a name", "aarhus", true },
                { "digits and dashes", "0-lyngby-2", true },
                { "one character", "a", true },
                { "63 characters",
                  "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff123", true },
                { "64 characters",
                  "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff1234", false },
                { "empty", "", false },
                { "a dash first", "-aarhus", false },
                { "capitals", "Aarhus", false },
                { "not ASCII", "\xc3\xa6r\xc3\xb8", false },
                { "a slash, which would end a key", "a/b", false },
                { "a brace, which would end a hash tag", "a}b", false },
                { "a dot, which would leave the folder", "..", false },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                check_number(municipality_id_valid(rows[i].id, strlen(rows[i].id)), rows[i].valid,
                             rows[i].says);
        check(!municipality_id_valid("a\0b", 3), "a NUL");
}

static const struct {
        const char *says;
        const char *json;
        const char *want; /* the reason; NULL: taken */
} rows[] = {
        { "the least", "{\"id\":\"aarhus\",\"base_url\":\"https://www.aakb.dk\"}", NULL },
        { "a port and a path", "{\"id\":\"aarhus\",\"base_url\":\"https://10.0.0.1:8443/site-1/\"}",
          NULL },
        { "IPv6", "{\"id\":\"aarhus\",\"base_url\":\"https://[2001:db8::1]:8443\"}", NULL },
        { "http when it is allowed",
          "{\"id\":\"aarhus\",\"base_url\":\"http://localhost\",\"allow_insecure_http\":true}",
          NULL },
        { "not an object", "[]", "expected is an object with \"id\" and \"base_url\"" },
        { "no id", "{\"base_url\":\"https://www.aakb.dk\"}", "\"id\" is missing" },
        { "an id of another kind", "{\"id\":5}", "id: expected is a string" },
        { "a bad id", "{\"id\":\"Aarhus\"}",
          "id: \"Aarhus\" is not an id; write up to 63 of a-z, 0-9 and -, such as \"aarhus\"" },
        { "no address", "{\"id\":\"aarhus\"}",
          "aarhus: \"base_url\" is missing; write \"base_url\": \"https://...\"" },
        { "http", "{\"id\":\"aarhus\",\"base_url\":\"http://www.aakb.dk\"}",
          "aarhus: base_url: http would show the credentials on the way; write https, or set "
          "allow_insecure_http" },
        { "no scheme", "{\"id\":\"aarhus\",\"base_url\":\"www.aakb.dk\"}",
          "aarhus: base_url: it does not begin with https://" },
        { "another scheme", "{\"id\":\"aarhus\",\"base_url\":\"file:///etc/passwd\"}",
          "aarhus: base_url: it does not begin with https://" },
        { "a password is not quoted",
          "{\"id\":\"aarhus\",\"base_url\":\"https://user:secret@www.aakb.dk\"}",
          "aarhus: base_url: it has a user name in it; credentials belong in files in "
          "credentials_dir" },
        { "a query", "{\"id\":\"aarhus\",\"base_url\":\"https://www.aakb.dk/?a=1\"}",
          "aarhus: base_url: it has a query or a fragment; write only what stands before /api/" },
        { "a fragment", "{\"id\":\"aarhus\",\"base_url\":\"https://www.aakb.dk#x\"}",
          "aarhus: base_url: it has a query or a fragment; write only what stands before /api/" },
        { "no host", "{\"id\":\"aarhus\",\"base_url\":\"https:///events\"}",
          "aarhus: base_url: \"\" is not a host, such as www.aakb.dk" },
        { "a port of letters", "{\"id\":\"aarhus\",\"base_url\":\"https://www.aakb.dk:https\"}",
          "aarhus: base_url: \"www.aakb.dk:https\" is not a host, such as www.aakb.dk" },
        { "a port too high", "{\"id\":\"aarhus\",\"base_url\":\"https://www.aakb.dk:65536\"}",
          "aarhus: base_url: \"www.aakb.dk:65536\" is not a host, such as www.aakb.dk" },
        { "an open bracket", "{\"id\":\"aarhus\",\"base_url\":\"https://[::1\"}",
          "aarhus: base_url: \"[::1\" is not a host, such as www.aakb.dk" },
        { "a blank", "{\"id\":\"aarhus\",\"base_url\":\"https://www.aakb.dk/a b\"}",
          "aarhus: base_url: it has a character in it that no address has" },
        { "a line break", "{\"id\":\"aarhus\",\"base_url\":\"https://www.aakb.dk\\r\\nHost: x\"}",
          "aarhus: base_url: it has a character in it that no address has" },
        { "an unknown setting",
          "{\"id\":\"aarhus\",\"base_url\":\"https://www.aakb.dk\",\"poll_intervall\":\"5m\"}",
          "aarhus: poll_intervall: unknown setting; did you mean poll_interval?" },
        { "a wrong setting",
          "{\"id\":\"aarhus\",\"base_url\":\"https://www.aakb.dk\",\"poll_interval\":\"5\"}",
          "aarhus: poll_interval: \"5\" has no unit; write \"10m\", \"30s\" or \"250ms\"" },
        { "a from_date in the future",
          "{\"id\":\"aarhus\",\"base_url\":\"https://www.aakb.dk\",\"from_date\":\"14d\"}",
          "aarhus: from_date: 14d is out of bounds; allowed is -3660d to 0" },
        { "a field that there is not",
          "{\"id\":\"aarhus\",\"base_url\":\"https://www.aakb.dk\",\"news_fields\":\"titel\"}",
          "aarhus: news_fields: \"titel\" is no field of an event; did you mean \"title\"?" },
        { "a version that leaves the path",
          "{\"id\":\"aarhus\",\"base_url\":\"https://www.aakb.dk\",\"api_version\":\"v1/..\"}",
          "aarhus: api_version: \"v1/..\" is not a version, such as v1" },
};

static void test_read(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct municipality municipality;
                struct error error = ERROR_NULL;
                _cleanup_(json_decrefp) json_t *object = json_loads(rows[i].json, 0, NULL);
                int result = municipality_read(&municipality, object, NULL, &error);

                check_text(result < 0 ? error.text : NULL, rows[i].want, rows[i].says);
                if (result == 0)
                        municipality_deinit(&municipality);
        }
}

static void read_one(struct municipality *municipality, const char *json, const char *defaults_json)
{
        _cleanup_(json_decrefp) json_t *object = json_loads(json, 0, NULL);
        _cleanup_(json_decrefp) json_t *defaults = json_loads(defaults_json, 0, NULL);

        assert_int_equal(municipality_read(municipality, object, defaults, NULL), 0);
}

static void test_layers(void **state)
{
        struct municipality municipality;

        (void)state;
        read_one(&municipality,
                 "{\"id\":\"viborg\",\"base_url\":\"https://viborgbib.dk//"
                 "\",\"poll_interval\":\"5m\","
                 "\"proxy\":\"\"}",
                 "{\"poll_interval\":\"1m\",\"relevant_only\":true,\"proxy\":\"http://proxy:3128\","
                 "\"cacert\":\"/ca.pem\"}");
        check_text(municipality.id, "viborg", "its id");
        check_text(municipality.base_url, "https://viborgbib.dk", "without slashes at the end");
        check_number(municipality.poll_interval_ms, 300000, "its own word comes last");
        check_number(municipality.relevant_only, true, "then the defaults");
        check_text(municipality.cacert, "/ca.pem", "then the defaults");
        check_text(municipality.proxy, NULL, "an empty text takes a default back");
        check_text(municipality.api_version, "v1", "then what is built in");
        check_number(municipality.read_timeout_ms, 290000, "then what is built in");
        check_number(municipality.read_auth, READ_ANONYMOUS, "then what is built in");
        municipality_deinit(&municipality);
}

static void test_urls(void **state)
{
        struct municipality municipality;
        _cleanup_(buffer_deinit) struct buffer url = BUFFER_NULL;

        (void)state;
        read_one(&municipality,
                 "{\"id\":\"a\",\"base_url\":\"http://127.0.0.1:8080/a/"
                 "\",\"allow_insecure_http\":true,"
                 "\"api_version\":\"v2\"}",
                 "{}");
        municipality_list_url(&municipality, &url);
        check_text(url.data, "http://127.0.0.1:8080/a/api/v2/events?_format=json", "the list");
        buffer_clear(&url);
        municipality_event_url(&municipality, "0f1c2d3e-4a5b-6c7d-8e9f-a0b1c2d3e4f5", &url);
        check_text(url.data,
                   "http://127.0.0.1:8080/a/api/v2/events/0f1c2d3e-4a5b-6c7d-8e9f-a0b1c2d3e4f5"
                   "?_format=json",
                   "an event");
        municipality_deinit(&municipality);
}

static void test_server(void **state)
{
        static const struct {
                const char *says;
                const char *base_url;
                const char *address;
                int64_t port;
        } servers[] = {
                { "the port of https", "https://www.aakb.dk", "www.aakb.dk", 443 },
                { "the port of http", "http://www.aakb.dk/", "www.aakb.dk", 80 },
                { "a port of its own", "https://www.aakb.dk:8443", "www.aakb.dk", 8443 },
                { "with a path", "https://www.aakb.dk/a:1/b", "www.aakb.dk", 443 },
                { "a port and a path", "http://127.0.0.1:65535/a", "127.0.0.1", 65535 },
                { "an IPv6 address", "https://[2001:db8::1]/a", "2001:db8::1", 443 },
                { "an IPv6 address and a port", "https://[2001:db8::1]:8443", "2001:db8::1", 8443 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(servers); i++) {
                _cleanup_(buffer_deinit) struct buffer json = BUFFER_NULL;
                struct municipality municipality;
                struct municipality_server server;

                buffer_append_format(
                        &json, "{\"id\":\"a\",\"base_url\":\"%s\",\"allow_insecure_http\":true}",
                        servers[i].base_url);
                read_one(&municipality, json.data, "{}");
                municipality_server(&municipality, &server);
                check_text(server.address, servers[i].address, servers[i].says);
                check_number(server.port, servers[i].port, servers[i].says);
                municipality_deinit(&municipality);
        }
}

static void test_equal(void **state)
{
        static const char *const texts[] = {
                "{\"id\":\"a\",\"base_url\":\"https://a.dk\"}",
                "{\"id\":\"b\",\"base_url\":\"https://a.dk\"}",
                "{\"id\":\"a\",\"base_url\":\"https://b.dk\"}",
                "{\"id\":\"a\",\"base_url\":\"https://a.dk\",\"write_rate\":3}",
                "{\"id\":\"a\",\"base_url\":\"https://a.dk\",\"read_auth\":\"basic\"}",
        };
        struct municipality a, b;

        (void)state;
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                for (size_t j = 0; j < sizeof(texts) / sizeof(texts[0]); j++) {
                        read_one(&a, texts[i], "{}");
                        read_one(&b, texts[j], "{}");
                        check_number(municipality_equal(&a, &b), i == j, texts[i]);
                        municipality_deinit(&a);
                        municipality_deinit(&b);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_id),     cmocka_unit_test(test_read),
                cmocka_unit_test(test_layers), cmocka_unit_test(test_urls),
                cmocka_unit_test(test_server), cmocka_unit_test(test_equal),
        };

        return cmocka_run_group_tests_name("municipality", tests, NULL, NULL);
}
