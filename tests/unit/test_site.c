/* tests/unit/test_site.c */
#include "unit/support.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "model/version.h"
#include "writer/site.h"

#define NOW INT64_C(1772355600000)

static struct municipality aarhus = { .id = "aarhus",
                                      .write_in_flight = 2,
                                      .write_rate = 100,
                                      .write_burst = 100,
                                      .write_queue_events = 3 };

/* A lane that has one open update: "s" with a state, "l" with links. */
static struct lane *lane_of(struct site *site, unsigned number, char kind)
{
        char value[256], text[UUID_TEXT_BYTES];
        struct intake intake = { .version = version_make(1, number), .since_ms = NOW - number };
        struct headers headers;
        struct record record = { .offset = number, .headers = &headers };
        struct ledger_entry none = { .touched_ms = 0 };
        struct lane *lane;

        headers_clear(&headers);
        snprintf(text, sizeof(text), "0f1c0000-0000-4000-8000-%012u", number);
        snprintf(value, sizeof(value), "{\"municipality\":\"aarhus\",\"uuid\":\"%s\",%s}", text,
                 kind == 's' ? "\"state\":\"SoldOut\""
                             : "\"external_data\":{\"url\":null,\"admin_url\":null}");
        record.value = slice_of(value);
        assert_true(uuid_parse(text, strlen(text), &intake.update.uuid));
        if (kind == 's')
                intake.versions[MEMBER_STATE] = intake.version;
        else
                intake.versions[MEMBER_URL] = intake.versions[MEMBER_ADMIN_URL] = intake.version;
        lane = writer_site_lane_new(site, &intake.update.uuid);
        lane_add(lane, wanted_new(&intake, &record));
        lane_rebase(lane, &none, NULL);
        return lane;
}

static void lane_done(struct site *site, struct lane *lane)
{
        if (lane->state == LANE_QUEUED)
                writer_site_unqueue(site, lane);
        writer_site_lane_remove(site, lane);
        lane_free(lane);
}

static void test_turns(void **state)
{
        static const struct {
                const char *says, *queued; /* "s" a state, "l" links, in this order */
                const char *turns;
        } rows[] = {
                { "nobody", "", "" },
                { "in order of arrival", "lll", "012" },
                { "states first", "lsls", "1302" },
                { "every tenth turn is a link's", "lsssssssssss",
                  "123456789"
                  "0"
                  "ab" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct site *site = writer_site_new(&aarhus, 0, NOW);
                char turns[32] = "";
                struct lane *lane;

                for (unsigned n = 0; rows[i].queued[n]; n++)
                        writer_site_queue(site, lane_of(site, n + 1, rows[i].queued[n]));
                for (size_t n = 0; (lane = writer_site_turn(site)); n++) {
                        turns[n] = "0123456789abcdef"[lane->newest - version_make(1, 1)];
                        lane_done(site, lane);
                }
                check_text(turns, rows[i].turns, rows[i].says);
                check_number(site->queued, 0, rows[i].says);
                writer_site_free(site);
        }
}

static void test_room(void **state)
{
        static const struct {
                const char *says;
                unsigned lanes;
                bool present; /* is the update for an event that has a lane? */
                size_t held, bytes;
                bool room;
        } rows[] = {
                { "an empty site", 0, false, 0, 100, true },
                { "the last event", 2, false, 0, 100, true },
                { "one event too many", 3, false, 0, 100, false },
                { "more of an event that waits already", 3, true, 0, 100, true },
                { "as many bytes as there may be", 1, false, 3 * SITE_BYTES_AN_EVENT - 100, 100,
                  true },
                { "one byte too many", 1, true, 3 * SITE_BYTES_AN_EVENT - 100, 101, false },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct site *site = writer_site_new(&aarhus, 0, NOW);
                struct lane *lanes[3];

                for (unsigned n = 0; n < rows[i].lanes; n++)
                        lanes[n] = lane_of(site, n + 1, 's');
                site->bytes = rows[i].held;
                check_number(writer_site_has_room(site, rows[i].present ? lanes[0] : NULL,
                                                  rows[i].bytes),
                             rows[i].room, rows[i].says);
                for (unsigned n = 0; n < rows[i].lanes; n++)
                        lane_done(site, lanes[n]);
                writer_site_free(site);
        }
}

static void test_when_it_may_send(void **state)
{
        static const struct {
                const char *says;
                enum site_login login;
                bool left;
                int64_t pause_ms, want_ms; /* from now; -1: not before something happens */
                size_t ready;
        } rows[] = {
                { "now", LOGIN_PRESENT, false, 0, 0, 1 },
                { "not in its pause", LOGIN_PRESENT, false, 5000, 5000, 0 },
                { "not without a log-in", LOGIN_MISSING, false, 0, -1, 0 },
                { "not while it is rejected", LOGIN_REJECTED, false, 0, -1, 0 },
                { "not when it left the configuration", LOGIN_PRESENT, true, 0, -1, 1 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct site *site = writer_site_new(&aarhus, 0, NOW);
                struct lane *lane = lane_of(site, 1, 's');
                struct site_status status;
                int64_t at_ms;

                writer_site_queue(site, lane);
                site->login = rows[i].login;
                bulkhead_pause(&site->bulkhead, NOW + rows[i].pause_ms);
                if (rows[i].left)
                        writer_site_configure(site, NULL);
                at_ms = writer_site_at_ms(site, NOW);
                check_number(at_ms == INT64_MAX ? -1 : at_ms - NOW, rows[i].want_ms, rows[i].says);
                writer_site_status(site, NOW, &status);
                check_number(status.ready, rows[i].ready, rows[i].says);
                check_number(status.oldest_ms, NOW - 1, rows[i].says);
                check_number(status.credentials_missing, rows[i].login == LOGIN_MISSING,
                             rows[i].says);
                check_number(status.credentials_rejected, rows[i].login == LOGIN_REJECTED,
                             rows[i].says);
                lane_done(site, lane);
                writer_site_free(site);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_turns),
                cmocka_unit_test(test_room),
                cmocka_unit_test(test_when_it_may_send),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
