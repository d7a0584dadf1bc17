/* What is sent again keeps its version, and asks for another try by its serial. */
#include "support.h"

#include "base/cleanup.h"
#include "base/json.h"
#include "base/memory.h"
#include "model/dead_letter.h"
#include "model/origin.h"
#include "model/version.h"
#include "operator/replay.h"

#define UUID  "0f1c0000-0000-4000-8000-000000000001"
#define STATE "{\"municipality\":\"aarhus\",\"uuid\":\"" UUID "\",\"state\":\"SoldOut\"}"
#define RUN   1764000000000

static struct topics topics;
static const struct replay replay = { .topics = &topics, .run = RUN, .now_ms = RUN };

static int setup(void **state)
{
        (void)state;
        return topics_init(&topics, "dplsync.", 6, 1) ? 0 : -1;
}

/* What an update's reader makes of the record. */
static void read_out(const struct outgoing *out, struct update *update, struct origin *origin)
{
        struct error error = ERROR_NULL;

        check_number(out->topic, TOPIC_UPDATES, "an update");
        check_number(update_read(update, outgoing_value(out), &error), UPDATE_OK, error.text);
        check_number(origin_read(origin, headers_get(&out->headers, "dplsync-origin"), &error), 0,
                     error.text);
        check_text(origin->cause, "replayed", "cause");
}

static struct letter *letter_of(const char *topic, const char *value, const char *origin,
                                uint64_t version)
{
        struct dead_letter facts = { .reason = "rejected-by-cms",
                                     .detail = "no",
                                     .topic = topic,
                                     .partition = 4,
                                     .offset = 17,
                                     .municipality = "aarhus",
                                     .uuid = UUID,
                                     .version = version,
                                     .first_failed_ms = 1000,
                                     .last_failed_ms = 2000 };
        struct headers original, headers;

        headers_clear(&original);
        headers_add(&original, "mine", "kept");
        if (origin)
                headers_add(&original, "dplsync-origin", origin);
        dead_letter_headers(&facts, &original, &headers);
        return letter_new(&(struct record){ .topic = TOPIC_DEAD_LETTERS,
                                            .partition = 2,
                                            .offset = 5,
                                            .timestamp_ms = 3000,
                                            .key = slice_of("aarhus"),
                                            .value = slice_of(value),
                                            .headers = &headers });
}

static void test_letter(void **state)
{
        _cleanup_(letter_freep) struct letter *letter =
                letter_of("dplsync.updates", STATE, NULL, version_make(1, 17));
        _cleanup_(outgoing_deinit) struct outgoing out = { 0 };
        _cleanup_(update_deinit) struct update update = { 0 };
        struct origin origin;
        struct error error = ERROR_NULL;

        (void)state;
        check_number(replay_letter(&replay, letter, &out, &error), 0, error.text);
        read_out(&out, &update, &origin);
        check(slice_is(outgoing_value(&out), STATE), "byte for byte");
        check_number(out.partition, 4, "where it was");
        check_number(version_make(origin.epoch, origin.offset), version_make(1, 17), "its version");
        check_number(origin.versions[MEMBER_STATE], version_make(1, 17), "its member's");
        check_number(origin.versions[MEMBER_URL], VERSION_NONE, "no more than it carries");
        check_number(origin.serial, RUN, "the run is the serial");
        check_number(origin.first_record_ms, 1000, "since when");
        check(slice_is(headers_get(&out.headers, "mine"), "kept"), "the vendor's headers stay");
        check(!headers_get(&out.headers, "dplsync-reason").data, "those of the dead letter go");
}

/* A replayed update that died again has an origin already. */
static void test_letter_with_origin(void **state)
{
        static const char before[] =
                "{\"epoch\":1,\"partition\":3,\"offset\":9,\"versions\":{\"state\":1099511627785},"
                "\"first_record_at\":\"2026-03-01T09:00:02.117Z\",\"cause\":\"carried\","
                "\"serial\":1764000000001}";
        _cleanup_(letter_freep) struct letter *letter =
                letter_of("dplsync.updates", STATE, before, version_make(1, 17));
        _cleanup_(outgoing_deinit) struct outgoing out = { 0 };
        _cleanup_(update_deinit) struct update update = { 0 };
        struct origin origin;
        struct error error = ERROR_NULL;

        (void)state;
        check_number(replay_letter(&replay, letter, &out, &error), 0, error.text);
        read_out(&out, &update, &origin);
        check_number(origin.offset, 9, "the first origin stays");
        check_number(origin.versions[MEMBER_STATE], 1099511627785, "with its versions");
        check_number(origin.serial, 1764000000002, "a serial above the one it had");
        check_number(out.partition, 3, "in its origin's partition");
}

static void test_letters_that_stay(void **state)
{
        static const struct {
                const char *says, *topic, *value, *origin;
                uint64_t version;
                const char *why;
        } rows[] = {
                { "a wrong state stays wrong", "dplsync.updates",
                  "{\"municipality\":\"aarhus\",\"uuid\":\"" UUID "\",\"state\":\"Sold\"}", NULL,
                  VERSION_MIN, "state" },
                { "a command is given again", "dplsync.control", "{}", NULL, 0, "command" },
                { "nothing else is sent again", "dplsync.snapshots", "[]", NULL, 0, "updates" },
                { "an origin that lies", "dplsync.updates", STATE, "{}", VERSION_MIN,
                  "dplsync-origin" },
                { "a letter without its version", "dplsync.updates", STATE, NULL, 0, "version" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(letter_freep) struct letter *letter =
                        letter_of(rows[i].topic, rows[i].value, rows[i].origin, rows[i].version);
                _cleanup_(outgoing_deinit) struct outgoing out = { 0 };
                struct error error = ERROR_NULL;

                check_number(replay_letter(&replay, letter, &out, &error), -1, rows[i].says);
                check(strstr(error.text, rows[i].why), error.text);
        }
}

/* An event's wish: its state and its url stand, the other link came to nothing. */
static void make_event(struct replay_event *event, uint64_t serial)
{
        static const char text[] =
                "{\"state\":{\"value\":\"SoldOut\",\"version\":1099511627786,\"status\":"
                "\"confirmed\"},\"url\":{\"value\":\"https://t.example/1\",\"version\":"
                "1099511627780,\"status\":\"open\"},\"admin_url\":{\"value\":null,\"version\":"
                "1099511627781,\"status\":\"ended\"},\"serial\":3}";
        _cleanup_(json_decrefp) json_t *wish = json_read(text, strlen(text), 1024, NULL);

        *event = (struct replay_event){ .municipality = "aarhus", .partition = 1 };
        assert_true(uuid_parse(UUID, strlen(UUID), &event->uuid));
        assert_int_equal(wish_read(&event->wish, wish, NULL), 0);
        event->wish.serial = serial;
}

static void test_event(void **state)
{
        _cleanup_(outgoing_deinit) struct outgoing out = { 0 };
        _cleanup_(update_deinit) struct update update = { 0 };
        struct replay_event event;
        struct origin origin;

        (void)state;
        make_event(&event, 3);
        assert_true(replay_event(&replay, &event, &out));
        read_out(&out, &update, &origin);
        check_number(update.state, STATE_SOLD_OUT, "state");
        check_text(update.url, "https://t.example/1", "url");
        check(!update.present[MEMBER_ADMIN_URL], "what came to nothing is not wished again");
        check_number(origin.versions[MEMBER_STATE], 1099511627786, "each member's own version");
        check_number(origin.versions[MEMBER_URL], 1099511627780, "each member's own version");
        check_number(origin.offset, 10, "the newest is the origin");
        check_number(out.partition, 1, "in its partition");
        for (size_t i = 0; i < MEMBER_COUNT; i++)
                event.wish.members[i].status = WISH_ENDED;
        check(!replay_event(&replay, &event, &out), "nothing of it stands");
        wish_deinit(&event.wish);
}

/* An update with it would be refused, and the state with it. */
static void test_a_half_of_the_site_is_left_out(void **state)
{
        _cleanup_(outgoing_deinit) struct outgoing out = { 0 };
        _cleanup_(update_deinit) struct update update = { 0 };
        struct replay_event event;
        struct origin origin;

        (void)state;
        make_event(&event, 3);
        free(event.wish.members[MEMBER_URL].url);
        event.wish.members[MEMBER_URL].url = memory_copy_text("/node/5");
        assert_true(replay_event(&replay, &event, &out));
        read_out(&out, &update, &origin);
        check_number(update.state, STATE_SOLD_OUT, "the state is sent");
        check(!update.present[MEMBER_URL], "what no update may say is not");
        check_number(origin.versions[MEMBER_URL], VERSION_NONE, "nor its version");
        wish_deinit(&event.wish);
}

static void test_serials(void **state)
{
        static const struct {
                const char *says;
                uint64_t before;
                bool resumed;
                uint64_t want;
        } rows[] = {
                { "the run is the serial", 3, false, RUN },
                { "a run by a clock that is behind still rises", RUN + 5, false, RUN + 6 },
                { "a resumed run does not send what it has sent", RUN, true, RUN },
                { "nor what was sent by others since", RUN + 1, true, RUN },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct replay again = {
                        .topics = &topics, .run = RUN, .resumed = rows[i].resumed, .now_ms = RUN
                };
                _cleanup_(outgoing_deinit) struct outgoing out = { 0 };
                _cleanup_(update_deinit) struct update update = { 0 };
                struct replay_event event;
                struct origin origin;

                make_event(&event, rows[i].before);
                assert_true(replay_event(&again, &event, &out));
                read_out(&out, &update, &origin);
                check_number(origin.serial, rows[i].want, rows[i].says);
                wish_deinit(&event.wish);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_letter),
                cmocka_unit_test(test_letter_with_origin),
                cmocka_unit_test(test_letters_that_stay),
                cmocka_unit_test(test_event),
                cmocka_unit_test(test_a_half_of_the_site_is_left_out),
                cmocka_unit_test(test_serials),
        };

        return cmocka_run_group_tests(tests, setup, NULL);
}
