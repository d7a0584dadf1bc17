/* tests/unit/test_diff.c */
#include "unit/support.h"

#include <stdio.h>

#include "base/memory.h"
#include "model/news.h"
#include "reconciler/diff.h"

#define NOW_MS  INT64_C(1772355600000) /* 2026-03-01T09:00:00Z */
#define HOUR_MS (3600 * INT64_C(1000))
#define DAY_MS  (24 * HOUR_MS)
#define VERSION (VERSION_MIN + 500)

/* An event of a list: letters name events, `title` and `state` are what may change. */
struct shown {
        char letter;
        const char *title;
        const char *state;
        bool relevant;
        char series; /* 0: none */
};

/* What is known of an event: as if it had been shown like that, with these flags. */
struct was {
        struct shown shown;
        unsigned flags;
        int64_t end_ms; /* its start is two hours before */
        int64_t since_ms;
        uint64_t version;
};

enum { EVENTS = 12 };

/* How the list was read, and under which rules. */
enum how {
        CACHED = 0,
        FRESH = 1,
        INCOMPLETE = 2,
        WINDOW = 4, /* its from_date is yesterday */
        TIGHT = 8,  /* the guard allows 1 or 10 %, not 5 or 20 % */
        RELEVANT = 16,
        LOOK = 32,    /* the rules changed */
        AGAIN = 64,   /* everything is to be told again */
        TITLES = 128, /* only they are news */
};

struct row {
        const char *says;
        unsigned how; /* enum how */
        struct shown shown[EVENTS];
        struct was was[EVENTS];
        enum event_state own; /* what the ledger says of every event; STATE_NONE: nothing */
        const char *want;     /* "c:create d:delete/absent e:update/title ..." in the order of the
                                 letters */
        size_t held, candidates, out_of_sight;
        bool foreign;
};

static void write_event(struct buffer *out, const struct shown *shown)
{
        buffer_append_format(
                out, "{\"uuid\":\"00000000-0000-4000-8000-0000000000%02x\",\"title\":\"%s\"",
                shown->letter, shown->title ? shown->title : "t");
        if (shown->state)
                buffer_append_format(out, ",\"state\":\"%s\"", shown->state);
        if (shown->series)
                buffer_append_format(
                        out, ",\"series\":{\"uuid\":\"00000000-0000-4000-8000-0000000001%02x\"}",
                        shown->series);
        buffer_append_format(out, ",\"ticket_manager_relevance\":%s}",
                             shown->relevant ? "true" : "false");
}

static void make_listing(const struct row *row, struct listing *listing)
{
        _cleanup_(buffer_deinit) struct buffer part = BUFFER_NULL;

        buffer_append_byte(&part, '[');
        for (size_t i = 0; i < EVENTS && row->shown[i].letter; i++) {
                if (i > 0)
                        buffer_append_byte(&part, ',');
                write_event(&part, &row->shown[i]);
        }
        buffer_append_byte(&part, ']');
        assert_int_equal(listing_add(listing, buffer_slice(&part), NULL), 0);
        listing_close(listing);
}

static uint64_t version_of(const struct was *was)
{
        return was->version == 1 ? VERSION_NONE : was->version ? was->version : VERSION_MIN + 1;
}

static void make_known(const struct was *was, unsigned how, struct uuid *uuid,
                       struct buffer *packed)
{
        _cleanup_(buffer_deinit) struct buffer raw = BUFFER_NULL;
        struct event event;
        struct known known;

        write_event(&raw, &was->shown);
        assert_int_equal(event_parse(&event, buffer_slice(&raw), NULL), 0);
        if (how & TITLES)
                event_sum_up(&event, UINT32_C(1) << EVENT_FIELD_TITLE);
        known_from_event(&known, &event, event_raw_hash(buffer_slice(&raw)), version_of(was));
        known.flags = was->flags;
        known.end_ms = was->end_ms ? was->end_ms : NOW_MS + 30 * DAY_MS;
        known.start_ms = known.end_ms - 2 * HOUR_MS;
        known.since_ms = was->since_ms;
        *uuid = event.uuid;
        known_write(&known, packed);
        known_deinit(&known);
        event_deinit(&event);
}

static void make_catalogue(const struct row *row, struct catalogue *catalogue)
{
        struct uuid uuids[EVENTS];
        struct buffer packed[EVENTS] = { BUFFER_NULL };
        struct slice pairs[2 * EVENTS];
        size_t count = 0;

        for (size_t i = 0; i < EVENTS && row->was[i].shown.letter; i++) {
                make_known(&row->was[i], row->how, &uuids[i], &packed[i]);
                pairs[count++] = (struct slice){ (const char *)uuids[i].bytes, 16 };
                pairs[count++] = buffer_slice(&packed[i]);
        }
        assert_int_equal(catalogue_load(catalogue, pairs, count, NULL), 0);
        for (size_t i = 0; i < EVENTS; i++)
                buffer_deinit(&packed[i]);
}

static uint64_t version_before(const struct row *row, const struct uuid *uuid)
{
        for (size_t i = 0; i < EVENTS && row->was[i].shown.letter; i++)
                if (row->was[i].shown.letter == uuid->bytes[15])
                        return version_of(&row->was[i]);
        return VERSION_NONE;
}

/* An entry has the version in which the vendor was told last, never one that was not told. */
static void check_version(const struct row *row, const struct diff_step *step)
{
        bool told = step->op == DIFF_CREATE || step->op == DIFF_UPDATE || step->op == DIFF_DELETE;

        if (told)
                check_number(step->known.version, VERSION, row->says);
        else if (step->op == DIFF_WRITE)
                check_number(step->known.version, version_before(row, &step->uuid), row->says);
        if (step->op == DIFF_DELETE) /* with its last bytes known, it would be ignored in them */
                check_number((int64_t)step->known.raw_hash, 0, row->says);
}

static void describe_step(const struct diff_step *step, struct buffer *out)
{
        static const char *const names[] = { "",       "write",  "forget", "create",
                                             "update", "delete", "bury" };

        if (step->op == DIFF_NOTHING)
                return;
        buffer_append_format(out, "%s%c:%s", out->length > 0 ? " " : "", step->uuid.bytes[15],
                             names[step->op]);
        if (step->op == DIFF_DELETE)
                buffer_append_format(out, "/%s", change_reason_name(step->reason));
        if ((step->known.flags & KNOWN_HELD) && (step->known.flags & KNOWN_IRRELEVANT))
                buffer_append_text(out, "/irrelevant");
        if (step->reassert)
                buffer_append_text(out, "/again");
        for (unsigned field = 0; step->op == DIFF_UPDATE && field < EVENT_FIELD_COUNT; field++)
                if (step->changed & UINT32_C(1) << field)
                        buffer_append_format(out, "/%s", event_field_name((enum event_field)field));
}

static struct diff_facts facts_of(unsigned how)
{
        return (struct diff_facts){
                .version = VERSION,
                .now_ms = NOW_MS,
                .edge_ms = how & WINDOW ? NOW_MS - DAY_MS : TIMESTAMP_NONE,
                .complete = !(how & INCOMPLETE),
                .fresh = how & FRESH,
                .reassert = how & AGAIN,
                .look_at_all = how & LOOK,
                .relevant_only = how & RELEVANT,
                .news = how & TITLES ? UINT32_C(1) << EVENT_FIELD_TITLE : NEWS_ALL,
                .allowance = { how & TIGHT ? 1 : 5, how & TIGHT ? 10 : 20 },
        };
}

static void check_row(const struct row *row)
{
        _cleanup_(listing_deinit) struct listing listing = LISTING_NULL;
        _cleanup_(catalogue_deinit) struct catalogue catalogue = CATALOGUE_NULL;
        _cleanup_(buffer_deinit) struct buffer got = BUFFER_NULL;
        struct diff_facts facts = facts_of(row->how);
        struct diff diff;

        make_listing(row, &listing);
        make_catalogue(row, &catalogue);
        diff_begin(&diff, &facts, &listing, &catalogue);
        while (!diff_advance(&diff, 2))
                ;
        for (size_t i = 0; i < diff.step_count && row->own != STATE_NONE; i++)
                if (diff_asks_for_state(&diff.steps[i]))
                        diff_own_state(&diff, &diff.steps[i], row->own);
        diff_finish(&diff);
        check_number(diff.foreign, row->foreign, row->says);
        buffer_append_text(&got, "");
        for (size_t i = 0; i < diff.step_count && !diff.foreign; i++) {
                check_version(row, &diff.steps[i]);
                describe_step(&diff.steps[i], &got);
        }
        check_text(got.data ? got.data : "", row->want, row->says);
        check_number(diff.counts.held, row->held, row->says);
        check_number(diff.counts.candidates, row->candidates, row->says);
        check_number(diff.counts.out_of_sight, row->out_of_sight, row->says);
        diff_deinit(&diff);
}

/* clang-format off */
#define A         { .letter = 'a' }
#define SEEN_FIVE { .letter = 'v' }, { .letter = 'w' }, { .letter = 'x' }, { .letter = 'y' },      \
                  { .letter = 'z' }
#define FIVE      { .shown = { .letter = 'v' } }, { .shown = { .letter = 'w' } },                  \
                  { .shown = { .letter = 'x' } }, { .shown = { .letter = 'y' } },                  \
                  { .shown = { .letter = 'z' } }
#define REJECTED(name, ago_ms)                                                                     \
        { .shown = { .letter = name },                                                             \
          .flags = KNOWN_HELD | KNOWN_REJECTED,                                                    \
          .since_ms = NOW_MS - (ago_ms) }
#define REJECTED_FIVE(ago_ms)                                                                      \
        REJECTED('v', ago_ms), REJECTED('w', ago_ms), REJECTED('x', ago_ms),                       \
                REJECTED('y', ago_ms), REJECTED('z', ago_ms)
/* clang-format on */

static const struct row rows[] = {
        { .says = "a new event is created", .how = FRESH, .shown = { A }, .want = "a:create" },
        { .says = "equal bytes are nothing",
          .how = FRESH,
          .shown = { A },
          .was = { { .shown = A } },
          .want = "" },
        { .says = "another title is news, named",
          .how = FRESH,
          .shown = { { .letter = 'a', .title = "u" } },
          .was = { { .shown = A } },
          .want = "a:update/title" },
        { .says = "a state that somebody set is news",
          .how = FRESH,
          .shown = { { .letter = 'a', .state = "SoldOut" } },
          .was = { { .shown = A } },
          .want = "a:update/state" },
        { .says = "our own state is none",
          .how = FRESH,
          .shown = { { .letter = 'a', .state = "SoldOut" } },
          .was = { { .shown = A } },
          .own = STATE_SOLD_OUT,
          .want = "a:write" },
        { .says = "our own state beside another change leaves the other",
          .how = FRESH,
          .shown = { { .letter = 'a', .title = "u", .state = "SoldOut" } },
          .was = { { .shown = A } },
          .own = STATE_SOLD_OUT,
          .want = "a:update/title" },
        { .says = "another state soon after our own is a late list",
          .how = FRESH,
          .shown = { { .letter = 'a', .state = "Active" } },
          .was = { { .shown = { .letter = 'a', .state = "SoldOut" }, .since_ms = NOW_MS - 60000 } },
          .own = STATE_SOLD_OUT,
          .want = "a:write" },
        { .says = "and news later",
          .how = FRESH,
          .shown = { { .letter = 'a', .state = "Active" } },
          .was = { { .shown = { .letter = 'a', .state = "SoldOut" },
                     .since_ms = NOW_MS - HOUR_MS } },
          .own = STATE_SOLD_OUT,
          .want = "a:update/state" },
        { .says = "that our own is shown again after another one was told is news",
          .how = FRESH,
          .shown = { { .letter = 'a', .state = "SoldOut" } },
          .was = { { .shown = { .letter = 'a', .state = "Cancelled" },
                     .flags = KNOWN_OTHER_STATE,
                     .since_ms = NOW_MS - HOUR_MS } },
          .own = STATE_SOLD_OUT,
          .want = "a:update/state" },
        { .says = "what is held and goes out of sight is held no longer",
          .how = FRESH | WINDOW,
          .was = { { .shown = A,
                     .flags = KNOWN_HELD | KNOWN_MISSED_ONCE,
                     .end_ms = NOW_MS + 4 * HOUR_MS,
                     .since_ms = NOW_MS - HOUR_MS } },
          .want = "a:write",
          .out_of_sight = 1 },
        { .says = "nor is what has ended, though the list is incomplete",
          .how = FRESH | INCOMPLETE,
          .was = { { .shown = A,
                     .flags = KNOWN_HELD | KNOWN_REJECTED,
                     .end_ms = NOW_MS,
                     .since_ms = NOW_MS - HOUR_MS } },
          .want = "a:write" },
        { .says = "what is held as irrelevant is released as that, though it is absent by now",
          .how = FRESH | RELEVANT,
          .was = { { .shown = A,
                     .flags = KNOWN_HELD | KNOWN_MISSED_ONCE | KNOWN_IRRELEVANT,
                     .since_ms = NOW_MS - HOUR_MS } },
          .want = "a:delete/irrelevant" },
        { .says = "an entry from a rebuild is told again",
          .how = FRESH,
          .shown = { { .letter = 'a', .title = "u" } },
          .was = { { .shown = A, .flags = KNOWN_HASHES_UNKNOWN } },
          .want = "a:update/again" },
        { .says = "what is no news is not told",
          .how = FRESH | TITLES,
          .shown = { { .letter = 'a', .state = "SoldOut" },
                     { .letter = 'b', .title = "u", .state = "SoldOut" } },
          .was = { { .shown = A }, { .shown = { .letter = 'b' } } },
          .want = "a:write b:update/title" },
        { .says = "other rules are no news by themselves",
          .how = FRESH | TITLES | LOOK,
          .shown = { { .letter = 'a', .state = "SoldOut" },
                     { .letter = 'b', .title = "u" },
                     { .letter = 'c' } },
          .was = { { .shown = A }, { .shown = { .letter = 'b' } }, { .shown = { .letter = 'c' } } },
          .want = "a:write b:update/title c:write" },
        { .says = "what this very list created, before the rules changed, is left for the next",
          .how = FRESH | RELEVANT | LOOK,
          .shown = { A },
          .was = { { .shown = A, .version = VERSION } },
          .want = "a:write" },
        { .says = "so is what it deleted",
          .how = FRESH | LOOK,
          .shown = { A },
          .was = { { .shown = A, .version = VERSION, .flags = KNOWN_DELETED | KNOWN_IRRELEVANT } },
          .want = "" },
        { .says = "what was deleted 30 days ago gets a tombstone",
          .how = CACHED,
          .shown = { A },
          .was = { { .shown = A },
                   { .shown = { .letter = 'b' },
                     .flags = KNOWN_DELETED | KNOWN_COUNTED,
                     .since_ms = NOW_MS - 30 * DAY_MS } },
          .want = "b:bury" },
        { .says = "a day earlier it has none yet",
          .how = FRESH,
          .shown = { A },
          .was = { { .shown = A },
                   { .shown = { .letter = 'b' },
                     .flags = KNOWN_DELETED,
                     .since_ms = NOW_MS - 29 * DAY_MS } },
          .want = "" },
        { .says = "also where it is shown, and not relevant",
          .how = FRESH | RELEVANT,
          .shown = { { .letter = 'a', .relevant = true }, { .letter = 'b' } },
          .was = { { .shown = { .letter = 'a', .relevant = true } },
                   { .shown = { .letter = 'b' },
                     .flags = KNOWN_DELETED | KNOWN_IRRELEVANT,
                     .since_ms = NOW_MS - 31 * DAY_MS } },
          .want = "b:bury" },
        { .says = "what comes back when it was due lives",
          .how = FRESH,
          .shown = { A },
          .was = { { .shown = A, .flags = KNOWN_DELETED, .since_ms = NOW_MS - 31 * DAY_MS } },
          .want = "a:create" },
        { .says = "and is told again with every list",
          .how = FRESH,
          .shown = { A, { .letter = 'b', .title = "u" } },
          .was = { { .shown = A, .flags = KNOWN_REVIVED },
                   { .shown = { .letter = 'b' }, .flags = KNOWN_REVIVED } },
          .want = "a:update/again b:update/title" },
        { .says = "so is everything when it is due",
          .how = FRESH | AGAIN,
          .shown = { A },
          .was = { { .shown = A } },
          .want = "a:update/again" },
        { .says = "what was deleted and is present is created",
          .how = FRESH,
          .shown = { A },
          .was = { { .shown = A, .flags = KNOWN_DELETED } },
          .want = "a:create" },
        { .says = "what was told by a later snapshot is left alone",
          .how = FRESH,
          .shown = { { .letter = 'a', .title = "u" } },
          .was = { { .shown = A, .version = VERSION + 1 } },
          .want = "" },
        { .says = "a uuid that stands twice is neither told nor deleted",
          .how = FRESH,
          .shown = { { .letter = 'a', .title = "u" }, { .letter = 'a', .title = "v" } },
          .was = { { .shown = A } },
          .want = "" },

        { .says = "a cached list makes a candidate",
          .how = CACHED,
          .shown = { { .letter = 'b' } },
          .was = { { .shown = A }, { .shown = { .letter = 'b' } } },
          .want = "a:write",
          .candidates = 1 },
        { .says = "once",
          .how = CACHED,
          .shown = { { .letter = 'b' } },
          .was = { { .shown = A, .flags = KNOWN_CANDIDATE }, { .shown = { .letter = 'b' } } },
          .want = "",
          .candidates = 1 },
        { .says = "a fresh one deletes",
          .how = FRESH,
          .shown = { { .letter = 'b' } },
          .was = { { .shown = A, .flags = KNOWN_CANDIDATE }, { .shown = { .letter = 'b' } } },
          .want = "a:delete/absent" },
        { .says = "an incomplete one does not",
          .how = FRESH | INCOMPLETE,
          .shown = { { .letter = 'b' } },
          .was = { { .shown = A }, { .shown = { .letter = 'b' } } },
          .want = "" },
        { .says = "it is back",
          .how = CACHED,
          .shown = { A },
          .was = { { .shown = A, .flags = KNOWN_CANDIDATE } },
          .want = "a:write" },
        { .says = "past needs no fresh read",
          .how = CACHED,
          .shown = { { .letter = 'b' } },
          .was = { { .shown = A, .end_ms = NOW_MS - 1 }, { .shown = { .letter = 'b' } } },
          .want = "a:delete/past" },
        { .says = "what starts near the window's edge is out of sight",
          .how = FRESH | WINDOW,
          .shown = { { .letter = 'b' } },
          .was = { { .shown = A, .end_ms = NOW_MS + HOUR_MS }, { .shown = { .letter = 'b' } } },
          .want = "",
          .out_of_sight = 1 },
        { .says = "what starts later is not",
          .how = FRESH | WINDOW,
          .shown = { { .letter = 'b' } },
          .was = { { .shown = A }, { .shown = { .letter = 'b' } } },
          .want = "a:delete/absent" },

        { .says = "new ones of its series: rescheduled",
          .how = FRESH,
          .shown = { { .letter = 'b', .series = 's' } },
          .was = { { .shown = { .letter = 'a', .series = 's' } } },
          .want = "a:delete/rescheduled b:create" },
        { .says = "a cached list remembers that",
          .how = CACHED,
          .shown = { { .letter = 'b', .series = 's' } },
          .was = { { .shown = { .letter = 'a', .series = 's' } } },
          .want = "a:write b:create",
          .candidates = 1 },
        { .says = "for the fresh one",
          .how = FRESH,
          .shown = { { .letter = 'b', .series = 's' } },
          .was = { { .shown = { .letter = 'a', .series = 's' },
                     .flags = KNOWN_CANDIDATE | KNOWN_RESCHEDULED },
                   { .shown = { .letter = 'b', .series = 's' } } },
          .want = "a:delete/rescheduled" },

        { .says = "irrelevant and unknown: only remembered",
          .how = RELEVANT,
          .shown = { A },
          .want = "a:write" },
        { .says = "irrelevant now: deleted, without a fresh read",
          .how = RELEVANT,
          .shown = { A },
          .was = { { .shown = { .letter = 'a', .relevant = true } } },
          .want = "a:delete/irrelevant" },
        { .says = "relevant again: created",
          .how = RELEVANT,
          .shown = { { .letter = 'a', .relevant = true } },
          .was = { { .shown = A, .flags = KNOWN_DELETED | KNOWN_IRRELEVANT } },
          .want = "a:create" },
        { .says = "irrelevant and equal bytes: nothing",
          .how = RELEVANT,
          .shown = { A },
          .was = { { .shown = A, .flags = KNOWN_IRRELEVANT, .version = 1 } },
          .want = "" },
        { .says = "held as irrelevant, and shown as before: stays held",
          .how = FRESH | RELEVANT,
          .shown = { A },
          .was = { { .shown = A,
                     .flags = KNOWN_HELD | KNOWN_MISSED_ONCE | KNOWN_IRRELEVANT,
                     .since_ms = NOW_MS - 60000 } },
          .want = "",
          .held = 1 },
        { .says = "held as absent, and shown as irrelevant: that is why from now on",
          .how = FRESH | RELEVANT,
          .shown = { A },
          .was = { { .shown = A,
                     .flags = KNOWN_HELD | KNOWN_MISSED_ONCE,
                     .since_ms = NOW_MS - 60000 } },
          .want = "a:write/irrelevant",
          .held = 1 },
        { .says = "and the second fresh list releases it",
          .how = FRESH | RELEVANT,
          .shown = { A },
          .was = { { .shown = A,
                     .flags = KNOWN_HELD | KNOWN_MISSED_ONCE,
                     .since_ms = NOW_MS - HOUR_MS } },
          .want = "a:delete/irrelevant" },
        { .says = "held as absent, and back as before: no more",
          .how = FRESH | RELEVANT,
          .shown = { { .letter = 'a', .relevant = true } },
          .was = { { .shown = { .letter = 'a', .relevant = true }, .flags = KNOWN_HELD } },
          .want = "a:write" },
        { .says = "irrelevant beyond the allowance: held, as that",
          .how = TIGHT | RELEVANT,
          .shown = { A, { .letter = 'b' }, { .letter = 'c', .relevant = true } },
          .was = { { .shown = { .letter = 'a', .relevant = true } },
                   { .shown = { .letter = 'b', .relevant = true } },
                   { .shown = { .letter = 'c', .relevant = true } } },
          .want = "a:write/irrelevant b:write/irrelevant",
          .held = 2 },
        { .says = "what cannot be looked at under new rules is looked at later",
          .how = FRESH | RELEVANT | LOOK,
          .shown = { A, A },
          .was = { { .shown = A } },
          .want = "a:write" },
        { .says = "never told and gone: forgotten",
          .how = FRESH,
          .was = { { .shown = A, .flags = KNOWN_IRRELEVANT, .version = 1 } },
          .want = "a:forget" },
        { .says = "no rule any more: told",
          .how = FRESH | LOOK,
          .shown = { A },
          .was = { { .shown = A, .flags = KNOWN_IRRELEVANT, .version = 1 } },
          .want = "a:create" },

        { .says = "more than the allowance at once is held, all of it",
          .how = FRESH | TIGHT,
          .shown = { SEEN_FIVE },
          .was = { { .shown = A }, { .shown = { .letter = 'b' } }, FIVE },
          .want = "a:write b:write",
          .held = 2 },
        { .says = "upserts go through beside a hold",
          .how = FRESH | TIGHT,
          .shown = { { .letter = 'c' }, SEEN_FIVE },
          .was = { { .shown = A }, { .shown = { .letter = 'b' } }, FIVE },
          .want = "a:write b:write c:create",
          .held = 2 },
        { .says = "what was let through counts for 24 h",
          .how = FRESH | TIGHT,
          .shown = { SEEN_FIVE },
          .was = { { .shown = A },
                   { .shown = { .letter = 'b' },
                     .flags = KNOWN_DELETED | KNOWN_COUNTED,
                     .since_ms = NOW_MS - HOUR_MS },
                   FIVE },
          .want = "a:write",
          .held = 1 },
        { .says = "likewise what is still shown, and irrelevant",
          .how = FRESH | TIGHT | RELEVANT,
          .shown = { { .letter = 'b' }, SEEN_FIVE },
          .was = { { .shown = A },
                   { .shown = { .letter = 'b' },
                     .flags = KNOWN_DELETED | KNOWN_COUNTED | KNOWN_IRRELEVANT,
                     .since_ms = NOW_MS - HOUR_MS },
                   FIVE },
          .want = "a:write",
          .held = 1 },
        { .says = "and no longer",
          .how = FRESH | TIGHT,
          .shown = { SEEN_FIVE },
          .was = { { .shown = A },
                   { .shown = { .letter = 'b' },
                     .flags = KNOWN_DELETED | KNOWN_COUNTED,
                     .since_ms = NOW_MS - DAY_MS },
                   FIVE },
          .want = "a:delete/absent" },
        { .says = "a second fresh read too soon releases nothing",
          .how = FRESH,
          .shown = { SEEN_FIVE },
          .was = { { .shown = A,
                     .flags = KNOWN_HELD | KNOWN_MISSED_ONCE,
                     .since_ms = NOW_MS - 60000 },
                   FIVE },
          .want = "",
          .held = 1 },
        { .says = "half an hour later it does",
          .how = FRESH,
          .shown = { SEEN_FIVE },
          .was = { { .shown = A,
                     .flags = KNOWN_HELD | KNOWN_MISSED_ONCE,
                     .since_ms = NOW_MS - HOUR_MS },
                   FIVE },
          .want = "a:delete/absent" },
        { .says = "a cached one never does",
          .how = CACHED,
          .shown = { SEEN_FIVE },
          .was = { { .shown = A,
                     .flags = KNOWN_HELD | KNOWN_MISSED_ONCE,
                     .since_ms = NOW_MS - HOUR_MS },
                   FIVE },
          .want = "",
          .held = 1 },
        { .says = "an approved one needs a fresh read",
          .how = CACHED,
          .shown = { SEEN_FIVE },
          .was = { { .shown = A, .flags = KNOWN_HELD | KNOWN_APPROVED, .since_ms = NOW_MS }, FIVE },
          .want = "",
          .held = 1 },
        { .says = "which deletes it",
          .how = FRESH,
          .shown = { SEEN_FIVE },
          .was = { { .shown = A, .flags = KNOWN_HELD | KNOWN_APPROVED, .since_ms = NOW_MS }, FIVE },
          .want = "a:delete/absent" },
        { .says = "a rejected one is silent for 24 h",
          .how = FRESH,
          .shown = { SEEN_FIVE },
          .was = { { .shown = A,
                     .flags = KNOWN_HELD | KNOWN_REJECTED,
                     .since_ms = NOW_MS - HOUR_MS },
                   FIVE },
          .want = "" },
        { .says = "then held anew",
          .how = FRESH,
          .shown = { SEEN_FIVE },
          .was = { { .shown = A,
                     .flags = KNOWN_HELD | KNOWN_REJECTED,
                     .since_ms = NOW_MS - DAY_MS },
                   FIVE },
          .want = "a:write",
          .held = 1 },
        { .says = "whatever its series does",
          .how = FRESH,
          .shown = { { .letter = 'b', .series = 7 }, SEEN_FIVE },
          .was = { { .shown = { .letter = 'a', .series = 7 },
                     .flags = KNOWN_HELD | KNOWN_REJECTED,
                     .since_ms = NOW_MS - HOUR_MS },
                   FIVE },
          .want = "b:create" },
        { .says = "and told again when it comes back: its deletion may have been told before",
          .how = FRESH,
          .shown = { A, SEEN_FIVE },
          .was = { { .shown = A,
                     .flags = KNOWN_HELD | KNOWN_REJECTED,
                     .since_ms = NOW_MS - HOUR_MS },
                   FIVE },
          .want = "a:update/again" },
        { .says = "in another form likewise",
          .how = FRESH,
          .shown = { { .letter = 'a', .title = "new" }, SEEN_FIVE },
          .was = { { .shown = A,
                     .flags = KNOWN_HELD | KNOWN_REJECTED,
                     .since_ms = NOW_MS - HOUR_MS },
                   FIVE },
          .want = "a:update/title" },
        { .says = "a held one that ends is past",
          .how = FRESH,
          .shown = { SEEN_FIVE },
          .was = { { .shown = A, .flags = KNOWN_HELD, .end_ms = NOW_MS - 1 }, FIVE },
          .want = "a:delete/past" },

        { .says = "none of five known events: another site's list",
          .how = FRESH,
          .shown = { A },
          .was = { FIVE },
          .want = "",
          .held = 5,
          .foreign = true },
        { .says = "an empty list likewise",
          .how = FRESH,
          .was = { FIVE },
          .want = "",
          .held = 5,
          .foreign = true },
        { .says = "silent while an operator has rejected it",
          .how = FRESH,
          .was = { REJECTED_FIVE(HOUR_MS) },
          .want = "",
          .foreign = true },
        { .says = "and held anew after 24 h",
          .how = FRESH,
          .was = { REJECTED_FIVE(DAY_MS) },
          .want = "",
          .held = 5,
          .foreign = true },
        { .says = "a cached one too",
          .how = CACHED,
          .was = { FIVE },
          .want = "",
          .held = 5,
          .foreign = true },
        { .says = "one of them is enough",
          .how = FRESH,
          .shown = { { .letter = 'v' } },
          .was = { FIVE },
          .want = "w:delete/absent x:delete/absent y:delete/absent z:delete/absent" },
        { .says = "events that have ended do not count",
          .how = FRESH,
          .was = { { .shown = { .letter = 'v' }, .end_ms = NOW_MS - 1 },
                   { .shown = { .letter = 'w' } } },
          .want = "v:delete/past w:delete/absent" },
};

static void test_rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
                check_row(&rows[i]);
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
