/* Which events a hold has, from what the reconciler keeps. */
#include "support.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "operator/held.h"

static struct uuid uuid_of(unsigned number)
{
        struct uuid uuid = { { 0 } };

        uuid.bytes[15] = (uint8_t)number;
        return uuid;
}

static void take_event(struct held *held, unsigned number, unsigned flags, uint64_t version)
{
        _cleanup_(buffer_deinit) struct buffer value = BUFFER_NULL;
        struct uuid uuid = uuid_of(number);
        struct known known = { .version = version,
                               .flags = flags,
                               .since_ms = 5000,
                               .start_ms = 7000,
                               .end_ms = 8000 };

        known_write(&known, &value);
        held_take_event(held, (struct slice){ (const char *)uuid.bytes, sizeof(uuid.bytes) },
                        buffer_slice(&value));
}

static void take_change(struct held *held, unsigned number, const char *title)
{
        struct uuid uuid = uuid_of(number);
        char text[UUID_TEXT_BYTES], value[1024];

        uuid_format(&uuid, text);
        snprintf(value, sizeof(value),
                 "{\"op\":\"create\",\"municipality\":\"aarhus\",\"uuid\":\"%s\","
                 "\"version\":1099511627786,\"as_of\":\"2026-03-01T09:00:02.117Z\","
                 "\"event\":{\"uuid\":\"%s\",\"title\":%s}}",
                 text, text, title);
        held_take_change(held, slice_of(value));
}

static const struct {
        const char *says;
        unsigned flags;
        uint64_t version;
        bool foreign;
        bool held;
} rows[] = {
        { "a held one", KNOWN_HELD, 1, false, true },
        { "an approved one, until it is deleted", KNOWN_HELD | KNOWN_APPROVED, 1, false, true },
        { "a rejected one is silent", KNOWN_HELD | KNOWN_REJECTED, 1, false, false },
        { "a deleted one is gone", KNOWN_HELD | KNOWN_DELETED, 1, false, false },
        { "a candidate waits for a read, not for a person", KNOWN_CANDIDATE, 1, false, false },
        { "any other", 0, 1, false, false },
        { "all of another site's list", 0, 1, true, true },
        { "but for those that are deleted", KNOWN_DELETED, 1, true, false },
        { "and those the vendor never heard of", KNOWN_TOO_LARGE, 0, true, false },
};

static void test_rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(held_deinit) struct held held = { 0 };

                held_take_meta(&held, slice_of("foreign"), slice_of(rows[i].foreign ? "ab" : ""));
                take_event(&held, 1, rows[i].flags, rows[i].version);
                check_number(held_count(&held), rows[i].held, rows[i].says);
        }
}

static void test_facts(void **state)
{
        _cleanup_(held_deinit) struct held held = { 0 };

        (void)state;
        held_take_meta(&held, slice_of("hold"), slice_of("0123456789abcdef"));
        held_take_meta(&held, slice_of("held"), slice_of("2"));
        held_take_meta(&held, slice_of("known"), slice_of("10"));
        held_take_meta(&held, slice_of("mood"), slice_of("10"));
        take_event(&held, 1, KNOWN_HELD | KNOWN_MISSED_ONCE | KNOWN_IRRELEVANT, 1);
        held_take_event(&held, slice_of("short"), slice_of("x"));
        take_change(&held, 1, "\"Gammel\"");
        take_change(&held, 1, "\"B\\u00f8rnerim\"");
        take_change(&held, 2, "\"En anden\"");
        check_text(held.id, "0123456789abcdef", "id");
        check_number(held.count, 2, "count");
        check_number(held.known, 10, "known");
        check_number(held_count(&held), 1, "what cannot be read is left out");
        check_text(held.events->title, "Børnerim", "the newest title");
        check_number(held.events->start_ms, 7000, "start");
        check(held.events->missed_once && !held.events->approved, "how far it is");
        check(held.events->irrelevant, "and why");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_facts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
