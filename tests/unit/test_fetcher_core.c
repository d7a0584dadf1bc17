/* tests/unit/test_fetcher_core.c
 *
 * Stories of the core: inputs at moments, and the actions that must come of them. One partition, so
 * that every municipality is ours.
 */
#include "unit/support.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/timestamp.h"
#include "fetcher/core.h"
#include "model/snapshot.h"

#define A "a8fd4444-4bbf-4b31-96cf-46389c216ea2"
#define B "b8fd4444-4bbf-4b31-96cf-46389c216ea2"
#define LIST_A "[{\"uuid\":\"" A "\"}]"
#define LIST_B "[{\"uuid\":\"" B "\"}]"

struct world {
        struct topics topics;
        struct config *config;
        bool has_credentials[8];
        bool new_credentials[8];
        struct fetcher_core *core;
        struct fetcher_actions actions;
        int64_t now_ms;
};

static struct config *config_of(const char *municipalities, const char *fetcher)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        struct error error = ERROR_NULL;
        struct config *config;

        buffer_append_format(&text,
                             "{\"kafka\":{\"bootstrap.servers\":\"k:9092\"},"
                             "\"redis\":{\"url\":\"redis://r:6379/0\"},\"contact\":\"a@b.example\","
                             "\"topics\":{\"partitions\":1},\"fetcher\":{%s},\"municipalities\":[%s]}",
                             fetcher, municipalities);
        _cleanup_(json_decrefp) json_t *root = json_loads(text.data, 0, NULL);

        assert_non_null(root);
        config = config_read(root, NULL, NULL, NULL, &error);
        if (!config)
                fail_msg("%s", error.text);
        return config;
}

static void give(struct world *world, const struct fetcher_input *input)
{
        fetcher_actions_clear(&world->actions);
        fetcher_core_handle(world->core, input, world->now_ms, &world->actions);
}

static void configure(struct world *world, const char *municipalities, const char *fetcher)
{
        struct config *old = world->config;

        world->config = config_of(municipalities, fetcher);
        give(world, &(struct fetcher_input){
                            .type = FETCHER_CONFIGURED,
                            .configured = { world->config, world->has_credentials,
                                            world->new_credentials } });
        config_free(old);
}

#define AARHUS "{\"id\":\"aarhus\",\"base_url\":\"https://aarhus.example\"}"
#define VIBORG "{\"id\":\"viborg\",\"base_url\":\"https://viborg.example\"}"

static void assign(struct world *world)
{
        static const struct fetcher_assignment partition = { 0, -1001 };

        give(world, &(struct fetcher_input){ .type = FETCHER_ASSIGNED,
                                             .assigned = { &partition, 1 } });
}

static void world_init(struct world *world, const char *municipalities, const char *fetcher)
{
        memset(world, 0, sizeof(*world));
        world->now_ms = INT64_C(1772355600000); /* 2026-03-01T09:00:00Z */
        assert_true(topics_init(&world->topics, "dplsync.", 1, 1));

        struct fetcher_settings settings = { &world->topics, "/dplsync/fetcher/test" };

        world->core = fetcher_core_new(&settings, 42);
        configure(world, municipalities, fetcher);
        assign(world);
}

static void world_deinit(struct world *world)
{
        fetcher_core_free(world->core);
        fetcher_actions_deinit(&world->actions);
        config_free(world->config);
}

/* What came of the last input */

static size_t count(const struct world *world, enum fetcher_action_type type)
{
        size_t found = 0;

        for (size_t i = 0; i < world->actions.count; i++)
                found += world->actions.items[i].type == type;
        return found;
}

static struct fetcher_action *find(const struct world *world, enum fetcher_action_type type)
{
        for (size_t i = 0; i < world->actions.count; i++)
                if (world->actions.items[i].type == type)
                        return &world->actions.items[i];
        fail_msg("no action of type %d came", type);
        return NULL;
}

static bool reported(const struct world *world, enum fetcher_report_type type)
{
        for (size_t i = 0; i < world->actions.count; i++)
                if (world->actions.items[i].type == FETCHER_REPORT &&
                    world->actions.items[i].report.type == type)
                        return true;
        return false;
}

static const char *header(const struct world *world, const char *name)
{
        static char text[4][256];
        static unsigned turn;
        struct slice value = headers_get(find(world, FETCHER_PRODUCE)->produce.headers, name);

        turn = (turn + 1) % 4;
        snprintf(text[turn], sizeof(text[turn]), "%.*s", (int)value.length,
                 value.data ? value.data : "");
        return text[turn];
}

/* The words of the first Redis command that begins with `verb`, with blanks between, or "". */
static const char *redis_words(const struct world *world, const char *verb)
{
        static char text[2048];

        text[0] = '\0';
        for (size_t i = 0; i < world->actions.count; i++) {
                struct fetcher_action *action = &world->actions.items[i];

                if (action->type != FETCHER_REDIS ||
                    !slice_is(fetcher_words_get(&action->redis, 0), verb))
                        continue;
                for (size_t j = 0; j < action->redis.count; j++) {
                        struct slice word = fetcher_words_get(&action->redis, j);

                        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%.*s",
                                 j ? " " : "", (int)word.length, word.data);
                }
                break;
        }
        return text;
}

/* Inputs */

static void tick_at(struct world *world, int64_t at_ms)
{
        world->now_ms = at_ms;
        give(world, &(struct fetcher_input){ .type = FETCHER_TICK });
}

static void tick_when_due(struct world *world)
{
        int64_t next_ms = fetcher_core_next_ms(world->core);

        assert_true(next_ms != INT64_MAX);
        tick_at(world, next_ms > world->now_ms ? next_ms : world->now_ms);
}

static void redis_replies(struct world *world, uint64_t token, bool answered, const char *text)
{
        give(world, &(struct fetcher_input){ .type = FETCHER_REDIS_REPLY, .token = token,
                                             .redis = { answered, slice_of(text) } });
}

static void data_comes(struct world *world, uint64_t token, const char *text)
{
        give(world, &(struct fetcher_input){ .type = FETCHER_DATA, .token = token,
                                             .data = { slice_of(text), NULL } });
}

static void answer_comes(struct world *world, uint64_t token, struct answer answer)
{
        world->now_ms += 100;
        give(world, &(struct fetcher_input){ .type = FETCHER_ANSWER, .token = token,
                                             .answer = answer });
}

static void kafka_says(struct world *world, uint64_t token, bool acknowledged)
{
        world->now_ms += 5;
        give(world, &(struct fetcher_input){ .type = FETCHER_DELIVERED, .token = token,
                                             .delivered = { acknowledged, -1 } });
}

static void command_comes(struct world *world, const char *key, int64_t offset, const char *value)
{
        static const struct headers none;

        give(world, &(struct fetcher_input){
                            .type = FETCHER_COMMAND,
                            .command = { .partition = 0, .offset = offset, .key = slice_of(key),
                                         .value = slice_of(value), .headers = &none } });
}

/* The first bookmark is none; then waits until the first read has begun. Its token. */
static uint64_t first_read(struct world *world)
{
        redis_replies(world, find(world, FETCHER_REDIS)->token, true, NULL);
        tick_when_due(world);
        return find(world, FETCHER_READ)->token;
}

static uint64_t next_read(struct world *world)
{
        tick_when_due(world);
        return find(world, FETCHER_READ)->token;
}

/* A read that ends with a list; token of the publication. */
static uint64_t list_comes(struct world *world, uint64_t token, const char *list, const char *etag)
{
        data_comes(world, token, list);
        answer_comes(world, token, (struct answer){ .status = 200, .etag = etag });
        return find(world, FETCHER_PRODUCE)->token;
}

static const char *value_of(const struct world *world)
{
        return find(world, FETCHER_PRODUCE)->produce.value.data;
}

static const char *url_of(const struct world *world)
{
        return find(world, FETCHER_READ)->read.reading.url.data;
}

/* Stories */

static void test_reads_and_publishes(void **state)
{
        _cleanup_(world_deinit) struct world world;
        uint64_t token;

        (void)state;
        world_init(&world, AARHUS, "");
        assert_int_equal(find(&world, FETCHER_CONTROL_START)->control.offset, FETCHER_FROM_BEGIN);
        assert_string_equal(redis_words(&world, "GET"), "GET {aarhus}:f");

        token = first_read(&world);
        assert_non_null(strstr(url_of(&world), "&dplsync=")); /* fresh, since none is known */
        int64_t started_ms = world.now_ms;

        token = list_comes(&world, token, LIST_A, "\"1\"");
        assert_string_equal(value_of(&world), LIST_A);
        assert_int_equal(atoll(header(&world, "dplsync-fetch-seq")), started_ms);
        assert_string_equal(header(&world, "dplsync-complete"), "true");
        assert_string_equal(header(&world, "dplsync-fresh"), "true");
        assert_string_equal(header(&world, "dplsync-events"), "1");
        assert_string_equal(header(&world, "dplsync-unchanged"), "");
        assert_string_equal(header(&world, "ce_subject"), "aarhus");
        assert_true(traceparent_valid(slice_of(header(&world, "traceparent"))));
        assert_int_equal(count(&world, FETCHER_REDIS), 0); /* nothing is saved before Kafka has it */

        kafka_says(&world, token, true);
        assert_true(reported(&world, FETCHER_READ_PUBLISHED));
        assert_non_null(strstr(redis_words(&world, "SET"), "\"etag\":\"\"")); /* of a fresh read */
        assert_non_null(strstr(redis_words(&world, "HSET"), "fetcher_outcome published"));
}

static void test_unchanged(void **state)
{
        _cleanup_(world_deinit) struct world world;
        uint64_t token;
        char digest[SHA256_HEX_BYTES], as_of[TIMESTAMP_TEXT_BYTES];

        (void)state;
        world_init(&world, AARHUS, "");
        sha256_hex(LIST_A, strlen(LIST_A), digest);
        token = list_comes(&world, first_read(&world), LIST_A, NULL);
        kafka_says(&world, token, true);

        token = next_read(&world); /* ordinary, not conditional yet */
        assert_int_equal(find(&world, FETCHER_READ)->read.reading.header_count, 1);
        token = list_comes(&world, token, LIST_A, "W/\"7\"");
        assert_string_equal(value_of(&world), "[]");
        assert_string_equal(header(&world, "dplsync-unchanged"), "true");
        assert_string_equal(header(&world, "dplsync-sha256"), digest);
        kafka_says(&world, token, true);
        assert_true(reported(&world, FETCHER_READ_UNCHANGED));

        token = next_read(&world);
        assert_string_equal(find(&world, FETCHER_READ)->read.reading.headers[1].data,
                            "If-None-Match: W/\"7\"");
        timestamp_format(world.now_ms - 61000, as_of);
        answer_comes(&world, token, (struct answer){ .status = 304, .age = "61" });
        assert_string_equal(header(&world, "dplsync-unchanged"), "true");
        assert_string_equal(header(&world, "dplsync-sha256"), digest);
        assert_string_equal(header(&world, "dplsync-events"), "1");
        assert_string_equal(header(&world, "dplsync-as-of"), as_of);
}

static void test_another_list_is_published_whole(void **state)
{
        _cleanup_(world_deinit) struct world world;
        uint64_t token;

        (void)state;
        world_init(&world, AARHUS, "");
        kafka_says(&world, list_comes(&world, first_read(&world), LIST_A, NULL), true);
        token = list_comes(&world, next_read(&world), LIST_B, "\"8\"");
        assert_string_equal(value_of(&world), LIST_B);
        assert_string_equal(header(&world, "dplsync-fresh"), "false");
        kafka_says(&world, token, true);
        assert_non_null(strstr(redis_words(&world, "SET"), "\"etag\":\"\\\"8\\\"\""));
}

static void test_kafka_refuses(void **state)
{
        _cleanup_(world_deinit) struct world world;
        uint64_t token;
        int64_t seq;

        (void)state;
        world_init(&world, AARHUS, "");
        token = list_comes(&world, first_read(&world), LIST_A, "\"1\"");
        seq = atoll(header(&world, "dplsync-fetch-seq"));
        kafka_says(&world, token, false);
        assert_true(reported(&world, FETCHER_READ_FAILED));
        assert_non_null(strstr(redis_words(&world, "SET"), "\"digest\":\"\""));

        token = list_comes(&world, next_read(&world), LIST_A, "\"1\"");
        assert_string_equal(value_of(&world), LIST_A); /* whole again */
        assert_string_equal(header(&world, "dplsync-fresh"), "true");
        assert_true(atoll(header(&world, "dplsync-fetch-seq")) > seq);
}

static void test_failed_answers_publish_nothing(void **state)
{
        static const struct {
                const char *says;
                const char *body;
                struct answer answer;
        } rows[] = {
                { "HTML", "<html></html>", { .status = 200 } },
                { "a truncated list", "[{\"uuid\":\"" A "\"}", { .status = 200 } },
                { "a list that broke off", LIST_A, { .status = 200, .transport = ANSWER_BROKEN } },
                { "a 503", "", { .status = 503 } },
                { "an empty body", "", { .status = 200 } },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(world_deinit) struct world world;
                uint64_t token;

                world_init(&world, AARHUS, "");
                token = first_read(&world);
                data_comes(&world, token, rows[i].body);
                if (!reported(&world, FETCHER_READ_FAILED))
                        answer_comes(&world, token, rows[i].answer);
                check(reported(&world, FETCHER_READ_FAILED), rows[i].says);
                check(count(&world, FETCHER_PRODUCE) == 0, rows[i].says);
                check(strstr(redis_words(&world, "HSET"), "fetcher_outcome failed"), rows[i].says);
                tick_when_due(&world);
                check(count(&world, FETCHER_READ) == 1, rows[i].says);
        }
}

static void test_bad_bytes_stop_the_read(void **state)
{
        _cleanup_(world_deinit) struct world world;
        uint64_t token;

        (void)state;
        world_init(&world, AARHUS, "");
        token = first_read(&world);
        data_comes(&world, token, "[{\"uuid\":\"" A "\"},{\"uuid\":]");
        assert_int_equal(find(&world, FETCHER_READ_STOP)->token, token);
        assert_true(reported(&world, FETCHER_READ_FAILED));
        data_comes(&world, token, "}]");
        assert_int_equal(world.actions.count, 0);
}

static void test_an_empty_list_is_published(void **state)
{
        _cleanup_(world_deinit) struct world world;

        (void)state;
        world_init(&world, AARHUS, "");
        list_comes(&world, first_read(&world), "[]", NULL);
        assert_string_equal(value_of(&world), "[]");
        assert_string_equal(header(&world, "dplsync-unchanged"), "");
        assert_string_equal(header(&world, "dplsync-events"), "0");
}

static void test_twins_are_named(void **state)
{
        _cleanup_(world_deinit) struct world world;

        (void)state;
        world_init(&world, AARHUS, "");
        list_comes(&world, first_read(&world),
                   "[{\"uuid\":\"" A "\"},{\"uuid\":\"" B "\"},{\"uuid\":\"" A "\"}]", NULL);
        assert_string_equal(value_of(&world), LIST_B);
        assert_string_equal(header(&world, "dplsync-unreadable"), "2");
        assert_string_equal(header(&world, "dplsync-unreadable-uuids"), A);
        assert_string_equal(header(&world, "dplsync-complete"), "true");
        assert_true(reported(&world, FETCHER_EVENTS_ASIDE));
}

static void test_parts_go_a_few_at_a_time(void **state)
{
        _cleanup_(world_deinit) struct world world;
        _cleanup_(buffer_deinit) struct buffer list = BUFFER_NULL;
        uint64_t token;

        (void)state;
        world_init(&world, AARHUS, "");
        for (int i = 0; i < 6; i++) {
                buffer_append_format(&list, "%s{\"uuid\":\"0000000%d-0000-4000-8000-000000000000\","
                                            "\"body\":\"", i ? "," : "[", i);
                for (int j = 0; j < 80000; j++)
                        buffer_append_text(&list, "0123456789");
                buffer_append_text(&list, "\"}");
        }
        buffer_append_byte(&list, ']');
        token = list_comes(&world, first_read(&world), list.data, NULL);
        assert_int_equal(count(&world, FETCHER_PRODUCE), 4);
        assert_string_equal(header(&world, "dplsync-parts"), "6");
        for (int i = 0; i < 5; i++) {
                kafka_says(&world, token, true);
                assert_int_equal(count(&world, FETCHER_PRODUCE), i < 2 ? 1 : 0);
                assert_string_equal(redis_words(&world, "SET"), "");
        }
        kafka_says(&world, token, true);
        assert_true(reported(&world, FETCHER_READ_PUBLISHED));
        assert_int_equal(fetcher_core_gauges(world.core).list_bytes, 0);
}

static void test_refresh(void **state)
{
        _cleanup_(world_deinit) struct world world;
        uint64_t token;

        (void)state;
        world_init(&world, AARHUS, "");
        kafka_says(&world, list_comes(&world, first_read(&world), LIST_A, NULL), true);
        command_comes(&world, "aarhus", 7, "{\"command\":\"refresh\",\"full\":true,\"id\":\"x\"}");
        token = find(&world, FETCHER_READ)->token; /* at once */
        assert_null(strstr(url_of(&world), "&dplsync="));
        token = list_comes(&world, token, LIST_A, "\"2\"");
        assert_string_equal(value_of(&world), LIST_A); /* whole, though nothing changed */
        assert_int_equal(count(&world, FETCHER_CONTROL_STORE), 0);
        kafka_says(&world, token, true);
        assert_int_equal(find(&world, FETCHER_CONTROL_STORE)->control.offset, 8);
}

static void test_refresh_waits_for_the_read_after_it(void **state)
{
        _cleanup_(world_deinit) struct world world;
        uint64_t token;

        (void)state;
        world_init(&world, AARHUS, "");
        token = first_read(&world);
        command_comes(&world, "aarhus", 7, "{\"command\":\"refresh\",\"fresh\":true,\"id\":\"x\"}");
        assert_int_equal(count(&world, FETCHER_READ), 0);
        kafka_says(&world, list_comes(&world, token, LIST_A, NULL), true);
        assert_int_equal(count(&world, FETCHER_CONTROL_STORE), 0);
        token = find(&world, FETCHER_READ)->token;
        assert_non_null(strstr(url_of(&world), "&dplsync="));
        answer_comes(&world, token, (struct answer){ .status = 500 });
        assert_int_equal(find(&world, FETCHER_CONTROL_STORE)->control.offset, 8); /* failed is an end */
}

static void test_pause_is_kept(void **state)
{
        _cleanup_(world_deinit) struct world world;
        int64_t until_ms;

        (void)state;
        world_init(&world, AARHUS, "");
        answer_comes(&world, first_read(&world),
                     (struct answer){ .status = 429, .retry_after = "600" });
        until_ms = world.now_ms + 600000;
        command_comes(&world, "aarhus", 7, "{\"command\":\"refresh\",\"id\":\"x\"}");
        assert_int_equal(count(&world, FETCHER_READ), 0);
        assert_int_equal(fetcher_core_next_ms(world.core), until_ms);
        tick_at(&world, until_ms);
        assert_int_equal(count(&world, FETCHER_READ), 1);
}

static void test_bad_commands(void **state)
{
        static const struct {
                const char *says;
                const char *key;
                const char *value;
                const char *reason; /* NULL: it is not for us */
        } rows[] = {
                { "not JSON", "aarhus", "refresh", "invalid-control" },
                { "an unknown command", "aarhus", "{\"command\":\"reset\",\"id\":\"x\"}", "invalid-control" },
                { "an unknown municipality", "viborg", "{\"command\":\"refresh\",\"id\":\"x\"}",
                  "unknown-municipality" },
                { "no key", NULL, "{\"command\":\"refresh\",\"id\":\"x\"}", "unknown-municipality" },
                { "a tombstone", "aarhus", NULL, "invalid-control" },
                { "a command for the reconciler", "aarhus", "{\"command\":\"reassert\",\"id\":\"x\"}", NULL },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(world_deinit) struct world world;

                world_init(&world, AARHUS, "");
                command_comes(&world, rows[i].key, 3, rows[i].value);
                if (rows[i].reason) {
                        uint64_t token = find(&world, FETCHER_PRODUCE)->token;

                        check_text(header(&world, "dplsync-reason"), rows[i].reason, rows[i].says);
                        check(count(&world, FETCHER_CONTROL_STORE) == 0, rows[i].says);
                        kafka_says(&world, token, true);
                }
                check_number(find(&world, FETCHER_CONTROL_STORE)->control.offset, 4, rows[i].says);
        }
}

static void test_a_refused_dead_letter_is_read_again(void **state)
{
        _cleanup_(world_deinit) struct world world;

        (void)state;
        world_init(&world, AARHUS, "");
        redis_replies(&world, find(&world, FETCHER_REDIS)->token, true, NULL);
        command_comes(&world, "aarhus", 3, "x");
        kafka_says(&world, find(&world, FETCHER_PRODUCE)->token, false);
        assert_int_equal(count(&world, FETCHER_CONTROL_STORE), 0);
        tick_at(&world, world.now_ms + 1000);
        assert_int_equal(find(&world, FETCHER_CONTROL_START)->control.offset, 3);
        command_comes(&world, "aarhus", 3, "x");
        kafka_says(&world, find(&world, FETCHER_PRODUCE)->token, true);
        assert_int_equal(find(&world, FETCHER_CONTROL_STORE)->control.offset, 4);
}

static void test_many_dead_letters_hold_the_reader(void **state)
{
        _cleanup_(world_deinit) struct world world;
        uint64_t token = 0;

        (void)state;
        world_init(&world, AARHUS, "");
        for (int64_t offset = 0; offset < COMMANDS_LETTERS_MAX; offset++) {
                assert_int_equal(count(&world, FETCHER_CONTROL_WANT), 0);
                command_comes(&world, "aarhus", offset, "x");
                token = find(&world, FETCHER_PRODUCE)->token;
        }
        assert_false(find(&world, FETCHER_CONTROL_WANT)->control.want);
        kafka_says(&world, token, true);
        assert_true(find(&world, FETCHER_CONTROL_WANT)->control.want);
        assert_int_equal(count(&world, FETCHER_CONTROL_STORE), 0); /* the others are open */
}

static void test_a_rebalance_ends_the_wait_for_dead_letters(void **state)
{
        _cleanup_(world_deinit) struct world world;

        (void)state;
        world_init(&world, AARHUS, "");
        for (int64_t offset = 0; offset < COMMANDS_LETTERS_MAX; offset++)
                command_comes(&world, "aarhus", offset, "x");
        assert_false(find(&world, FETCHER_CONTROL_WANT)->control.want);
        give(&world, &(struct fetcher_input){ .type = FETCHER_REVOKED });
        assert_int_equal(count(&world, FETCHER_CONTROL_WANT), 1);
        assert_true(find(&world, FETCHER_CONTROL_WANT)->control.want);
        assign(&world);
        assert_int_equal(count(&world, FETCHER_CONTROL_WANT), 0);
        command_comes(&world, "aarhus", 0, "x");
        assert_int_equal(count(&world, FETCHER_PRODUCE), 1);
}

static void test_revoked(void **state)
{
        _cleanup_(world_deinit) struct world world;
        uint64_t token;

        (void)state;
        world_init(&world, AARHUS, "");
        token = first_read(&world);
        give(&world, &(struct fetcher_input){ .type = FETCHER_REVOKED });
        assert_int_equal(find(&world, FETCHER_READ_STOP)->token, token);
        assert_true(reported(&world, FETCHER_RELEASED));
        assert_int_equal(fetcher_core_next_ms(world.core), INT64_MAX);
        answer_comes(&world, token, (struct answer){ .status = 200 });
        assert_int_equal(world.actions.count, 0);
        command_comes(&world, "aarhus", 3, "x");
        assert_int_equal(world.actions.count, 0);

        assign(&world);
        token = list_comes(&world, first_read(&world), LIST_A, NULL);
        assign(&world); /* without a revoke between */
        kafka_says(&world, token, true);
        assert_int_equal(world.actions.count, 0);
}

static void test_without_redis(void **state)
{
        _cleanup_(world_deinit) struct world world;
        uint64_t token;

        (void)state;
        world_init(&world, AARHUS, "");
        token = find(&world, FETCHER_REDIS)->token;
        tick_at(&world, world.now_ms + 2000);
        assert_true(reported(&world, FETCHER_REDIS_SILENT) && reported(&world, FETCHER_OWNED));
        redis_replies(&world, token, true, "{}");
        assert_int_equal(world.actions.count, 0);
        token = next_read(&world);
        list_comes(&world, token, LIST_A, NULL);
        assert_int_equal(count(&world, FETCHER_PRODUCE), 1);
}

static void test_goes_on_from_the_bookmark(void **state)
{
        _cleanup_(world_deinit) struct world first, second;
        char bookmark[2048];
        uint64_t token;

        (void)state;
        world_init(&first, AARHUS, "");
        kafka_says(&first, list_comes(&first, first_read(&first), LIST_A, NULL), true);
        kafka_says(&first, list_comes(&first, next_read(&first), LIST_A, "\"7\""), true);
        snprintf(bookmark, sizeof(bookmark), "%s", redis_words(&first, "SET") + strlen("SET {aarhus}:f "));

        world_init(&second, AARHUS, "");
        second.now_ms = first.now_ms;
        redis_replies(&second, find(&second, FETCHER_REDIS)->token, true, bookmark);
        assert_true(fetcher_core_next_ms(second.core) > second.now_ms + 500000);
        token = next_read(&second);
        assert_string_equal(find(&second, FETCHER_READ)->read.reading.headers[1].data,
                            "If-None-Match: \"7\"");
        answer_comes(&second, token, (struct answer){ .status = 304 });
        assert_string_equal(header(&second, "dplsync-unchanged"), "true");
}

static void test_credentials(void **state)
{
        static const struct {
                const char *says;
                bool answered;
                const char *rejected;
                bool log_in;
        } rows[] = {
                { "credentials are used where nothing is said", true, NULL, true },
                { "or where they are not rejected", true, "0", true },
                { "rejected ones are not sent", true, "1", false },
                { "nor those of which nothing can be known", false, NULL, false },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(world_deinit) struct world world;

                world_init(&world, "", "");
                world.has_credentials[0] = true;
                configure(&world, AARHUS, "");
                redis_replies(&world, find(&world, FETCHER_REDIS)->token, true, NULL);
                tick_when_due(&world);
                check_text(redis_words(&world, "HGET"),
                           "HGET {aarhus}:status writer_credentials_rejected", rows[i].says);
                redis_replies(&world, find(&world, FETCHER_REDIS)->token, rows[i].answered,
                              rows[i].rejected);
                check(find(&world, FETCHER_READ)->read.reading.authenticated == rows[i].log_in,
                      rows[i].says);
                check((strstr(url_of(&world), "&dplsync=") != NULL) != rows[i].log_in, rows[i].says);
        }
}

/* With one municipality that has credentials, its bookmark read. */
static void world_with_credentials(struct world *world, const char *municipality)
{
        world_init(world, "", "");
        world->has_credentials[0] = true;
        configure(world, municipality, "");
        redis_replies(world, find(world, FETCHER_REDIS)->token, true, NULL);
}

/* The next read, which asks first whether its credentials are rejected. */
static uint64_t next_read_asking(struct world *world, const char *rejected)
{
        tick_when_due(world);
        redis_replies(world, find(world, FETCHER_REDIS)->token, true, rejected);
        return find(world, FETCHER_READ)->token;
}

static bool authenticated(const struct world *world)
{
        return find(world, FETCHER_READ)->read.reading.authenticated;
}

static void test_new_credentials_are_tried_once(void **state)
{
        _cleanup_(world_deinit) struct world world;
        uint64_t token;

        (void)state;
        world_with_credentials(&world, AARHUS);
        token = next_read_asking(&world, "1");
        kafka_says(&world, list_comes(&world, token, LIST_A, NULL), true);

        world.new_credentials[0] = true;
        configure(&world, AARHUS, "");
        assert_true(fetcher_core_next_ms(world.core) <= world.now_ms + 10000);
        token = next_read_asking(&world, "1"); /* that was said of the old ones */
        assert_true(authenticated(&world));
        token = list_comes(&world, token, LIST_A, NULL);
        assert_string_equal(header(&world, "dplsync-fresh"), "true");
        kafka_says(&world, token, true);

        world.new_credentials[0] = false;
        configure(&world, AARHUS, "");
        command_comes(&world, "aarhus", 7, "{\"command\":\"refresh\",\"fresh\":true,\"id\":\"x\"}");
        redis_replies(&world, find(&world, FETCHER_REDIS)->token, true, "1");
        assert_false(authenticated(&world)); /* they are rejected as well */
}

static void test_read_auth_basic(void **state)
{
        static const char basic[] = "{\"id\":\"aarhus\",\"base_url\":\"https://aarhus.example\","
                                    "\"read_auth\":\"basic\"}";
        _cleanup_(world_deinit) struct world world;

        (void)state;
        world_with_credentials(&world, basic);
        kafka_says(&world, list_comes(&world, next_read_asking(&world, NULL), LIST_A, NULL), true);
        for (int i = 0; i < 2; i++) { /* every read, and every one passes the cache */
                uint64_t token = next_read_asking(&world, NULL);

                assert_true(authenticated(&world));
                assert_int_equal(find(&world, FETCHER_READ)->read.reading.header_count, 1);
                token = list_comes(&world, token, LIST_A, NULL);
                assert_string_equal(header(&world, "dplsync-unchanged"), "true");
                assert_string_equal(header(&world, "dplsync-fresh"), "true");
                kafka_says(&world, token, true);
        }
        next_read_asking(&world, "1"); /* but for rejected ones: an ordinary, anonymous read */
        assert_false(authenticated(&world));
        assert_null(strstr(url_of(&world), "&dplsync="));
}

static void test_a_wrong_clock_is_noticed(void **state)
{
        _cleanup_(world_deinit) struct world world;
        struct fetcher_input input = { .type = FETCHER_DELIVERED, .delivered = { true, 0 } };
        struct error why = ERROR_NULL;

        (void)state;
        world_init(&world, AARHUS, "");
        input.token = list_comes(&world, first_read(&world), LIST_A, NULL);
        input.delivered.append_ms = world.now_ms - 7000;
        give(&world, &input);
        assert_true(reported(&world, FETCHER_CLOCK));
        assert_true(reported(&world, FETCHER_READ_PUBLISHED)); /* it goes on all the same */
        assert_true(fetcher_core_explain_clock(world.core, &why));
        assert_non_null(strstr(why.text, "7.0 s ahead"));

        input.token = list_comes(&world, next_read(&world), LIST_B, NULL);
        input.delivered.append_ms = world.now_ms;
        give(&world, &input);
        assert_true(reported(&world, FETCHER_CLOCK));
        assert_false(fetcher_core_explain_clock(world.core, &why));
}

static void test_delay_is_told(void **state)
{
        _cleanup_(world_deinit) struct world world;
        int64_t due_ms;

        (void)state;
        world_init(&world, AARHUS, "");
        redis_replies(&world, find(&world, FETCHER_REDIS)->token, true, NULL);
        due_ms = fetcher_core_next_ms(world.core);
        tick_at(&world, due_ms + 1234);
        for (size_t i = 0; i < world.actions.count; i++)
                if (world.actions.items[i].type == FETCHER_REPORT)
                        assert_int_equal(world.actions.items[i].report.delay_ms, 1234);
        assert_true(reported(&world, FETCHER_READ_BEGAN));
}

static void test_one_transfer_at_a_time(void **state)
{
        _cleanup_(world_deinit) struct world world;
        uint64_t token, tokens[2];

        (void)state;
        world_init(&world, AARHUS "," VIBORG, "\"max_transfers\":1");
        assert_int_equal(count(&world, FETCHER_REDIS), 2);
        for (size_t i = 0, found = 0; i < world.actions.count; i++)
                if (world.actions.items[i].type == FETCHER_REDIS)
                        tokens[found++] = world.actions.items[i].token;
        redis_replies(&world, tokens[0], true, NULL);
        redis_replies(&world, tokens[1], true, NULL);
        tick_at(&world, world.now_ms + 60000);
        assert_int_equal(count(&world, FETCHER_READ), 1);
        assert_true(fetcher_core_next_ms(world.core) > world.now_ms + 60000); /* only the deadline */
        token = find(&world, FETCHER_READ)->token;
        list_comes(&world, token, LIST_A, NULL);
        assert_int_equal(count(&world, FETCHER_READ), 1);
}

static void test_memory(void **state)
{
        _cleanup_(world_deinit) struct world world;
        _cleanup_(buffer_deinit) struct buffer bytes = BUFFER_NULL;
        uint64_t tokens[2];

        (void)state;
        world_init(&world, AARHUS "," VIBORG, "\"max_memory\":\"1MiB\"");
        for (size_t i = 0, found = 0; i < world.actions.count; i++)
                if (world.actions.items[i].type == FETCHER_REDIS)
                        tokens[found++] = world.actions.items[i].token;
        redis_replies(&world, tokens[0], true, NULL);
        redis_replies(&world, tokens[1], true, NULL);
        tick_at(&world, world.now_ms + 60000);
        assert_int_equal(count(&world, FETCHER_READ), 2);
        for (size_t i = 0, found = 0; i < world.actions.count; i++)
                if (world.actions.items[i].type == FETCHER_READ)
                        tokens[found++] = world.actions.items[i].token;

        buffer_append_text(&bytes, "[{\"uuid\":\"" A "\",\"body\":\"");
        while (bytes.length < 700000)
                buffer_append_byte(&bytes, 'x');
        data_comes(&world, tokens[0], bytes.data);
        assert_int_equal(count(&world, FETCHER_READ_STOP), 0);
        data_comes(&world, tokens[1], bytes.data);
        assert_int_equal(find(&world, FETCHER_READ_STOP)->token, tokens[1]);
        assert_true(reported(&world, FETCHER_READ_POSTPONED));
        tick_at(&world, world.now_ms + 10000);
        assert_int_equal(count(&world, FETCHER_READ), 0); /* it does not fit beside the other */
        data_comes(&world, tokens[0], "\"}]");
        answer_comes(&world, tokens[0], (struct answer){ .status = 200 });
        kafka_says(&world, tokens[0] = find(&world, FETCHER_PRODUCE)->token, true);
        assert_int_equal(count(&world, FETCHER_READ), 1);
        tokens[1] = find(&world, FETCHER_READ)->token;
        while (bytes.length < 850000)
                buffer_append_byte(&bytes, 'x');
        data_comes(&world, tokens[1], bytes.data); /* alone, it may */
        assert_int_equal(count(&world, FETCHER_READ_STOP), 0);
}

static void test_reconfigured(void **state)
{
        _cleanup_(world_deinit) struct world world;
        uint64_t token;

        (void)state;
        world_init(&world, AARHUS, "");
        token = first_read(&world);
        configure(&world, AARHUS "," VIBORG, "");
        assert_int_equal(count(&world, FETCHER_READ_STOP), 0); /* the others are not disturbed */
        assert_string_equal(redis_words(&world, "GET"), "GET {viborg}:f");
        configure(&world, "{\"id\":\"aarhus\",\"base_url\":\"https://other.example\"}," VIBORG, "");
        assert_int_equal(find(&world, FETCHER_READ_STOP)->token, token);
        tick_at(&world, world.now_ms + 2000);
        token = find(&world, FETCHER_READ)->token;
        assert_non_null(strstr(url_of(&world), "https://other.example/"));
        command_comes(&world, "aarhus", 5, "{\"command\":\"refresh\",\"id\":\"x\"}");
        configure(&world, VIBORG, "");
        assert_int_equal(find(&world, FETCHER_READ_STOP)->token, token);
        assert_int_equal(find(&world, FETCHER_CONTROL_STORE)->control.offset, 6);
        assert_true(reported(&world, FETCHER_RELEASED));
}

static const struct fetcher_report *report_of(const struct world *world,
                                              enum fetcher_report_type type)
{
        for (size_t i = 0; i < world->actions.count; i++) {
                const struct fetcher_action *action = &world->actions.items[i];

                if (action->type == FETCHER_REPORT && action->report.type == type)
                        return &action->report;
        }
        fail_msg("no report %d", (int)type);
        return NULL;
}

static void test_another_interval_is_told(void **state)
{
        static const char *const hourly =
                "{\"id\":\"aarhus\",\"base_url\":\"https://aarhus.example\","
                "\"poll_interval\":\"1h\"}";
        _cleanup_(world_deinit) struct world world;
        uint64_t token;

        (void)state;
        world_init(&world, AARHUS, "");
        token = list_comes(&world, first_read(&world), LIST_A, NULL);
        configure(&world, AARHUS "," VIBORG, "");
        assert_false(reported(&world, FETCHER_RECONFIGURED)); /* this one is as it was */
        configure(&world, hourly, "");
        assert_int_equal(report_of(&world, FETCHER_RECONFIGURED)->interval_ms, 3600000);
        kafka_says(&world, token, true); /* of the list that was on its way */
        assert_int_equal(report_of(&world, FETCHER_READ_PUBLISHED)->status, 200);
}

static void test_drain(void **state)
{
        _cleanup_(world_deinit) struct world reading, publishing;
        uint64_t token;

        (void)state;
        world_init(&reading, AARHUS, "");
        first_read(&reading);
        give(&reading, &(struct fetcher_input){ .type = FETCHER_DRAIN });
        assert_int_equal(count(&reading, FETCHER_READ_STOP), 1);
        assert_int_equal(count(&reading, FETCHER_DRAINED), 1);

        world_init(&publishing, AARHUS, "");
        token = list_comes(&publishing, first_read(&publishing), LIST_A, NULL);
        give(&publishing, &(struct fetcher_input){ .type = FETCHER_DRAIN });
        assert_int_equal(count(&publishing, FETCHER_DRAINED), 0);
        kafka_says(&publishing, token, true);
        assert_true(redis_words(&publishing, "SET")[0] != '\0');
        assert_int_equal(count(&publishing, FETCHER_DRAINED), 1);
        assert_int_equal(fetcher_core_next_ms(publishing.core), INT64_MAX);
}

static void test_replies_that_never_come(void **state)
{
        _cleanup_(world_deinit) struct world world;
        uint64_t token;

        (void)state;
        world_init(&world, AARHUS, "");
        token = first_read(&world);
        tick_when_due(&world); /* the deadline of the read */
        assert_int_equal(find(&world, FETCHER_READ_STOP)->token, token);
        assert_true(reported(&world, FETCHER_READ_FAILED));
        list_comes(&world, next_read(&world), LIST_A, NULL);
        tick_when_due(&world); /* that of the publication */
        assert_true(reported(&world, FETCHER_READ_FAILED));
        list_comes(&world, next_read(&world), LIST_A, NULL);
        assert_string_equal(value_of(&world), LIST_A);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_reads_and_publishes),
                cmocka_unit_test(test_unchanged),
                cmocka_unit_test(test_another_list_is_published_whole),
                cmocka_unit_test(test_kafka_refuses),
                cmocka_unit_test(test_failed_answers_publish_nothing),
                cmocka_unit_test(test_bad_bytes_stop_the_read),
                cmocka_unit_test(test_an_empty_list_is_published),
                cmocka_unit_test(test_twins_are_named),
                cmocka_unit_test(test_parts_go_a_few_at_a_time),
                cmocka_unit_test(test_refresh),
                cmocka_unit_test(test_refresh_waits_for_the_read_after_it),
                cmocka_unit_test(test_pause_is_kept),
                cmocka_unit_test(test_bad_commands),
                cmocka_unit_test(test_a_refused_dead_letter_is_read_again),
                cmocka_unit_test(test_many_dead_letters_hold_the_reader),
                cmocka_unit_test(test_a_rebalance_ends_the_wait_for_dead_letters),
                cmocka_unit_test(test_revoked),
                cmocka_unit_test(test_without_redis),
                cmocka_unit_test(test_goes_on_from_the_bookmark),
                cmocka_unit_test(test_credentials),
                cmocka_unit_test(test_new_credentials_are_tried_once),
                cmocka_unit_test(test_read_auth_basic),
                cmocka_unit_test(test_a_wrong_clock_is_noticed),
                cmocka_unit_test(test_delay_is_told),
                cmocka_unit_test(test_one_transfer_at_a_time),
                cmocka_unit_test(test_memory),
                cmocka_unit_test(test_reconfigured),
                cmocka_unit_test(test_another_interval_is_told),
                cmocka_unit_test(test_drain),
                cmocka_unit_test(test_replies_that_never_come),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
