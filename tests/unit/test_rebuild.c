/* tests/unit/test_rebuild.c */
#include "unit/support.h"

#include <stdio.h>

#include "model/version.h"
#include "reconciler/catalogue.h"
#include "reconciler/rebuild.h"

#define NOW_MS INT64_C(1772355600000)

/* A record of `changes` about event `letter`; 'S' is the completion record, lower case and `null` a
 * tombstone. */
struct told {
        char letter;
        char op;        /* c create, u update, d delete, n null, s snapshot */
        int64_t offset; /* its version */
};

static const struct {
        const char *says;
        struct told told[6];
        const char *alive; /* letters */
        const char *deleted;
        int64_t handled; /* offset; -1: none */
        int64_t emitted; /* highest version's offset; -1: none */
} rows[] = {
        { "an empty topic", { { 0, 0, 0 } }, "", "", -1, -1 },
        { "a create", { { 'a', 'c', 5 }, { 'S', 's', 5 } }, "a", "", 5, 5 },
        { "a deletion is remembered",
          { { 'a', 'c', 5 }, { 'b', 'c', 5 }, { 'S', 's', 5 }, { 'a', 'd', 9 }, { 'S', 's', 9 } },
          "b",
          "a",
          9,
          9 },
        { "a zombie's late record does not count",
          { { 'a', 'c', 5 }, { 'a', 'd', 9 }, { 'a', 'u', 7 } },
          "",
          "a",
          -1,
          9 },
        { "a return", { { 'a', 'd', 5 }, { 'a', 'c', 7 }, { 'S', 's', 7 } }, "a", "", 7, 7 },
        { "an interrupted snapshot is told, not handled",
          { { 'a', 'c', 5 }, { 'S', 's', 5 }, { 'b', 'c', 8 } },
          "ab",
          "",
          5,
          8 },
        { "a tombstone forgets",
          { { 'a', 'd', 5 }, { 'S', 's', 5 }, { 'a', 'n', 0 } },
          "",
          "",
          5,
          5 },
        { "the same again",
          { { 'a', 'c', 5 }, { 'a', 'c', 5 }, { 'S', 's', 5 }, { 'S', 's', 5 } },
          "a",
          "",
          5,
          5 },
};

static void make_change(const struct told *told, struct change *change)
{
        static char event[256];

        snprintf(event, sizeof(event),
                 "{\"uuid\":\"%02x000000-0000-0000-0000-000000000000\",\"date_time\":{"
                 "\"start\":\"2026-04-01T18:00:00+02:00\",\"end\":\"2026-04-01T20:00:00+02:00\"}}",
                 told->letter);
        *change = (struct change){
                .op = told->op == 'c'   ? CHANGE_CREATE
                      : told->op == 'u' ? CHANGE_UPDATE
                      : told->op == 'd' ? CHANGE_DELETE
                                        : CHANGE_SNAPSHOT,
                .municipality = "aarhus",
                .uuid = { { (uint8_t)told->letter } },
                .version = version_make(1, told->offset),
                .as_of_ms = NOW_MS,
                .event = slice_of(event),
                .start_ms = TIMESTAMP_NONE,
                .end_ms = TIMESTAMP_NONE,
        };
}

static void take_at(struct rebuild *rebuild, const struct told *told, int64_t record_ms,
                    const char *says)
{
        _cleanup_(buffer_deinit) struct buffer value = BUFFER_NULL;
        char key[CHANGE_KEY_BYTES];
        struct error error = ERROR_NULL;
        struct change change;

        make_change(told, &change);
        change_key(&change, key);
        if (told->op != 'n')
                change_write(&change, &value);
        else
                snprintf(key, sizeof(key), "aarhus/%02x000000-0000-0000-0000-000000000000",
                         told->letter);
        if (rebuild_take(rebuild, slice_of(key), buffer_slice(&value), record_ms, &error) < 0)
                fail_msg("%s: %s", says, error.text);
}

static void take(struct rebuild *rebuild, const struct told *told, const char *says)
{
        take_at(rebuild, told, NOW_MS, says);
}

static void check_writes(const struct writes *writes, size_t row)
{
        char alive[8] = "", deleted[8] = "";

        for (size_t letter = 'a'; letter <= 'c'; letter++) {
                for (size_t i = 0; i < writes->count; i++) {
                        struct known known;

                        if (writes->items[i].uuid.bytes[0] != letter)
                                continue;
                        check_number(known_read(&known, writes->items[i].packed, NULL), 0,
                                     rows[row].says);
                        check(known.flags & KNOWN_HASHES_UNKNOWN, "its hashes are unknown");
                        if (known.flags & KNOWN_DELETED)
                                deleted[strlen(deleted)] = (char)letter;
                        else
                                alive[strlen(alive)] = (char)letter;
                        if (!(known.flags & KNOWN_DELETED))
                                check_number(known.end_ms, INT64_C(1775066400000), rows[row].says);
                        known_deinit(&known);
                }
        }
        check_text(alive, rows[row].alive, rows[row].says);
        check_text(deleted, rows[row].deleted, rows[row].says);
}

static void test_rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct rebuild rebuild = REBUILD_NULL;
                _cleanup_(writes_deinit) struct writes writes = WRITES_NULL;
                struct meta meta;

                for (size_t t = 0; t < ARRAY_LENGTH(rows[i].told) && rows[i].told[t].letter; t++)
                        take(&rebuild, &rows[i].told[t], rows[i].says);
                rebuild_finish(&rebuild, 1, &writes, &meta);
                check_writes(&writes, i);
                check(meta.exists, rows[i].says);
                check_number(meta.offset, rows[i].handled, rows[i].says);
                check_number(meta.version,
                             rows[i].emitted < 0 ? VERSION_NONE : version_make(1, rows[i].emitted),
                             rows[i].says);
                check_number(meta.known, strlen(rows[i].alive), rows[i].says);
                rebuild_deinit(&rebuild);
        }
}

/* A list from a site's cache may speak of days ago. */
static void test_a_deletion_is_as_old_as_its_record(void **state)
{
        static const struct told deletion = { 'a', 'd', 5 };
        static const int64_t record_ms = NOW_MS + 3 * 24 * 3600 * INT64_C(1000);
        struct rebuild rebuild = REBUILD_NULL;

        (void)state;
        take_at(&rebuild, &deletion, record_ms, "of an old list");
        check_number(rebuild.entries->known.since_ms, record_ms,
                     "its null comes a month after the vendor could hear of it");
        rebuild_deinit(&rebuild);
}

static void test_foreign_records(void **state)
{
        (void)state;
        struct rebuild rebuild = REBUILD_NULL;
        struct error error = ERROR_NULL;

        check_number(rebuild_take(&rebuild, slice_of("aarhus/x"), SLICE_NULL, 0, &error), -1,
                     "a tombstone without a uuid");
        check_number(rebuild_take(&rebuild, slice_of("aarhus"), slice_of("nonsense"), 0, &error),
                     -1, "no JSON");
        check(error.text[0], "says why");
        check(slice_is(rebuild_municipality(slice_of("aarhus/1")), "aarhus"), "before the slash");
        check(slice_is(rebuild_municipality(slice_of("aarhus")), "aarhus"), "or the whole key");
        rebuild_deinit(&rebuild);
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows),
                                            cmocka_unit_test(
                                                    test_a_deletion_is_as_old_as_its_record),
                                            cmocka_unit_test(test_foreign_records) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
