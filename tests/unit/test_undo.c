/* Taking back a vendor's bad hour: from 1000 to 2000. */
#include "support.h"

#include "base/cleanup.h"
#include "operator/undo.h"

#define A                  "0f1c0000-0000-4000-8000-00000000000a"
#define B                  "0f1c0000-0000-4000-8000-00000000000b"
#define HEAD(uuid)         "{\"municipality\":\"aarhus\",\"uuid\":\"" uuid "\","
#define STATE(uuid, state) HEAD(uuid) "\"state\":\"" state "\"}"
#define URL(uuid, url)     HEAD(uuid) "\"external_data\":{\"url\":" url "}}"

enum { UPDATES_MAX = 5 };

static const struct {
        const char *says;
        struct {
                int64_t at_ms;
                const char *value;
                bool origin;
        } updates[UPDATES_MAX];
        const char *want; /* values, in a row */
        size_t touched, unknown;
} rows[] = {
        { "the state from before comes back",
          { { 500, STATE(A, "Active"), false }, { 1500, STATE(A, "SoldOut"), false } },
          STATE(A, "Active"),
          1,
          0 },
        { "the newest from before, and the whole hour goes",
          { { 400, STATE(A, "TicketSaleNotOpen"), false },
            { 500, STATE(A, "Active"), false },
            { 1000, STATE(A, "SoldOut"), false },
            { 1999, STATE(A, "Cancelled"), false } },
          STATE(A, "Active"),
          1,
          0 },
        { "what was wished anew since stays",
          { { 500, STATE(A, "Active"), false },
            { 1500, STATE(A, "SoldOut"), false },
            { 2000, STATE(A, "Cancelled"), false } },
          "",
          0,
          0 },
        { "what nobody touched in the hour stays",
          { { 999, STATE(A, "Active"), false } },
          "",
          0,
          0 },
        { "without an earlier wish nothing can come back",
          { { 1500, STATE(A, "SoldOut"), false } },
          "",
          1,
          1 },
        { "each member for itself",
          { { 500, URL(A, "\"https://t.example/1\""), false },
            { 600, STATE(A, "Active"), false },
            { 1500, STATE(A, "SoldOut"), false } },
          STATE(A, "Active"),
          1,
          0 },
        { "a link that was cleared before is cleared again",
          { { 500, URL(A, "null"), false }, { 1500, URL(A, "\"https://wrong.example\""), false } },
          URL(A, "null"),
          1,
          0 },
        { "what dplsync wrote itself decides nothing",
          { { 500, STATE(A, "Active"), false },
            { 1500, STATE(A, "SoldOut"), false },
            { 2500, STATE(A, "SoldOut"), true } },
          STATE(A, "Active"),
          1,
          0 },
        { "each event for itself",
          { { 500, STATE(A, "Active"), false },
            { 500, STATE(B, "Active"), false },
            { 1500, STATE(B, "SoldOut"), false } },
          STATE(B, "Active"),
          1,
          0 },
        { "what cannot be read was never wished",
          { { 500, STATE(A, "Active"), false }, { 1500, STATE(A, "Sold"), false } },
          "",
          0,
          0 },
};

static void take(struct undo *undo, int64_t at_ms, int32_t partition, const char *value,
                 bool origin)
{
        struct headers headers;

        headers_clear(&headers);
        if (origin)
                headers_add(&headers, "dplsync-origin", "{}");
        undo_take(undo, &(struct record){ .topic = TOPIC_UPDATES,
                                          .partition = partition,
                                          .timestamp_ms = at_ms,
                                          .value = slice_of(value),
                                          .headers = &headers });
}

static void test_rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(undo_deinit) struct undo undo = { .from_ms = 1000, .to_ms = 2000 };
                _cleanup_(outgoing_deinit) struct outgoing out = { 0 };
                _cleanup_(buffer_deinit) struct buffer got = BUFFER_NULL;
                size_t count;

                for (size_t u = 0; u < UPDATES_MAX && rows[i].updates[u].value; u++)
                        take(&undo, rows[i].updates[u].at_ms, 0, rows[i].updates[u].value,
                             rows[i].updates[u].origin);
                count = undo_finish(&undo);
                while (undo_next(&undo, 5000, &out)) {
                        buffer_append_text(&got, out.value.data);
                        check(!headers_get(&out.headers, "dplsync-origin").data,
                              "a new wish, not an old one");
                        count--;
                }
                check_text(got.data ? got.data : "", rows[i].want, rows[i].says);
                check_number(count, 0, rows[i].says);
                check_number(undo.events_touched, rows[i].touched, rows[i].says);
                check_number(undo.unknown, rows[i].unknown, rows[i].says);
        }
}

static void test_narrowed(void **state)
{
        struct uuid b;
        const struct {
                const char *says;
                const char *municipality;
                const struct uuid *uuid;
                size_t want;
        } filters[] = {
                { "all", NULL, NULL, 2 },
                { "one municipality", "aarhus", NULL, 2 },
                { "another", "viborg", NULL, 0 },
                { "one event", NULL, &b, 1 },
        };

        (void)state;
        assert_true(uuid_parse(B, strlen(B), &b));
        for (size_t i = 0; i < ARRAY_LENGTH(filters); i++) {
                _cleanup_(undo_deinit) struct undo undo = { .from_ms = 1000,
                                                            .to_ms = 2000,
                                                            .municipality = filters[i].municipality,
                                                            .uuid = filters[i].uuid };

                take(&undo, 500, 0, STATE(A, "Active"), false);
                take(&undo, 500, 0, STATE(B, "Active"), false);
                take(&undo, 1500, 0, STATE(A, "SoldOut"), false);
                take(&undo, 1500, 0, STATE(B, "SoldOut"), false);
                check_number(undo_finish(&undo), filters[i].want, filters[i].says);
        }
}

/* The order of an event's wishes is that of the partition its vendor writes to. */
static void test_where(void **state)
{
        static const struct {
                const char *says;
                const int32_t partitions[3]; /* of a wish before, one inside, and one since */
                int32_t want;
        } places[] = {
                { "where its vendor's partitioner put it", { 4, 4, 4 }, 4 },
                { "in the first partition, too", { 0, 0, 0 }, 0 },
                { "where the newest is, of an event that has moved", { 4, 2, 2 }, 2 },
                { "also where only what was wished since has moved", { 4, 4, 3 }, 3 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
                _cleanup_(undo_deinit) struct undo undo = { .from_ms = 1000, .to_ms = 2000 };
                _cleanup_(outgoing_deinit) struct outgoing out = { 0 };
                const int32_t *partitions = places[i].partitions;

                /* The scan of one partition may be ahead of another's. */
                take(&undo, 2500, partitions[2], URL(A, "null"), false);
                take(&undo, 500, partitions[0], STATE(A, "Active"), false);
                take(&undo, 1500, partitions[1], STATE(A, "SoldOut"), false);
                check_number(undo_finish(&undo), 1, places[i].says);
                check(undo_next(&undo, 5000, &out), places[i].says);
                check_number(out.partition, places[i].want, places[i].says);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_narrowed),
                cmocka_unit_test(test_where),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
