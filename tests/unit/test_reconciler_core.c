/* tests/unit/test_reconciler_core.c
 *
 * The reconciler's core in a world of its own: a log of snapshots, a log of changes and a Redis,
 * all in memory, that do what the actions ask. A world can lose the core after any action, and
 * gives the new one what Kafka and Redis would: so a test can crash it everywhere.
 */
#include "unit/support.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/change.h"
#include "reconciler/core.h"
#include "reconciler/letters.h"

enum { RECORDS_MAX = 64, TOLD_MAX = 4096, KNOWN_MAX = 512, REPLIES_MAX = 4096, LIST_MAX = 64 };

#define START_MS INT64_C(1772355600000) /* 2026-03-01T09:00:00Z */
#define MINUTE   (60 * INT64_C(1000))
#define HOUR     (60 * MINUTE)

struct kept { /* a record of `snapshots` or `control` */
        enum topic topic;
        int64_t offset;
        int64_t appended_ms;
        struct headers headers;
        char *value;
};

struct told {
        char key[CHANGE_KEY_BYTES];
        char *value;
        int64_t at_ms;
};

struct field {
        struct uuid uuid;
        char *bytes;
        size_t length;
};

struct reply {
        struct reconciler_input input;
        char *copies[2 * KNOWN_MAX];
        struct slice items[2 * KNOWN_MAX];
};

struct world {
        struct config *config;
        struct reconciler_core *core;
        int64_t now_ms;

        struct kept records[RECORDS_MAX];
        size_t record_count;
        size_t read_at; /* next record to hand over; RECORDS_MAX: not reading */
        int64_t stored;
        int64_t stored_control;

        struct told told[TOLD_MAX];
        size_t told_count;

        bool has_meta;
        struct meta_fields meta;
        struct field known[KNOWN_MAX];
        size_t known_count;
        char ledger[256]; /* the ledger's entry of every event; "" : none */

        struct reply *replies[REPLIES_MAX];
        size_t reply_first, reply_last;

        size_t asked_fresh, asked_full;
        size_t letters;
        char letter_detail[ERROR_TEXT_BYTES]; /* of the last one */
        size_t reports[REPORT_COUNT];
        struct report last;
        char stopped[ERROR_TEXT_BYTES];
        bool drained;
        struct status status;

        /* faults */
        size_t crash_after; /* actions; 0: never */
        size_t executed;
        size_t fail_delivery; /* the n-th from now fails; 0: none */
        size_t fail_letter;   /* so for dead letters */
        size_t conflict;      /* the n-th compare-and-set from now */
        size_t lose_reply;    /* the n-th reply of Redis from now */
};

/* -- the world's parts ---------------------------------------------------------------------------
 */

static struct config *config_of(const char *id, const char *more)
{
        char text[512];
        struct error error = ERROR_NULL;

        snprintf(text, sizeof(text),
                 "{\"kafka\":{\"bootstrap.servers\":\"k:1\"},\"redis\":{\"url\":\"redis://r:1/0\"},"
                 "\"contact\":\"a@b.dk\",\"topics\":{\"partitions\":1},"
                 "\"municipalities\":[{\"id\":\"%s\",\"base_url\":\"https://www.aakb.dk\"%s}]}",
                 id, more);

        _cleanup_(json_decrefp) json_t *root = json_loads(text, 0, NULL);
        struct config *config = config_read(root, NULL, NULL, NULL, &error);

        if (!config)
                fail_msg("%s", error.text);
        return config;
}

static void core_start(struct world *world)
{
        struct reconciler_settings settings = { .max_memory = 1 << 20, .drain_ms = 5000 };
        struct reconciler_actions actions = RECONCILER_ACTIONS_NULL;
        struct reconciler_input input = { .type = RECONCILER_CONFIG, .config = world->config };

        topics_init(&settings.topics, "dplsync.", 1, (uint32_t)world->config->topics_epoch);
        world->core = reconciler_core_new(&settings, 7);
        world->read_at = RECORDS_MAX;
        reconciler_core_handle(world->core, &input, world->now_ms, &actions);
        actions_deinit(&actions);
}

static struct world *world_new(const char *more)
{
        struct world *world = memory_new(sizeof(*world));

        world->config = config_of("aarhus", more);
        world->now_ms = START_MS;
        world->stored = PLACE_NONE;
        world->stored_control = PLACE_NONE;
        core_start(world);
        return world;
}

static void drop_replies(struct world *world)
{
        for (; world->reply_first < world->reply_last; world->reply_first++) {
                struct reply *reply = world->replies[world->reply_first % REPLIES_MAX];

                for (size_t i = 0; i < ARRAY_LENGTH(reply->copies); i++)
                        free(reply->copies[i]);
                free(reply);
        }
}

static void flush_redis(struct world *world)
{
        for (size_t i = 0; i < world->known_count; i++)
                free(world->known[i].bytes);
        world->known_count = 0;
        world->has_meta = false;
}

static void world_free(struct world *world)
{
        reconciler_core_free(world->core);
        drop_replies(world);
        flush_redis(world);
        for (size_t i = 0; i < world->record_count; i++)
                free(world->records[i].value);
        for (size_t i = 0; i < world->told_count; i++)
                free(world->told[i].value);
        config_free(world->config);
        free(world);
}

static struct reply *reply_add(struct world *world, enum reconciler_input_type type, uint64_t token)
{
        struct reply *reply = memory_new(sizeof(*reply));

        reply->input.type = type;
        reply->input.token = token;
        world->replies[world->reply_last++ % REPLIES_MAX] = reply;
        assert_true(world->reply_last - world->reply_first < REPLIES_MAX);
        return reply;
}

static void reply_item(struct reply *reply, const void *bytes, size_t length)
{
        size_t at = reply->input.reply.count++;

        if (bytes)
                reply->copies[at] = memory_copy(bytes, length);
        reply->items[at] = (struct slice){ reply->copies[at], length };
        reply->input.reply.items = reply->items;
}

static bool countdown(size_t *counter)
{
        return *counter > 0 && --*counter == 0;
}

/* -- what actions do -----------------------------------------------------------------------------
 */

static void do_load(struct world *world, const struct reconciler_action *action)
{
        bool meta = action->type == RECONCILER_LOAD_META;
        struct reply *reply =
                reply_add(world,
                          meta                                     ? RECONCILER_META
                          : action->type == RECONCILER_LOAD_EVENTS ? RECONCILER_EVENTS
                                                                   : RECONCILER_LEDGER,
                          action->load.token);

        reply->input.reply.ok = !countdown(&world->lose_reply);
        if (meta) {
                for (size_t i = 0; world->has_meta && i < world->meta.count; i++) {
                        const char *name = world->meta.items[i].name,
                                   *value = world->meta.items[i].value;

                        reply_item(reply, name, strlen(name));
                        reply_item(reply, value, strlen(value));
                }
        } else if (action->type == RECONCILER_LOAD_EVENTS) {
                for (size_t i = 0; i < world->known_count; i++) {
                        reply_item(reply, world->known[i].uuid.bytes, 16);
                        reply_item(reply, world->known[i].bytes, world->known[i].length);
                }
        } else {
                for (size_t i = 0; i < action->load.count; i++)
                        reply_item(reply, world->ledger[0] ? world->ledger : NULL,
                                   strlen(world->ledger));
        }
}

static void set_known(struct world *world, const struct write *write)
{
        size_t i = 0;

        while (i < world->known_count && uuid_compare(&world->known[i].uuid, &write->uuid) != 0)
                i++;
        if (i == world->known_count && write->packed.data)
                world->known[world->known_count++] = (struct field){ .uuid = write->uuid };
        if (i == world->known_count)
                return;
        free(world->known[i].bytes);
        world->known[i].bytes = NULL;
        if (write->packed.data) {
                world->known[i].bytes = memory_copy(write->packed.data, write->packed.length);
                world->known[i].length = write->packed.length;
        } else {
                world->known[i] = world->known[--world->known_count];
        }
}

static void meta_now(const struct world *world, struct meta *meta)
{
        struct slice pairs[2 * META_FIELDS_MAX];
        size_t count = 0;

        for (size_t i = 0; world->has_meta && i < world->meta.count; i++) {
                pairs[count++] = slice_of(world->meta.items[i].name);
                pairs[count++] = slice_of(world->meta.items[i].value);
        }
        assert_int_equal(meta_read(meta, pairs, count, NULL), 0);
}

static bool expectation_holds(const struct world *world, const struct apply *apply)
{
        struct meta meta;

        meta_now(world, &meta);
        return meta.exists == apply->exists &&
               (!meta.exists || (meta.epoch == apply->epoch && meta.offset == apply->offset));
}

static void do_apply(struct world *world, const struct apply *apply)
{
        struct reply *reply = reply_add(world, RECONCILER_APPLIED, apply->token);

        assert_true(apply->write_count <= WRITES_BATCH);
        reply->input.applied = APPLY_CONFLICT;
        if (countdown(&world->conflict) || !expectation_holds(world, apply))
                return;
        if (apply->wipe)
                flush_redis(world);
        for (size_t i = 0; i < apply->write_count; i++)
                set_known(world, &apply->writes[i]);
        if (apply->meta) {
                world->meta = *apply->meta;
                world->has_meta = true;
        }
        reply->input.applied = countdown(&world->lose_reply) ? APPLY_LOST : APPLY_OK;
}

static void do_letter(struct world *world, const struct record *record)
{
        struct reply *reply = reply_add(world, RECONCILER_DELIVERED, record->token);
        struct headers headers;
        struct slice detail;

        if (countdown(&world->fail_letter)) {
                reply->input.error = "message timed out";
                return;
        }
        headers_unpack(buffer_slice(&record->letter->headers), &headers);
        detail = headers_get(&headers, "dplsync-detail");
        snprintf(world->letter_detail, sizeof(world->letter_detail), "%.*s", (int)detail.length,
                 detail.data);
        world->letters++;
}

static void do_produce(struct world *world, const struct record *record)
{
        if (record->letter) {
                do_letter(world, record);
                return;
        }
        if (record->topic == TOPIC_CONTROL) {
                bool fresh = strstr(record->value.data, "\"fresh\":true") != NULL;

                world->asked_fresh += fresh;
                world->asked_full += !fresh;
                return;
        }

        struct reply *reply = reply_add(world, RECONCILER_DELIVERED, record->token);
        struct told *told = &world->told[world->told_count];

        if (countdown(&world->fail_delivery)) {
                reply->input.error = "message timed out";
                return;
        }
        assert_true(++world->told_count < TOLD_MAX);
        snprintf(told->key, sizeof(told->key), "%s", record->key);
        told->value = memory_copy_text(record->value.data); /* NULL: a tombstone */
        told->at_ms = world->now_ms;
}

static void do_read_log(struct world *world)
{
        for (size_t i = 0; i < world->told_count; i++) {
                struct reply *reply = reply_add(world, RECONCILER_LOG, 0);

                reply->copies[0] = memory_copy_text(world->told[i].key);
                reply->copies[1] = memory_copy_text(world->told[i].value);
                reply->input.record = (struct reconciler_record){
                        .topic = TOPIC_CHANGES,
                        .offset = (int64_t)i,
                        .appended_ms = world->told[i].at_ms,
                        .key = slice_of(reply->copies[0]),
                        .value = reply->copies[1] ? slice_of(reply->copies[1]) : SLICE_NULL,
                };
        }
        reply_add(world, RECONCILER_LOG_END, 0)->input.range.topic = TOPIC_CHANGES;
}

static void do_start(struct world *world, const struct reconciler_action *action)
{
        if (action->place.topic != TOPIC_SNAPSHOTS)
                return;
        world->read_at = 0;
        while (world->read_at < world->record_count &&
               world->records[world->read_at].offset < action->place.offset)
                world->read_at++;
}

static void execute(struct world *world, const struct reconciler_action *action)
{
        switch (action->type) {
        case RECONCILER_START:
                do_start(world, action);
                break;
        case RECONCILER_STORE:
                if (action->place.topic == TOPIC_CONTROL)
                        world->stored_control = action->place.offset;
                else
                        world->stored = action->place.offset;
                break;
        case RECONCILER_LOAD_META:
        case RECONCILER_LOAD_EVENTS:
        case RECONCILER_LOAD_LEDGER:
                do_load(world, action);
                break;
        case RECONCILER_PRODUCE:
                do_produce(world, action->record);
                break;
        case RECONCILER_APPLY:
                do_apply(world, &action->apply);
                break;
        case RECONCILER_READ_LOG:
                do_read_log(world);
                break;
        case RECONCILER_REPORT:
                world->reports[action->report->what]++;
                world->last = *action->report;
                break;
        case RECONCILER_STOP:
                snprintf(world->stopped, sizeof(world->stopped), "%s", action->reason->text);
                break;
        case RECONCILER_DRAINED:
                world->drained = true;
                break;
        case RECONCILER_STATUS:
                world->status = *action->status;
                break;
        default:
                break;
        }
}

/* -- the world goes on ------------------------------------------------------------------------- */

static void assign(struct world *world);

/* The process dies; another one takes its place. */
static void crash(struct world *world)
{
        reconciler_core_free(world->core);
        drop_replies(world);
        core_start(world);
        assign(world);
}

/* False if the core is gone. */
static bool feed(struct world *world, const struct reconciler_input *input)
{
        struct reconciler_actions actions = RECONCILER_ACTIONS_NULL;
        bool lives = true;

        reconciler_core_handle(world->core, input, world->now_ms, &actions);
        for (size_t i = 0; lives && i < actions.count; i++) {
                execute(world, &actions.items[i]);
                lives = world->crash_after == 0 || ++world->executed < world->crash_after;
        }
        actions_deinit(&actions);
        if (lives)
                return true;
        world->crash_after = 0;
        crash(world);
        return false;
}

static void assign(struct world *world)
{
        struct reconciler_assigned assigned = { 0, world->stored, world->stored_control };
        struct reconciler_input up = { .type = RECONCILER_REDIS, .up = true };
        struct reconciler_input input = { .type = RECONCILER_ASSIGNED };

        input.assigned.partitions = &assigned;
        input.assigned.count = 1;
        if (feed(world, &up))
                feed(world, &input);
}

static bool feed_reply(struct world *world)
{
        if (world->reply_first == world->reply_last)
                return false;

        struct reply *reply = world->replies[world->reply_first++ % REPLIES_MAX];

        feed(world, &reply->input);
        for (size_t i = 0; i < ARRAY_LENGTH(reply->copies); i++)
                free(reply->copies[i]);
        free(reply);
        return true;
}

static bool feed_record(struct world *world)
{
        if (world->read_at >= world->record_count)
                return false;

        struct kept *kept = &world->records[world->read_at++];
        struct reconciler_input input = { .type = RECONCILER_RECORD };

        input.record = (struct reconciler_record){
                .topic = kept->topic,
                .offset = kept->offset,
                .appended_ms = kept->appended_ms,
                .key = slice_of("aarhus"),
                .value = kept->value ? slice_of(kept->value) : SLICE_NULL,
                .headers = &kept->headers,
        };
        feed(world, &input);
        return true;
}

/* Until nothing happens any more. Waits of up to a minute are waited. */
static void run(struct world *world)
{
        for (int turns = 0; turns < 100000 && !world->stopped[0]; turns++) {
                int64_t next_ms = reconciler_core_next_ms(world->core);

                if (feed_reply(world) || feed_record(world))
                        continue;
                if (next_ms > world->now_ms + MINUTE)
                        return;
                if (next_ms > world->now_ms)
                        world->now_ms = next_ms;
                feed(world, &(struct reconciler_input){ .type = RECONCILER_TICK });
        }
}

/* -- lists ---------------------------------------------------------------------------------------
 */

/* Events are named by a letter: "a", "b" ... A capital is the same event with another title. */
static void uuid_text(char letter, char text[UUID_TEXT_BYTES])
{
        snprintf(text, UUID_TEXT_BYTES, "00000000-0000-4000-8000-0000000000%02x", letter | 0x20);
}

static void write_event(struct buffer *value, char letter)
{
        const char *day = letter == 'y' ? "03-30" : "04-01";
        char uuid[UUID_TEXT_BYTES];

        uuid_text(letter, uuid);
        buffer_append_format(value,
                             "%s{\"uuid\":\"%s\",\"title\":\"%s\",\"ticket_manager_relevance\":%s,"
                             "\"date_time\":{\"start\":\"2026-%sT18:00:00+02:00\","
                             "\"end\":\"2026-%sT20:00:00+02:00\"},\"external_data\":{}}",
                             value->data[value->length - 1] == '[' ? "" : ",", uuid,
                             letter & 0x20 ? "small" : "capital", letter == 'z' ? "false" : "true",
                             day, day);
}

struct list_options {
        bool fresh;
        bool unchanged; /* of the list that stands there */
        bool incomplete;
        bool windowed; /* what begins before April may be missing */
        int64_t age_ms;
};

/* A record of `snapshots` at the world's time, with one event a letter. */
static void list(struct world *world, const char *letters, struct list_options options)
{
        struct kept *kept = &world->records[world->record_count++];
        struct buffer value = BUFFER_NULL;
        struct snapshot_part part = {
                .fetch_seq = world->now_ms,
                .as_of_ms = world->now_ms - options.age_ms,
                .fetched_at_ms = world->now_ms,
                .part = 1,
                .parts = 1,
                .events = (uint32_t)strlen(letters),
                .complete = !options.incomplete,
                .fresh = options.fresh,
                .unchanged = options.unchanged,
        };

        if (options.windowed)
                text_copy(part.from_date, sizeof(part.from_date), "2026-03-30");
        buffer_append_byte(&value, '[');
        for (const char *letter = letters; *letter; letter++)
                write_event(&value, *letter);
        buffer_append_byte(&value, ']');
        sha256_hex(value.data, value.length, part.sha256);
        if (options.unchanged) {
                buffer_clear(&value);
                buffer_append_text(&value, "[]");
        }
        snprintf(part.id, sizeof(part.id), "aarhus-%zu", world->record_count);
        kept->topic = TOPIC_SNAPSHOTS;
        kept->offset = (int64_t)world->record_count * 10;
        kept->appended_ms = world->now_ms;
        headers_clear(&kept->headers);
        snapshot_part_write(&part, &kept->headers);
        kept->value = buffer_take(&value);
}

static void show(struct world *world, const char *letters, struct list_options options)
{
        world->now_ms += MINUTE;
        list(world, letters, options);
        run(world);
}

#define FRESH  ((struct list_options){ .fresh = true })
#define CACHED ((struct list_options){ 0 })

static void command(struct world *world, const char *text)
{
        struct reconciler_input input = { .type = RECONCILER_RECORD };

        world->now_ms += MINUTE;
        input.record = (struct reconciler_record){
                .topic = TOPIC_CONTROL,
                .offset = world->now_ms,
                .appended_ms = world->now_ms,
                .key = slice_of("aarhus"),
                .value = slice_of(text),
        };
        feed(world, &input);
        run(world);
}

/* What a vendor has after reading `changes` by the version rule: the letters, in order. Checks that
 * equal versions of an event are equal. */
static void fold(const struct world *world, char letters[LIST_MAX])
{
        uint64_t versions[128] = { 0 };
        char here[128] = { 0 };
        size_t count = 0;

        for (size_t i = 0; i < world->told_count; i++) {
                struct change change;
                struct error error = ERROR_NULL;

                if (!world->told[i].value)
                        continue;
                if (change_read(&change, slice_of(world->told[i].value), &error) < 0)
                        fail_msg("%s", error.text);
                if (change.op == CHANGE_SNAPSHOT)
                        continue;

                unsigned letter = change.uuid.bytes[15] & 0x7f;

                if (change.version == versions[letter])
                        check_number(change.op == CHANGE_DELETE, !here[letter],
                                     "equal versions are both deletes or both upserts");
                if (change.version <= versions[letter])
                        continue;
                versions[letter] = change.version;
                here[letter] = 0;
                if (change.op != CHANGE_DELETE)
                        here[letter] = memmem(change.event.data, change.event.length, "capital", 7)
                                               ? (char)(letter & ~0x20u)
                                               : (char)letter;
        }
        for (size_t letter = 0; letter < 128; letter++)
                if (here[letter])
                        letters[count++] = here[letter];
        letters[count] = '\0';
}

static void check_vendor(const struct world *world, const char *want, const char *says)
{
        char letters[LIST_MAX];

        fold(world, letters);
        check_text(letters, want, says);
}

static size_t told_with(const struct world *world, const char *piece)
{
        size_t count = 0;

        for (size_t i = 0; i < world->told_count; i++)
                count += world->told[i].value && strstr(world->told[i].value, piece);
        return count;
}

static struct world *world_with(const char *more, const char *letters)
{
        struct world *world = world_new(more);

        assign(world);
        run(world);
        show(world, letters, FRESH);
        check_vendor(world, letters, "the first list is told");
        return world;
}

/* -- tests ---------------------------------------------------------------------------------------
 */

static void test_flow(void **state)
{
        (void)state;
        struct world *world = world_with("", "abc");

        check_number(world->told_count, 4, "three creates and the completion record");
        show(world, "abc", CACHED);
        check_number(world->told_count, 5, "the same list again: only the completion record");
        show(world, "aBc", CACHED);
        check_vendor(world, "aBc", "an update");
        check_number(told_with(world, "\"changed\":[\"title\"]"), 1, "names what changed");
        show(world, "aB", CACHED);
        check_vendor(world, "aBc", "a cached list deletes nothing");
        check_number(world->asked_fresh, 1, "but asks for a fresh one");
        show(world, "aB", FRESH);
        check_vendor(world, "aB", "which deletes");
        check_number(told_with(world, "\"reason\":\"absent\""), 1, "as absent");
        show(world, "aBc", CACHED);
        check_vendor(world, "aBc", "it comes back");
        check_number(told_with(world, "\"op\":\"create\""), 4, "as a create");
        check_number(world->stored, 61, "all is stored");
        world_free(world);
}

static void test_unchanged(void **state)
{
        (void)state;
        struct world *world = world_with("", "abc");
        size_t told = world->told_count;

        show(world, "abc", (struct list_options){ .unchanged = true });
        check_number(world->reports[REPORT_CONFIRMED], 1, "it confirms the applied list");
        show(world, "ab", (struct list_options){ .unchanged = true });
        check_number(world->reports[REPORT_SKIPPED], 1, "another list is not confirmed");
        check_number(world->asked_full, 1, "but asked for");
        check_number(world->told_count, told, "nothing is told");
        check_number(world->stored, 31, "and both are done");
        world_free(world);
}

static void test_old_lists(void **state)
{
        (void)state;
        struct world *world = world_with("", "abc");

        show(world, "aBc", (struct list_options){ .age_ms = HOUR });
        check_vendor(world, "abc", "an older list brings nothing");
        show(world, "aBc", (struct list_options){ .age_ms = HOUR, .fresh = true });
        check_vendor(world, "aBc", "a fresh read is never skipped for its age");
        show(world, "abcd", (struct list_options){ .incomplete = true });
        show(world, "d", (struct list_options){ .incomplete = true, .fresh = true });
        check_vendor(world, "abcd", "an incomplete list brings upserts and deletes nothing");
        world_free(world);
}

static void test_guard_and_release(void **state)
{
        (void)state;
        struct world *world = world_with("", "abcdefghijklmnopqrst");

        show(world, "abcdefghijkl", FRESH);
        check_vendor(world, "abcdefghijklmnopqrst", "8 of 20 at once are held");
        check_number(world->last.held, 8, "and counted");
        show(world, "abcdefghijklm", FRESH);
        check_number(world->last.held, 7, "one came back");
        world->now_ms += 31 * MINUTE;
        run(world);
        check(world->asked_fresh > 0, "a second read is asked for");
        show(world, "abcdefghijklm", FRESH);
        check_vendor(world, "abcdefghijklm", "two fresh reads 30 min apart release the rest");
        world_free(world);
}

/* The site answers every question with a list in which one event cannot be read. */
static void test_hold_over_incomplete_lists(void **state)
{
        (void)state;
        const struct list_options incomplete = { .fresh = true, .incomplete = true };
        struct world *world = world_with("", "abcdefghijklmnopqrst");
        size_t asked;

        show(world, "abcdefghijkl", FRESH);
        asked = world->asked_fresh;
        for (int minutes = 0; minutes < 24 * 60; minutes++) {
                size_t before = world->asked_fresh;

                world->now_ms += MINUTE;
                run(world);
                if (world->asked_fresh > before)
                        show(world, "abcdefghijkl", incomplete);
                else if (minutes % 120 == 0)
                        show(world, "abcdefghijkl", (struct list_options){ .incomplete = true });
        }
        check(world->asked_fresh > asked + 5, "they are asked for again");
        check(world->asked_fresh < asked + 12, "but ever more seldom");
        check_number(world->last.held, 8, "the hold stands");
        world->now_ms += 6 * HOUR;
        run(world);
        show(world, "abcdefghijkl", FRESH);
        check_vendor(world, "abcdefghijkl", "until one can be read");
        world_free(world);
}

/* What an operator says of the hold that the status names now. */
static void decide(struct world *world, const char *decision, int count)
{
        char text[512];

        snprintf(text, sizeof(text),
                 "{\"command\":\"%s-deletions\",\"id\":\"1\",\"hold\":\"%s\",\"count\":%d}",
                 decision, world->status.fields[2].value, count);
        command(world, text);
}

static void test_foreign_list(void **state)
{
        (void)state;
        struct world *world = world_with("", "abcdef");

        show(world, "uvwxyz", FRESH);
        show(world, "", FRESH);
        world->now_ms += HOUR;
        show(world, "uvwxyz", FRESH);
        check_vendor(world, "abcdef", "nothing of another site's list is applied");
        check_number(world->reports[REPORT_FOREIGN], 3, "it is a hold");
        check_text(world->status.fields[3].value, "another-site", "and says why");
        show(world, "abcdefg", CACHED);
        check_vendor(world, "abcdefg", "the own list dissolves it");

        show(world, "uvwxyz", FRESH);
        decide(world, "reject", 7);
        show(world, "uvwxyz", FRESH);
        check_text(world->status.fields[2].value, "", "rejected, it is silent");
        world->now_ms += 24 * HOUR;
        show(world, "uvwxyz", FRESH);
        decide(world, "approve", 7);
        check_vendor(world, "abcdefg", "an approval alone deletes nothing");
        show(world, "uvwxyz", FRESH);
        check_vendor(world, "uvwxyz", "the fresh read after it does");
        world_free(world);
}

static void test_commands(void **state)
{
        (void)state;
        struct world *world = world_with("", "abcdefghij");

        show(world, "a", FRESH);
        check_number(world->last.held, 9, "held");
        command(world, "{\"command\":\"approve-deletions\",\"id\":\"1\",\"hold\":"
                       "\"0123456789abcdef\",\"count\":9}");
        check(strncmp(world->last.text, "refused", 7) == 0, "another hold's name is refused");
        decide(world, "reject", 9);
        check_number(world->last.what, REPORT_COMMAND, "the command is handled");
        check_number(world->last.known, 10, "its report says what is known");
        check_number(world->last.held, 0, "and that nothing is held any more");
        show(world, "a", FRESH);
        world->now_ms += HOUR;
        show(world, "a", FRESH);
        check_vendor(world, "abcdefghij", "a rejected hold keeps them known");
        check_number(world->last.held, 0, "and silent");
        world->now_ms += 24 * HOUR;
        show(world, "a", FRESH);
        check_number(world->last.held, 9, "for 24 h");

        size_t told = world->told_count;

        command(world, "{\"command\":\"reassert\",\"id\":\"3\"}");
        show(world, "a", CACHED);
        check_number(told_with(world, "\"reassert\":true") > 0, 1,
                     "a reassert tells what is present again");
        check(world->told_count > told, "and more than nothing");
        world_free(world);
}

static void test_hold_out_of_sight(void **state)
{
        (void)state;
        const struct list_options windowed = { .fresh = true, .windowed = true };
        struct world *world = world_with("", "abcdefghijy");

        show(world, "a", FRESH);
        check_number(world->last.held, 10, "held");
        show(world, "a", windowed);
        check_number(world->last.held, 9, "one of them may be missing for another reason");
        decide(world, "approve", 9);
        show(world, "a", windowed);
        check_vendor(world, "ay", "the others can be approved");
        world_free(world);
}

static size_t known_with(const struct world *world, unsigned flag)
{
        size_t count = 0;

        for (size_t i = 0; i < world->known_count; i++) {
                const struct field *field = &world->known[i];
                struct slice bytes = { field->bytes, field->length };
                struct known known;

                assert_int_equal(known_read(&known, bytes, NULL), 0);
                count += (known.flags & flag) != 0;
                known_deinit(&known);
        }
        return count;
}

/* What its window leaves out is not named in another site's hold, nor approved with it. */
static void test_foreign_hold_names_its_events(void **state)
{
        (void)state;
        const struct list_options windowed = { .fresh = true, .windowed = true };
        struct world *world = world_with("", "abcdefy");

        show(world, "uvw", windowed);
        check_text(world->status.fields[3].value, "another-site", "it is a hold");
        decide(world, "approve", 6);
        check_number(known_with(world, KNOWN_APPROVED), 6, "of those in its window");
        world_free(world);
}

static void test_relevant_only(void **state)
{
        (void)state;
        struct world *world = world_new(",\"relevant_only\":true");

        assign(world);
        run(world);
        show(world, "abz", FRESH);
        check_vendor(world, "ab", "what is not relevant is not told");
        show(world, "abz", CACHED);
        show(world, "ab", FRESH);
        check_number(told_with(world, "\"op\":\"delete\""), 0,
                     "and its leaving is nothing to tell");
        world_free(world);
}

static void test_news_fields(void **state)
{
        (void)state;
        struct world *world = world_with(",\"news_fields\":\"date_time\"", "abc");

        show(world, "aBc", CACHED);
        check_vendor(world, "abc", "a title that is no news is not told");
        command(world, "{\"command\":\"reassert\",\"id\":\"1\"}");
        show(world, "aBc", CACHED);
        check_vendor(world, "aBc", "but goes along when the event is");
        world_free(world);
}

/* The rules change, and the process ends after its n-th action from there, in the middle of a list
 * that it tells by the old ones. False if it had fewer than that. */
static bool change_rules(size_t crash_after)
{
        struct world *world = world_with("", "ab");
        struct config *old = world->config;
        bool crashed;

        world->config = config_of("aarhus", ",\"relevant_only\":true");
        world->executed = 0;
        world->crash_after = crash_after;
        for (int lists = 0; lists < 4; lists++)
                show(world, "abz", CACHED); /* z is not relevant */
        crashed = world->crash_after == 0;
        world->crash_after = 0;
        for (int lists = 0; lists < 4; lists++)
                show(world, "abz", CACHED);
        check_vendor(world, crashed ? "ab" : "abz", "whatever had been told before the crash");
        world_free(world);
        config_free(old);
        return crashed;
}

static void test_changed_rules(void **state)
{
        (void)state;
        size_t crash_after = 1;

        while (change_rules(crash_after))
                crash_after++;
        check(crash_after > 5, "a list has some actions");
}

/* A list in which the last event has a state. */
static void show_state(struct world *world, const char *letters, const char *state)
{
        struct buffer value = BUFFER_NULL;
        struct kept *kept;

        world->now_ms += MINUTE;
        list(world, letters, CACHED);
        kept = &world->records[world->record_count - 1];
        buffer_append_format(&value, "%.*s,\"state\":\"%s\"}]", (int)strlen(kept->value) - 2,
                             kept->value, state);
        free(kept->value);
        kept->value = buffer_take(&value);
        run(world);
}

static const char sold_out[] = "1 c=1.223 state=SoldOut\n"; /* of every event, in the ledger */

static void test_own_state(void **state)
{
        (void)state;
        struct world *world = world_with("", "ab");

        /* Both lists differ in nothing but the state. */
        snprintf(world->ledger, sizeof(world->ledger), "%s", sold_out);
        show_state(world, "ab", "SoldOut");
        check_number(told_with(world, "\"op\":\"update\""), 0, "a state that we wrote is no news");
        world->ledger[0] = '\0';
        show(world, "ab", CACHED);
        check_number(told_with(world, "\"changed\":[\"state\"]"), 1,
                     "one that somebody else set is");
        world_free(world);
}

/* What was kept back soon after our own write is not forgotten when nothing moves after it. */
static void test_kept_state(void **state)
{
        (void)state;
        const struct list_options unchanged = { .unchanged = true };
        struct world *world = world_with("", "ab");
        size_t asked;

        snprintf(world->ledger, sizeof(world->ledger), "%s", sold_out);
        show_state(world, "ab", "SoldOut");
        show(world, "ab", CACHED);
        check_number(told_with(world, "\"op\":\"update\""), 0, "it may be a late list");
        asked = world->asked_full;
        world->now_ms += 5 * MINUTE;
        show(world, "ab", unchanged);
        check_number(world->asked_full, asked + 1, "one that is confirmed is looked at again");
        show(world, "ab", CACHED);
        check_number(told_with(world, "\"changed\":[\"state\"]"), 1, "and told");
        show(world, "ab", unchanged);
        check_number(world->asked_full, asked + 1, "after that a confirmation is one again");
        world_free(world);
}

/* An editor sets another state, and takes it back: the vendor hears of both. */
static void test_state_taken_back(void **state)
{
        (void)state;
        struct world *world = world_with("", "ab");

        snprintf(world->ledger, sizeof(world->ledger), "%s", sold_out);
        show_state(world, "ab", "SoldOut");
        world->now_ms += HOUR;
        show_state(world, "ab", "Cancelled");
        check_number(told_with(world, "\"changed\":[\"state\"]"), 1, "another state is news");
        show_state(world, "ab", "SoldOut");
        check_number(told_with(world, "\"changed\":[\"state\"]"), 2, "and so is the way back");
        world->now_ms += HOUR;
        show(world, "ab", CACHED);
        show_state(world, "ab", "SoldOut");
        check_number(told_with(world, "\"changed\":[\"state\"]"), 4, "each time");
        world_free(world);
}

/* A title is told with the event's bytes, and with them a state that may be a late list's. */
static void test_state_beside_a_title(void **state)
{
        (void)state;
        struct world *world = world_with("", "ab");

        snprintf(world->ledger, sizeof(world->ledger), "%s", sold_out);
        show_state(world, "ab", "SoldOut");
        show(world, "aB", CACHED);
        check_number(told_with(world, "\"changed\":[\"title\"]"), 1, "it is no news by itself");
        show(world, "aB", CACHED);
        show_state(world, "aB", "SoldOut");
        check_number(told_with(world, "\"changed\":[\"state\"]"), 1,
                     "but what the site shows in truth is");
        world_free(world);
}

static const char *status_of(const struct world *world, const char *name)
{
        for (size_t i = 0; i < world->status.count; i++)
                if (strcmp(world->status.fields[i].name, name) == 0)
                        return world->status.fields[i].value;
        return "";
}

/* No event of a list has a state, and the ledger says that the vendor's was confirmed for each. */
static void test_drift(void **state)
{
        (void)state;
        struct world *world = world_with("", "abc");
        size_t asked, told;

        snprintf(world->ledger, sizeof(world->ledger), "1 c=1.223 state=SoldOut\n");
        asked = world->asked_fresh;
        told = world->told_count;
        show(world, "abc", CACHED);
        check_number(world->reports[REPORT_DRIFT], 0, "a cached list shows no drift");
        show(world, "abc", (struct list_options){ .fresh = true, .unchanged = true });
        check_number(world->reports[REPORT_DRIFT], 0, "the first fresh one is a suspicion");
        world->now_ms += MINUTE;
        run(world);
        check_number(world->asked_fresh, asked + 1, "another one is asked for");
        show(world, "abc", FRESH);
        check_number(world->reports[REPORT_DRIFT], 1, "which shows it");
        check_text(status_of(world, "reconciler_drift"), "3", "how many");
        check_number(told_with(world, "\"op\":\"update\""), 0, "and nothing is told");
        check_number(world->told_count, told + 2, "but that two lists were compared");
        world->now_ms += HOUR;
        run(world);
        check_number(world->asked_fresh, asked + 1, "nothing more is asked for");
        world->ledger[0] = '\0';
        show(world, "abc", (struct list_options){ .fresh = true, .unchanged = true });
        check_text(status_of(world, "reconciler_drift"), "0", "until the wish is another");
        world_free(world);
}

static void test_flush(void **state)
{
        (void)state;
        struct world *world = world_with("", "abcd");

        show(world, "abc", FRESH);
        flush_redis(world);
        show(world, "ab", FRESH);
        check_vendor(world, "ab", "a deletion is not lost with the state");
        check_number(told_with(world, "\"op\":\"create\""), 4, "nothing is created twice");
        check_number(told_with(world, "\"op\":\"delete\""), 2, "nothing is deleted twice");
        check_number(told_with(world, "\"reassert\":true"), 2, "what is present is told again");
        check_number(world->reports[REPORT_REBUILT], 2,
                     "one rebuild at the start, one after the loss");
        flush_redis(world);
        crash(world);
        run(world);
        show(world, "abe", CACHED);
        check_vendor(world, "abe", "after a restart as well");
        world_free(world);
}

/* Redis as it is now, to be had back. Only what was added since is undone. */
struct past {
        struct meta_fields meta;
        size_t known_count;
};

static struct past remember_redis(const struct world *world)
{
        return (struct past){ world->meta, world->known_count };
}

static void roll_back_redis(struct world *world, const struct past *past)
{
        world->meta = past->meta;
        while (world->known_count > past->known_count)
                free(world->known[--world->known_count].bytes);
}

/* Redis goes back while the municipality is not configured: neither its owner nor the log says so.
 */
static void test_back_with_an_old_state(void **state)
{
        (void)state;
        struct world *world = world_with("", "abc");
        struct config *other = config_of("viborg", "");
        struct reconciler_input input = { .type = RECONCILER_CONFIG, .config = other };

        show(world, "abc", FRESH);

        struct past past = remember_redis(world);

        show(world, "abcd", FRESH);
        feed(world, &input);
        roll_back_redis(world, &past);
        input.config = world->config;
        feed(world, &input);
        run(world);
        show(world, "abc", FRESH);
        check_vendor(world, "abc", "what the state no longer knows is deleted all the same");
        world_free(world);
        config_free(other);
}

static void test_back_behind_what_was_met(void **state)
{
        (void)state;
        struct world *world = world_with("", "abc");

        show(world, "abc", FRESH);

        struct past past = remember_redis(world);

        show(world, "abcd", FRESH);
        crash(world);
        run(world);
        roll_back_redis(world, &past);
        show(world, "abc", FRESH);
        check_vendor(world, "abc", "an owner that has only read the state knows how far it was");
        world_free(world);
}

static void test_back_before_the_first_list(void **state)
{
        (void)state;
        struct world *world = world_new("");

        assign(world);
        run(world);

        struct past past = remember_redis(world);

        show(world, "abc", FRESH);
        crash(world);
        roll_back_redis(world, &past);
        run(world);
        show(world, "ab", FRESH);
        check_vendor(world, "ab", "a state without a list may be one that had them");
        world_free(world);
}

static size_t tombstones(const struct world *world)
{
        size_t count = 0;

        for (size_t i = 0; i < world->told_count; i++)
                count += world->told[i].value == NULL;
        return count;
}

static void test_tombstones(void **state)
{
        (void)state;
        struct world *world = world_with("", "abc");

        show(world, "ab", FRESH);
        world->now_ms += 29 * 24 * HOUR;
        show(world, "ab", FRESH);
        check_number(tombstones(world), 0, "29 days after a deletion its key stands");
        world->now_ms += 24 * HOUR;
        show(world, "ab", CACHED);
        check_number(tombstones(world), 1, "after 30 it gets a null");
        check_number(world->known_count, 2, "and its entry is gone");
        show(world, "ab", FRESH);
        check_number(tombstones(world), 1, "once");
        flush_redis(world);
        show(world, "abc", FRESH);
        check_vendor(world, "abc", "it may come back");
        check_number(world->known_count, 3, "also after a rebuild that read the null");
        world_free(world);
}

/* A null of somebody who has lost the partition comes behind the creation: compaction would keep
 * only the null, so the event is told again and again. */
static void test_revived(void **state)
{
        (void)state;
        struct world *world = world_with("", "abc");

        show(world, "ab", FRESH);
        world->now_ms += 31 * 24 * HOUR;
        show(world, "abc", CACHED);

        size_t told = told_with(world, "0063\"");

        for (size_t lists = 1; lists <= 3; lists++) {
                show(world, "abc", CACHED);
                check_number(told_with(world, "0063\""), told + lists, "told with every list");
        }
        check_number(tombstones(world), 0, "and no null of our own");
        world_free(world);
}

static void test_failures(void **state)
{
        (void)state;
        static const struct {
                const char *says;
                size_t fail_delivery, conflict, lose_reply;
        } rows[] = {
                { "a change that Kafka does not take", 1, 0, 0 },
                { "the completion record is not taken", 3, 0, 0 },
                { "somebody else moved the state", 0, 1, 0 },
                { "the reading of the state is not answered", 0, 0, 1 },
                { "the reading of the events is not answered", 0, 0, 2 },
                { "the compare-and-set is not answered", 0, 0, 3 },
        };

        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct world *world = world_with("", "abc");

                world->fail_delivery = rows[i].fail_delivery;
                world->conflict = rows[i].conflict;
                world->lose_reply = rows[i].lose_reply;
                show(world, "aBcd", CACHED);
                check_vendor(world, "aBcd", rows[i].says);
                check_number(world->reports[REPORT_FAILED], 1, rows[i].says);
                check_number(world->stored, 21, rows[i].says);
                world_free(world);
        }
}

/* One life with creates, updates, deletions and a return, and a crash after the n-th action.
 * False if it had fewer than that. */
static bool live(size_t crash_after)
{
        struct world *world = world_new("");
        bool crashed;

        world->crash_after = crash_after;
        assign(world);
        run(world);
        show(world, "abcd", FRESH);
        show(world, "aBc", CACHED);
        show(world, "aBc", FRESH);
        check_vendor(world, "aBc", "d is gone");
        show(world, "BcdE", FRESH);
        check_vendor(world, "BcdE", "whatever action was the last of its process");
        check_number(world->stored, 41, "all is stored in the end");
        crashed = world->crash_after == 0;
        world_free(world);
        return crashed;
}

static void test_crashes(void **state)
{
        (void)state;
        size_t crash_after = 1;

        while (live(crash_after))
                crash_after++;
        check(crash_after > 40, "a life has many actions");
}

/* What the record of `snapshots` that comes next has wrong. */
static const struct {
        const char *says;
        const char *value; /* instead of its own; NULL: its own */
        bool no_value, no_headers;
        const char *detail;
} bad_rows[] = {
        { "no headers", NULL, false, true,
          "header dplsync-snapshot-id: missing, or not what it should be" },
        { "no value", NULL, true, false, "the record has no value" },
        { "no JSON", "<html>", false, false, "the part is not a JSON array" },
        { "another number of events", "[]", false, false,
          "the list is said to have 2 events, and has 0" },
};

static void test_bad_records(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(bad_rows); i++) {
                struct world *world = world_with("", "abc");
                struct kept *kept;

                list(world, "ab", FRESH);
                kept = &world->records[world->record_count - 1];
                if (bad_rows[i].value || bad_rows[i].no_value) {
                        free(kept->value);
                        kept->value = memory_copy_text(bad_rows[i].value);
                }
                if (bad_rows[i].no_headers)
                        headers_clear(&kept->headers);
                world->fail_letter = 1;
                while (feed_record(world) || feed_reply(world) || world->fail_letter > 0)
                        feed(world, &(struct reconciler_input){ .type = RECONCILER_TICK });
                check_number(world->stored, 11, "not done while Kafka has no dead letter");
                show(world, "abC", CACHED);
                check_number(world->letters, 1, bad_rows[i].says);
                check_text(world->letter_detail, bad_rows[i].detail, bad_rows[i].says);
                check_vendor(world, "abC", "the stream goes on");
                check_number(world->stored, 31, "all is done");
                world_free(world);
        }
}

static void test_recreated_topic(void **state)
{
        (void)state;
        struct world *world = world_with("", "abc");

        show(world, "abc", FRESH);
        world->now_ms += HOUR;
        list(world, "ab", FRESH);
        world->records[world->record_count - 1].offset = 5;
        run(world);
        check(strstr(world->stopped, "raise topics.epoch") != NULL, "it stops with a sentence");
        world_free(world);
}

/* An attempt that failed waits for its time; without Redis it waits for Redis alone. */
static void test_redis_away(void **state)
{
        (void)state;
        struct world *world = world_with("", "abc");
        struct reconciler_input redis = { .type = RECONCILER_REDIS };

        world->now_ms += MINUTE;
        world->lose_reply = 1;
        list(world, "ab", FRESH);
        feed_record(world);
        feed_reply(world);
        feed(world, &redis);
        world->now_ms += HOUR;
        feed(world, &(struct reconciler_input){ .type = RECONCILER_TICK });
        check(reconciler_core_next_ms(world->core) > world->now_ms, "away: nothing goes round");
        redis.up = true;
        feed(world, &redis);
        run(world);
        check_vendor(world, "ab", "and once it is back, the work goes on");
        world_free(world);
}

/* All topics are empty again, and the epoch was raised. A program that still had the old one was
 * there before, and has committed. */
static void test_raised_epoch(void **state)
{
        (void)state;
        struct world *world = world_with("", "abc");

        while (world->record_count > 0)
                free(world->records[--world->record_count].value);
        while (world->told_count > 0)
                free(world->told[--world->told_count].value);
        world->config->topics_epoch = 2;
        world->stored = 21;
        crash(world);
        run(world);
        show(world, "abc", FRESH);
        show(world, "ab", FRESH);
        check_number(told_with(world, "\"op\":\"delete\""), 1,
                     "a deletion is not lost with the topic");
        check_number(told_with(world, "\"op\":\"create\""), 0, "nothing is created twice");
        world_free(world);
}

/* The consumer is told so under way, or at its start. */
static void test_shorter_log(void **state)
{
        (void)state;
        static const struct {
                const char *says;
                int64_t high;
                bool stops;
        } rows[] = {
                { "its end is behind what was applied", 11, false },
                { "what was applied last is not in it", 10, true },
                { "it is empty", 0, true },
        };

        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct world *world = world_with("", "abc"); /* its list is at offset 10 */
                struct reconciler_input input = {
                        .type = RECONCILER_OUT_OF_RANGE,
                        .range = { .topic = TOPIC_SNAPSHOTS, .high = rows[i].high },
                };

                feed(world, &input);
                check(rows[i].stops == (strstr(world->stopped, "raise topics.epoch") != NULL),
                      rows[i].says);
                world_free(world);
        }
}

static void test_drain(void **state)
{
        (void)state;
        struct world *world = world_with("", "abc");

        world->now_ms += MINUTE;
        list(world, "ab", FRESH);
        feed_record(world);
        feed(world, &(struct reconciler_input){ .type = RECONCILER_DRAIN });
        check(!world->drained, "work under way is finished first");
        for (int i = 0; i < 100 && !world->drained; i++)
                if (!feed_reply(world))
                        feed(world, &(struct reconciler_input){ .type = RECONCILER_TICK });
        check(world->drained, "then it is drained");
        check_vendor(world, "ab", "and told");
        world_free(world);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_back_with_an_old_state),
                cmocka_unit_test(test_back_behind_what_was_met),
                cmocka_unit_test(test_back_before_the_first_list),
                cmocka_unit_test(test_flow),
                cmocka_unit_test(test_unchanged),
                cmocka_unit_test(test_old_lists),
                cmocka_unit_test(test_guard_and_release),
                cmocka_unit_test(test_hold_over_incomplete_lists),
                cmocka_unit_test(test_foreign_list),
                cmocka_unit_test(test_commands),
                cmocka_unit_test(test_hold_out_of_sight),
                cmocka_unit_test(test_foreign_hold_names_its_events),
                cmocka_unit_test(test_relevant_only),
                cmocka_unit_test(test_own_state),
                cmocka_unit_test(test_kept_state),
                cmocka_unit_test(test_state_taken_back),
                cmocka_unit_test(test_state_beside_a_title),
                cmocka_unit_test(test_flush),
                cmocka_unit_test(test_failures),
                cmocka_unit_test(test_tombstones),
                cmocka_unit_test(test_revived),
                cmocka_unit_test(test_news_fields),
                cmocka_unit_test(test_changed_rules),
                cmocka_unit_test(test_drift),
                cmocka_unit_test(test_bad_records),
                cmocka_unit_test(test_crashes),
                cmocka_unit_test(test_recreated_topic),
                cmocka_unit_test(test_raised_epoch),
                cmocka_unit_test(test_shorter_log),
                cmocka_unit_test(test_redis_away),
                cmocka_unit_test(test_drain),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
