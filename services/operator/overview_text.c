/* services/operator/overview_text.c
 *
 * What to do about a mark stands here once, in a table: a mark without advice is only a colour.
 */
#include "operator/overview_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "base/timestamp.h"
#include "operator/plain.h"
#include "operator/table.h"

enum { CELL_BYTES = 64, LABEL_CELLS = 15 };

/* `%s` is the municipality. */
static const struct {
        enum overview_mark mark;
        const char *advice;
} advices[] = {
        { OVERVIEW_HELD, "many events vanished at once: `dplsync holds show %s`" },
        { OVERVIEW_CREDENTIALS, "nothing can be written: correct the files %s.username and "
                                ".password, or ask the site's administrator" },
        { OVERVIEW_DEAD_LETTERS, "`dplsync dead-letters list --municipality %s`" },
        { OVERVIEW_STUCK, "updates wait and nothing says why: look at the writer's log for %s" },
        { OVERVIEW_STALE, "the site is not read: is it reachable, and the fetcher running? "
                          "`dplsync refresh %s` tries at once" },
        { OVERVIEW_BREAKER, "the site fails at writing; %s is tried again by itself" },
        { OVERVIEW_UNREAD, "it was never read: is base_url of %s right, and the fetcher running?" },
        { OVERVIEW_PAUSED, "the site of %s asked to be left alone; it goes on by itself" },
};

/* "12 s", "3 min", "2 h", "4 d": the largest unit, for a cell; "-" for no moment. */
static void write_age(struct buffer *out, int64_t from_ms, int64_t to_ms)
{
        static const struct {
                int64_t ms;
                const char *unit;
        } units[] = {
                { 24 * 3600 * 1000, "d" }, { 3600 * 1000, "h" }, { 60 * 1000, "min" }, { 1000, "s" }
        };
        int64_t age_ms = to_ms > from_ms ? to_ms - from_ms : 0;

        if (from_ms <= 0) {
                buffer_append_byte(out, '-');
                return;
        }
        for (size_t i = 0; i < ARRAY_LENGTH(units); i++)
                if (age_ms >= units[i].ms || i == ARRAY_LENGTH(units) - 1) {
                        buffer_append_format(out, "%" PRId64 " %s", age_ms / units[i].ms,
                                             units[i].unit);
                        return;
                }
}

static void write_marks(struct buffer *out, unsigned marks, const char *between)
{
        size_t before = out->length;

        for (size_t i = 0; i < OVERVIEW_MARKS; i++) {
                enum overview_mark mark = overview_mark_at(i);

                if (marks & mark)
                        buffer_append_format(out, "%s%s", out->length > before ? between : "",
                                             overview_mark_name(mark));
        }
}

/* ---- all ---- */

static void write_number(struct buffer *out, int64_t number)
{
        if (number > 0)
                buffer_append_format(out, "%" PRId64, number);
}

static void add_row(struct table *table, const struct overview_row *row, int64_t now_ms)
{
        struct buffer cells[TABLE_COLUMNS_MAX] = { 0 };
        const char *texts[TABLE_COLUMNS_MAX];

        buffer_append_text(&cells[0], row->id);
        write_marks(&cells[1], row->marks, ", ");
        write_age(&cells[2], row->success_ms, now_ms);
        write_number(&cells[3], row->events);
        write_number(&cells[4], row->held);
        write_number(&cells[5], row->waiting);
        if (row->waiting > 0)
                write_age(&cells[6], row->oldest_ms, now_ms);
        plain_append(&cells[7], slice_of(row->last_outcome), CELL_BYTES);
        for (size_t i = 0; i < TABLE_COLUMNS_MAX; i++)
                texts[i] = cells[i].data;
        table_add(table, texts);
        for (size_t i = 0; i < TABLE_COLUMNS_MAX; i++)
                buffer_deinit(&cells[i]);
}

static void write_sums(const struct overview *overview, struct buffer *out)
{
        const struct overview_sums *sums = &overview->sums;

        buffer_append_format(out,
                             "%zu %s: %zu fresh, %zu stale, %zu paused, %zu not written to, %zu "
                             "with deletions held\n",
                             overview->count,
                             overview->count == 1 ? "municipality" : "municipalities", sums->fresh,
                             sums->stale, sums->paused, sums->breaker, sums->held);
}

void overview_write_table(const struct overview *overview, bool all, struct buffer *out)
{
        static const char *const heading[TABLE_COLUMNS_MAX] = { "MUNICIPALITY", "WRONG", "READ",
                                                                "EVENTS",       "HELD",  "WAITING",
                                                                "OLDEST",       "LAST" };
        _cleanup_(table_deinit) struct table table;
        size_t fine = 0;

        write_sums(overview, out);
        table_init(&table, TABLE_COLUMNS_MAX);
        table_add(&table, heading);
        for (size_t i = 0; i < overview->count; i++) {
                if (overview->rows[i].marks || all)
                        add_row(&table, &overview->rows[i], overview->now_ms);
                else
                        fine++;
        }
        if (table.rows > 1) {
                buffer_append_byte(out, '\n');
                table_format(&table, out);
        }
        if (fine > 0)
                buffer_append_format(out, "\n%zu %s as %s should be; --all lists them, too\n", fine,
                                     fine == 1 ? "is" : "are", fine == 1 ? "it" : "they");
}

/* ---- one ---- */

static void label(struct buffer *out, const char *name)
{
        buffer_append_format(out, "%-*s", LABEL_CELLS, name);
}

static void text_line(struct buffer *out, const char *name, const char *text)
{
        if (text[0] == '\0')
                return;
        label(out, name);
        plain_append(out, slice_of(text), 0);
        buffer_append_byte(out, '\n');
}

static void number_line(struct buffer *out, const char *name, int64_t number)
{
        label(out, name);
        buffer_append_format(out, "%" PRId64 "\n", number);
}

static void age_line(struct buffer *out, const char *name, int64_t at_ms, int64_t now_ms)
{
        if (at_ms == 0)
                return;
        label(out, name);
        write_age(out, at_ms, now_ms);
        buffer_append_text(out, " ago\n");
}

/* Only where it is still to come. */
static void until_line(struct buffer *out, const char *name, int64_t until_ms, int64_t now_ms)
{
        if (until_ms <= now_ms)
                return;
        label(out, name);
        buffer_append_text(out, "for ");
        write_age(out, now_ms, until_ms);
        buffer_append_byte(out, '\n');
}

static void write_advice(const struct overview_row *row, struct buffer *out)
{
        for (size_t i = 0; i < ARRAY_LENGTH(advices); i++) {
                const char *place = strstr(advices[i].advice, "%s");

                if (!(row->marks & advices[i].mark))
                        continue;
                label(out, overview_mark_name(advices[i].mark));
                buffer_append(out, advices[i].advice, (size_t)(place - advices[i].advice));
                buffer_append_format(out, "%s%s\n", row->id, place + 2);
        }
}

static void write_reading(const struct overview_row *row, int64_t now_ms, struct buffer *out)
{
        age_line(out, "read", row->success_ms, now_ms);
        age_line(out, "last try", row->attempt_ms, now_ms);
        text_line(out, "outcome", row->fetch_outcome);
        text_line(out, "error", row->fetch_error);
        until_line(out, "reading pauses", row->fetch_paused_ms, now_ms);
        number_line(out, "events", row->events);
        if (row->unreadable > 0)
                number_line(out, "unreadable", row->unreadable);
}

static void write_telling(const struct overview_row *row, int64_t now_ms, struct buffer *out)
{
        age_line(out, "told", row->applied_ms, now_ms);
        number_line(out, "known", row->known);
        number_line(out, "held", row->held);
        text_line(out, "hold", row->hold);
        if (row->candidates > 0)
                number_line(out, "in doubt", row->candidates);
}

static void write_writing(const struct overview_row *row, int64_t now_ms, struct buffer *out)
{
        number_line(out, "waiting", row->waiting);
        age_line(out, "oldest", row->waiting > 0 ? row->oldest_ms : 0, now_ms);
        text_line(out, "last outcome", row->last_outcome);
        age_line(out, "", row->last_outcome_ms, now_ms);
        text_line(out, "breaker", breaker_state_name(row->breaker));
        until_line(out, "writing pauses", row->write_paused_ms, now_ms);
        until_line(out, "next log-in", row->credentials_rejected ? row->probe_ms : 0, now_ms);
        if (row->dead_letters >= 0)
                number_line(out, "dead letters", row->dead_letters);
}

void overview_write_row(const struct overview_row *row, int64_t now_ms, struct buffer *out)
{
        buffer_append_format(out, "%s: ", row->id);
        if (row->marks)
                write_marks(out, row->marks, ", ");
        else
                buffer_append_text(out, "as it should be");
        buffer_append_text(out, "\n\n");
        if (row->marks) {
                write_advice(row, out);
                buffer_append_byte(out, '\n');
        }
        write_reading(row, now_ms, out);
        write_telling(row, now_ms, out);
        write_writing(row, now_ms, out);
}

/* ---- JSON ---- */

static void write_moment(struct buffer *out, const char *name, int64_t ms)
{
        json_write_member_time(out, name, ms > 0 ? ms : TIMESTAMP_NONE);
}

static void write_marks_json(unsigned marks, struct buffer *out)
{
        size_t count = 0;

        json_write_member(out, "wrong");
        buffer_append_byte(out, '[');
        for (size_t i = 0; i < OVERVIEW_MARKS; i++) {
                const char *name = overview_mark_name(overview_mark_at(i));

                if (!(marks & overview_mark_at(i)))
                        continue;
                if (count++ > 0)
                        buffer_append_byte(out, ',');
                json_write_string(out, name, strlen(name));
        }
        buffer_append_byte(out, ']');
}

void overview_write_row_json(const struct overview_row *row, struct buffer *out)
{
        buffer_append_byte(out, '{');
        json_write_member_text(out, "municipality", row->id);
        write_marks_json(row->marks, out);
        write_moment(out, "read_at", row->success_ms);
        write_moment(out, "tried_at", row->attempt_ms);
        json_write_member_text(out, "fetch_outcome", row->fetch_outcome);
        json_write_member_text(out, "fetch_reason", row->fetch_reason);
        json_write_member_text(out, "fetch_error", row->fetch_error);
        json_write_member_integer(out, "fetch_failures", row->failures);
        write_moment(out, "fetch_paused_until", row->fetch_paused_ms);
        json_write_member_integer(out, "events", row->events);
        json_write_member_integer(out, "unreadable", row->unreadable);
        json_write_member_integer(out, "known", row->known);
        json_write_member_integer(out, "held", row->held);
        json_write_member_text(out, "hold", row->hold);
        json_write_member_text(out, "hold_reason", row->hold_reason);
        json_write_member_integer(out, "candidates", row->candidates);
        write_moment(out, "applied_at", row->applied_ms);
        write_moment(out, "as_of", row->as_of_ms);
        json_write_member_integer(out, "version", row->version);
        json_write_member_integer(out, "waiting", row->waiting);
        write_moment(out, "oldest_waiting_at", row->oldest_ms);
        json_write_member_text(out, "breaker", breaker_state_name(row->breaker));
        write_moment(out, "writing_paused_until", row->write_paused_ms);
        json_write_member_boolean(out, "credentials_missing", row->credentials_missing);
        json_write_member_boolean(out, "credentials_rejected", row->credentials_rejected);
        json_write_member_text(out, "last_outcome", row->last_outcome);
        write_moment(out, "last_outcome_at", row->last_outcome_ms);
        if (row->dead_letters >= 0)
                json_write_member_integer(out, "dead_letters", row->dead_letters);
        buffer_append_byte(out, '}');
}

void overview_write_json(const struct overview *overview, struct buffer *out)
{
        const struct overview_sums *sums = &overview->sums;

        buffer_append_byte(out, '{');
        json_write_member_integer(out, "municipalities", (int64_t)overview->count);
        json_write_member_integer(out, "fresh", (int64_t)sums->fresh);
        json_write_member_integer(out, "stale", (int64_t)sums->stale);
        json_write_member_integer(out, "paused", (int64_t)sums->paused);
        json_write_member_integer(out, "not_written_to", (int64_t)sums->breaker);
        json_write_member_integer(out, "held", (int64_t)sums->held);
        json_write_member(out, "rows");
        buffer_append_byte(out, '[');
        for (size_t i = 0; i < overview->count; i++) {
                if (i > 0)
                        buffer_append_byte(out, ',');
                overview_write_row_json(&overview->rows[i], out);
        }
        buffer_append_text(out, "]}");
}
