/* tests/unit/test_ledger.c */
#include "unit/support.h"

#include "base/cleanup.h"
#include "base/memory.h"
#include "model/version.h"
#include "model/ledger.h"

static void wish_of(struct wish *wish)
{
        wish_init(wish);
        wish->members[MEMBER_STATE] =
                (struct wish_value){ version_make(1, 7), WISH_OPEN, STATE_SOLD_OUT, NULL };
        wish->members[MEMBER_URL] =
                (struct wish_value){ version_make(1, 5), WISH_CONFIRMED, STATE_NONE,
                                     memory_copy_text("https://t.example/\"1\"") };
        wish->serial = 2;
}

static void test_round_trip(void **state)
{
        static const struct {
                const char *says, *token;
                int64_t lease_until_ms;
                uint64_t done;
        } rows[] = {
                { "at rest", "", 0, 0 },
                { "under a lease", "pod:1-abc-17", 1700000000123, 0 },
                { "with what is done", "pod:1-abc-17", 1700000000123, UINT64_C(1099511627779) },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(buffer_deinit) struct buffer first = BUFFER_NULL, second = BUFFER_NULL;
                struct ledger_entry entry,
                        written = { .told = { .upto = rows[i].done, .partition = 3 },
                                    .touched_ms = 1700000000456,
                                    .lease_until_ms = rows[i].lease_until_ms };

                wish_of(&written.wish);
                memcpy(written.token, rows[i].token, strlen(rows[i].token) + 1);
                ledger_entry_write(&written, &first);
                check_number(ledger_entry_read(&entry, buffer_slice(&first), NULL), 0,
                             rows[i].says);
                check(wish_equal(&entry.wish, &written.wish), rows[i].says);
                check_text(entry.token, rows[i].token, rows[i].says);
                check_number(entry.lease_until_ms, rows[i].lease_until_ms, rows[i].says);
                check_number(entry.told.upto, rows[i].done, rows[i].says);
                check_number(entry.touched_ms, 1700000000456, rows[i].says);
                ledger_entry_write(&entry, &second);
                check_text(second.data, first.data, "the same bytes again: they are compared");
                ledger_entry_deinit(&entry);
                ledger_entry_deinit(&written);
        }
}

static void test_foreign_bytes(void **state)
{
        static const char *const rows[] = {
                "x", "{", "[]", "{}", "{\"wish\":7}", "{\"wish\":{\"state\":{}}}", "1", "9\n"
        };
        struct ledger_entry entry;

        (void)state;
        check_number(ledger_entry_read(&entry, SLICE_NULL, NULL), 0, "absent is empty");
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct error error = ERROR_NULL;

                check_number(ledger_entry_read(&entry, slice_of(rows[i]), &error), -1, rows[i]);
                check(error.text[0], "with a reason");
                check(wish_is_empty(&entry.wish), "and nothing of it");
                ledger_entry_deinit(&entry);
        }
}

/* What a writer of before left is taken over, with its lease, and written as a line. */
static void test_an_entry_in_json(void **state)
{
        static const struct {
                const char *says, *json, *line;
        } rows[] = {
                { "all there can be",
                  "{\"wish\":{\"state\":{\"value\":\"SoldOut\",\"version\":1099511627783,"
                  "\"status\":"
                  "\"open\"},\"url\":{\"value\":null,\"version\":1099511627781,\"status\":"
                  "\"confirmed\"},\"serial\":2,\"sealed_at\":\"2026-03-01T09:00:00.000Z\"},"
                  "\"done\":1099511627783,\"partition\":3,\"but\":[[1099511627777,1099511627778]],"
                  "\"told\":[1099511627790],\"touched\":1772355602117,\"token\":\"pod-1:17-4\","
                  "\"lease_until\":1772355690000}",
                  "1 o=1.7 state=SoldOut c=1.5 url= serial=2 sealed_at=1772355600000 "
                  "done=3:1.7,1.1-1.2 told=1.14 touched=1772355602117 token=pod-1:17-4 "
                  "lease_until=1772355690000\n" },
                { "at rest", "{\"wish\":{\"serial\":0}}", "1\n" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(buffer_deinit) struct buffer line = BUFFER_NULL;
                _cleanup_(ledger_entry_deinit) struct ledger_entry entry;

                check_number(ledger_entry_read(&entry, slice_of(rows[i].json), NULL), 0,
                             rows[i].says);
                ledger_entry_write(&entry, &line);
                check_text(line.data, rows[i].line, rows[i].says);
        }
}

/* It becomes the time of a seal, which is written as a date. */
static void test_impossible_lease(void **state)
{
        static const char text[] = "{\"wish\":{\"serial\":0},\"token\":\"they\","
                                   "\"lease_until\":1772556021355602117}";
        _cleanup_(buffer_deinit) struct buffer again = BUFFER_NULL;
        _cleanup_(ledger_entry_deinit) struct ledger_entry entry, reread = { .touched_ms = 0 };

        (void)state;
        check_number(ledger_entry_read(&entry, slice_of(text), NULL), 0, "it is read");
        check_number(entry.lease_until_ms, 0, "as a lease without a time");
        ledger_entry_adopt(&entry, "me", 1000);
        ledger_entry_write(&entry, &again);
        check_number(ledger_entry_read(&reread, buffer_slice(&again), NULL), 0,
                     "it stays readable");
}

static void test_adopt(void **state)
{
        static const struct {
                const char *says, *token, *own;
                int64_t lease_until_ms, sealed_at_ms, want;
        } rows[] = {
                { "nobody has a lease", "", "me", 0, 0, 0 },
                { "our own is no riddle", "me", "me", 5000, 0, 0 },
                { "another's that nobody ended may still arrive", "they", "me", 5000, 0, 5000 },
                { "a later seal stands", "they", "me", 5000, 9000, 9000 },
                { "no lease can end so late", "they", "me", 3601001, 0, 1000 },
                { "a lease without a time seals all the same", "they", NULL, 0, 0, 1 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct ledger_entry entry = { .lease_until_ms = rows[i].lease_until_ms };

                memcpy(entry.token, rows[i].token, strlen(rows[i].token) + 1);
                entry.wish.sealed_at_ms = rows[i].sealed_at_ms;
                ledger_entry_adopt(&entry, rows[i].own, 1000);
                check_number(entry.wish.sealed_at_ms, rows[i].want, rows[i].says);
        }
}

static void test_position(void **state)
{
        static const struct {
                const char *says, *text;
                struct ledger_position want;
        } rows[] = {
                { "as written", "{\"epoch\":1,\"offset\":99}", { 1, 99 } },
                { "an empty topic", "{\"epoch\":3,\"offset\":-1}", { 3, -1 } },
                { "absent", "", { 0, -1 } },
                { "not JSON", "99", { 0, -1 } },
                { "no epoch", "{\"offset\":99}", { 0, -1 } },
                { "an epoch out of bounds", "{\"epoch\":9000,\"offset\":99}", { 0, -1 } },
                { "an offset out of bounds", "{\"epoch\":1,\"offset\":-2}", { 0, -1 } },
        };
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct ledger_position position;

                ledger_position_read(&position, slice_of(rows[i].text));
                check_number(position.epoch, rows[i].want.epoch, rows[i].says);
                check_number(position.offset, rows[i].want.offset, rows[i].says);
        }
        ledger_position_write(&rows[0].want, &text);
        check_text(text.data, rows[0].text, "the script reads this form");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_foreign_bytes),
                cmocka_unit_test(test_an_entry_in_json),
                cmocka_unit_test(test_impossible_lease),
                cmocka_unit_test(test_adopt),
                cmocka_unit_test(test_position),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
