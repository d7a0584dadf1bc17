/* tests/unit/test_metrics.c */
#include "base/metrics.h"

#include <math.h>
#include <stdio.h>

#include "support.h"

enum { FETCHES, EVENTS, SECONDS, LAG, REDIS_UP, COUNT };

static const struct metric table[COUNT] = {
        [FETCHES] = { "t_fetches_total",
                      METRIC_COUNTER,
                      { "municipality", "outcome" },
                      "Reads of a site." },
        [EVENTS] = { "t_events", METRIC_GAUGE, { "municipality", NULL }, "Size of the last list." },
        [SECONDS] = { "t_seconds", METRIC_HISTOGRAM, { NULL, NULL }, "Back\\slash\nand line." },
        [LAG] = { "t_lag", METRIC_GAUGE, { "topic", "municipality" }, "Records behind." },
        [REDIS_UP] = { "t_redis_up", METRIC_GAUGE, { NULL, NULL }, "1 while connected." },
};

static void render(const struct metrics *metrics, struct buffer *out)
{
        buffer_clear(out);
        metrics_render(metrics, out);
}

static void check_has(const struct buffer *out, const char *line, bool has, const char *says)
{
        char whole[256];

        snprintf(whole, sizeof(whole), "\n%s\n", line);
        if ((strstr(out->data, whole) != NULL) != has)
                fail_msg("%s: %s: %s\n%s", says, has ? "missing" : "unwanted", line, out->data);
}

static void test_empty(void **state)
{
        _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;
        struct metrics *metrics = metrics_new(table, COUNT);

        (void)state;
        render(metrics, &out);
        check_text(out.data,
                   "# HELP t_fetches_total Reads of a site.\n# TYPE t_fetches_total counter\n"
                   "# HELP t_events Size of the last list.\n# TYPE t_events gauge\n"
                   "# HELP t_seconds Back\\\\slash\\nand line.\n# TYPE t_seconds histogram\n"
                   "# HELP t_lag Records behind.\n# TYPE t_lag gauge\n"
                   "# HELP t_redis_up 1 while connected.\n# TYPE t_redis_up gauge\n",
                   "help and type are there before any series, in the table's order");
        metrics_free(metrics);
        metrics_free(NULL);
}

static void test_values(void **state)
{
        static const struct {
                const char *says;
                double value;
                const char *want;
        } rows[] = {
                { "zero", 0, "t_redis_up 0" },
                { "an integer has no exponent", 1764000000000, "t_redis_up 1764000000000" },
                { "a negative one", -3, "t_redis_up -3" },
                { "a fraction", 0.1, "t_redis_up 0.1" },
                { "a time with ms", 1764000000.123, "t_redis_up 1764000000.123" },
                { "a third", 1.0 / 3, "t_redis_up 0.3333333333333333" },
                { "infinite", (double)INFINITY, "t_redis_up +Inf" },
                { "not a number", (double)NAN, "t_redis_up NaN" },
                { "minus zero is zero", -0.0, "t_redis_up 0" },
        };
        struct metrics *metrics = metrics_new(table, COUNT);

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;

                metrics_set(metrics, REDIS_UP, NULL, NULL, rows[i].value);
                render(metrics, &out);
                check_has(&out, rows[i].want, true, rows[i].says);
        }
        metrics_free(metrics);
}

static void test_labels(void **state)
{
        _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;
        struct metrics *metrics = metrics_new(table, COUNT);

        (void)state;
        metrics_add(metrics, FETCHES, "aarhus", "applied", 1);
        metrics_add(metrics, FETCHES, "viborg", "applied", 1);
        metrics_add(metrics, FETCHES, "aarhus", "failed", 2);
        metrics_add(metrics, FETCHES, "aarhus", "applied", 0.5);
        metrics_set(metrics, EVENTS, "a\"b\\c\nd", NULL, 7);
        metrics_add(metrics, EVENTS, NULL, NULL, -1);
        metrics_add(NULL, EVENTS, "aarhus", NULL, 1);
        render(metrics, &out);
        check_has(&out, "t_fetches_total{municipality=\"aarhus\",outcome=\"applied\"} 1.5", true,
                  "the same series again");
        check_has(&out, "t_fetches_total{municipality=\"aarhus\",outcome=\"failed\"} 2", true,
                  "another second label");
        check_has(&out, "t_fetches_total{municipality=\"viborg\",outcome=\"applied\"} 1", true,
                  "another first label");
        check_has(&out, "t_events{municipality=\"a\\\"b\\\\c\\nd\"} 7", true, "escaped");
        check_has(&out, "t_events{municipality=\"\"} -1", true, "no value is the empty one");
        metrics_free(metrics);
}

static void test_histogram(void **state)
{
        _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;
        struct metrics *metrics = metrics_new(table, COUNT);

        (void)state;
        metrics_observe(metrics, SECONDS, NULL, 0.001);
        metrics_observe(metrics, SECONDS, NULL, 0.0011);
        metrics_observe(metrics, SECONDS, NULL, 2);
        metrics_observe(metrics, SECONDS, NULL, 4000);
        render(metrics, &out);
        check_has(&out, "t_seconds_bucket{le=\"0.001\"} 1", true, "a bound is inclusive");
        check_has(&out, "t_seconds_bucket{le=\"0.0025\"} 2", true, "buckets are cumulative");
        check_has(&out, "t_seconds_bucket{le=\"1\"} 2", true, "below");
        check_has(&out, "t_seconds_bucket{le=\"2.5\"} 3", true, "above");
        check_has(&out, "t_seconds_bucket{le=\"3600\"} 3", true, "the last bound");
        check_has(&out, "t_seconds_bucket{le=\"+Inf\"} 4", true, "the rest");
        check_has(&out, "t_seconds_sum 4002.0021", true, "the sum");
        check_has(&out, "t_seconds_count 4", true, "the count");
        metrics_free(metrics);
}

static void test_drop(void **state)
{
        _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;
        struct metrics *metrics = metrics_new(table, COUNT);

        (void)state;
        metrics_set(metrics, REDIS_UP, NULL, NULL, 1);
        metrics_add(metrics, FETCHES, "aarhus", "applied", 1);
        metrics_add(metrics, FETCHES, "aarhus", "failed", 1);
        metrics_add(metrics, FETCHES, "viborg", "applied", 1);
        metrics_set(metrics, LAG, "updates", "aarhus", 1);
        metrics_set(metrics, LAG, "updates", "viborg", 1);
        metrics_set(metrics, LAG, "aarhus", "viborg", 1);
        metrics_drop_municipality(metrics, "aarhus");
        metrics_drop_municipality(metrics, "unknown");
        render(metrics, &out);
        check(!strstr(out.data, "municipality=\"aarhus\""), "all of its series are gone");
        check_has(&out, "t_fetches_total{municipality=\"viborg\",outcome=\"applied\"} 1", true,
                  "others stay");
        check_has(&out, "t_lag{topic=\"updates\",municipality=\"viborg\"} 1", true, "others stay");
        check_has(&out, "t_lag{topic=\"aarhus\",municipality=\"viborg\"} 1", true,
                  "the value of another label does not matter");
        check_has(&out, "t_redis_up 1", true, "what has no municipality stays");
        metrics_add(metrics, FETCHES, "aarhus", "applied", 1);
        render(metrics, &out);
        check_has(&out, "t_fetches_total{municipality=\"aarhus\",outcome=\"applied\"} 1", true,
                  "it begins at nothing when it comes back");
        metrics_free(metrics);
}

static void test_first_event(void **state)
{
        static const struct metric counters[] = {
                { "t_errors_total", METRIC_COUNTER, { NULL, NULL }, "Errors." },
        };
        _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;
        struct metrics *metrics = metrics_new(counters, ARRAY_LENGTH(counters));

        (void)state;
        render(metrics, &out);
        check_has(&out, "t_errors_total 0", true, "a rate sees the first one");
        metrics_drop(metrics, 0);
        render(metrics, &out);
        check_has(&out, "t_errors_total 0", false, "a metric can be dropped as a whole");
        metrics_free(metrics);
}

static void test_many(void **state)
{
        _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;
        struct metrics *metrics = metrics_new(table, COUNT);

        (void)state;
        for (int i = 0; i < 5000; i++) {
                char municipality[32];

                snprintf(municipality, sizeof(municipality), "m-%d", i);
                for (int j = 0; j < 4; j++)
                        metrics_add(metrics, FETCHES, municipality,
                                    (const char[]){ (char)('a' + j), 0 }, 1);
        }
        render(metrics, &out);
        check_has(&out, "t_fetches_total{municipality=\"m-4999\",outcome=\"d\"} 1", true,
                  "the last");
        for (int i = 0; i < 5000; i++) {
                char municipality[32];

                snprintf(municipality, sizeof(municipality), "m-%d", i);
                metrics_drop_municipality(metrics, municipality);
        }
        render(metrics, &out);
        check(!strstr(out.data, "m-"), "all dropped");
        metrics_free(metrics);
}

static void test_document(void **state)
{
        _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;

        (void)state;
        metrics_document(table, 2, &out);
        check_text(
                out.data,
                "| metric | type | labels | meaning |\n|---|---|---|---|\n"
                "| `t_fetches_total` | counter | `municipality`, `outcome` | Reads of a site. |\n"
                "| `t_events` | gauge | `municipality` | Size of the last list. |\n",
                "a table");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_empty),  cmocka_unit_test(test_values),
                cmocka_unit_test(test_labels), cmocka_unit_test(test_histogram),
                cmocka_unit_test(test_drop),   cmocka_unit_test(test_first_event),
                cmocka_unit_test(test_many),   cmocka_unit_test(test_document),
        };

        return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
