/* services/writer/shell_redis.c
 *
 * Actions on Redis, and their replies as inputs. A reply that is lost, or an error of Redis, is an
 * input as well: the core decides what then.
 */
#include "writer/shell.h"

#include <string.h>

#include "base/decimal.h"
#include "base/memory.h"
#include "model/redis_key.h"
#include "writer/script.h"

enum { SEALS_MAX = 10000, SWEEP_PAGE = 200 };

/* A call, or two in one pipeline, under way. */
struct call {
        struct shell *shell;
        enum writer_action_type type;
        uint64_t token;
        int64_t lease_until_boot_ms;
        bool half;                          /* the first of two replies has come */
        bool failed;                        /* or was lost */
        bool missing;                       /* the ledger has no "@" */
        char login[CREDENTIALS_MARK_BYTES]; /* POSITION: of the log-in there is */
        char *first;                        /* what it was */
        size_t first_length;
};

/* ---- replies ---- */

static struct slice reply_text(const struct redisReply *reply)
{
        if (!reply || reply->type != REDIS_REPLY_STRING)
                return SLICE_NULL;
        return (struct slice){ reply->str, reply->len };
}

static struct slice reply_item(const struct redisReply *reply, size_t index)
{
        return index < reply->elements ? reply_text(reply->element[index]) : SLICE_NULL;
}

static int64_t reply_number(const struct redisReply *reply, size_t index)
{
        if (index < reply->elements && reply->element[index]->type == REDIS_REPLY_INTEGER)
                return reply->element[index]->integer;
        return 0;
}

static bool reply_is_good(const struct call *call, const struct redisReply *reply)
{
        if (!reply)
                return false;
        if (reply->type != REDIS_REPLY_ERROR)
                return true;
        logger_say(call->shell->links.daemon->logger, LOG_WARN, "redis answered with an error",
                   FIELD_TEXT("command", writer_action_name(call->type)),
                   FIELD_TEXT("error.message", reply->str));
        return false;
}

static void ledger_reply(struct writer_input *input, const struct redisReply *reply)
{
        struct slice word = reply_item(reply, 0);

        if (slice_is(word, "MISSING")) {
                input->ledger.reply = LEDGER_MISSING;
        } else if (slice_is(word, "BUSY")) {
                input->ledger.reply = LEDGER_BUSY;
                input->ledger.wait_ms = reply_number(reply, 1);
        } else if (slice_is(word, "STALE")) {
                input->ledger.reply = LEDGER_STALE;
                input->ledger.current = reply_item(reply, 1);
        } else if (slice_is(word, "SEND")) {
                input->ledger.reply = LEDGER_SEND;
                input->ledger.known = reply_item(reply, 1);
                input->ledger.any_snapshot = reply_number(reply, 2) != 0;
        } else if (slice_is(word, "OK")) {
                input->ledger.reply = LEDGER_OK;
        } else if (slice_is(word, "FENCED")) {
                input->ledger.reply = LEDGER_FENCED;
        }
}

static void call_end(struct call *call, const struct writer_input *input)
{
        struct shell *shell = call->shell;

        if (!shell->stopping)
                shell_handle(shell, input);
        free(call->first);
        free(call);
}

static void on_ledger(void *context, const struct redisReply *reply)
{
        struct call *call = context;
        struct writer_input input = {
                .type = INPUT_LEDGER,
                .token = call->token,
                .ledger = { .reply = LEDGER_LOST, .lease_until_boot_ms = call->lease_until_boot_ms }
        };

        if (reply_is_good(call, reply) && reply->type == REDIS_REPLY_ARRAY)
                ledger_reply(&input, reply);
        call_end(call, &input);
}

static void on_noted(void *context, const struct redisReply *reply)
{
        struct call *call = context;
        bool ok = reply_is_good(call, reply) && slice_is(reply_item(reply, 0), "OK");

        call_end(call,
                 &(struct writer_input){ .type = INPUT_NOTED, .token = call->token, .ok = ok });
}

/* Seals: uuid and score by turns. */
static size_t read_seals(const struct redisReply *reply, struct input_seal *seals)
{
        size_t count = 0;

        for (size_t i = 0; i + 1 < reply->elements; i += 2) {
                struct slice uuid = reply_item(reply, i), due = reply_item(reply, i + 1);

                if (!due.data || !uuid.data ||
                    !uuid_parse(uuid.data, uuid.length, &seals[count].uuid))
                        continue;
                seals[count++].due_ms = (int64_t)strtod(due.data, NULL);
        }
        return count;
}

static void on_seals(void *context, const struct redisReply *reply)
{
        struct call *call = context;
        struct writer_input input = { .type = INPUT_SEALS, .token = call->token };
        _cleanup_(freep) struct input_seal *seals = NULL;

        if (reply_is_good(call, reply) && reply->type == REDIS_REPLY_ARRAY) {
                seals = memory_new((reply->elements / 2 + 1) * sizeof(*seals));
                input.seals.ok = true;
                input.seals.seals = seals;
                input.seals.count = read_seals(reply, seals);
        }
        call_end(call, &input);
}

static void on_swept(void *context, const struct redisReply *reply)
{
        struct call *call = context;
        struct writer_input input = { .type = INPUT_SWEPT, .token = call->token };
        _cleanup_(freep) struct input_swept *entries = NULL;

        if (reply_is_good(call, reply) && reply->type == REDIS_REPLY_ARRAY && reply->elements > 0) {
                struct slice cursor = reply_item(reply, 0);

                entries = memory_new((reply->elements / 3 + 1) * sizeof(*entries));
                for (size_t i = 1; i + 2 < reply->elements; i += 3) {
                        struct slice uuid = reply_item(reply, i);
                        struct input_swept *swept = &entries[input.swept.count];

                        if (!uuid.data || !uuid_parse(uuid.data, uuid.length, &swept->uuid))
                                continue;
                        swept->entry = reply_item(reply, i + 1);
                        swept->known = reply_item(reply, i + 2);
                        input.swept.count++;
                }
                input.swept.ok = cursor.data != NULL;
                input.swept.cursor = cursor.data ? strtoull(cursor.data, NULL, 10) : 0;
                input.swept.entries = entries;
        }
        call_end(call, &input);
}

/* The entry and "@" in one answer, then what the snapshot shows. */
static void on_loaded(void *context, const struct redisReply *reply)
{
        struct call *call = context;

        if (!reply_is_good(call, reply))
                call->failed = true;
        if (!call->half) {
                struct slice entry = call->failed ? SLICE_NULL : reply_item(reply, 0);

                call->half = true;
                call->first = memory_copy(entry.data, entry.length);
                call->first_length = entry.length;
                call->missing = !call->failed && !reply_item(reply, 1).data;
                return;
        }
        call_end(call,
                 &(struct writer_input){ .type = INPUT_LOADED,
                                         .token = call->token,
                                         .loaded = { .ok = !call->failed,
                                                     .missing = call->missing,
                                                     .entry = { call->first, call->first_length },
                                                     .known = reply_text(reply) } });
}

static void on_position(void *context, const struct redisReply *reply)
{
        struct call *call = context;
        struct writer_input input = { .type = INPUT_POSITION, .token = call->token };

        if (reply_is_good(call, reply) && reply->type == REDIS_REPLY_ARRAY) {
                struct slice probe = reply_item(reply, 1), rejected = reply_item(reply, 2);

                input.position.ok = true;
                input.position.position = reply_item(reply, 0);
                input.position.probe_at_ms = probe.data ? strtoll(probe.data, NULL, 10) : 0;
                input.position.login_changed =
                        rejected.length > 0 && !slice_is(rejected, call->login);
        }
        call_end(call, &input);
}

static void on_status(void *context, const struct redisReply *reply)
{
        (void)context;
        (void)reply;
}

/* ---- commands ---- */

struct keys {
        char ledger[REDIS_KEY_BYTES], known[REDIS_KEY_BYTES], meta[REDIS_KEY_BYTES],
                seals[REDIS_KEY_BYTES], status[REDIS_KEY_BYTES];
};

static void keys_of(struct keys *keys, const char *municipality)
{
        redis_key(keys->ledger, municipality, "w");
        redis_key(keys->known, municipality, "s");
        redis_key(keys->meta, municipality, "m");
        redis_key(keys->seals, municipality, "seals");
        redis_key(keys->status, municipality, "status");
}

static struct call *call_new(struct shell *shell, const struct writer_action *action)
{
        struct call *call = memory_new(sizeof(*call));

        call->shell = shell;
        call->type = action->type;
        call->token = action->token;
        call->lease_until_boot_ms = shell_boot_ms() + action->ledger.lease_ms;
        return call;
}

static struct slice number(char text[DECIMAL_BYTES], int64_t value)
{
        return (struct slice){ text, decimal_format(value, text) };
}

/* The call could not be made: its input says that the reply is lost. */
static void lost(struct call *call, enum writer_input_type type)
{
        shell_handle_later(call->shell,
                           &(struct writer_input){ .type = type, .token = call->token });
        free(call);
}

static void run(struct call *call, const struct redis_script *script, size_t keys, size_t count,
                const struct slice *arguments)
{
        if (redis_script_run(call->shell->links.redis, script, on_ledger, call, keys, count,
                             arguments) < 0)
                lost(call, INPUT_LEDGER);
}

static void begin(struct call *call, const struct keys *keys, const struct action_ledger *ledger,
                  const char *uuid)
{
        char lease[DECIMAL_BYTES], due[DECIMAL_BYTES];
        const struct slice arguments[] = {
                slice_of(keys->ledger),
                slice_of(keys->known),
                slice_of(keys->meta),
                slice_of(keys->seals),
                slice_of(uuid),
                { (const char *)ledger->uuid.bytes, sizeof(ledger->uuid.bytes) },
                { ledger->expected.data ? ledger->expected.data : "", ledger->expected.length },
                buffer_slice(&ledger->fresh),
                slice_of(ledger->token),
                number(lease, ledger->lease_ms),
                number(due, ledger->seal_at_ms),
        };

        run(call, &script_begin, 4, ARRAY_LENGTH(arguments), arguments);
}

static void finish(struct call *call, const struct keys *keys, const struct action_ledger *ledger,
                   const char *uuid)
{
        char due[DECIMAL_BYTES];
        const struct slice arguments[] = {
                slice_of(keys->ledger),
                slice_of(keys->seals),
                slice_of(uuid),
                slice_of(ledger->token),
                buffer_slice(&ledger->fresh),
                number(due, ledger->seal_at_ms),
        };

        run(call, &script_finish, 2, ARRAY_LENGTH(arguments), arguments);
}

static void merge(struct call *call, const struct keys *keys, const struct action_ledger *ledger,
                  const char *uuid)
{
        char due[DECIMAL_BYTES];
        const struct slice arguments[] = {
                slice_of(keys->ledger),
                slice_of(keys->seals),
                slice_of(uuid),
                { ledger->expected.data ? ledger->expected.data : "", ledger->expected.length },
                buffer_slice(&ledger->fresh),
                number(due, ledger->seal_at_ms),
        };

        run(call, &script_merge, 2, ARRAY_LENGTH(arguments), arguments);
}

/* Two reads in one pipeline. Refused after the first was taken, the first's reply alone would never
 * end the call: it then stands for both. */
static void load(struct call *call, const struct keys *keys, const struct action_ledger *ledger,
                 const char *uuid)
{
        const struct slice entry[] = { slice_of("HMGET"), slice_of(keys->ledger), slice_of(uuid),
                                       slice_of(LEDGER_POSITION_FIELD) };
        const struct slice known[] = { slice_of("HGET"),
                                       slice_of(keys->known),
                                       { (const char *)ledger->uuid.bytes,
                                         sizeof(ledger->uuid.bytes) } };

        if (redis_command(call->shell->links.redis, on_loaded, call, ARRAY_LENGTH(entry), entry) <
            0) {
                lost(call, INPUT_LOADED);
        } else if (redis_command(call->shell->links.redis, on_loaded, call, ARRAY_LENGTH(known),
                                 known) < 0) {
                call->half = true;
                call->failed = true;
        }
}

static void position(struct call *call, const struct keys *keys, const struct writer_action *action)
{
        const struct action_position *position = &action->position;
        const struct slice arguments[] = { slice_of(keys->ledger), slice_of(keys->status),
                                           slice_of(position->mark) };

        credentials_mark(call->shell->links.daemon->credentials, action->municipality, call->login);
        if (redis_script_run(call->shell->links.redis, &script_position, on_position, call, 2,
                             ARRAY_LENGTH(arguments), arguments) < 0)
                lost(call, INPUT_POSITION);
}

static void note(struct call *call, const struct keys *keys, const struct action_position *position)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        char epoch[DECIMAL_BYTES], offset[DECIMAL_BYTES];

        ledger_position_write(&position->place, &text);

        const struct slice arguments[] = { slice_of(keys->ledger), slice_of(position->mark),
                                           number(epoch, position->place.epoch),
                                           number(offset, position->place.offset),
                                           buffer_slice(&text) };

        if (redis_script_run(call->shell->links.redis, &script_note, on_noted, call, 1,
                             ARRAY_LENGTH(arguments), arguments) < 0)
                lost(call, INPUT_NOTED);
}

static void sweep(struct call *call, const struct keys *keys, uint64_t cursor)
{
        char from[DECIMAL_BYTES], count[DECIMAL_BYTES];

        const struct slice arguments[] = { slice_of(keys->ledger),
                                           slice_of(keys->known),
                                           { from, decimal_format_unsigned(cursor, from) },
                                           number(count, SWEEP_PAGE) };

        if (redis_script_run(call->shell->links.redis, &script_sweep, on_swept, call, 2,
                             ARRAY_LENGTH(arguments), arguments) < 0)
                lost(call, INPUT_SWEPT);
}

static void forget(struct call *call, const struct keys *keys, const struct action_ledger *ledger,
                   const char *uuid)
{
        const struct slice arguments[] = { slice_of(keys->ledger), slice_of(keys->seals),
                                           slice_of(uuid), buffer_slice(&ledger->expected) };

        run(call, &script_forget, 2, ARRAY_LENGTH(arguments), arguments);
}

static void seals(struct call *call, const struct keys *keys)
{
        char last[DECIMAL_BYTES];
        const struct slice arguments[] = { slice_of("ZRANGE"), slice_of(keys->seals), slice_of("0"),
                                           number(last, SEALS_MAX - 1), slice_of("WITHSCORES") };

        if (redis_command(call->shell->links.redis, on_seals, call, ARRAY_LENGTH(arguments),
                          arguments) < 0)
                lost(call, INPUT_SEALS);
}

static void status(struct shell *shell, const struct keys *keys, const struct writer_action *action)
{
        const struct site_status *status = &action->status;
        char rejected[CREDENTIALS_MARK_BYTES] = "";
        char texts[9][DECIMAL_BYTES];
        if (status->credentials_rejected)
                credentials_mark(shell->links.daemon->credentials, action->municipality, rejected);

        const struct slice arguments[] = {
                slice_of("HSET"),
                slice_of(keys->status),
                slice_of("writer_waiting"),
                number(texts[0], (int64_t)status->waiting),
                slice_of("writer_oldest"),
                number(texts[1], status->oldest_ms),
                slice_of("writer_breaker"),
                slice_of(breaker_state_name(status->breaker)),
                slice_of("writer_breaker_until"),
                number(texts[2], status->breaker_until_ms),
                slice_of("writer_paused_until"),
                number(texts[3], status->paused_until_ms),
                slice_of("writer_credentials_rejected"),
                number(texts[4], status->credentials_rejected),
                slice_of("writer_credentials_missing"),
                number(texts[5], status->credentials_missing),
                slice_of("writer_rejected_login"),
                slice_of(rejected),
                slice_of("writer_probe_at"),
                number(texts[6], status->probe_at_ms),
                slice_of("writer_last_outcome"),
                slice_of(status->last_outcome),
                slice_of("writer_last_outcome_at"),
                number(texts[7], status->last_outcome_ms),
                slice_of("writer_at"),
                number(texts[8], loop_now_ms(shell->links.daemon->loop)),
        };

        redis_command(shell->links.redis, on_status, NULL, ARRAY_LENGTH(arguments), arguments);
}

void shell_redis(struct shell *shell, const struct writer_action *action)
{
        char uuid[UUID_TEXT_BYTES];
        struct keys keys;

        keys_of(&keys, action->municipality);
        if (action->type == ACTION_STATUS) {
                status(shell, &keys, action);
                return;
        }

        struct call *call = call_new(shell, action);

        uuid_format(&action->ledger.uuid, uuid);
        switch (action->type) {
        case ACTION_BEGIN:
                begin(call, &keys, &action->ledger, uuid);
                break;
        case ACTION_FINISH:
                finish(call, &keys, &action->ledger, uuid);
                break;
        case ACTION_MERGE:
                merge(call, &keys, &action->ledger, uuid);
                break;
        case ACTION_LOAD:
                load(call, &keys, &action->ledger, uuid);
                break;
        case ACTION_SWEEP:
                sweep(call, &keys, action->cursor);
                break;
        case ACTION_FORGET:
                forget(call, &keys, &action->ledger, uuid);
                break;
        case ACTION_POSITION:
                position(call, &keys, action);
                break;
        case ACTION_NOTE:
                note(call, &keys, &action->position);
                break;
        default:
                seals(call, &keys);
                break;
        }
}
