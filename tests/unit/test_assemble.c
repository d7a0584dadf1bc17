/* tests/unit/test_assemble.c */
#include "unit/support.h"

#include <stdio.h>

#include "reconciler/assemble.h"

#define NOW_MS INT64_C(1772355600000)
#define A      "{\"uuid\":\"00000000-0000-4000-8000-000000000001\"}"
#define B      "{\"uuid\":\"00000000-0000-4000-8000-000000000002\"}"
#define C      "{\"uuid\":\"00000000-0000-4000-8000-000000000003\"}"
#define B_UUID "00000000-0000-4000-8000-000000000002"
#define C_UUID "00000000-0000-4000-8000-000000000003"

static const char *refused; /* why the last record was; NULL: it was not */

static struct snapshot *add(struct assemble *assemble, const char *id, uint32_t part,
                            uint32_t parts, uint32_t events, uint32_t unreadable, const char *aside,
                            const char *value)
{
        static int64_t offset;
        static struct headers headers;
        struct snapshot_part head = { .part = part,
                                      .parts = parts,
                                      .events = events,
                                      .unreadable = unreadable,
                                      .complete = true };

        snprintf(head.id, sizeof(head.id), "%s", id);
        headers_clear(&headers);
        if (aside)
                headers_add(&headers, "dplsync-unreadable-uuids", aside);
        offset++;
        return assemble_add(assemble, "aarhus", 0, offset, NOW_MS + offset * 1000, &head, &headers,
                            slice_of(value), &refused);
}

static const struct {
        const char *says;
        uint32_t events, unreadable;
        const char *aside;
        const char *value;
        bool broken, complete;
        size_t count;
} rows[] = {
        { "a list of two", 2, 0, NULL, "[" A "," B "]", false, true, 2 },
        { "an empty one", 0, 0, NULL, "[]", false, true, 0 },
        { "unsorted, and with white space", 2, 0, NULL, " [ " B " , " A " ] ", false, true, 2 },
        { "one that stands twice", 3, 0, NULL, "[" A "," B "," A "]", false, true, 2 },
        { "one that came in no part, and is named", 2, 1, B_UUID, "[" A "]", false, true, 2 },
        { "several of those", 3, 2, B_UUID "," C_UUID, "[" A "]", false, true, 3 },
        { "one that is not named", 2, 1, NULL, "[" A "]", false, false, 1 },
        { "one without a uuid", 1, 0, NULL, "[{\"title\":\"x\"}]", true, false, 0 },
        { "fewer than its headers say", 3, 0, NULL, "[" A "," B "]", true, false, 0 },
        { "more", 1, 0, NULL, "[" A "," B "]", true, false, 0 },
        { "an object", 1, 0, NULL, A, true, false, 0 },
        { "cut off", 2, 0, NULL, "[" A "," B, true, false, 0 },
        { "something behind it", 2, 0, NULL, "[" A "," B "]x", true, false, 0 },
        { "two events without a comma", 2, 0, NULL, "[" A B "]", true, false, 0 },
        { "a uuid that stands twice in one event", 1, 0, NULL,
          "[{\"uuid\":\"" B_UUID "\",\"uuid\":\"" C_UUID "\"}]", true, false, 0 },
        { "HTML", 1, 0, NULL, "<html>", true, false, 0 },
        { "nothing", 0, 0, NULL, "", true, false, 0 },
};

static void test_lists(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct assemble assemble = ASSEMBLE_NULL;
                struct snapshot *snapshot = add(&assemble, "one", 1, 1, rows[i].events,
                                                rows[i].unreadable, rows[i].aside, rows[i].value);

                check(snapshot != NULL, rows[i].says);
                check_number(snapshot->broken, rows[i].broken, rows[i].says);
                check_number(snapshot->complete, rows[i].complete, rows[i].says);
                check_number(snapshot->listing.count, rows[i].count, rows[i].says);
                check((refused != NULL) == rows[i].broken, rows[i].says);
                for (size_t e = 1; e < snapshot->listing.count; e++)
                        check(uuid_compare(&snapshot->listing.events[e - 1].uuid,
                                           &snapshot->listing.events[e].uuid) < 0,
                              rows[i].says);
                snapshot_free(snapshot);
                check_number(assemble.bytes, 0, rows[i].says);
        }
}

static void test_parts(void **state)
{
        (void)state;
        struct assemble assemble = ASSEMBLE_NULL;
        struct snapshot *snapshot;

        check(!add(&assemble, "one", 1, 3, 3, 0, NULL, "[" C "]"), "one of three");
        check(!add(&assemble, "other", 1, 2, 2, 0, NULL, "[" A "]"), "another list in between");
        check(!add(&assemble, "one", 2, 3, 3, 0, NULL, "[" A "]"), "two of three");
        check(assemble.bytes > 0, "they take memory");
        snapshot = add(&assemble, "one", 3, 3, 3, 0, NULL, "[" B "]");
        check(snapshot && !snapshot->broken && snapshot->listing.count == 3, "whole");
        check_number(snapshot_offset(snapshot), snapshot->offsets[2],
                     "its offset is the last part's");
        snapshot_free(snapshot);
        snapshot = add(&assemble, "other", 2, 2, 3, 0, NULL, "[" B "]");
        check(snapshot && !snapshot->broken, "the other one, too");
        snapshot_free(snapshot);
        check(!add(&assemble, "late", 2, 3, 3, 0, NULL, "[" A "]"), "begun in its middle");
        snapshot = add(&assemble, "late", 3, 3, 3, 0, NULL, "[" B "]");
        check(!snapshot, "stays open");
        assemble_deinit(&assemble);
}

static void test_refused(void **state)
{
        (void)state;
        struct assemble assemble = ASSEMBLE_NULL;
        struct snapshot *snapshot;

        add(&assemble, "one", 1, 3, 3, 0, NULL, "[" A "]");
        check(!refused, "nothing is wrong with the first part");
        add(&assemble, "one", 3, 3, 3, 0, NULL, "[" B "]");
        check(refused != NULL, "the second one is the third");
        snapshot = add(&assemble, "one", 2, 3, 3, 0, NULL, "[" C "]");
        check(!refused && snapshot && snapshot->broken, "only one record is refused for it");
        check_number(snapshot->refused, snapshot->offsets[1], "that one");
        snapshot_free(snapshot);
        assemble_deinit(&assemble);
}

static void test_abandoned(void **state)
{
        (void)state;
        struct assemble assemble = ASSEMBLE_NULL;
        struct snapshot *snapshot;

        check_number(assemble_next_ms(&assemble), INT64_MAX, "nothing to give up");
        add(&assemble, "one", 1, 3, 3, 0, NULL, "[" A "]");

        int64_t due_ms = assemble_next_ms(&assemble);

        check(!assemble_abandoned(&assemble, 0, due_ms - 1), "has patience");
        check(!assemble_abandoned(&assemble, 1, due_ms), "with other partitions anyway");
        snapshot = assemble_abandoned(&assemble, 0, due_ms);
        check(snapshot && snapshot->arrived == 1, "for five minutes");
        check_number(assemble.bytes, 0, "and its memory is free");
        snapshot_free(snapshot);
        assemble_deinit(&assemble);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_lists),
                cmocka_unit_test(test_parts),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_abandoned),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
