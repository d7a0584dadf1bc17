/* tests/unit/test_queue.c
 *
 * Fetches are set to a phase and a moment by hand: what leads there is test_fetcher_core's.
 */
#include "unit/support.h"

#include "fetcher/queue.h"

enum { SITES = 4 };

struct line {
        struct queue queue;
        struct municipality municipality;
        struct fetch *fetches[SITES];
};

static void line_init(struct line *line)
{
        memset(line, 0, sizeof(*line));
        for (size_t i = 0; i < SITES; i++) {
                line->fetches[i] = fetch_new(&line->municipality, false, 0, i);
                line->fetches[i]->phase = FETCH_IDLE;
        }
}

static void line_deinit(struct line *line)
{
        queue_deinit(&line->queue);
        for (size_t i = 0; i < SITES; i++)
                fetch_free(line->fetches[i]);
}

static void due_at(struct line *line, size_t index, int64_t at_ms)
{
        line->fetches[index]->phase = FETCH_IDLE;
        line->fetches[index]->schedule.due_ms = at_ms;
        queue_settle(&line->queue, line->fetches[index]);
}

static void begins(struct line *line, size_t index, int64_t deadline_ms)
{
        line->fetches[index]->phase = FETCH_READING;
        line->fetches[index]->deadline_ms = deadline_ms;
        queue_settle(&line->queue, line->fetches[index]);
}

static void expects(struct line *line, size_t index, int64_t bytes)
{
        line->fetches[index]->expected_bytes = bytes;
}

static const struct queue_limits wide = { 100, 1 << 30 };

static void test_the_one_due_longest_goes_first(void **state)
{
        _cleanup_(line_deinit) struct line line;

        (void)state;
        line_init(&line);
        due_at(&line, 0, 300);
        due_at(&line, 1, 100);
        due_at(&line, 2, 200);
        due_at(&line, 3, 900);
        assert_int_equal(queue_wake_ms(&line.queue), 100);
        assert_null(queue_next(&line.queue, &wide, 500)); /* nobody has looked at the clock yet */
        assert_null(queue_take_expired(&line.queue, 500));
        assert_int_equal(queue_wake_ms(&line.queue), 900);
        assert_ptr_equal(queue_next(&line.queue, &wide, 500), line.fetches[1]);
        begins(&line, 1, 5000);
        assert_ptr_equal(queue_next(&line.queue, &wide, 500), line.fetches[2]);
        begins(&line, 2, 4000);
        assert_ptr_equal(queue_next(&line.queue, &wide, 500), line.fetches[0]);
        queue_leave(&line.queue, line.fetches[0]);
        assert_null(queue_next(&line.queue, &wide, 500));
        assert_int_equal(line.queue.reads, 2);
}

static void test_deadlines(void **state)
{
        _cleanup_(line_deinit) struct line line;

        (void)state;
        line_init(&line);
        begins(&line, 0, 400);
        due_at(&line, 1, 300);
        assert_ptr_equal(queue_take_expired(&line.queue, 400), line.fetches[0]);
        assert_null(queue_take_expired(&line.queue, 400));
        assert_int_equal(queue_wake_ms(&line.queue), INT64_MAX);
}

static void test_a_pause_leaves_the_line(void **state)
{
        _cleanup_(line_deinit) struct line line;

        (void)state;
        line_init(&line);
        due_at(&line, 0, 100);
        assert_null(queue_take_expired(&line.queue, 100));
        due_at(&line, 0, 100); /* nothing has changed: it keeps its place */
        assert_ptr_equal(queue_next(&line.queue, &wide, 100), line.fetches[0]);
        due_at(&line, 0, 600);
        assert_null(queue_next(&line.queue, &wide, 100));
        assert_int_equal(queue_wake_ms(&line.queue), 600);
}

static void test_reads_at_a_time(void **state)
{
        _cleanup_(line_deinit) struct line line;
        const struct queue_limits one = { 1, 1 << 30 };

        (void)state;
        line_init(&line);
        due_at(&line, 0, 1);
        due_at(&line, 1, 2);
        assert_null(queue_take_expired(&line.queue, 10));
        begins(&line, 0, 5000);
        assert_null(queue_next(&line.queue, &one, 10));
        due_at(&line, 0, 700);
        assert_ptr_equal(queue_next(&line.queue, &one, 10), line.fetches[1]);
}

static void test_what_does_not_fit_lets_others_pass_for_a_while(void **state)
{
        _cleanup_(line_deinit) struct line line;
        const struct queue_limits tight = { 100, 10000000 };

        (void)state;
        line_init(&line);
        expects(&line, 0, 4000000);
        begins(&line, 0, 90000);
        assert_int_equal(line.queue.reserved, 4000000);
        expects(&line, 1, 8000000);
        due_at(&line, 1, 10);
        due_at(&line, 2, 20);
        assert_null(queue_take_expired(&line.queue, 20));
        assert_ptr_equal(queue_next(&line.queue, &tight, 30000), line.fetches[2]);
        assert_null(queue_next(&line.queue, &tight, 30011));
        due_at(&line, 0, 99000);
        assert_ptr_equal(queue_next(&line.queue, &tight, 30011), line.fetches[1]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_one_due_longest_goes_first),
                cmocka_unit_test(test_deadlines),
                cmocka_unit_test(test_a_pause_leaves_the_line),
                cmocka_unit_test(test_reads_at_a_time),
                cmocka_unit_test(test_what_does_not_fit_lets_others_pass_for_a_while),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
