/* tests/unit/test_histories.c
 *
 * What libraries' lists do over days, and what a vendor may be told of it: the guard and the
 * reasons of deletions, list after list, for sites of any size.
 */
#include "unit/support.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "model/news.h"
#include "reconciler/diff.h"

#define START_MS  INT64_C(1772355600000) /* 2026-03-01T09:00:00Z */
#define MINUTE_MS (60 * INT64_C(1000))
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

enum { EVENTS_MAX = 800 };

struct on_site {
        bool shown;
        int64_t start_ms, end_ms;
        unsigned series; /* 0: none */
};

/* A site, and what is known of it. Event i has a uuid that ends in i. */
struct history {
        struct on_site events[EVENTS_MAX];
        size_t count;
        bool is_known[EVENTS_MAX];
        struct buffer known[EVENTS_MAX]; /* packed */
        int64_t now_ms;
        int64_t window_ms; /* from_date lies so long before now; 0: there is none */
        uint64_t version;
        size_t deleted[REASON_RESCHEDULED + 1]; /* told so far, by reason */
        size_t held;                            /* by the last list */
        size_t out_of_sight;
        bool foreign;
};

static void uuid_of(size_t event, struct uuid *uuid)
{
        *uuid = (struct uuid){
                .bytes = { [14] = (unsigned char)(event >> 8), [15] = (unsigned char)event }
        };
}

static size_t event_of(const struct uuid *uuid)
{
        return (size_t)uuid->bytes[14] << 8 | uuid->bytes[15];
}

static void write_event(const struct history *history, size_t i, struct buffer *out)
{
        const struct on_site *event = &history->events[i];
        char start[TIMESTAMP_TEXT_BYTES], end[TIMESTAMP_TEXT_BYTES], uuid[UUID_TEXT_BYTES];
        struct uuid number;

        uuid_of(i, &number);
        uuid_format(&number, uuid);
        timestamp_format(event->start_ms, start);
        timestamp_format(event->end_ms, end);
        buffer_append_format(out,
                             "{\"uuid\":\"%s\",\"date_time\":{\"start\":\"%s\",\"end\":\"%s\"}",
                             uuid, start, end);
        if (event->series)
                buffer_append_format(
                        out, ",\"series\":{\"uuid\":\"99999999-0000-4000-8000-0000000000%02x\"}",
                        event->series);
        buffer_append_byte(out, '}');
}

static int64_t edge_ms(const struct history *history)
{
        return history->window_ms ? history->now_ms - history->window_ms : TIMESTAMP_NONE;
}

static void make_listing(const struct history *history, struct listing *listing)
{
        _cleanup_(buffer_deinit) struct buffer part = BUFFER_NULL;

        buffer_append_byte(&part, '[');
        for (size_t i = 0; i < history->count; i++) {
                bool inside = edge_ms(history) == TIMESTAMP_NONE ||
                              history->events[i].start_ms >= edge_ms(history);

                if (!history->events[i].shown || !inside)
                        continue;
                if (part.length > 1)
                        buffer_append_byte(&part, ',');
                write_event(history, i, &part);
        }
        buffer_append_byte(&part, ']');
        assert_int_equal(listing_add(listing, buffer_slice(&part), NULL), 0);
        listing_close(listing);
}

static void make_catalogue(const struct history *history, struct catalogue *catalogue)
{
        static struct uuid uuids[EVENTS_MAX];
        static struct slice pairs[2 * EVENTS_MAX];
        size_t count = 0;

        for (size_t i = 0; i < history->count; i++) {
                if (!history->is_known[i])
                        continue;
                uuid_of(i, &uuids[i]);
                pairs[count++] =
                        (struct slice){ (const char *)uuids[i].bytes, sizeof(struct uuid) };
                pairs[count++] = buffer_slice(&history->known[i]);
        }
        assert_int_equal(catalogue_load(catalogue, pairs, count, NULL), 0);
}

static void keep(struct history *history, const struct diff_step *step)
{
        size_t i = event_of(&step->uuid);

        if (step->op == DIFF_NOTHING)
                return;
        if (step->op == DIFF_DELETE)
                history->deleted[step->reason]++;
        history->is_known[i] = step->op != DIFF_FORGET && step->op != DIFF_BURY;
        buffer_clear(&history->known[i]);
        known_write(&step->known, &history->known[i]);
}

/* The next list, `after_ms` later. */
static void poll(struct history *history, bool fresh, int64_t after_ms)
{
        _cleanup_(listing_deinit) struct listing listing = LISTING_NULL;
        _cleanup_(catalogue_deinit) struct catalogue catalogue = CATALOGUE_NULL;
        struct diff diff;

        history->now_ms += after_ms;

        struct diff_facts facts = {
                .version = ++history->version,
                .now_ms = history->now_ms,
                .edge_ms = edge_ms(history),
                .complete = true,
                .fresh = fresh,
                .news = NEWS_ALL,
                .allowance = { .events = 5, .percent = 20 },
        };

        make_listing(history, &listing);
        make_catalogue(history, &catalogue);
        diff_begin(&diff, &facts, &listing, &catalogue);
        while (!diff_advance(&diff, 100))
                ;
        diff_finish(&diff);
        history->held = diff.counts.held;
        history->out_of_sight = diff.counts.out_of_sight;
        history->foreign = diff.foreign;
        for (size_t i = 0; i < diff.step_count && !diff.foreign; i++)
                keep(history, &diff.steps[i]);
        diff_deinit(&diff);
}

/* A site of so many events, an evening each from tomorrow on, all told. */
static struct history *history_new(size_t events)
{
        struct history *history = memory_new(sizeof(*history));

        history->now_ms = START_MS;
        history->version = VERSION_MIN;
        history->count = events;
        for (size_t i = 0; i < events; i++)
                history->events[i] = (struct on_site){
                        .shown = true,
                        .start_ms = START_MS + (int64_t)(i + 1) * DAY_MS,
                        .end_ms = START_MS + (int64_t)(i + 1) * DAY_MS + 2 * HOUR_MS,
                };
        poll(history, true, 0);
        return history;
}

static void history_free(struct history *history)
{
        for (size_t i = 0; i < EVENTS_MAX; i++)
                buffer_deinit(&history->known[i]);
        free(history);
}

/* The events from `first` on leave the list. */
static void hide(struct history *history, size_t first, size_t count)
{
        for (size_t i = first; i < first + count; i++)
                history->events[i].shown = false;
}

static size_t all_deleted(const struct history *history)
{
        size_t all = 0;

        for (size_t reason = 0; reason < ARRAY_LENGTH(history->deleted); reason++)
                all += history->deleted[reason];
        return all;
}

/* Every ten minutes a list, cached and then fresh, for a while: a minute short of what releases. */
static void poll_for_half_an_hour(struct history *history)
{
        for (int minutes = 0; minutes < 25; minutes += 10) {
                poll(history, false, 9 * MINUTE_MS);
                poll(history, true, MINUTE_MS / 2);
        }
}

static const struct {
        const char *says;
        size_t events, gone; /* of the site's, at once */
        bool held;
        bool foreign;
} sudden_rows[] = {
        { "an empty list, of 10", 10, 10, true, true },
        { "an empty list, of 30", 30, 30, true, true },
        { "an empty list, of 40", 40, 40, true, true },
        { "an empty list, of 400", 400, 400, true, true },
        { "an empty list, of 4", 4, 4, false, false },
        { "cut to a third, of 10", 10, 7, true, false },
        { "cut to a third, of 30", 30, 20, true, false },
        { "cut to a third, of 40", 40, 27, true, false },
        { "cut to a third, of 400", 400, 267, true, false },
        { "a mass unpublish of 40 %, of 10: four are always allowed", 10, 4, false, false },
        { "a mass unpublish of 40 %, of 30", 30, 12, true, false },
        { "a mass unpublish of 40 %, of 40", 40, 16, true, false },
        { "a mass unpublish of 40 %, of 400", 400, 160, true, false },
        { "five of 10 are allowed", 10, 5, false, false },
        { "six of 10 are not", 10, 6, true, false },
        { "a fifth of 400 is allowed", 400, 80, false, false },
        { "one more is not", 400, 81, true, false },
};

static void test_sudden_losses(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(sudden_rows); i++) {
                const char *says = sudden_rows[i].says;
                size_t gone = sudden_rows[i].gone;
                struct history *history = history_new(sudden_rows[i].events);

                hide(history, 0, gone);
                poll_for_half_an_hour(history);
                check_number(history->foreign, sudden_rows[i].foreign, says);
                check_number(history->held, sudden_rows[i].held ? gone : 0, says);
                check_number(all_deleted(history), sudden_rows[i].held ? 0 : gone, says);
                poll(history, true, 11 * MINUTE_MS);
                if (sudden_rows[i].held && !sudden_rows[i].foreign)
                        check_number(history->deleted[REASON_ABSENT], gone,
                                     "two fresh reads half an hour apart release");
                history_free(history);
        }
}

/* 5 % of what is left with every list: no list by itself is much. */
static void test_a_slow_loss(void **state)
{
        static const size_t sizes[] = { 30, 40, 400 };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
                size_t events = sizes[i], gone = 0, most = events / 5 > 5 ? events / 5 : 5;
                struct history *history = history_new(events);

                while (gone < events / 2) {
                        size_t step = (events - gone + 19) / 20;

                        hide(history, gone, step);
                        gone += step;
                        poll(history, false, MINUTE_MS);
                        poll(history, true, MINUTE_MS);
                }
                check(all_deleted(history) <= most, "what may go in a day goes");
                check(history->held > 0, "the rest is held");
                check_number(history->held, gone - all_deleted(history), "event by event");
                history_free(history);
        }
}

/* Six hours after their end, the site takes them off, at its next cron all at once. */
static void test_a_full_evening_ends(void **state)
{
        (void)state;
        struct history *history = history_new(40);

        for (size_t i = 0; i < 30; i++) {
                history->events[i].start_ms = START_MS + 8 * HOUR_MS;
                history->events[i].end_ms = START_MS + 10 * HOUR_MS;
        }
        poll(history, true, MINUTE_MS);
        hide(history, 0, 30);
        poll(history, false, 17 * HOUR_MS);
        check_number(history->deleted[REASON_PAST], 30, "all thirty are past, by a cached list");
        check_number(history->held, 0, "and the guard has no part in it");
        history_free(history);
}

static void test_a_rescheduled_series(void **state)
{
        (void)state;
        struct history *history = history_new(40);

        for (size_t i = 0; i < 30; i++)
                history->events[i].series = 7;
        poll(history, true, MINUTE_MS);
        hide(history, 0, 30);
        for (size_t i = 40; i < 70; i++) {
                history->events[i] = history->events[i - 40];
                history->events[i].shown = true;
                history->events[i].start_ms += HOUR_MS;
        }
        history->count = 70;
        poll(history, false, MINUTE_MS);
        check_number(all_deleted(history), 0, "a cached list deletes nothing");
        poll(history, true, MINUTE_MS);
        check_number(history->deleted[REASON_RESCHEDULED], 30, "the old instances go");
        check_number(history->held, 0, "and are not held");
        history_free(history);
}

/* An exhibition that began long ago still runs when the list's window has moved on. */
static void test_a_running_exhibition(void **state)
{
        (void)state;
        struct history *history = history_new(20);

        history->window_ms = 14 * DAY_MS;
        history->events[0].start_ms = START_MS - 10 * DAY_MS;
        history->events[0].end_ms = START_MS + 60 * DAY_MS;
        poll(history, true, MINUTE_MS);
        for (int days = 0; days < 30; days++)
                poll(history, true, DAY_MS);
        check_number(all_deleted(history) - history->deleted[REASON_PAST], 0, "nothing is absent");
        check(history->out_of_sight > 0 && history->is_known[0], "it is out of sight, and known");
        for (int days = 30; days < 61; days++)
                poll(history, true, DAY_MS);

        struct known known;

        assert_int_equal(known_read(&known, buffer_slice(&history->known[0]), NULL), 0);
        check(known.flags & KNOWN_DELETED, "until it has ended");
        known_deinit(&known);
        history_free(history);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_sudden_losses),
                cmocka_unit_test(test_a_slow_loss),
                cmocka_unit_test(test_a_full_evening_ends),
                cmocka_unit_test(test_a_rescheduled_series),
                cmocka_unit_test(test_a_running_exhibition),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
