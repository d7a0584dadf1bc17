/* services/operator/overview.c
 *
 * An operator with a hundred sites has five seconds. So what needs a person's decision stands first
 * (held deletions, a log-in that does not work), then what is broken, then what mends itself.
 *
 * The names of the fields are those that the services write; one that they no longer write would
 * stay empty here, which tests/integration/test_console.py notices.
 */
#include "operator/overview.h"

#include <stdio.h>

#include "base/memory.h"

enum { HOUR_MS = 3600 * 1000 };

enum field_type { FIELD_MOMENT_OR_COUNT, FIELD_FLAG, FIELD_WORD, FIELD_SENTENCE, FIELD_BREAKER };

#define AT(member) offsetof(struct overview_row, member)

static const struct field {
        const char *name;
        enum field_type type;
        size_t at;
} fields[] = {
        { "fetcher_last_success", FIELD_MOMENT_OR_COUNT, AT(success_ms) },
        { "fetcher_last_fresh", FIELD_MOMENT_OR_COUNT, AT(fresh_ms) },
        { "fetcher_last_attempt", FIELD_MOMENT_OR_COUNT, AT(attempt_ms) },
        { "fetcher_paused_until", FIELD_MOMENT_OR_COUNT, AT(fetch_paused_ms) },
        { "fetcher_failures", FIELD_MOMENT_OR_COUNT, AT(failures) },
        { "fetcher_events", FIELD_MOMENT_OR_COUNT, AT(events) },
        { "fetcher_unreadable", FIELD_MOMENT_OR_COUNT, AT(unreadable) },
        { "fetcher_bytes", FIELD_MOMENT_OR_COUNT, AT(bytes) },
        { "fetcher_http_status", FIELD_MOMENT_OR_COUNT, AT(http_status) },
        { "fetcher_outcome", FIELD_WORD, AT(fetch_outcome) },
        { "fetcher_reason", FIELD_WORD, AT(fetch_reason) },
        { "fetcher_error", FIELD_SENTENCE, AT(fetch_error) },
        { "reconciler_known", FIELD_MOMENT_OR_COUNT, AT(known) },
        { "reconciler_held", FIELD_MOMENT_OR_COUNT, AT(held) },
        { "reconciler_hold", FIELD_WORD, AT(hold) },
        { "reconciler_hold_reason", FIELD_WORD, AT(hold_reason) },
        { "reconciler_hold_since", FIELD_MOMENT_OR_COUNT, AT(hold_since_ms) },
        { "reconciler_drift", FIELD_MOMENT_OR_COUNT, AT(drift) },
        { "reconciler_candidates", FIELD_MOMENT_OR_COUNT, AT(candidates) },
        { "reconciler_last_applied", FIELD_MOMENT_OR_COUNT, AT(applied_ms) },
        { "reconciler_as_of", FIELD_MOMENT_OR_COUNT, AT(as_of_ms) },
        { "reconciler_version", FIELD_MOMENT_OR_COUNT, AT(version) },
        { "writer_waiting", FIELD_MOMENT_OR_COUNT, AT(waiting) },
        { "writer_oldest", FIELD_MOMENT_OR_COUNT, AT(oldest_ms) },
        { "writer_breaker", FIELD_BREAKER, AT(breaker) },
        { "writer_breaker_until", FIELD_MOMENT_OR_COUNT, AT(breaker_until_ms) },
        { "writer_paused_until", FIELD_MOMENT_OR_COUNT, AT(write_paused_ms) },
        { "writer_credentials_missing", FIELD_FLAG, AT(credentials_missing) },
        { "writer_credentials_rejected", FIELD_FLAG, AT(credentials_rejected) },
        { "writer_probe_at", FIELD_MOMENT_OR_COUNT, AT(probe_ms) },
        { "writer_last_outcome", FIELD_WORD, AT(last_outcome) },
        { "writer_last_outcome_at", FIELD_MOMENT_OR_COUNT, AT(last_outcome_ms) },
};

static const struct {
        enum overview_mark mark;
        const char *name;
} marks[OVERVIEW_MARKS] = {
        { OVERVIEW_HELD, "deletions held" },
        { OVERVIEW_CREDENTIALS, "credentials" },
        { OVERVIEW_DEAD_LETTERS, "dead letters" },
        { OVERVIEW_STUCK, "stuck" },
        { OVERVIEW_STALE, "stale" },
        { OVERVIEW_BREAKER, "breaker open" },
        { OVERVIEW_UNREAD, "never read" },
        { OVERVIEW_PAUSED, "paused" },
};

void overview_init(struct overview *overview, const struct config *config)
{
        *overview = (struct overview){
                .rows = memory_new(config->municipality_count * sizeof(*overview->rows)),
                .count = config->municipality_count,
        };
        for (size_t i = 0; i < overview->count; i++) {
                struct overview_row *row = &overview->rows[i];

                memcpy(row->id, config->municipalities[i].id, sizeof(row->id));
                row->interval_ms = config->municipalities[i].poll_interval_ms;
                row->dead_letters = OVERVIEW_DEAD_LETTERS_UNKNOWN;
        }
}

void overview_deinit(struct overview *overview)
{
        free(overview->rows);
        *overview = (struct overview){ .rows = NULL };
}

/* Whole numbers from 0 on; all else is 0. */
static int64_t number_of(struct slice value)
{
        char text[24], *end;

        if (value.length == 0 || value.length >= sizeof(text))
                return 0;
        memcpy(text, value.data, value.length);
        text[value.length] = '\0';

        long long number = strtoll(text, &end, 10);

        return end == text + value.length && number > 0 ? number : 0;
}

static enum breaker_state breaker_of(struct slice value)
{
        for (enum breaker_state state = BREAKER_CLOSED; state <= BREAKER_OPEN; state++)
                if (slice_is(value, breaker_state_name(state)))
                        return state;
        return BREAKER_CLOSED;
}

static void copy_text(char *out, size_t bytes, struct slice value)
{
        size_t length = value.length < bytes - 1 ? value.length : bytes - 1;

        if (length > 0)
                memcpy(out, value.data, length);
        out[length] = '\0';
}

static void set_field(struct overview_row *row, const struct field *field, struct slice value)
{
        void *at = (char *)row + field->at;

        switch (field->type) {
        case FIELD_MOMENT_OR_COUNT:
                *(int64_t *)at = number_of(value);
                break;
        case FIELD_FLAG:
                *(bool *)at = number_of(value) != 0;
                break;
        case FIELD_WORD:
                copy_text(at, OVERVIEW_TEXT_BYTES, value);
                break;
        case FIELD_SENTENCE:
                copy_text(at, OVERVIEW_SENTENCE_BYTES, value);
                break;
        case FIELD_BREAKER:
                *(enum breaker_state *)at = breaker_of(value);
                break;
        }
}

/* "reconciler_known_h07" is "492321 412": the hour since 1970, and what was known. */
static bool take_hour(struct overview_row *row, struct slice name, struct slice value)
{
        static const char prefix[] = "reconciler_known_h";
        const size_t before = sizeof(prefix) - 1;
        const char *blank = value.length > 0 ? memchr(value.data, ' ', value.length) : NULL;

        if (name.length != before + 2 || memcmp(name.data, prefix, before) != 0 || !blank)
                return false;

        int64_t number = number_of((struct slice){ name.data + before, 2 });
        size_t digits = (size_t)(blank - value.data);

        if (number >= OVERVIEW_HOURS)
                return false;
        row->hours[number] = (struct overview_hour){
                .hour = number_of((struct slice){ value.data, digits }),
                .known = number_of((struct slice){ blank + 1, value.length - digits - 1 }),
        };
        return true;
}

void overview_take(struct overview_row *row, struct slice name, struct slice value)
{
        if (take_hour(row, name, value))
                return;
        for (size_t i = 0; i < ARRAY_LENGTH(fields); i++) {
                if (!slice_is(name, fields[i].name))
                        continue;
                set_field(row, &fields[i], value);
                row->told = true;
                return;
        }
}

static bool is_stuck(const struct overview_row *row, int64_t now_ms)
{
        return row->waiting > 0 && row->oldest_ms > 0 &&
               now_ms - row->oldest_ms > OVERVIEW_STUCK_AFTER_MS &&
               row->breaker == BREAKER_CLOSED && row->write_paused_ms <= now_ms &&
               !row->credentials_missing && !row->credentials_rejected;
}

static unsigned marks_of(const struct overview_row *row, int64_t now_ms)
{
        unsigned found = 0;

        if (row->fetch_paused_ms > now_ms || row->write_paused_ms > now_ms)
                found |= OVERVIEW_PAUSED;
        if (row->success_ms == 0)
                found |= OVERVIEW_UNREAD;
        else if (now_ms - row->success_ms > OVERVIEW_STALE_INTERVALS * row->interval_ms)
                found |= OVERVIEW_STALE;
        if (row->dead_letters > 0)
                found |= OVERVIEW_DEAD_LETTERS;
        if (is_stuck(row, now_ms))
                found |= OVERVIEW_STUCK;
        if (row->credentials_missing || row->credentials_rejected)
                found |= OVERVIEW_CREDENTIALS;
        else if (row->breaker != BREAKER_CLOSED)
                found |= OVERVIEW_BREAKER;
        if (row->held > 0 || row->hold[0] != '\0')
                found |= OVERVIEW_HELD;
        return found;
}

static void count(struct overview_sums *sums, const struct overview_row *row)
{
        bool stale = row->marks & (OVERVIEW_STALE | OVERVIEW_UNREAD);

        sums->stale += stale;
        sums->fresh += !stale;
        sums->paused += (row->marks & OVERVIEW_PAUSED) != 0;
        sums->breaker += (row->marks & (OVERVIEW_BREAKER | OVERVIEW_CREDENTIALS)) != 0;
        sums->held += (row->marks & OVERVIEW_HELD) != 0;
        if (row->dead_letters > 0)
                sums->dead_letters += (size_t)row->dead_letters;
}

static int compare_rows(const void *a, const void *b)
{
        const struct overview_row *one = a, *other = b;

        if (one->marks != other->marks)
                return one->marks > other->marks ? -1 : 1;
        if (one->marks != 0 && one->success_ms != other->success_ms)
                return one->success_ms < other->success_ms ? -1 : 1;
        return strcmp(one->id, other->id);
}

void overview_judge(struct overview *overview, int64_t now_ms)
{
        overview->now_ms = now_ms;
        overview->sums = (struct overview_sums){ 0 };
        for (size_t i = 0; i < overview->count; i++) {
                overview->rows[i].marks = marks_of(&overview->rows[i], now_ms);
                count(&overview->sums, &overview->rows[i]);
        }
        if (overview->count > 0)
                qsort(overview->rows, overview->count, sizeof(*overview->rows), compare_rows);
}

static int compare_id(const void *id, const void *row)
{
        return strcmp(id, ((const struct overview_row *)row)->id);
}

struct overview_row *overview_row(const struct overview *overview, const char *id)
{
        if (overview->count == 0)
                return NULL;
        return bsearch(id, overview->rows, overview->count, sizeof(*overview->rows), compare_id);
}

struct overview_row *overview_find(const struct overview *overview, const char *id)
{
        for (size_t i = 0; i < overview->count; i++)
                if (strcmp(overview->rows[i].id, id) == 0)
                        return &overview->rows[i];
        return NULL;
}

int64_t overview_known_at(const struct overview_row *row, int64_t at_ms)
{
        const struct overview_hour *newest = NULL;

        for (size_t i = 0; i < OVERVIEW_HOURS; i++) {
                const struct overview_hour *hour = &row->hours[i];

                if (hour->hour > 0 && hour->hour <= at_ms / HOUR_MS &&
                    (!newest || hour->hour > newest->hour))
                        newest = hour;
        }
        return newest ? newest->known : -1;
}

enum overview_mark overview_mark_at(size_t number)
{
        return marks[number].mark;
}

const char *overview_mark_name(enum overview_mark mark)
{
        for (size_t i = 0; i < OVERVIEW_MARKS; i++)
                if (marks[i].mark == mark)
                        return marks[i].name;
        return "";
}
