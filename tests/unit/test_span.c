/* tests/unit/test_span.c */
#include "model/span.h"

#include "base/json.h"
#include "support.h"

#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN   "00f067aa0ba902b7"
#define PARENT "1122334455667788"
#define HEAD   "{\"traceId\":\"" TRACE "\",\"spanId\":\"" SPAN "\","

static struct span span_of(const struct log_field *attributes)
{
        struct span span = {
                .name = "PATCH",
                .kind = SPAN_CLIENT,
                .start_ms = INT64_C(1764000000123),
                .end_ms = INT64_C(1764000000200),
                .attributes = attributes,
        };

        trace_read(&span.trace, slice_of("00-" TRACE "-" SPAN "-01"));
        return span;
}

static void check_span(const struct span *span, const char *want, const char *says)
{
        _cleanup_(buffer_deinit) struct buffer json = BUFFER_NULL;

        span_write(span, &json);
        check_text(json.data, want, says);
}

static void test_first_of_a_trace(void **state)
{
        struct span span = span_of(NULL);

        (void)state;
        check_span(&span,
                   HEAD
                   "\"name\":\"PATCH\",\"kind\":3,\"startTimeUnixNano\":\"1764000000123000000\","
                   "\"endTimeUnixNano\":\"1764000000200000000\",\"attributes\":[]}",
                   "64-bit numbers are texts, enums integers");
}

static void test_failed_with_all(void **state)
{
        static const struct log_field attributes[] = {
                { "server.address", "www.bibliotek.example", 0 },
                { "error.type", "", 0 },
                { "http.response.status_code", NULL, 500 },
                FIELD_END,
        };
        struct span span = span_of(attributes);
        struct trace link;

        (void)state;
        trace_read(&link, slice_of("00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-00"));
        memcpy(span.parent, PARENT, sizeof(PARENT));
        span.links = &link;
        span.link_count = 1;
        span.kind = SPAN_CONSUMER;
        span.failed = true;
        span.error = "the site failed";
        span.end_ms = 0;
        check_span(&span,
                   HEAD "\"parentSpanId\":\"" PARENT "\",\"name\":\"PATCH\",\"kind\":5,"
                        "\"startTimeUnixNano\":\"1764000000123000000\","
                        "\"endTimeUnixNano\":\"1764000000123000000\",\"attributes\":["
                        "{\"key\":\"server.address\","
                        "\"value\":{\"stringValue\":\"www.bibliotek.example\"}},"
                        "{\"key\":\"http.response.status_code\",\"value\":{\"intValue\":\"500\"}}],"
                        "\"links\":[{\"traceId\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
                        "\"spanId\":\"bbbbbbbbbbbbbbbb\"}],"
                        "\"status\":{\"code\":2,\"message\":\"the site failed\"}}",
                   "an end before its start is the start; an empty text is left out");
}

static void test_wanted(void **state)
{
        struct span span = span_of(NULL);

        (void)state;
        check(span_wanted(&span), "its trace is sampled");
        span.trace.sampled = false;
        check(!span_wanted(&span), "it is not");
        span.failed = true;
        check(span_wanted(&span), "but what fails is always told");
        span.trace.id[0] = '\0';
        check(!span_wanted(&span), "there is no trace");
}

static void test_request(void **state)
{
        static const struct span_source source = { "dplsync-writer", "pod-1:7", "0.1.0",
                                                   "deployment.environment=test,team=a%2Cb" };
        _cleanup_(buffer_deinit) struct buffer json = BUFFER_NULL;

        (void)state;
        span_write_request(&source, slice_of("{},{}"), &json);
        check_text(json.data,
                   "{\"resourceSpans\":[{\"resource\":{\"attributes\":["
                   "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"dplsync-writer\"}},"
                   "{\"key\":\"service.version\",\"value\":{\"stringValue\":\"0.1.0\"}},"
                   "{\"key\":\"service.instance.id\",\"value\":{\"stringValue\":\"pod-1:7\"}},"
                   "{\"key\":\"deployment.environment\",\"value\":{\"stringValue\":\"test\"}},"
                   "{\"key\":\"team\",\"value\":{\"stringValue\":\"a,b\"}}]},"
                   "\"scopeSpans\":[{\"scope\":{\"name\":\"dplsync\",\"version\":\"0.1.0\"},"
                   "\"spans\":[{},{}]}]}]}",
                   "as OTLP/HTTP wants it");
}

static void test_pairs(void **state)
{
        static const struct {
                const char *says, *list, *want;
        } rows[] = {
                { "none", "", "" },
                { "absent", NULL, "" },
                { "one", "a=b", "a:b;" },
                { "several, with blanks", "a=b , c = d", "a:b;c:d;" },
                { "decoded", "a%20b=%C3%A6%3D", "a b:\xc3\xa6=;" },
                { "a percent that is none", "a=100%", "a:100%;" },
                { "without a value", "a,b=c", "b:c;" },
                { "an empty value", "a=,b=c", "a:;b:c;" },
                { "without a name", "=a,b=c", "b:c;" },
                { "the second = is the value's",
                  "authorization=Basic YTpi==", "authorization:Basic YTpi==;" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(buffer_deinit) struct buffer got = BUFFER_NULL;
                const char *list = rows[i].list;
                struct span_pair pair;

                buffer_append_text(&got, "");
                while (span_next_pair(&list, &pair))
                        buffer_append_format(&got, "%s:%s;", pair.key, pair.value);
                check_text(got.data, rows[i].want, rows[i].says);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_first_of_a_trace),
                cmocka_unit_test(test_failed_with_all),
                cmocka_unit_test(test_wanted),
                cmocka_unit_test(test_request),
                cmocka_unit_test(test_pairs),
        };

        return cmocka_run_group_tests_name("span", tests, NULL, NULL);
}
