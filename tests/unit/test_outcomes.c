/* The last outcomes of each municipality, and how long they took. */
#include "support.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "operator/outcomes.h"

#define UUID "0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b"
#define KEY  "9d0c5e1f2a3b4c5d6e7f8091a2b3c4d5"

/* `wished`: seconds before it was finished, or -1: not told. */
static void take(struct outcomes *outcomes, const char *municipality, unsigned status, int wished,
                 const char *trace)
{
        struct headers headers;
        char value[1024], at[64] = "";

        headers_clear(&headers);
        if (trace)
                headers_add(&headers, "traceparent", trace);
        if (wished >= 0)
                snprintf(at, sizeof(at), ",\"wished_at\":\"2026-03-01T09:00:%02d.000Z\"",
                         30 - wished);
        snprintf(value, sizeof(value),
                 "{\"municipality\":\"%s\",\"uuid\":\"" UUID "\",\"version\":1099511628211,"
                 "\"outcome\":\"applied\",\"status\":%u,\"attempts\":1,\"idempotency_key\":\"" KEY
                 "\"%s,\"finished_at\":\"2026-03-01T09:00:30.000Z\",\"state\":\"SoldOut\","
                 "\"wish\":{\"serial\":0}}",
                 municipality, status, at);
        outcomes_take(outcomes, slice_of(value), &headers);
}

static void test_newest_first(void **state)
{
        _cleanup_(outcomes_deinit) struct outcomes outcomes = OUTCOMES_NULL;
        const struct outcomes_of *of;

        (void)state;
        check(!outcomes_at(outcomes_find(&outcomes, "aarhus"), 0), "nothing yet");
        for (unsigned i = 0; i < OUTCOMES_KEPT + 5; i++)
                take(&outcomes, "aarhus", 200 + i, 3, NULL);
        take(&outcomes, "odense", 404, -1, NULL);
        of = outcomes_find(&outcomes, "aarhus");
        check_number(outcomes_at(of, 0)->status, 224, "the newest");
        check_number(outcomes_at(of, OUTCOMES_KEPT - 1)->status, 205, "the oldest that is kept");
        check(!outcomes_at(of, OUTCOMES_KEPT), "no more");
        check_number(outcomes_at(outcomes_find(&outcomes, "odense"), 0)->status, 404,
                     "another municipality");
        check(!outcomes_at(outcomes_find(&outcomes, "odense"), 1), "which has only one");
}

static void test_latency(void **state)
{
        _cleanup_(outcomes_deinit) struct outcomes outcomes = OUTCOMES_NULL;

        (void)state;
        take(&outcomes, "aarhus", 200, 3, NULL);
        take(&outcomes, "aarhus", 200, -1, NULL);
        take(&outcomes, "odense", 200, 7, NULL);
        check_number(outcomes_recent(&outcomes, 0)->latency_ms, 7000, "the newest of all");
        check_number(outcomes_recent(&outcomes, 1)->latency_ms, 3000,
                     "one without a time is left out");
        check(!outcomes_recent(&outcomes, 2), "no more");
        check_number(outcomes_at(outcomes_find(&outcomes, "aarhus"), 0)->latency_ms, -1,
                     "of which it is not known");
        for (unsigned i = 0; i < OUTCOMES_RECENT + 3; i++)
                take(&outcomes, "aarhus", 200, (int)(i % 20), NULL);
        check(!outcomes_recent(&outcomes, OUTCOMES_RECENT), "a bounded number of them");
}

static void test_trace(void **state)
{
        _cleanup_(outcomes_deinit) struct outcomes outcomes = OUTCOMES_NULL;
        const struct outcomes_of *of;

        (void)state;
        take(&outcomes, "aarhus", 200, 3,
             "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        take(&outcomes, "aarhus", 200, 3, "nonsense");
        of = outcomes_find(&outcomes, "aarhus");
        check_text(outcomes_at(of, 1)->trace, "4bf92f3577b34da6a3ce929d0e0e4736",
                   "the trace that came with it");
        check_text(outcomes_at(of, 0)->trace, KEY, "else the request's key names it");
}

static void test_foreign(void **state)
{
        _cleanup_(outcomes_deinit) struct outcomes outcomes = OUTCOMES_NULL;
        struct headers headers;

        (void)state;
        headers_clear(&headers);
        outcomes_take(&outcomes, SLICE_NULL, &headers);
        outcomes_take(&outcomes, slice_of(""), &headers);
        outcomes_take(&outcomes, slice_of("{\"municipality\":\"aarhus\"}"), &headers);
        check(!outcomes.by_municipality, "a tombstone and what cannot be read are left alone");
        for (unsigned i = 0; i < OUTCOMES_MUNICIPALITIES_MAX + 1; i++) {
                char name[32];

                snprintf(name, sizeof(name), "m%u", i);
                take(&outcomes, name, 200, 3, NULL);
        }
        check_number(HASH_COUNT(outcomes.by_municipality), OUTCOMES_MUNICIPALITIES_MAX,
                     "a bounded number of municipalities");
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_newest_first),
                                            cmocka_unit_test(test_latency),
                                            cmocka_unit_test(test_trace),
                                            cmocka_unit_test(test_foreign) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
