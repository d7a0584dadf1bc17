/* tests/unit/test_trace.c */
#include "model/trace.h"

#include "base/cleanup.h"
#include "support.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN  "00f067aa0ba902b7"

static void test_read(void **state)
{
        static const struct {
                const char *says, *text, *id, *span;
                bool sampled;
        } rows[] = {
                { "sampled", "00-" TRACE "-" SPAN "-01", TRACE, SPAN, true },
                { "not sampled", "00-" TRACE "-" SPAN "-00", TRACE, SPAN, false },
                { "flags that are not known yet", "00-" TRACE "-" SPAN "-fe", TRACE, SPAN, false },
                { "and one more", "00-" TRACE "-" SPAN "-ff", TRACE, SPAN, true },
                { "another version", "01-" TRACE "-" SPAN "-01", "", "", false },
                { "no span", "00-" TRACE "-0000000000000000-01", "", "", false },
                { "cut off", "00-" TRACE "-" SPAN, "", "", false },
                { "empty", "", "", "", false },
                { "absent", NULL, "", "", false },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct trace trace;

                check_number(trace_read(&trace, slice_of(rows[i].text)), rows[i].id[0] != '\0',
                             rows[i].says);
                check_text(trace.id, rows[i].id, rows[i].says);
                check_text(trace.span, rows[i].span, rows[i].says);
                check_number(trace.sampled, rows[i].sampled, rows[i].says);
        }
}

static void test_write(void **state)
{
        struct trace trace = { .id = "" };
        char text[TRACEPARENT_BYTES];

        (void)state;
        trace_write(&trace, text);
        check_text(text, "", "none is none");
        check(trace_read(&trace, slice_of("00-" TRACE "-" SPAN "-03")), "read");
        trace_write(&trace, text);
        check_text(text, "00-" TRACE "-" SPAN "-01", "flags that are not ours are not passed on");
}

static void test_begin(void **state)
{
        static const struct {
                const char *says;
                uint64_t low;
                int64_t percent;
                bool sampled;
        } rows[] = {
                { "none", 0, 0, false },       { "all", 99, 100, true },
                { "the first", 200, 1, true }, { "the second", 201, 1, false },
                { "half", 149, 50, true },     { "the other half", 150, 50, false },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct trace trace, again;
                char text[TRACEPARENT_BYTES];

                trace_begin(&trace, 0, rows[i].low, rows[i].percent);
                check_number(trace.sampled, rows[i].sampled, rows[i].says);
                trace_write(&trace, text);
                check(trace_read(&again, slice_of(text)), "well-formed, whatever the dice said");
        }
}

static void test_child(void **state)
{
        struct trace parent, child, same, other, none = { .id = "" };

        (void)state;
        trace_read(&parent, slice_of("00-" TRACE "-" SPAN "-01"));
        trace_child(&parent, "PATCH", 1, &child);
        trace_child(&parent, "PATCH", 1, &same);
        check_text(child.id, TRACE, "of the same trace");
        check(child.sampled, "and sampled as it is");
        check(strcmp(child.span, SPAN) != 0, "with a span of its own");
        check_text(same.span, child.span, "which the same work has again");
        trace_child(&parent, "PATCH", 2, &other);
        check(strcmp(other.span, child.span) != 0, "and the next attempt has not");
        trace_child(&parent, "send", 1, &other);
        check(strcmp(other.span, child.span) != 0, "nor another hop");
        trace_child(&none, "send", 1, &other);
        check_text(other.span, "", "nothing hangs under none");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_read),
                cmocka_unit_test(test_write),
                cmocka_unit_test(test_begin),
                cmocka_unit_test(test_child),
        };

        return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
