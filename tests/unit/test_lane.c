/* tests/unit/test_lane.c
 *
 * A lane by itself: what is due of an event's wishes, and what end each update gets.
 */
#include "unit/support.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "model/version.h"
#include "writer/lane.h"

#define NOW INT64_C(1772355600000)

enum { S = 1 << MEMBER_STATE, L = 1 << MEMBER_URL | 1 << MEMBER_ADMIN_URL };

/* What an update of these tests carries. */
static const struct {
        char sign;
        const char *members;
        bool present[MEMBER_COUNT];
} kinds[] = {
        { 's', "\"state\":\"SoldOut\"", { true, false, false } },
        { 'a', "\"state\":\"Active\"", { true, false, false } },
        { 'u', "\"external_data\":{\"url\":\"https://t/1\"}", { false, true, false } },
        { 'p',
          "\"external_data\":{\"url\":\"https://t/1\",\"admin_url\":\"https://t/a\"}",
          { false, true, true } },
        { 'b',
          "\"state\":\"SoldOut\",\"external_data\":{\"url\":\"https://t/1\",\"admin_url\":null}",
          { true, true, true } },
};

static void add(struct lane *lane, char sign, int64_t offset)
{
        _cleanup_(buffer_deinit) struct buffer value = BUFFER_NULL;
        struct headers headers;
        struct intake intake = { .version = version_make(1, offset), .since_ms = NOW };
        struct record record = { .offset = offset, .headers = &headers };
        size_t kind = 0;

        while (kinds[kind].sign != sign)
                kind++;
        headers_clear(&headers);
        buffer_append_format(&value,
                             "{\"municipality\":\"aarhus\","
                             "\"uuid\":\"0f1c0000-0000-4000-8000-000000000001\",%s}",
                             kinds[kind].members);
        record.value = buffer_slice(&value);
        for (size_t i = 0; i < MEMBER_COUNT; i++)
                if (kinds[kind].present[i])
                        intake.versions[i] = intake.version;
        lane_add(lane, wanted_new(&intake, &record));
}

/* "s1 p2": updates by offset. */
static void add_all(struct lane *lane, const char *updates)
{
        for (; *updates; updates += strcspn(updates, " "), updates += *updates == ' ')
                add(lane, updates[0], atoi(updates + 1));
}

static void rebase(struct lane *lane, struct slice bytes, const struct known *known)
{
        struct ledger_entry entry;

        ledger_entry_read(&entry, bytes, NULL);
        lane_rebase(lane, &entry, known);
        ledger_entry_deinit(&entry);
}

static void attempt(struct lane *lane, unsigned members)
{
        lane->attempt = memory_new(sizeof(*lane->attempt));
        lane->attempt->begun = true;
        request_init(&lane->attempt->request, "aarhus", &lane->uuid, &lane->wish, members);
        lane_board(lane);
}

static void attempt_over(struct lane *lane)
{
        request_deinit(&lane->attempt->request);
        free(lane->attempt);
        lane->attempt = NULL;
}

/* "1 applied, 2 superseded": the ends so far, by offset. */
static const char *ends_of(const struct lane *lane, char text[256])
{
        size_t used = 0;

        text[0] = '\0';
        for (int64_t offset = 0; offset < 16; offset++)
                for (const struct wanted *wanted = lane->ending; wanted; wanted = wanted->next)
                        if (wanted->version == version_make(1, offset))
                                used += (size_t)snprintf(text + used, 256 - used, "%s%d %s",
                                                         used ? ", " : "", (int)offset,
                                                         wanted_end_name(wanted->end));
        return text;
}

static struct lane *a_lane(void)
{
        struct uuid uuid = { { 1 } };

        return lane_new(NULL, &uuid);
}

static void test_what_is_due(void **state)
{
        static const struct {
                const char *says, *updates;
                bool shown; /* a snapshot has the event, with both links */
                int64_t end_ms;
                enum lane_next next;
                unsigned members;
        } rows[] = {
                { "nothing", "", false, TIMESTAMP_NONE, LANE_NOTHING, 0 },
                { "a state", "s1", false, TIMESTAMP_NONE, LANE_SEND, S },
                { "a pair", "p1", false, TIMESTAMP_NONE, LANE_SEND, L },
                { "both", "s1 p2", false, TIMESTAMP_NONE, LANE_SEND, S | L },
                { "half a pair", "u1", false, TIMESTAMP_NONE, LANE_HALF_UNKNOWN, 0 },
                { "half a pair, the other one shown", "u1", true, TIMESTAMP_NONE, LANE_SEND, L },
                { "half a pair, the other one wished before", "p1 u2", false, TIMESTAMP_NONE,
                  LANE_SEND, L },
                { "a state does not wait for a half", "u1 s2", false, TIMESTAMP_NONE, LANE_SEND,
                  S },
                { "the event is over: its links only", "s1 p2", true, NOW, LANE_SEND, L },
                { "it is over in a second", "s1", true, NOW + 1000, LANE_SEND, S },
                { "over, and only a state", "s1", true, NOW, LANE_NOTHING, 0 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct lane *lane = a_lane();
                struct known known = { .end_ms = rows[i].end_ms,
                                       .url = (char *)(uintptr_t) "https://t/old",
                                       .admin_url = (char *)(uintptr_t) "https://t/a" };
                unsigned members;

                add_all(lane, rows[i].updates);
                rebase(lane, SLICE_NULL, rows[i].shown ? &known : NULL);
                check_number(lane_next(lane, NOW, false, &members), rows[i].next, rows[i].says);
                check_number(members, rows[i].members, rows[i].says);
                lane_free(lane);
        }
}

static void test_ends(void **state)
{
        static const struct {
                const char *says, *updates, *behind; /* `behind`: while the attempt is under way */
                const char *before, *after;          /* the ends, before and after it is applied */
        } rows[] = {
                { "applied", "s1", "", "", "1 applied" },
                { "replaced as a whole", "s1 a2", "", "1 superseded", "1 superseded, 2 applied" },
                { "merged: both go", "s1 p2", "", "", "1 applied, 2 applied" },
                { "replaced in part: it waits with the rest", "b1 a2", "", "",
                  "1 applied, 2 applied" },
                { "replaced by two", "b1 a2 p3", "", "1 superseded",
                  "1 superseded, 2 applied, 3 applied" },
                { "on its way it is not replaced", "s1", "a2 s3", "2 superseded",
                  "1 applied, 2 superseded" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct lane *lane = a_lane();
                unsigned members;
                char text[256];

                add_all(lane, rows[i].updates);
                rebase(lane, SLICE_NULL, NULL);
                lane_sort(lane, NOW);
                check_number(lane_next(lane, NOW, false, &members), LANE_SEND, rows[i].says);
                attempt(lane, members);
                add_all(lane, rows[i].behind);
                lane_sort(lane, NOW);
                check_text(ends_of(lane, text), rows[i].before, rows[i].says);
                lane_confirm(lane);
                lane_sort(lane, NOW);
                attempt_over(lane);
                check_text(ends_of(lane, text), rows[i].after, rows[i].says);
                lane_free(lane);
        }
}

#define WISH(status, more) "1 " status "=1.1 state=SoldOut" more "\n"

static void test_what_the_ledger_says(void **state)
{
        static const struct {
                const char *says, *ledger, *updates;
                enum event_state shown; /* STATE_NONE: no snapshot has the event */
                const char *ends;       /* by themselves; "": it is sent */
        } rows[] = {
                { "confirmed: the same wish again", WISH("c", ""), "s2", STATE_NONE,
                  "2 unchanged" },
                { "shown, too", WISH("c", ""), "s2", STATE_SOLD_OUT, "2 unchanged" },
                { "a snapshot shows otherwise", WISH("c", ""), "s2", STATE_ACTIVE, "" },
                { "another wish", WISH("c", ""), "a2", STATE_NONE, "" },
                { "only wished", WISH("o", ""), "s2", STATE_NONE, "" },
                { "sealed: nobody knows", WISH("c", " sealed_at=1772355600000"), "s2", STATE_NONE,
                  "" },
                { "a redelivery that was told", WISH("c", " done=0:1.1"), "s1", STATE_NONE,
                  "1 duplicate" },
                { "told, but of another partition", WISH("c", " done=1:1.1"), "s1", STATE_NONE,
                  "1 applied" },
                { "a redelivery that was applied, not told", WISH("c", ""), "s1", STATE_NONE,
                  "1 applied" },
                { "older than what stands, not told", WISH("c", ""), "a0", STATE_NONE,
                  "0 superseded" },
                { "older, and it still waited when the newer one was told",
                  WISH("c", " done=0:1.1,1.0"), "a0 s1", STATE_NONE, "0 superseded, 1 duplicate" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct lane *lane = a_lane();
                struct known known = { .end_ms = TIMESTAMP_NONE, .state = rows[i].shown };
                char text[256];

                add_all(lane, rows[i].updates);
                rebase(lane, slice_of(rows[i].ledger), rows[i].shown != STATE_NONE ? &known : NULL);
                lane_sort(lane, NOW);
                check_text(ends_of(lane, text), rows[i].ends, rows[i].says);
                lane_free(lane);
        }
}

static void test_what_is_told(void **state)
{
        struct lane *lane = a_lane();
        struct told told;
        unsigned members;

        (void)state;
        add_all(lane, "s1 a2 p3");
        rebase(lane, SLICE_NULL, NULL);
        lane_sort(lane, NOW);
        told = lane_told(lane);
        check(!told_has(&told, version_make(1, 1)), "superseded, but nobody was told yet");
        lane->ending->told = true;
        told = lane_told(lane);
        check(told_has(&told, version_make(1, 1)), "then it is told");
        check(!told_has(&told, version_make(1, 3)), "the others wait");
        lane_next(lane, NOW, false, &members);
        attempt(lane, members);
        lane_confirm(lane);
        lane_sort(lane, NOW);
        for (struct wanted *wanted = lane->ending; wanted; wanted = wanted->next)
                wanted->told = true;
        told = lane_told(lane);
        check_number(told.gap_count, 0, "all are told");
        check_number(told.upto, version_make(1, 3), "up to the newest");
        attempt_over(lane);
        lane_free(lane);
}

static void test_carried_forward(void **state)
{
        struct lane *lane = a_lane();
        char text[256];

        (void)state;
        add_all(lane, "s1 p2");
        rebase(lane, SLICE_NULL, NULL);
        lane_carry(lane, lane->open);
        check_text(ends_of(lane, text), "1 carried", "its new record brings the outcome");
        attempt(lane, L);
        lane_carry(lane, lane->open);
        check_text(ends_of(lane, text), "1 carried", "what is on its way to the site stays");
        attempt_over(lane);
        lane_free(lane);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_is_due),          cmocka_unit_test(test_ends),
                cmocka_unit_test(test_what_the_ledger_says), cmocka_unit_test(test_what_is_told),
                cmocka_unit_test(test_carried_forward),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
