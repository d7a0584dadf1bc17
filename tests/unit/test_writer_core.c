/* tests/unit/test_writer_core.c
 *
 * Stories of the core in a small world: a log of results, a Redis that does what the scripts do, a
 * site that answers when the story says so. Everything but the site happens at once.
 */
#include "unit/support.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "model/known.h"
#include "model/origin.h"
#include "model/version.h"
#include "writer/core.h"

#define A "a8fd4444-4bbf-4b31-96cf-46389c216ea2"
#define B "b8fd4444-4bbf-4b31-96cf-46389c216ea2"
#define PAIR                                                                                       \
        "\"external_data\":{\"url\":\"https://t.example/1\",\"admin_url\":\"https://t.example/"    \
        "a\"}"
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)

enum { FIELDS_MAX = 64, RECORDS_MAX = 2048, PATCHES_MAX = 64, QUEUE_MAX = 512 };

struct field { /* of one {m}:w */
        char municipality[MUNICIPALITY_ID_BYTES];
        char uuid[UUID_TEXT_BYTES];
        char *text;
        char token[LEDGER_TOKEN_BYTES];
        int64_t lease_until_ms;
};

struct pending { /* an input to be given, and what it refers to */
        struct writer_input input;
        char *text;
};

struct sent {
        uint64_t token;
        char uuid[UUID_TEXT_BYTES];
        char *body;
        char key[IDEMPOTENCY_KEY_BYTES];
};

struct world {
        struct topics topics;
        struct config *config;
        struct writer_core *core;
        struct writer_actions actions;
        int64_t now_ms;
        int64_t next_offset; /* of `updates` */
        int64_t record_ms;   /* when the next record was logged; 0: now */
        int64_t stored;      /* as last stored; -1: never */

        bool redis_is_down;
        bool redis_is_slow;              /* answers to scripts wait */
        int64_t probe_at_ms;             /* as the status has it; 0: none */
        int64_t told_probe_at_ms;        /* as the status was told last */
        struct field fields[FIELDS_MAX]; /* Redis, but for "@" */
        size_t field_count;
        char mark[LEDGER_TOKEN_BYTES]; /* "~" */
        char *position;                /* "@" of all municipalities; NULL: absent */
        char *known;                   /* packed, of every event; NULL: no snapshot has any */
        size_t known_length;
        bool any_snapshot;
        int64_t seal_ms; /* of A; 0: none */

        char *results[RECORDS_MAX]; /* the log */
        size_t result_count;
        bool kafka_is_down;
        bool results_are_slow;         /* their end is not reached */
        bool letters_are_down;         /* only the dead letters' partitions have no leader */
        bool out_of_range;             /* `results` ends before what is asked for */
        char letters[RECORDS_MAX][48]; /* reasons of dead letters */
        size_t letter_count;
        char letter_uuid[UUID_TEXT_BYTES]; /* of the last one; "": it names none */
        size_t refresh_count;
        char *carried, *carried_origin; /* the last record put at the end of `updates` */
        size_t carried_count;
        size_t null_count; /* in `results` */

        struct sent patches[PATCHES_MAX]; /* under way */
        size_t patch_count;
        size_t patch_total;
        char last_key[IDEMPOTENCY_KEY_BYTES];
        char *last_body;

        struct pending queue[QUEUE_MAX];
        size_t queue_head, queue_tail;
        bool drained, failed, wants;
        char outcomes[2048]; /* "applied superseded ..." */
};

/* ---- the world's parts ---- */

static void later(struct world *world, struct writer_input input, char *text)
{
        assert_true(world->queue_tail - world->queue_head < QUEUE_MAX);
        world->queue[world->queue_tail++ % QUEUE_MAX] = (struct pending){ input, text };
}

static struct field *field_of(struct world *world, const char *municipality,
                              const struct uuid *uuid)
{
        char text[UUID_TEXT_BYTES];

        uuid_format(uuid, text);
        for (size_t i = 0; i < world->field_count; i++)
                if (strcmp(world->fields[i].uuid, text) == 0 &&
                    strcmp(world->fields[i].municipality, municipality) == 0)
                        return &world->fields[i];
        assert_true(world->field_count < FIELDS_MAX);

        struct field *field = &world->fields[world->field_count++];

        *field = (struct field){ .text = memory_copy_text("") };
        snprintf(field->municipality, sizeof(field->municipality), "%s", municipality);
        snprintf(field->uuid, sizeof(field->uuid), "%s", text);
        return field;
}

/* The field's bytes as Redis has them: with the lease at the end. */
static char *field_bytes(const struct field *field)
{
        struct buffer text = BUFFER_NULL;

        if (!field->token[0])
                return memory_copy_text(field->text);
        buffer_append(&text, field->text, strlen(field->text) - 1);
        buffer_append_format(&text, " token=%s lease_until=%" PRId64 "\n", field->token,
                             field->lease_until_ms);
        return buffer_take(&text);
}

static void field_set(struct field *field, const struct buffer *fresh, const char *token,
                      int64_t lease_until_ms)
{
        struct ledger_entry entry;

        free(field->text);
        assert_int_equal(ledger_entry_read(&entry, buffer_slice(fresh), NULL), 0);
        /* NULL: what the core wrote may carry somebody's lease */
        snprintf(field->token, sizeof(field->token), "%s", token ? token : entry.token);
        field->lease_until_ms = token ? lease_until_ms : entry.lease_until_ms;

        struct buffer text = BUFFER_NULL;

        entry.token[0] = '\0'; /* kept apart: the core does not know Redis's clock */
        ledger_entry_write(&entry, &text);
        field->text = buffer_take(&text);
        ledger_entry_deinit(&entry);
}

static void redis_stale(struct world *world, struct writer_input reply, struct field *field)
{
        char *bytes = field_bytes(field);

        reply.ledger.reply = LEDGER_STALE;
        reply.ledger.current = slice_of(bytes);
        later(world, reply, bytes);
}

static bool redis_expects(const struct field *field, const struct buffer *expected)
{
        _cleanup_(freep) char *bytes = field_bytes(field);

        return strlen(bytes) == expected->length &&
               memcmp(bytes, expected->data ? expected->data : "", expected->length) == 0;
}

static void redis_begin(struct world *world, const struct writer_action *action,
                        struct writer_input reply)
{
        struct field *field = field_of(world, action->municipality, &action->ledger.uuid);

        if (!world->position) {
                reply.ledger.reply = LEDGER_MISSING;
        } else if (field->token[0] && strcmp(field->token, action->ledger.token) != 0 &&
                   field->lease_until_ms > world->now_ms) {
                reply.ledger.reply = LEDGER_BUSY;
                reply.ledger.wait_ms = field->lease_until_ms - world->now_ms;
        } else if (!redis_expects(field, &action->ledger.expected)) {
                redis_stale(world, reply, field);
                return;
        } else {
                field_set(field, &action->ledger.fresh, action->ledger.token,
                          world->now_ms + action->ledger.lease_ms);
                reply.ledger.reply = LEDGER_SEND;
                reply.ledger.any_snapshot = world->any_snapshot;
                reply.ledger.known = (struct slice){ world->known, world->known_length };
                world->seal_ms = action->ledger.seal_at_ms;
        }
        later(world, reply, NULL);
}

static void redis_finish(struct world *world, const struct writer_action *action,
                         struct writer_input reply)
{
        struct field *field = field_of(world, action->municipality, &action->ledger.uuid);

        reply.ledger.reply =
                strcmp(field->token, action->ledger.token) == 0 ? LEDGER_OK : LEDGER_FENCED;
        if (reply.ledger.reply == LEDGER_OK) {
                field_set(field, &action->ledger.fresh, "", 0);
                world->seal_ms = action->ledger.seal_at_ms;
        }
        later(world, reply, NULL);
}

static void redis_merge(struct world *world, const struct writer_action *action,
                        struct writer_input reply)
{
        struct field *field = field_of(world, action->municipality, &action->ledger.uuid);

        if (!redis_expects(field, &action->ledger.expected)) {
                redis_stale(world, reply, field);
                return;
        }
        field_set(field, &action->ledger.fresh, NULL, 0);
        reply.ledger.reply = LEDGER_OK;
        later(world, reply, NULL);
}

static void redis_load(struct world *world, const struct writer_action *action)
{
        char *bytes = field_bytes(field_of(world, action->municipality, &action->ledger.uuid));

        later(world,
              (struct writer_input){ .type = INPUT_LOADED,
                                     .token = action->token,
                                     .loaded = { .ok = true,
                                                 .missing = !world->position,
                                                 .entry = slice_of(bytes),
                                                 .known = { world->known, world->known_length } } },
              bytes);
}

static void redis_seals(struct world *world, const struct writer_action *action)
{
        static struct input_seal seal;

        uuid_parse(A, strlen(A), &seal.uuid);
        seal.due_ms = world->seal_ms;
        later(world,
              (struct writer_input){
                      .type = INPUT_SEALS,
                      .token = action->token,
                      .seals = { .ok = true, .seals = &seal, .count = world->seal_ms > 0 } },
              NULL);
}

static void redis_position(struct world *world, const struct writer_action *action)
{
        snprintf(world->mark, sizeof(world->mark), "%s", action->position.mark);

        char *text = memory_copy_text(world->position);

        later(world,
              (struct writer_input){ .type = INPUT_POSITION,
                                     .token = action->token,
                                     .position = { .ok = true,
                                                   .position = slice_of(text),
                                                   .probe_at_ms = world->probe_at_ms } },
              text);
}

static void redis_note(struct world *world, const struct writer_action *action)
{
        const char *mark = action->position.mark;
        struct buffer text = BUFFER_NULL;
        bool ok = mark[0] ? strcmp(mark, world->mark) == 0 : world->position != NULL;

        if (ok) {
                ledger_position_write(&action->position.place, &text);
                free(world->position);
                world->position = buffer_take(&text);
        }
        later(world, (struct writer_input){ .type = INPUT_NOTED, .token = action->token, .ok = ok },
              NULL);
}

static void redis_flush(struct world *world)
{
        for (size_t i = 0; i < world->field_count; i++)
                free(world->fields[i].text);
        world->field_count = 0;
        free(world->position);
        world->position = NULL;
        world->mark[0] = '\0';
}

static void redis_sweep(struct world *world, const struct writer_action *action)
{
        static struct input_swept swept[FIELDS_MAX];
        size_t count = 0;

        for (; count < world->field_count; count++) {
                struct field *field = &world->fields[count];

                uuid_parse(field->uuid, strlen(field->uuid), &swept[count].uuid);
                swept[count].entry = slice_of(field->text);
                swept[count].known = (struct slice){ world->known, world->known_length };
        }
        later(world,
              (struct writer_input){ .type = INPUT_SWEPT,
                                     .token = action->token,
                                     .swept = { .ok = true, .entries = swept, .count = count } },
              NULL);
}

static void redis_forget(struct world *world, const struct writer_action *action,
                         struct writer_input reply)
{
        struct field *field = field_of(world, action->municipality, &action->ledger.uuid);

        reply.ledger.reply = LEDGER_STALE;
        if (redis_expects(field, &action->ledger.expected)) {
                free(field->text);
                *field = world->fields[--world->field_count];
                reply.ledger.reply = LEDGER_OK;
        }
        later(world, reply, NULL);
}

static void redis_act(struct world *world, const struct writer_action *action)
{
        struct writer_input reply = { .type = INPUT_LEDGER,
                                      .token = action->token,
                                      .ledger = { .reply = LEDGER_LOST,
                                                  .lease_until_boot_ms = 1 } };

        switch (action->type) {
        case ACTION_BEGIN:
                redis_begin(world, action, reply);
                break;
        case ACTION_FINISH:
                redis_finish(world, action, reply);
                break;
        case ACTION_MERGE:
                redis_merge(world, action, reply);
                break;
        case ACTION_SWEEP:
                redis_sweep(world, action);
                break;
        case ACTION_FORGET:
                redis_forget(world, action, reply);
                break;
        case ACTION_LOAD:
                redis_load(world, action);
                break;
        case ACTION_SEALS:
                redis_seals(world, action);
                break;
        case ACTION_NOTE:
                redis_note(world, action);
                break;
        case ACTION_STATUS:
                world->told_probe_at_ms = action->status.probe_at_ms;
                return;
        case ACTION_POSITION:
                redis_position(world, action);
                break;
        default:
                break;
        }
}

/* Every call is answered as lost. */
static void redis_lose(struct world *world, const struct writer_action *action)
{
        static const enum writer_input_type types[] = {
                [ACTION_BEGIN] = INPUT_LEDGER,      [ACTION_FINISH] = INPUT_LEDGER,
                [ACTION_MERGE] = INPUT_LEDGER,      [ACTION_LOAD] = INPUT_LOADED,
                [ACTION_POSITION] = INPUT_POSITION, [ACTION_NOTE] = INPUT_NOTED,
                [ACTION_SEALS] = INPUT_SEALS,       [ACTION_SWEEP] = INPUT_SWEPT,
                [ACTION_FORGET] = INPUT_LEDGER,
        };

        if (action->type != ACTION_STATUS)
                later(world,
                      (struct writer_input){ .type = types[action->type], .token = action->token },
                      NULL);
}

static void kafka_produce(struct world *world, const struct writer_action *action)
{
        bool ok = !world->kafka_is_down &&
                  !(world->letters_are_down && action->produce.topic == TOPIC_DEAD_LETTERS);
        struct writer_input reply = { .type = INPUT_DELIVERED,
                                      .token = action->token,
                                      .delivered = { .ok = ok } };
        struct slice value = action->produce.value;

        if (!ok) {
                later(world, reply, NULL);
                return;
        }
        if (action->produce.topic == TOPIC_RESULTS && !value.data &&
            action->produce.text.length == 0) {
                world->null_count++;
        } else if (action->produce.topic == TOPIC_RESULTS) {
                assert_true(world->result_count < RECORDS_MAX);
                reply.delivered.offset = (int64_t)world->result_count;
                world->results[world->result_count++] = memory_copy(value.data, value.length);
        } else if (action->produce.topic == TOPIC_DEAD_LETTERS) {
                struct slice reason = headers_get(action->produce.headers, "dplsync-reason");
                struct slice uuid = headers_get(action->produce.headers, "dplsync-uuid");

                snprintf(world->letter_uuid, UUID_TEXT_BYTES, "%.*s", (int)uuid.length,
                         uuid.data ? uuid.data : "");
                snprintf(world->letters[world->letter_count++], 48, "%.*s", (int)reason.length,
                         reason.data);
        } else if (action->produce.topic == TOPIC_UPDATES) {
                struct slice origin = headers_get(action->produce.headers, "dplsync-origin");

                free(world->carried);
                free(world->carried_origin);
                world->carried = memory_copy(value.data, value.length);
                world->carried_origin = memory_copy(origin.data, origin.length);
                world->carried_count++;
        } else {
                world->refresh_count++;
        }
        later(world, reply, NULL);
}

static void results_read(struct world *world, int32_t partition, int64_t from)
{
        static const struct headers none;

        if (world->out_of_range) {
                later(world,
                      (struct writer_input){
                              .type = INPUT_RESULTS_OUT_OF_RANGE,
                              .range = { partition, 0, (int64_t)world->result_count } },
                      NULL);
                return;
        }
        for (size_t i = from > 0 ? (size_t)from : 0; i < world->result_count; i++)
                later(world,
                      (struct writer_input){ .type = INPUT_RESULT,
                                             .record = { .partition = partition,
                                                         .offset = (int64_t)i,
                                                         .value = slice_of(world->results[i]),
                                                         .headers = &none } },
                      NULL);
        if (!world->results_are_slow)
                later(world,
                      (struct writer_input){ .type = INPUT_RESULTS_END,
                                             .place = { partition, (int64_t)world->result_count } },
                      NULL);
}

static void site_take(struct world *world, const struct writer_action *action)
{
        const char *uuid = strstr(action->patch.url.data, "/events/") + strlen("/events/");

        assert_true(world->patch_count < PATCHES_MAX);

        struct sent *sent = &world->patches[world->patch_count++];

        *sent = (struct sent){ .token = action->token,
                               .body = memory_copy_text(action->patch.body.data) };
        snprintf(sent->uuid, sizeof(sent->uuid), "%.36s", uuid);
        memcpy(sent->key, action->patch.key, sizeof(sent->key));
        memcpy(world->last_key, action->patch.key, sizeof(sent->key));
        free(world->last_body);
        world->last_body = memory_copy_text(sent->body);
        world->patch_total++;
        for (size_t i = 0; i + 1 < world->patch_count; i++)
                check(strcmp(world->patches[i].uuid, sent->uuid) != 0,
                      "one PATCH of an event at a time");
}

static void report_take(struct world *world, const struct writer_report *report)
{
        size_t used = strlen(world->outcomes);

        if (report->type == REPORT_OUTCOME)
                snprintf(world->outcomes + used, sizeof(world->outcomes) - used, "%s%s",
                         used ? " " : "", report->outcome);
}

static void act(struct world *world, const struct writer_action *action)
{
        switch (action->type) {
        case ACTION_PRODUCE:
                kafka_produce(world, action);
                break;
        case ACTION_READ_RESULTS:
                results_read(world, action->place.partition, action->place.offset);
                break;
        case ACTION_STORE:
                check(action->place.offset > world->stored, "stored offsets rise");
                world->stored = action->place.offset;
                break;
        case ACTION_PATCH:
                site_take(world, action);
                break;
        case ACTION_REPORT:
                report_take(world, &action->report);
                break;
        case ACTION_WANT_UPDATES:
                world->wants = action->room;
                break;
        case ACTION_DRAINED:
                world->drained = true;
                break;
        case ACTION_FAIL:
                world->failed = true;
                break;
        default:
                if (world->redis_is_down)
                        redis_lose(world, action);
                else
                        redis_act(world, action);
                break;
        }
}

static void give_one(struct world *world, const struct writer_input *input)
{
        writer_core_handle(world->core, input, world->now_ms, &world->actions);
        for (size_t i = 0; i < world->actions.count; i++)
                act(world, &world->actions.items[i]);
        writer_actions_clear(&world->actions);
}

static void settle(struct world *world)
{
        while (world->queue_head < world->queue_tail) {
                struct pending pending = world->queue[world->queue_head % QUEUE_MAX];

                if (world->redis_is_slow && pending.input.type == INPUT_LEDGER)
                        return;
                world->queue_head++;
                give_one(world, &pending.input);
                free(pending.text);
        }
}

static void give(struct world *world, struct writer_input input)
{
        give_one(world, &input);
        settle(world);
}

/* Time passes, with a tick whenever the core wants one. */
static void pass(struct world *world, int64_t ms)
{
        int64_t end_ms = world->now_ms + ms;

        for (size_t turns = 0; writer_core_next_ms(world->core) <= end_ms; turns++) {
                int64_t next_ms = writer_core_next_ms(world->core);

                check(turns < 100000, "time does not stand still");
                world->now_ms = next_ms > world->now_ms ? next_ms : world->now_ms;
                give(world, (struct writer_input){ .type = INPUT_TICK });
        }
        world->now_ms = end_ms;
}

/* ---- setting up ---- */

/* `more`: members of the top level, each with a comma before it. */
static struct config *config_with(const char *municipalities, const char *more)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        struct error error = ERROR_NULL;

        buffer_append_format(
                &text,
                "{\"kafka\":{\"bootstrap.servers\":\"k:9092\"},\"redis\":{\"url\":\"redis://r:6379/"
                "0\"},"
                "\"contact\":\"a@b.example\",\"topics\":{\"partitions\":1},"
                "\"defaults\":{\"write_rate\":100,\"write_burst\":100},\"municipalities\":[%s]%s}",
                municipalities, more);
        _cleanup_(json_decrefp) json_t *root = json_loads(text.data, 0, NULL);
        struct config *config = config_read(root, NULL, NULL, NULL, &error);

        if (!config)
                fail_msg("%s", error.text);
        return config;
}

static struct config *config_of(const char *municipalities)
{
        return config_with(municipalities, "");
}

#define AARHUS "{\"id\":\"aarhus\",\"base_url\":\"https://aarhus.example\"}"
#define VIBORG "{\"id\":\"viborg\",\"base_url\":\"https://viborg.example\"}"

static void assign(struct world *world)
{
        struct input_partition partition = { 0, world->stored };

        give(world,
             (struct writer_input){ .type = INPUT_ASSIGNED, .assigned = { &partition, 1, 1 } });
}

/* A process starts; the old one, if there was one, is gone without a word. */
static void boot(struct world *world)
{
        static unsigned number;
        char instance[32];

        writer_core_free(world->core);
        for (; world->queue_head < world->queue_tail; world->queue_head++)
                free(world->queue[world->queue_head % QUEUE_MAX].text);
        for (size_t i = 0; i < world->patch_count; i++)
                free(world->patches[i].body);
        world->patch_count = 0;
        world->wants = true;
        snprintf(instance, sizeof(instance), "pod-%u", ++number);
        world->core = writer_core_new(
                &(struct writer_settings){ world->config, &world->topics, instance, 7 },
                world->now_ms);
        give(world, (struct writer_input){ .type = INPUT_CREDENTIALS,
                                           .credentials = { "aarhus", true, false } });
        give(world, (struct writer_input){ .type = INPUT_REDIS, .up = true });
        assign(world);
}

static struct world *world_new(void)
{
        struct world *world = memory_new(sizeof(*world));

        topics_init(&world->topics, "dplsync.", 1, 1);
        world->config = config_of(AARHUS);
        world->now_ms = INT64_C(1772355600000);
        world->stored = -1;
        world->any_snapshot = true;
        boot(world);
        return world;
}

static void world_free(struct world *world)
{
        writer_core_free(world->core);
        writer_actions_deinit(&world->actions);
        for (size_t i = 0; i < world->field_count; i++)
                free(world->fields[i].text);
        for (size_t i = 0; i < world->result_count; i++)
                free(world->results[i]);
        for (size_t i = 0; i < world->patch_count; i++)
                free(world->patches[i].body);
        free(world->last_body);
        free(world->position);
        free(world->known);
        free(world->carried);
        free(world->carried_origin);
        config_free(world->config);
        free(world);
}

/* The snapshot shows every event alike. */
static void snapshot_shows(struct world *world, enum event_state event_state, const char *url,
                           const char *admin_url, int64_t end_ms)
{
        struct buffer bytes = BUFFER_NULL;
        struct known known = { .version = version_make(1, 1),
                               .start_ms = TIMESTAMP_NONE,
                               .end_ms = end_ms,
                               .state = event_state,
                               .url = (char *)(uintptr_t)url,
                               .admin_url = (char *)(uintptr_t)admin_url };

        known_write(&known, &bytes);
        free(world->known);
        world->known_length = bytes.length;
        world->known = buffer_take(&bytes);
}

/* ---- the story's verbs ---- */

static void give_update(struct world *world, int64_t offset, int64_t timestamp_ms, const char *key,
                        struct slice value, const struct headers *headers)
{
        give(world, (struct writer_input){ .type = INPUT_UPDATE,
                                           .record = { .offset = offset,
                                                       .timestamp_ms = timestamp_ms,
                                                       .key = slice_of(key),
                                                       .value = value,
                                                       .headers = headers } });
}

static void update_at(struct world *world, int64_t offset, const char *municipality,
                      const char *uuid, const char *members)
{
        _cleanup_(buffer_deinit) struct buffer value = BUFFER_NULL;
        struct headers headers = { 0 };

        buffer_append_format(&value, "{\"municipality\":\"%s\",\"uuid\":\"%s\"%s%s}", municipality,
                             uuid, members[0] ? "," : "", members);
        give_update(world, offset, world->record_ms ? world->record_ms : world->now_ms,
                    municipality, buffer_slice(&value), &headers);
}

/* What dplsync writes to `updates` itself: with the origin of an earlier offset. */
static void replay(struct world *world, int64_t offset, const char *uuid, const char *members,
                   int64_t origin, unsigned serial)
{
        _cleanup_(buffer_deinit) struct buffer value = BUFFER_NULL, header = BUFFER_NULL;
        uint64_t version = version_make(1, origin);
        struct origin from = {
                1, 0, origin, { version, version, version }, world->now_ms, "replayed", serial
        };
        struct headers headers = { 0 };

        buffer_append_format(&value, "{\"municipality\":\"aarhus\",\"uuid\":\"%s\",%s}", uuid,
                             members);
        origin_write(&from, &header);
        headers_borrow(&headers, "dplsync-origin", buffer_slice(&header));
        give_update(world, offset, world->now_ms, "aarhus", buffer_slice(&value), &headers);
}

/* The last record that was carried forward comes around. */
static void come_around(struct world *world, int64_t offset)
{
        struct headers headers = { 0 };

        headers_borrow(&headers, "dplsync-origin", slice_of(world->carried_origin));
        give_update(world, offset, world->now_ms, "aarhus", slice_of(world->carried), &headers);
}

static void login(struct world *world, bool present)
{
        give(world, (struct writer_input){ .type = INPUT_CREDENTIALS,
                                           .credentials = { "aarhus", present, true } });
}

static void update(struct world *world, const char *uuid, const char *members)
{
        update_at(world, world->next_offset++, "aarhus", uuid, members);
}

static void update_state(struct world *world, const char *uuid, const char *name)
{
        char members[64];

        snprintf(members, sizeof(members), "\"state\":\"%s\"", name);
        update(world, uuid, members);
}

static void answer_as(struct world *world, enum transport transport, long status, const char *body)
{
        struct sent sent = world->patches[0];

        assert_true(world->patch_count > 0);
        world->patch_count--;
        memmove(world->patches, world->patches + 1, world->patch_count * sizeof(sent));
        free(sent.body);
        give(world,
             (struct writer_input){ .type = INPUT_ANSWERED,
                                    .token = sent.token,
                                    .answered.answer = { transport, transport != TRANSPORT_NOT_SENT,
                                                         status, NULL, "", slice_of(body) } });
}

static void answer(struct world *world, long status)
{
        answer_as(world, TRANSPORT_ANSWERED, status, "{\"message\":\"No.\"}");
}

/* The site does it, and echoes what it was sent. */
static void apply(struct world *world)
{
        _cleanup_(buffer_deinit) struct buffer body = BUFFER_NULL;

        assert_true(world->patch_count > 0);
        buffer_append_format(&body, "{\"uuid\":\"%s\",%s", world->patches[0].uuid,
                             world->patches[0].body + 1);
        answer_as(world, TRANSPORT_ANSWERED, 200, body.data);
}

static void expect(struct world *world, const char *outcomes, size_t patches, int64_t stored,
                   const char *says)
{
        check_text(world->outcomes, outcomes, says);
        check_number(world->patch_total, patches, says);
        check_number(world->stored, stored, says);
}

/* ---- stories ---- */

static void test_a_state_is_applied(void **state)
{
        struct world *world = world_new();

        (void)state;
        update_state(world, A, "SoldOut");
        check_text(world->last_body, "{\"state\":\"SoldOut\"}", "the body");
        check_number(world->stored, -1, "nothing is done yet");
        apply(world);
        expect(world, "applied", 1, 1, "applied, told, finished, done");
        check(strstr(world->results[0], "\"outcome\":\"applied\""), "the result");
        check(strstr(world->results[0], "\"status\":\"confirmed\""), "with the standing wish");
        world_free(world);
}

static void test_newer_updates_merge(void **state)
{
        struct world *world = world_new();

        (void)state;
        update_state(world, A, "Active");
        update_state(world, A, "SoldOut");
        update(world, A, PAIR);
        update_state(world, A, "Cancelled");
        check_number(world->patch_count, 1, "one at a time");
        check_text(world->outcomes, "superseded", "SoldOut was overtaken; Active is on its way");
        apply(world);
        check_number(world->stored, 2, "the links still hold the mark");
        check_text(world->last_body, "{\"state\":\"Cancelled\"," PAIR "}",
                   "what is left goes together");
        apply(world);
        expect(world, "superseded applied applied applied", 2, 4, "each has one end");
        world_free(world);
}

static void test_a_failed_attempt_is_overtaken(void **state)
{
        struct world *world = world_new();

        (void)state;
        update_state(world, A, "Active");
        update_state(world, A, "SoldOut");
        answer_as(world, TRANSPORT_NOT_SENT, 0, "");
        check_text(world->outcomes, "superseded",
                   "nothing came of the first, and it is not sent again");
        pass(world, MINUTE);
        apply(world);
        expect(world, "superseded applied", 2, 2, "the newest is");
        world_free(world);
}

static void test_what_stands_already_is_unchanged(void **state)
{
        struct world *world = world_new();

        (void)state;
        update_state(world, A, "SoldOut");
        apply(world);
        update_state(world, A, "SoldOut");
        expect(world, "applied unchanged", 1, 2, "no second PATCH");
        snapshot_shows(world, STATE_ACTIVE, NULL, NULL, TIMESTAMP_NONE);
        update_state(world, A, "SoldOut");
        check_number(world->patch_total, 2, "a snapshot that shows otherwise: sent");
        apply(world);
        expect(world, "applied unchanged applied", 2, 3, "and applied");
        world_free(world);
}

/* Somebody writes the ledger's entry behind the lane's back. */
static void touch_entry(struct field *field)
{
        struct buffer text = BUFFER_NULL;
        struct ledger_entry entry;

        assert_int_equal(ledger_entry_read(&entry, slice_of(field->text), NULL), 0);
        entry.touched_ms++;
        ledger_entry_write(&entry, &text);
        ledger_entry_deinit(&entry);
        free(field->text);
        field->text = buffer_take(&text);
}

static void test_a_stale_ledger_is_no_reason_to_forget_the_snapshot(void **state)
{
        struct world *world = world_new();

        (void)state;
        update_state(world, A, "SoldOut");
        apply(world);
        snapshot_shows(world, STATE_ACTIVE, NULL, NULL, TIMESTAMP_NONE);
        login(world, false);
        update_state(world, A, "SoldOut");
        touch_entry(&world->fields[0]);
        login(world, true);
        check_text(world->outcomes, "applied", "the site shows otherwise: not unchanged");
        check_number(world->patch_total, 2, "it is sent");
        apply(world);
        expect(world, "applied applied", 2, 2, "and applied");
        world_free(world);
}

static void test_a_redelivery_is_not_sent_again(void **state)
{
        struct world *world = world_new();

        (void)state;
        update_state(world, A, "SoldOut");
        apply(world);
        world->stored = -1;
        boot(world);
        update_at(world, 0, "aarhus", A, "\"state\":\"SoldOut\"");
        expect(world, "applied duplicate", 1, 1, "its result is there already");
        check_number(world->result_count, 1, "no second result");
        world_free(world);
}

static void test_an_old_update_never_overwrites(void **state)
{
        struct world *world = world_new();

        (void)state;
        world->next_offset = 5;
        update_state(world, A, "SoldOut");
        apply(world);
        world->stored = -1;
        boot(world);
        update_at(world, 3, "aarhus", A, "\"state\":\"Active\"");
        expect(world, "applied duplicate", 1, 4, "it has long ended");
        replay(world, 9, A, "\"state\":\"Active\"", 4, 0);
        expect(world, "applied duplicate superseded", 1, 10, "a newer one was there first");
        replay(world, 10, A, "\"state\":\"SoldOut\"", 5, 1);
        check_number(world->patch_total, 2, "a higher serial: sent again");
        apply(world);
        expect(world, "applied duplicate superseded applied", 2, 11, "and applied");
        world_free(world);
}

/* Crashes: `moment` is where the first process ends. */
static void test_crashes(void **state)
{
        static const struct {
                const char *says;
                bool answered, told, finished;
        } rows[] = {
                { "with the PATCH on its way", false, false, false },
                { "after the answer, before its result", true, false, false },
                { "after the result, before finish", true, true, false },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct world *world = world_new();
                char key[IDEMPOTENCY_KEY_BYTES];

                update_state(world, A, "SoldOut");
                memcpy(key, world->last_key, sizeof(key));
                world->kafka_is_down = !rows[i].told;
                if (rows[i].told) { /* the reply to FINISH is never asked for: Redis goes first */
                        world->redis_is_down = true;
                }
                if (rows[i].answered)
                        apply(world);
                check_number(world->stored, -1, rows[i].says);
                world->kafka_is_down = world->redis_is_down = false;
                boot(world);
                update_at(world, 0, "aarhus", A, "\"state\":\"SoldOut\"");
                if (rows[i].told) {
                        expect(world, "duplicate", 1, 1, rows[i].says);
                        check_number(world->result_count, 1, "told once");
                } else {
                        check_number(world->patch_total, 1, "the lease still runs");
                        pass(world, 2 * MINUTE);
                        check_number(world->patch_total, 2, rows[i].says);
                        check_text(world->last_key, key, "with the same key");
                        apply(world);
                        expect(world, "applied", 2, 1, rows[i].says);
                        pass(world, 10 * MINUTE);
                        check_number(world->patch_total, 3,
                                     "sealed: once more, some minutes later");
                        check(strcmp(world->last_key, key) != 0, "under another key");
                        apply(world);
                        pass(world, 60 * MINUTE);
                        check_number(world->patch_total, 3, "and no more");
                }
                world_free(world);
        }
}

static void test_a_seal_survives_a_restart(void **state)
{
        struct world *world = world_new();

        (void)state;
        update_state(world, A, "SoldOut");
        answer_as(world, TRANSPORT_BROKEN, 0, "");
        pass(world, MINUTE);
        apply(world);
        expect(world, "applied", 2, 1, "the second try");
        boot(world);
        pass(world, 10 * MINUTE);
        check_number(world->patch_total, 3, "the new owner sends it once more");
        apply(world);
        check_number(world->seal_ms, 0, "an echo breaks the seal");
        check_number(world->result_count, 2, "which the log is told");
        boot(world);
        pass(world, 60 * MINUTE);
        check_number(world->patch_total, 3, "for good");
        world_free(world);
}

static void test_a_seal_survives_a_replay(void **state)
{
        static const struct {
                const char *says, *state;
                int64_t origin;
                size_t sent; /* at once */
        } rows[] = {
                { "of an older update: nothing is sent for it", "\"state\":\"Active\"", 0, 0 },
                { "of the newest: sent at once, and at the seal's time all the same",
                  "\"state\":\"SoldOut\"", 1, 1 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct world *world = world_new();

                update_state(world, A, "Active");
                answer_as(world, TRANSPORT_BROKEN, 0, "");
                update_state(world, A, "SoldOut");
                pass(world, MINUTE);
                apply(world);
                replay(world, 2, A, rows[i].state, rows[i].origin, 1);
                pass(world, SECOND);
                check_number(world->patch_total, 2 + rows[i].sent, rows[i].says);
                if (rows[i].sent > 0)
                        apply(world);
                pass(world, 10 * MINUTE);
                check_number(world->patch_total, 3 + rows[i].sent, rows[i].says);
                world_free(world);
        }
}

static void test_redis_is_flushed(void **state)
{
        struct world *world = world_new();

        (void)state;
        update(world, A, PAIR);
        apply(world);
        redis_flush(world);
        update(world, A, "\"external_data\":{\"url\":null}");
        pass(world, SECOND);
        check_text(world->last_body,
                   "{\"external_data\":{\"url\":null,\"admin_url\":\"https://t.example/a\"}}",
                   "rebuilt from results, the other half is known");
        apply(world);
        expect(world, "applied applied", 2, 2, "and it goes on");
        world_free(world);
}

static void test_redis_is_away(void **state)
{
        struct world *world = world_new();

        (void)state;
        update_state(world, A, "SoldOut");
        world->redis_is_down = true;
        give(world, (struct writer_input){ .type = INPUT_REDIS, .up = false });
        check(!world->wants, "nothing more is read");
        apply(world);
        check_number(world->result_count, 1, "the result is told");
        check_number(world->stored, -1, "but not done before the ledger has it");
        update_state(world, B, "SoldOut");
        pass(world, MINUTE);
        check_number(world->patch_total, 1, "nothing is sent");
        world->redis_is_down = false;
        give(world, (struct writer_input){ .type = INPUT_REDIS, .up = true });
        pass(world, SECOND);
        check_number(world->patch_total, 2, "then it goes on");
        apply(world);
        expect(world, "applied applied", 2, 2, "and ends");
        world_free(world);
}

static void test_nothing_is_read_before_the_ledger_is_up_to_date(void **state)
{
        struct world *world = world_new();

        (void)state;
        world->results_are_slow = true;
        boot(world);
        check(!world->wants, "nothing could be told of it yet");
        give(world, (struct writer_input){ .type = INPUT_RESULTS_END, .place = { 0, 0 } });
        check(world->wants, "now it could");
        world_free(world);
}

static void test_kafka_is_away(void **state)
{
        struct world *world = world_new();

        (void)state;
        update_state(world, A, "SoldOut");
        world->kafka_is_down = true;
        apply(world);
        pass(world, MINUTE);
        check_number(world->stored, -1, "no offset without a result");
        world->kafka_is_down = false;
        pass(world, MINUTE);
        expect(world, "applied", 1, 1, "told again until it is acknowledged");
        world_free(world);
}

/* A result without its dead letter would count as told: nobody would ever write the letter. */
static void test_what_kafka_refuses_has_a_bound(void **state)
{
        struct world *world = world_new();
        struct headers headers = { 0 };

        (void)state;
        world->kafka_is_down = true;
        for (int i = 0; i < 2500 && world->wants; i++)
                give_update(world, world->next_offset++, world->now_ms, "aarhus",
                            slice_of("no JSON"), &headers);
        check(!world->wants, "letters that are to be produced again count as being told");
        check_number(world->next_offset, 2000, "up to their bound");
        world->kafka_is_down = false;
        pass(world, MINUTE);
        check(world->wants, "it reads on when they are written");
        check_number(world->stored, 2000, "and none was lost");
        world_free(world);
}

static void test_a_dead_letter_goes_before_its_result(void **state)
{
        static const struct {
                const char *says;
                const char *members;
                bool sent;
        } rows[] = {
                { "rejected by the site", "\"state\":\"SoldOut\"", true },
                { "refused at the door", "\"state\":\"Soldout\"", false },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct world *world = world_new();

                world->letters_are_down = true;
                update(world, A, rows[i].members);
                if (rows[i].sent)
                        answer(world, 422);
                check_number(world->result_count, 0, "nothing is told without the letter");
                check_number(world->stored, -1, "and nothing is done");
                boot(world);
                world->letters_are_down = false;
                update_at(world, 0, "aarhus", A, rows[i].members);
                pass(world, 2 * MINUTE);
                if (rows[i].sent)
                        answer(world, 422);
                expect(world, "dead", rows[i].sent ? 2 : 0, 1, rows[i].says);
                check_number(world->letter_count, 1, "the letter is not lost in a crash");
                check_number(world->result_count, 1, "nor is the result");
                world_free(world);
        }
}

static void test_an_event_that_is_over(void **state)
{
        struct world *world = world_new();

        (void)state;
        snapshot_shows(world, STATE_OCCURRED, NULL, NULL, world->now_ms - MINUTE);
        update_state(world, A, "SoldOut");
        expect(world, "ended", 0, 1, "a state is not sent");
        update(world, A, "\"state\":\"SoldOut\"," PAIR);
        check_text(world->last_body, "{" PAIR "}", "its links are");
        apply(world);
        expect(world, "ended applied", 1, 2, "and that is the outcome");
        world_free(world);
}

static void test_a_half_from_the_snapshot(void **state)
{
        struct world *world = world_new();

        (void)state;
        snapshot_shows(world, STATE_NONE, "https://old.example", "https://t.example/a",
                       TIMESTAMP_NONE);
        update(world, A, "\"external_data\":{\"url\":\"https://t.example/1\"}");
        check_text(world->last_body, "{" PAIR "}", "the pair is whole");
        boot(world);
        snapshot_shows(world, STATE_NONE, NULL, "https://another.example", TIMESTAMP_NONE);
        update_at(world, 0, "aarhus", A, "\"external_data\":{\"url\":\"https://t.example/1\"}");
        pass(world, 2 * MINUTE);
        check_text(world->last_body, "{" PAIR "}", "the same after a crash: begin stored it");
        apply(world);
        expect(world, "applied", 2, 1, "applied");
        world_free(world);
}

/* An editor's own link is no URL that a vendor may send, but the pair is sent with it, so that the
 * ledger and the results are told of it, and what they say can be read again. */
static void test_a_half_that_no_vendor_may_wish(void **state)
{
        static const char *const rows[] = { "/node/5", "a b", "", "x token=y lease_until=1" };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct world *world = world_new();

                snapshot_shows(world, STATE_NONE, rows[i], NULL, TIMESTAMP_NONE);
                update(world, A, "\"external_data\":{\"admin_url\":\"https://t.example/a\"}");
                apply(world);
                expect(world, "applied", 1, 1, rows[i]);
                check(strstr(world->last_body, rows[i]), "with the site's own half");
                for (size_t loss = 0; loss < 2; loss++) {
                        if (loss)
                                redis_flush(world);
                        world->stored = -1;
                        boot(world);
                        update_at(world, 0, "aarhus", A,
                                  "\"external_data\":{\"admin_url\":\"https://t.example/a\"}");
                        pass(world, 2 * MINUTE);
                        check_number(world->patch_total, 1, "nothing is sent again");
                        check_number(world->result_count, 1, "nor told again");
                }
                world_free(world);
        }
}

static void test_a_half_that_nobody_knows(void **state)
{
        struct world *world = world_new();

        (void)state;
        update(world, A,
               "\"state\":\"SoldOut\",\"external_data\":{\"url\":\"https://t.example/1\"}");
        check_text(world->last_body, "{\"state\":\"SoldOut\"}", "the state does not wait");
        apply(world);
        check_text(world->outcomes, "", "the links do");
        check_number(world->refresh_count, 1, "and a full list is asked for");
        pass(world, 30 * MINUTE);
        update(world, A, "\"external_data\":{\"admin_url\":\"https://t.example/a\"}");
        check_text(world->last_body, "{" PAIR "}", "the other half came");
        apply(world);
        expect(world, "applied applied", 2, 2, "both are done");
        update(world, B, "\"external_data\":{\"url\":\"https://t.example/1\"}");
        pass(world, 61 * MINUTE);
        expect(world, "applied applied dead", 2, 3, "an hour is enough");
        check_text(world->letters[0], "half-unknown", "the reason");
        world_free(world);
}

static void test_updates_made_anew(void **state)
{
        static const struct {
                const char *says;
                int64_t low, high;
                bool fails;
        } rows[] = {
                { "the log begins later: records were deleted", 7, 9, false },
                { "the log ends where we are", 0, 2, false },
                { "the log ends before: it is another one", 0, 1, true },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct world *world = world_new();

                update_state(world, A, "SoldOut");
                apply(world);
                update_state(world, A, "Active");
                apply(world);
                give(world, (struct writer_input){ .type = INPUT_UPDATES_OUT_OF_RANGE,
                                                   .range = { 0, rows[i].low, rows[i].high } });
                check_number(world->failed, rows[i].fails, rows[i].says);
                world_free(world);
        }
}

static void test_a_full_list_is_asked_for_once_for_all(void **state)
{
        struct world *world = world_new();

        (void)state;
        update(world, A, "\"external_data\":{\"url\":\"https://t.example/1\"}");
        check_number(world->refresh_count, 1, "the first half that is missing");
        pass(world, 10 * SECOND);
        update(world, B, "\"external_data\":{\"url\":\"https://t.example/1\"}");
        check_number(world->refresh_count, 1, "not every few seconds");
        pass(world, 2 * MINUTE);
        check_number(world->refresh_count, 2, "but once for what came after the list");
        pass(world, 10 * MINUTE);
        check_number(world->refresh_count, 2, "whatever waits has been asked for");
        pass(world, 5 * MINUTE);
        check_number(world->refresh_count, 3, "it may have been lost");
        world_free(world);
}

static void test_ends_of_a_request(void **state)
{
        static const struct {
                const char *says;
                long status;
                const char *outcome, *letter;
        } rows[] = {
                { "400", 400, "dead", "rejected-by-cms" },
                { "422", 422, "dead", "rejected-by-cms" },
                { "404, and no snapshot has it", 404, "gone", "" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct world *world = world_new();

                update(world, A, PAIR);
                answer(world, rows[i].status);
                expect(world, rows[i].outcome, 1, 1, rows[i].says);
                check_text(world->letters[0], rows[i].letter, rows[i].says);
                update_state(world, A, "SoldOut");
                apply(world);
                check_number(world->stored, 2, "the next one is tried anew");
                world_free(world);
        }
}

static void test_404_without_any_snapshot_is_not_gone(void **state)
{
        struct world *world = world_new();

        (void)state;
        world->any_snapshot = false;
        update(world, A, PAIR);
        answer(world, 404);
        expect(world, "", 1, -1, "nobody can say that it is gone: it waits");
        world_free(world);
}

static void test_an_event_that_the_site_lost_stops_no_other(void **state)
{
        static const char *const lost[] = { B, "c8fd4444-4bbf-4b31-96cf-46389c216ea2",
                                            "d8fd4444-4bbf-4b31-96cf-46389c216ea2" };
        struct world *world = world_new();

        (void)state;
        snapshot_shows(world, STATE_ACTIVE, NULL, NULL, TIMESTAMP_NONE);
        update_state(world, A, "SoldOut");
        apply(world);
        update_state(world, lost[0], "SoldOut");
        answer(world, 404);
        check_text(world->outcomes, "applied", "its list had it: not gone");
        check_number(world->refresh_count, 1, "a list is asked for");
        update_state(world, A, "Cancelled");
        check_number(world->patch_total, 3, "the others are sent");
        apply(world);
        pass(world, 6 * MINUTE);
        check_number(world->patch_total, 4, "it is tried again");
        answer(world, 404);
        for (size_t i = 0; i < ARRAY_LENGTH(lost); i++) {
                update_state(world, lost[i], "SoldOut");
                if (world->patch_count > 0)
                        answer(world, 404);
        }
        update_state(world, "e8fd4444-4bbf-4b31-96cf-46389c216ea2", "SoldOut");
        check_number(world->patch_total, 7, "three in a row are no accident");
        answer(world, 404);
        update_state(world, A, "Active");
        check_number(world->patch_total, 7, "the breaker is open");
        world_free(world);
}

static void test_a_poisonous_update_dies_a_failing_site_kills_nothing(void **state)
{
        struct world *world = world_new();

        (void)state;
        update(world, A, PAIR);
        for (size_t i = 0; i < 8; i++) {
                answer(world, 500);
                pass(world, 31 * MINUTE);
        }
        check_text(world->outcomes, "", "as long as nothing else succeeds, the site is to blame");
        for (size_t i = 0; i < 4; i++) {
                update_state(world, B, i % 2 ? "Active" : "SoldOut");
                check_number(world->patch_count, 2, "B is not held up");
                answer(world, 500);
                apply(world);
                pass(world, 31 * MINUTE);
        }
        check(strstr(world->outcomes, "dead"), "others succeed in between: it is the update");
        check_text(world->letters[0], "attempts-exhausted", "the reason");
        world_free(world);
}

static void test_credentials_are_rejected(void **state)
{
        struct world *world = world_new();

        (void)state;
        update_state(world, A, "SoldOut");
        answer(world, 403);
        update_state(world, B, "SoldOut");
        pass(world, 89 * MINUTE);
        check_number(world->patch_total, 1, "nothing for 90 minutes");
        pass(world, 2 * MINUTE);
        check_text(world->last_body, "{}", "then one probe");
        check(strcmp(world->patches[0].uuid, A) != 0, "of an event that does not exist");
        answer(world, 403);
        pass(world, 80 * MINUTE);
        check_number(world->patch_total, 2, "and nothing again");
        give(world, (struct writer_input){ .type = INPUT_CREDENTIALS,
                                           .credentials = { "aarhus", true, true } });
        check_number(world->patch_total, 3, "new credentials are tried at once");
        answer(world, 404);
        check_number(world->patch_total, 5, "the CMS's own 404: they work, and both go");
        apply(world);
        apply(world);
        expect(world, "applied applied", 5, 2, "by themselves");
        world_free(world);
}

/* So that another owner, should this one die, neither tries a rejected log-in before its time nor
 * waits for one that works. No time passes here. */
static void test_another_owner_may_know_of_the_log_in_at_once(void **state)
{
        struct world *world = world_new();

        (void)state;
        update_state(world, A, "SoldOut");
        answer(world, 403);
        check_number(world->told_probe_at_ms, world->now_ms + 90 * MINUTE, "it is rejected");
        pass(world, 60 * MINUTE);
        give(world, (struct writer_input){ .type = INPUT_CREDENTIALS,
                                           .credentials = { "aarhus", true, true } });
        check_number(world->told_probe_at_ms, world->now_ms + 90 * MINUTE, "it is being tried");
        answer(world, 404);
        check_number(world->told_probe_at_ms, 0, "it works");
        world_free(world);
}

/* The status in Redis may be older than what the owner has seen itself. */
static void test_an_old_status_of_a_log_in(void **state)
{
        struct world *world = world_new();

        (void)state;
        update_state(world, A, "SoldOut");
        apply(world);
        world->probe_at_ms = world->now_ms + 60 * MINUTE;
        give(world, (struct writer_input){ .type = INPUT_REDIS, .up = false });
        give(world, (struct writer_input){ .type = INPUT_REDIS, .up = true });
        update_state(world, A, "Cancelled");
        check_number(world->patch_total, 2, "a log-in that worked for this owner goes on working");
        apply(world);
        give(world, (struct writer_input){ .type = INPUT_REVOKED });
        assign(world);
        update_state(world, A, "Active");
        check_number(world->patch_total, 2, "somebody else may have been rejected since");
        pass(world, 61 * MINUTE);
        check_text(world->last_body, "{}", "so it is tried at the time of the status");
        world_free(world);
}

/* The configuration, while it is in force. */
static void configure(struct world *world, const char *municipalities)
{
        struct config *old = world->config;

        world->config = config_of(municipalities);
        give(world, (struct writer_input){ .type = INPUT_CONFIG, .config = world->config });
        config_free(old);
}

/* Redis goes back while the municipality is not configured: its ledger is older than `results`. */
static void test_back_with_an_old_ledger(void **state)
{
        struct world *world = world_new();
        char *text, *position;

        (void)state;
        update_state(world, A, "SoldOut");
        apply(world);
        text = memory_copy_text(world->fields[0].text);
        position = memory_copy_text(world->position);
        update_state(world, A, "Cancelled");
        apply(world);
        configure(world, VIBORG);
        free(world->fields[0].text);
        world->fields[0].text = text;
        free(world->position);
        world->position = position;
        configure(world, AARHUS);
        give(world, (struct writer_input){ .type = INPUT_CREDENTIALS,
                                           .credentials = { "aarhus", true, false } });
        replay(world, 2, A, "\"state\":\"SoldOut\"", 0, 1);
        expect(world, "applied applied superseded", 2, 3, "what results say is known again");
        world_free(world);
}

static void test_a_log_in_rejected_to_somebody_else(void **state)
{
        struct world *world = world_new();

        (void)state;
        update_state(world, A, "SoldOut");
        answer(world, 403);
        give(world, (struct writer_input){ .type = INPUT_REVOKED });
        pass(world, 100 * MINUTE);
        world->probe_at_ms = world->now_ms + 30 * MINUTE;
        assign(world);
        update_at(world, 0, "aarhus", A, "\"state\":\"SoldOut\"");
        pass(world, 29 * MINUTE);
        check_number(world->patch_total, 1, "its time counts, not that of an earlier ownership");
        pass(world, 2 * MINUTE);
        check_text(world->last_body, "{}", "then it is tried");
        world_free(world);

        world = world_new();
        give(world, (struct writer_input){ .type = INPUT_REVOKED });
        world->probe_at_ms = world->now_ms - 300 * MINUTE;
        assign(world);
        update_state(world, A, "SoldOut");
        pass(world, MINUTE);
        check_number(world->patch_total, 1, "nobody was there at its time");
        check_text(world->last_body, "{}", "it is tried all the same before anything is sent");
        world_free(world);
}

static void test_a_late_answer_after_a_revoke(void **state)
{
        struct world *world = world_new();

        (void)state;
        update_state(world, A, "SoldOut");
        update_state(world, B, "SoldOut");
        give(world, (struct writer_input){ .type = INPUT_REVOKED });
        apply(world);
        check_number(world->result_count, 1, "its result is written");
        check_number(world->stored, -1, "its offset is another's to store");
        assign(world);
        update_at(world, 0, "aarhus", A, "\"state\":\"SoldOut\"");
        check_text(world->outcomes, "applied duplicate", "finish was written, too");
        update_at(world, 1, "aarhus", B, "\"state\":\"SoldOut\"");
        check_number(world->patch_total, 2, "B's lease still runs");
        apply(world);
        pass(world, 2 * MINUTE);
        expect(world, "applied duplicate applied duplicate", 2, 2, "then its end is known");
        world_free(world);
}

static void test_a_newer_one_while_another_owner_sends(void **state)
{
        struct world *world = world_new();

        (void)state;
        update_state(world, A, "SoldOut");
        give(world, (struct writer_input){ .type = INPUT_REVOKED });
        assign(world);
        update_at(world, 0, "aarhus", A, "\"state\":\"SoldOut\"");
        update_state(world, A, "Cancelled");
        check_text(world->outcomes, "", "what is on its way may be applied yet: not superseded");
        apply(world);
        pass(world, MINUTE / 30);
        check_text(world->outcomes, "applied duplicate", "it was, and has one outcome");
        check_number(world->patch_total, 2, "the newer one does not wait for the lease's end");
        apply(world);
        expect(world, "applied duplicate applied", 2, 2, "and is sent once");
        world_free(world);
}

static void test_what_another_owner_sends_is_not_ended_by_a_lane_at_rest(void **state)
{
        struct world *world = world_new();

        (void)state;
        update_state(world, A, "Active");
        answer_as(world, TRANSPORT_BROKEN, 0, "");
        pass(world, MINUTE);
        apply(world);
        check_number(world->stored, 1, "applied in the end, and sealed");
        update_state(world, A, "SoldOut");
        give(world, (struct writer_input){ .type = INPUT_REVOKED });
        world->stored = -1; /* the commit is lost */
        assign(world);
        update_at(world, 0, "aarhus", A, "\"state\":\"Active\"");
        check_text(world->outcomes, "applied duplicate", "its lane rests for the seal");
        update_at(world, 1, "aarhus", A, "\"state\":\"SoldOut\"");
        update_state(world, A, "Cancelled");
        check_text(world->outcomes, "applied duplicate", "what is on its way may be applied yet");
        apply(world);
        pass(world, MINUTE / 30);
        check_text(world->outcomes, "applied duplicate applied duplicate", "it was, once");
        apply(world);
        expect(world, "applied duplicate applied duplicate applied", 4, 3, "and the newest stands");
        world_free(world);
}

/* Else the newest result of the event had an older standing wish than the one before it. */
static void test_a_result_after_the_lease_is_not_told(void **state)
{
        struct world *world = world_new();

        (void)state;
        update_state(world, A, "SoldOut");
        world->kafka_is_down = true;
        apply(world);
        give(world, (struct writer_input){ .type = INPUT_REVOKED });
        pass(world, MINUTE);
        world->kafka_is_down = false;
        world->redis_is_down = true; /* FINISH waits */
        pass(world, MINUTE / 6);
        check_number(world->result_count, 1, "within the lease it is still told");
        world_free(world);

        world = world_new();
        update_state(world, A, "SoldOut");
        world->kafka_is_down = true;
        apply(world);
        give(world, (struct writer_input){ .type = INPUT_REVOKED });
        pass(world, 2 * MINUTE);
        world->kafka_is_down = false;
        pass(world, 2 * MINUTE);
        check_number(world->result_count, 0, "after it the event is its next owner's");
        assign(world);
        update_at(world, 0, "aarhus", A, "\"state\":\"SoldOut\"");
        pass(world, MINUTE);
        check_number(world->patch_total, 2, "who sends it again");
        apply(world);
        expect(world, "applied", 2, 1, "and tells it");
        world_free(world);
}

static void test_a_revoke_with_a_newer_one_waiting(void **state)
{
        struct world *world = world_new();

        (void)state;
        update(world, A, PAIR);
        update_state(world, A, "SoldOut");
        give(world, (struct writer_input){ .type = INPUT_REVOKED });
        apply(world);
        assign(world);
        update_at(world, 0, "aarhus", A, PAIR);
        update_at(world, 1, "aarhus", A, "\"state\":\"SoldOut\"");
        check_text(world->outcomes, "applied duplicate", "only the one on its way was told");
        apply(world);
        expect(world, "applied duplicate applied", 2, 2, "the other is sent by its new owner");
        world_free(world);
}

static void test_refused_at_the_door(void **state)
{
        struct world *world = world_new();

        (void)state;
        update(world, A, PAIR);
        apply(world);
        update(world, A, "\"state\":\"Soldout\"");
        update(world, A, "");
        check_text(world->letter_uuid, A, "the event");
        check_text(world->letters[0], "invalid-state", "named");
        check_text(world->letters[1], "nothing-to-do", "named");
        expect(world, "applied dead dead", 1, 3, "and the stream goes on");
        check(strstr(world->results[1], "\"outcome\":\"dead\",\"reason\":\"invalid-state\""),
              "the vendor is told");
        check(strstr(world->results[1], "\"url\":{\"value\":\"https://t.example/1\""),
              "with what stands: compaction may leave no other");
        update(world, "no uuid", "\"state\":\"SoldOut\"");
        check_text(world->letters[2], "invalid-uuid", "of no event: only a dead letter");
        check_text(world->letter_uuid, "", "that names none");
        expect(world, "applied dead dead", 1, 4, "and no result");
        world->stored = 1;
        boot(world);
        update_at(world, 1, "aarhus", A, "\"state\":\"Soldout\"");
        expect(world, "applied dead dead duplicate", 1, 2, "told once");
        world_free(world);
}

static void test_what_waits_for_hours_is_carried_forward(void **state)
{
        struct world *world = world_new();

        (void)state;
        login(world, false);
        update_state(world, A, "SoldOut");
        pass(world, 5 * 60 * MINUTE);
        check_number(world->carried_count, 0, "not yet");
        pass(world, 2 * 60 * MINUTE);
        check_number(world->carried_count, 1, "once in six hours");
        expect(world, "carried", 0, 1, "its first record holds nothing up any more");
        check(strstr(world->carried_origin, "\"offset\":0"), "it keeps its version");
        come_around(world, world->next_offset++);
        update(world, A, PAIR);
        pass(world, 7 * 60 * MINUTE);
        check_number(world->carried_count, 3, "again, as long as it waits");
        login(world, true);
        come_around(world, 3);
        pass(world, SECOND);
        apply(world);
        world_free(world);
}

static void test_who_starts_anew_carries_forward_too(void **state)
{
        struct world *world = world_new();

        (void)state;
        world->record_ms = world->now_ms;
        login(world, false);
        update_state(world, A, "SoldOut");
        pass(world, 4 * 60 * MINUTE);
        world->stored = -1;
        boot(world);
        login(world, false);
        update_at(world, 0, "aarhus", A, "\"state\":\"SoldOut\"");
        pass(world, 119 * MINUTE);
        check_number(world->carried_count, 0, "the record is not old enough");
        pass(world, 32 * MINUTE);
        check_number(world->carried_count, 1, "it is, and nobody was there for so long");
        world_free(world);
}

#define DAY (24 * 60 * MINUTE)

static void known_is(struct world *world, unsigned flags, int64_t since_ms)
{
        struct known known = { .version = version_make(1, 1),
                               .start_ms = TIMESTAMP_NONE,
                               .end_ms = TIMESTAMP_NONE,
                               .flags = flags,
                               .since_ms = since_ms };
        struct buffer bytes = BUFFER_NULL;

        known_write(&known, &bytes);
        free(world->known);
        world->known_length = bytes.length;
        world->known = buffer_take(&bytes);
}

static void test_what_is_long_gone_is_forgotten(void **state)
{
        static const struct {
                const char *says;
                unsigned flags;
                int64_t deleted_days, touched_days; /* ago */
                bool forgotten;
        } rows[] = {
                { "deleted a month ago", KNOWN_DELETED, 30, 30, true },
                { "wished since, but not since yesterday", KNOWN_DELETED, 30, 2, true },
                { "wished today", KNOWN_DELETED, 30, 0, false },
                { "deleted four weeks ago", KNOWN_DELETED, 28, 40, false },
                { "still there", 0, 300, 300, false },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct world *world = world_new();

                update_state(world, A, "SoldOut");
                apply(world);
                world->now_ms += rows[i].touched_days * DAY; /* nobody was there meanwhile */
                known_is(world, rows[i].flags, world->now_ms - rows[i].deleted_days * DAY);
                boot(world);
                pass(world, DAY / 2 + MINUTE);
                check_number(world->null_count, rows[i].forgotten, rows[i].says);
                check_number(world->field_count, !rows[i].forgotten, rows[i].says);
                world_free(world);
        }
}

static void test_what_was_told_beside_what_waits_is_in_the_ledger(void **state)
{
        struct world *world = world_new();
        struct ledger_entry entry;

        (void)state;
        snapshot_shows(world, STATE_ACTIVE, NULL, NULL, world->now_ms - MINUTE);
        login(world, false);
        update(world, A, PAIR);
        update_state(world, A, "SoldOut");
        update_state(world, A, "Active");
        expect(world, "ended ended", 0, -1,
               "states of an event that is over, behind links that wait");
        pass(world, 31 * MINUTE);
        assert_int_equal(ledger_entry_read(&entry, slice_of(world->fields[0].text), NULL), 0);
        check(told_has(&entry.told, version_make(1, 1)) &&
                      told_has(&entry.told, version_make(1, 2)),
              "of each it is known that it was told, whatever becomes of `results`");
        check(!told_has(&entry.told, version_make(1, 0)), "not of what waits");
        ledger_entry_deinit(&entry);
        login(world, true);
        apply(world);
        expect(world, "ended ended applied", 1, 3, "which is sent when it can be");
        world_free(world);
}

static void test_what_was_carried_has_one_outcome(void **state)
{
        struct world *world = world_new();

        (void)state;
        login(world, false);
        world->record_ms = world->now_ms;
        update_state(world, A, "SoldOut");
        pass(world, 7 * 60 * MINUTE);
        world->stored = -1; /* a crash: the first record comes again, and is carried again */
        boot(world);
        login(world, false);
        update_at(world, 0, "aarhus", A, "\"state\":\"SoldOut\"");
        login(world, true);
        apply(world);
        come_around(world, 1);
        expect(world, "carried applied duplicate", 1, 2, "what came around was told by then");
        update_state(world, A, "Active");
        boot(world);
        world->next_offset = 3;
        update_state(world, A, "Active");
        come_around(world, 4);
        check_text(world->outcomes, "carried applied duplicate duplicate",
                   "also behind a newer one, and after a crash");
        world_free(world);
}

static void test_a_municipality_that_comes_later(void **state)
{
        struct world *world = world_new();
        struct config *old = world->config;

        (void)state;
        update_at(world, world->next_offset++, "viborg", A, "\"state\":\"SoldOut\"");
        update_state(world, B, "SoldOut");
        apply(world);
        check_number(world->stored, -1, "viborg's holds the mark");
        pass(world, 5 * MINUTE);
        world->config = config_of(AARHUS "," VIBORG);
        give(world, (struct writer_input){ .type = INPUT_CONFIG, .config = world->config });
        config_free(old);
        pass(world, SECOND);
        check_number(world->patch_total, 2, "it is sent");
        apply(world);
        expect(world, "applied applied", 2, 2, "nothing is dead");
        update_at(world, world->next_offset++, "nowhere", A, "\"state\":\"SoldOut\"");
        pass(world, 11 * MINUTE);
        check_text(world->letters[0], "unknown-municipality", "ten minutes are enough");
        check_number(world->stored, 3, "and done");
        world_free(world);
}

static void test_a_municipality_that_leaves(void **state)
{
        struct world *world = world_new();
        struct config *old = world->config;

        (void)state;
        update_state(world, A, "SoldOut");
        update_state(world, A, "Active");
        world->config = config_of(VIBORG);
        give(world, (struct writer_input){ .type = INPUT_CONFIG, .config = world->config });
        config_free(old);
        apply(world);
        expect(world, "applied", 1, 1, "what was under way ends");
        pass(world, 11 * MINUTE);
        check_text(world->letters[0], "unknown-municipality", "the rest has nowhere to go");
        check_number(world->stored, 2, "and holds nothing up");
        world_free(world);
}

/* A result of it could only say that nothing was ever wished, and compaction leaves no other. */
static void test_no_result_of_a_municipality_that_left(void **state)
{
        struct world *world = world_new();

        (void)state;
        update(world, A, PAIR);
        apply(world);
        configure(world, VIBORG);
        update_state(world, A, "SoldOut");
        pass(world, 11 * MINUTE);
        check_text(world->letters[0], "unknown-municipality", "the operator is told");
        check_text(world->letter_uuid, A, "of which event");
        check_number(world->result_count, 1, "the last result is the one with what stands");
        configure(world, AARHUS);
        redis_flush(world);
        boot(world);
        update(world, A, "\"external_data\":{\"url\":null}");
        pass(world, SECOND);
        check_text(world->last_body,
                   "{\"external_data\":{\"url\":null,\"admin_url\":\"https://t.example/a\"}}",
                   "which it still knows when it is back");
        world_free(world);
}

static void test_states_go_before_links(void **state)
{
        struct world *world = world_new();
        char uuid[UUID_TEXT_BYTES];

        (void)state;
        for (unsigned i = 0; i < 20; i++) {
                snprintf(uuid, sizeof(uuid), "c8fd4444-4bbf-4b31-96cf-4638%08x", i);
                update(world, uuid, PAIR);
        }
        check_number(world->patch_count, 2, "two in flight");
        update_state(world, A, "SoldOut");
        apply(world);
        check_text(world->last_body, "{\"state\":\"SoldOut\"}", "it overtakes the links that wait");
        world_free(world);
}

static void test_a_pause_holds_back_what_has_begun(void **state)
{
        struct world *world = world_new();
        struct answer throttled = { TRANSPORT_ANSWERED, 1, 429, "30", "", SLICE_NULL };

        (void)state;
        update_state(world, A, "SoldOut");
        world->redis_is_slow = true;
        update_state(world, B, "SoldOut");
        give(world, (struct writer_input){ .type = INPUT_ANSWERED,
                                           .token = world->patches[0].token,
                                           .answered.answer = throttled });
        free(world->patches[0].body);
        world->patch_count = 0;
        world->redis_is_slow = false;
        settle(world);
        check_number(world->patch_total, 1,
                     "its lease came after the site's wish to be left alone");
        pass(world, 29 * SECOND);
        check_number(world->patch_total, 1, "that is respected");
        pass(world, 3 * SECOND);
        check_number(world->patch_total, 3, "then both go");
        apply(world);
        apply(world);
        expect(world, "applied applied", 3, 2, "and nothing is lost");
        world_free(world);
}

enum { NEIGHBOURS = 6, TRANSFERS = 4 };

/* As many municipalities with an update each, and fewer transfers. */
static struct world *world_with_neighbours(void)
{
        _cleanup_(buffer_deinit) struct buffer municipalities = BUFFER_NULL;
        struct world *world = world_new();
        struct config *old = world->config;
        char ids[NEIGHBOURS][16];

        for (int i = 0; i < NEIGHBOURS; i++) {
                snprintf(ids[i], sizeof(ids[i]), "by%d", i);
                buffer_append_format(&municipalities,
                                     "%s{\"id\":\"%s\",\"base_url\":\"https://%s.example\"}",
                                     i > 0 ? "," : "", ids[i], ids[i]);
        }
        world->config = config_with(municipalities.data, ",\"writer\":{\"max_transfers\":4}");
        give(world, (struct writer_input){ .type = INPUT_CONFIG, .config = world->config });
        config_free(old);
        for (int i = 0; i < NEIGHBOURS; i++)
                give(world, (struct writer_input){ .type = INPUT_CREDENTIALS,
                                                   .credentials = { ids[i], true, false } });
        for (int i = 0; i < NEIGHBOURS; i++) {
                char uuid[UUID_TEXT_BYTES];

                snprintf(uuid, sizeof(uuid), "c8fd4444-4bbf-4b31-96cf-4638%08x", (unsigned)i);
                update_at(world, world->next_offset++, ids[i], uuid, "\"state\":\"SoldOut\"");
        }
        return world;
}

static size_t leases(const struct world *world)
{
        size_t count = 0;

        for (size_t i = 0; i < world->field_count; i++)
                count += world->fields[i].token[0] != '\0';
        return count;
}

static void test_one_begins_ahead_of_the_transfers(void **state)
{
        struct world *world = world_with_neighbours();

        (void)state;
        check_number(world->patch_count, TRANSFERS, "no more are sent than may be");
        check_number(leases(world), TRANSFERS + 1, "one more has begun");
        world->redis_is_slow = true;
        apply(world);
        check_number(world->patch_total, TRANSFERS + 1, "it needs no Redis to follow");
        world->redis_is_slow = false;
        while (world->patch_count > 0)
                apply(world);
        expect(world, "applied applied applied applied applied applied", NEIGHBOURS, NEIGHBOURS,
               "all have their turn");
        world_free(world);
}

static void test_a_drain_sends_no_more(void **state)
{
        struct world *world = world_with_neighbours();

        (void)state;
        give(world, (struct writer_input){ .type = INPUT_DRAIN });
        check_number(leases(world), TRANSFERS, "who had begun and waited gives its lease back");
        while (world->patch_count > 0)
                apply(world);
        check(world->drained, "then it ends");
        expect(world, "applied applied applied applied", TRANSFERS, TRANSFERS,
               "and the rest is its next owner's");
        world_free(world);
}

static void test_a_revoke_sends_no_more(void **state)
{
        struct world *world = world_with_neighbours();

        (void)state;
        give(world, (struct writer_input){ .type = INPUT_REVOKED });
        check_number(leases(world), TRANSFERS, "who had begun and waited gives its lease back");
        while (world->patch_count > 0)
                apply(world);
        check_number(world->patch_total, TRANSFERS, "nothing follows");
        check_number(leases(world), 0, "nobody is shut out");
        world_free(world);
}

static void test_a_drain_ends_what_is_under_way(void **state)
{
        struct world *world = world_new();

        (void)state;
        update_state(world, A, "SoldOut");
        give(world, (struct writer_input){ .type = INPUT_DRAIN });
        check(!world->drained, "not before the answer");
        check(!world->wants, "nothing more is read");
        apply(world);
        check(world->drained, "then it is");
        expect(world, "applied", 1, 1, "with its offset");
        world_free(world);
}

static void test_a_topic_made_anew_is_noticed(void **state)
{
        struct world *world = world_new();

        (void)state;
        free(world->position);
        world->position = memory_copy_text("{\"epoch\":1,\"offset\":500}");
        world->out_of_range = true;
        boot(world);
        check(world->failed, "the ledger is ahead of the log");
        check_number(world->patch_total, 0, "nothing is sent");
        world_free(world);
}

/* ---- a storm ---- */

enum { EVENTS = 3, STEPS = 250, SEEDS = 40, UPDATES_MAX = 200 };

static const char *const storm_uuids[EVENTS] = { A, B, "c8fd4444-4bbf-4b31-96cf-46389c216ea2" };

struct storm {
        struct world *world;
        struct dice dice;
        struct {
                size_t event;
                char members[160];
        } updates[UPDATES_MAX];               /* the log, by offset */
        int64_t given;                        /* offsets below were given to this owner */
        char shown[EVENTS][MEMBER_COUNT][64]; /* by the site */
        char wished[EVENTS][MEMBER_COUNT][64];
};

static unsigned storm_roll(struct storm *storm, unsigned sides)
{
        return (unsigned)(dice_next(&storm->dice) % sides);
}

static void storm_wish(struct storm *storm)
{
        static const char *const states[] = { "Active", "SoldOut", "Cancelled" };
        struct world *world = storm->world;
        size_t event = storm_roll(storm, EVENTS);
        char *members = storm->updates[world->next_offset].members;
        unsigned kind = storm_roll(storm, 3), number = (unsigned)world->next_offset;
        char(*wished)[64] = storm->wished[event];
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        if (world->next_offset == UPDATES_MAX)
                return;
        storm->updates[world->next_offset].event = event;
        if (kind != 1) {
                snprintf(wished[MEMBER_STATE], 64, "%s", states[storm_roll(storm, 3)]);
                buffer_append_format(&text, "\"state\":\"%s\"%s", wished[MEMBER_STATE],
                                     kind == 2 ? "," : "");
        }
        if (kind != 0) {
                bool whole = storm_roll(storm, 2) || !wished[MEMBER_URL][0];

                snprintf(wished[MEMBER_URL], 64, "https://t.example/%u", number);
                if (whole)
                        snprintf(wished[MEMBER_ADMIN_URL], 64, "https://t.example/a%u", number);
                buffer_append_format(&text, "\"external_data\":{\"url\":\"%s\"",
                                     wished[MEMBER_URL]);
                if (whole)
                        buffer_append_format(&text, ",\"admin_url\":\"%s\"",
                                             wished[MEMBER_ADMIN_URL]);
                buffer_append_byte(&text, '}');
        }
        snprintf(members, sizeof(storm->updates[0].members), "%s", text.data);
        world->next_offset++;
}

static void storm_deliver(struct storm *storm)
{
        struct world *world = storm->world;

        while (storm->given < world->next_offset && world->wants) {
                int64_t offset = storm->given++;

                update_at(world, offset, "aarhus", storm_uuids[storm->updates[offset].event],
                          storm->updates[offset].members);
        }
}

static void storm_execute(struct storm *storm, const struct sent *sent)
{
        _cleanup_(json_decrefp) json_t *body = json_loads(sent->body, 0, NULL);
        json_t *links = json_object_get(body, "external_data");

        for (size_t event = 0; event < EVENTS; event++) {
                if (strcmp(storm_uuids[event], sent->uuid) != 0)
                        continue;
                if (json_object_get(body, "state"))
                        snprintf(storm->shown[event][MEMBER_STATE], 64, "%s",
                                 json_member_text(body, "state"));
                if (links) {
                        snprintf(storm->shown[event][MEMBER_URL], 64, "%s",
                                 json_member_text(links, "url"));
                        snprintf(storm->shown[event][MEMBER_ADMIN_URL], 64, "%s",
                                 json_member_text(links, "admin_url"));
                }
        }
}

static void storm_answer(struct storm *storm, bool calm)
{
        struct world *world = storm->world;
        unsigned roll = calm ? 0 : storm_roll(storm, 16);

        if (world->patch_count == 0)
                return;
        if (roll < 10)
                storm_execute(storm, &world->patches[0]);
        if (strcmp(world->patches[0].body, "{}") == 0)
                answer(world, 404);
        else if (roll < 6)
                apply(world);
        else if (roll < 8) /* done, and the answer lost */
                answer_as(world, TRANSPORT_BROKEN, 0, "");
        else if (roll < 10) /* done, and a page instead of the echo */
                answer_as(world, TRANSPORT_ANSWERED, 200, "<html>");
        else
                answer_as(world, roll == 10 ? TRANSPORT_NOT_SENT : TRANSPORT_ANSWERED,
                          (const long[]){ 0, 503, 429, 500, 409, 403 }[roll - 10], "");
}

static void storm_crash(struct storm *storm)
{
        struct world *world = storm->world;

        /* What was on its way may still be executed. */
        for (size_t i = 0; i < world->patch_count; i++)
                if (storm_roll(storm, 2))
                        storm_execute(storm, &world->patches[i]);
        world->kafka_is_down = world->redis_is_down = false;
        storm->given = world->stored > 0 ? world->stored : 0;
        boot(world);
}

static void storm_redis(struct storm *storm, bool down)
{
        if (storm->world->redis_is_down == down)
                return;
        storm->world->redis_is_down = down;
        give(storm->world, (struct writer_input){ .type = INPUT_REDIS, .up = !down });
}

static void storm_step(struct storm *storm)
{
        unsigned roll = storm_roll(storm, 40);

        if (roll < 10)
                storm_wish(storm);
        else if (roll < 25)
                storm_answer(storm, false);
        else if (roll < 32)
                pass(storm->world, dice_below(&storm->dice, 2 * MINUTE));
        else if (roll < 34)
                storm_redis(storm, !storm->world->redis_is_down);
        else if (roll < 36)
                storm->world->kafka_is_down = !storm->world->kafka_is_down;
        else if (roll == 36)
                storm_crash(storm);
        else if (roll == 37)
                redis_flush(storm->world);
        else if (roll == 38)
                give(storm->world,
                     (struct writer_input){ .type = INPUT_CREDENTIALS,
                                            .credentials = { "aarhus", true, true } });
        storm_deliver(storm);
}

static void storm_calm(struct storm *storm)
{
        storm_redis(storm, false);
        storm->world->kafka_is_down = false;
        for (size_t i = 0; i < 400; i++) {
                pass(storm->world, MINUTE);
                storm_deliver(storm);
                storm_answer(storm, true);
                storm_answer(storm, true);
        }
}

/* A repeat says the same; but a broken seal's own result says "applied" of what stands, which may
 * have been told as "unchanged". */
static bool storm_may_follow(enum result_outcome before, enum result_outcome after)
{
        return before == after || (before == OUTCOME_UNCHANGED && after == OUTCOME_APPLIED);
}

static void storm_check_outcomes(const struct world *world, const char *says)
{
        ssize_t ends[UPDATES_MAX]; /* which result told it first; -1: none */
        enum result_outcome outcomes[UPDATES_MAX];

        memset(ends, -1, sizeof(ends));
        for (size_t i = 0; i < world->result_count; i++) {
                struct result result;
                int64_t offset;

                check_number(result_read(&result, slice_of(world->results[i]), NULL), 0, says);
                offset = version_offset(result.version);
                if (ends[offset] >= 0 && !storm_may_follow(outcomes[offset], result.outcome))
                        fail_msg("%s: two outcomes:\n%s\n%s", says, world->results[ends[offset]],
                                 world->results[i]);
                ends[offset] = (ssize_t)i;
                outcomes[offset] = result.outcome;
                result_deinit(&result);
        }
        for (int64_t offset = 0; offset < world->next_offset; offset++)
                check(ends[offset] >= 0, says);
}

static void storm_check(struct storm *storm, uint64_t seed)
{
        struct world *world = storm->world;
        char says[64];

        snprintf(says, sizeof(says), "seed %d", (int)seed);
        check_number(world->stored > 0 ? world->stored : 0, world->next_offset, says);
        storm_check_outcomes(world, says);
        for (size_t event = 0; event < EVENTS; event++)
                for (size_t member = 0; member < MEMBER_COUNT; member++)
                        check_text(storm->shown[event][member], storm->wished[event][member], says);
}

/* Whatever goes wrong on the way: once it is calm, the site shows the newest wish of every member,
 * and every update has its end. */
static void test_storms(void **state)
{
        (void)state;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
                struct storm *storm = memory_new(sizeof(*storm));

                storm->dice.state = seed;
                storm->world = world_new();
                for (size_t step = 0; step < STEPS; step++)
                        storm_step(storm);
                storm_calm(storm);
                storm_check(storm, seed);
                world_free(storm->world);
                free(storm);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_state_is_applied),
                cmocka_unit_test(test_newer_updates_merge),
                cmocka_unit_test(test_a_failed_attempt_is_overtaken),
                cmocka_unit_test(test_what_stands_already_is_unchanged),
                cmocka_unit_test(test_a_stale_ledger_is_no_reason_to_forget_the_snapshot),
                cmocka_unit_test(test_a_redelivery_is_not_sent_again),
                cmocka_unit_test(test_an_old_update_never_overwrites),
                cmocka_unit_test(test_crashes),
                cmocka_unit_test(test_a_seal_survives_a_restart),
                cmocka_unit_test(test_a_seal_survives_a_replay),
                cmocka_unit_test(test_redis_is_flushed),
                cmocka_unit_test(test_redis_is_away),
                cmocka_unit_test(test_nothing_is_read_before_the_ledger_is_up_to_date),
                cmocka_unit_test(test_kafka_is_away),
                cmocka_unit_test(test_what_kafka_refuses_has_a_bound),
                cmocka_unit_test(test_a_dead_letter_goes_before_its_result),
                cmocka_unit_test(test_an_event_that_is_over),
                cmocka_unit_test(test_a_half_from_the_snapshot),
                cmocka_unit_test(test_a_half_that_no_vendor_may_wish),
                cmocka_unit_test(test_a_half_that_nobody_knows),
                cmocka_unit_test(test_updates_made_anew),
                cmocka_unit_test(test_a_full_list_is_asked_for_once_for_all),
                cmocka_unit_test(test_ends_of_a_request),
                cmocka_unit_test(test_404_without_any_snapshot_is_not_gone),
                cmocka_unit_test(test_an_event_that_the_site_lost_stops_no_other),
                cmocka_unit_test(test_a_poisonous_update_dies_a_failing_site_kills_nothing),
                cmocka_unit_test(test_credentials_are_rejected),
                cmocka_unit_test(test_another_owner_may_know_of_the_log_in_at_once),
                cmocka_unit_test(test_a_late_answer_after_a_revoke),
                cmocka_unit_test(test_an_old_status_of_a_log_in),
                cmocka_unit_test(test_a_log_in_rejected_to_somebody_else),
                cmocka_unit_test(test_back_with_an_old_ledger),
                cmocka_unit_test(test_a_newer_one_while_another_owner_sends),
                cmocka_unit_test(test_what_another_owner_sends_is_not_ended_by_a_lane_at_rest),
                cmocka_unit_test(test_a_result_after_the_lease_is_not_told),
                cmocka_unit_test(test_a_revoke_with_a_newer_one_waiting),
                cmocka_unit_test(test_refused_at_the_door),
                cmocka_unit_test(test_what_waits_for_hours_is_carried_forward),
                cmocka_unit_test(test_who_starts_anew_carries_forward_too),
                cmocka_unit_test(test_what_is_long_gone_is_forgotten),
                cmocka_unit_test(test_what_was_told_beside_what_waits_is_in_the_ledger),
                cmocka_unit_test(test_what_was_carried_has_one_outcome),
                cmocka_unit_test(test_a_municipality_that_comes_later),
                cmocka_unit_test(test_a_municipality_that_leaves),
                cmocka_unit_test(test_no_result_of_a_municipality_that_left),
                cmocka_unit_test(test_states_go_before_links),
                cmocka_unit_test(test_a_pause_holds_back_what_has_begun),
                cmocka_unit_test(test_one_begins_ahead_of_the_transfers),
                cmocka_unit_test(test_a_drain_sends_no_more),
                cmocka_unit_test(test_a_revoke_sends_no_more),
                cmocka_unit_test(test_a_drain_ends_what_is_under_way),
                cmocka_unit_test(test_a_topic_made_anew_is_noticed),
                cmocka_unit_test(test_storms),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
