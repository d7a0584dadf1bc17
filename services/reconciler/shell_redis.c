/* services/reconciler/shell_redis.c
 *
 * Redis: the state's two hashes and the ledger are read, the state is moved by one script, the
 * status is written. All keys of a municipality have one hash tag, so that they are in one place of
 * a cluster.
 */
#include "reconciler/shell.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"
#include "model/redis_key.h"

enum { NUMBER_BYTES = 24 };

/* Compare-and-set (DESIGN.md "Reconciler" 7).
 * KEYS 1 {m}:m, 2 {m}:s. ARGV 1 and 2: epoch and offset that the state must have, both "" for a
 * state that is missing; 3: "1" deletes both hashes first; 4: how many entries follow, each as
 * field and value, "" for one that goes; the rest: fields of {m}:m with their values. */
static const struct redis_script apply_script = {
        .name = "reconciler apply",
        .text = "local function number(name)\n"
                "  return string.match(redis.call('HGET', KEYS[1], name) or '', '^%-?%d+$') or ''\n"
                "end\n"
                "local epoch, offset = number('epoch'), number('offset')\n"
                "if epoch == '' or offset == '' then epoch, offset = '', '' end\n"
                "if epoch ~= ARGV[1] or offset ~= ARGV[2] then return 'CONFLICT' end\n"
                "if ARGV[3] == '1' then redis.call('UNLINK', KEYS[1], KEYS[2]) end\n"
                "local last = 4 + 2 * tonumber(ARGV[4])\n"
                "for i = 5, last, 2 do\n"
                "  if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[2], ARGV[i])\n"
                "  else redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end\n"
                "end\n"
                "for i = last + 1, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) "
                "end\n"
                "return 'OK'\n",
};

struct pending {
        struct shell *shell;
        enum reconciler_input_type type;
        uint64_t token;
};

static struct pending *pending_new(struct shell *shell, enum reconciler_input_type type,
                                   uint64_t token)
{
        struct pending *pending = memory_new(sizeof(*pending));

        *pending = (struct pending){ shell, type, token };
        return pending;
}

/* No reply, or one that is an error. */
static void fail(const struct pending *pending)
{
        struct reconciler_input input = { .type = pending->type, .token = pending->token };

        if (pending->type == RECONCILER_APPLIED)
                input.applied = APPLY_LOST;
        shell_handle_later(pending->shell, &input);
}

static bool is_usable(const struct shell *shell, const struct redisReply *reply, int type)
{
        if (reply && reply->type == REDIS_REPLY_ERROR)
                logger_say(shell->links.daemon->logger, LOG_WARN, "redis refuses a command",
                           FIELD_TEXT("error.message", reply->str));
        return reply && reply->type == type;
}

/* -- reading -------------------------------------------------------------------------------------
 */

static void on_loaded(void *context, const struct redisReply *reply)
{
        _cleanup_(freep) struct pending *pending = context;

        if (!is_usable(pending->shell, reply, REDIS_REPLY_ARRAY)) {
                fail(pending);
                return;
        }

        _cleanup_(freep) struct slice *items = memory_new((reply->elements + 1) * sizeof(*items));
        struct reconciler_input input = {
                .type = pending->type,
                .token = pending->token,
                .reply = { .ok = true, .items = items, .count = reply->elements },
        };

        for (size_t i = 0; i < reply->elements; i++)
                if (reply->element[i]->type == REDIS_REPLY_STRING)
                        items[i] = (struct slice){ reply->element[i]->str,
                                                   (size_t)reply->element[i]->len };
        shell_handle(pending->shell, &input);
}

static void load(struct shell *shell, enum reconciler_input_type type, uint64_t token, size_t count,
                 const struct slice *arguments)
{
        struct pending *pending = pending_new(shell, type, token);

        if (redis_command(shell->links.redis, on_loaded, pending, count, arguments) == 0)
                return;
        fail(pending);
        free(pending);
}

static void load_hash(struct shell *shell, const struct reconciler_action *action, const char *what,
                      enum reconciler_input_type type)
{
        char key[REDIS_KEY_BYTES];

        redis_key(key, action->load.municipality, what);
        load(shell, type, action->load.token, 2,
             (struct slice[]){ slice_of("HGETALL"), slice_of(key) });
}

static void load_ledger(struct shell *shell, const struct reconciler_action *action)
{
        size_t count = action->load.count;
        char key[REDIS_KEY_BYTES];
        _cleanup_(freep) char *texts = memory_new(count * UUID_TEXT_BYTES);
        _cleanup_(freep) struct slice *arguments = memory_new((count + 2) * sizeof(*arguments));

        redis_key(key, action->load.municipality, "w");
        arguments[0] = slice_of("HMGET");
        arguments[1] = slice_of(key);
        for (size_t i = 0; i < count; i++) {
                char *text = texts + i * UUID_TEXT_BYTES;

                uuid_format(&action->load.uuids[i], text);
                arguments[i + 2] = slice_of(text);
        }
        load(shell, RECONCILER_LEDGER, action->load.token, count + 2, arguments);
}

void shell_load(struct shell *shell, const struct reconciler_action *action)
{
        if (action->type == RECONCILER_LOAD_META)
                load_hash(shell, action, "m", RECONCILER_META);
        else if (action->type == RECONCILER_LOAD_EVENTS)
                load_hash(shell, action, "s", RECONCILER_EVENTS);
        else
                load_ledger(shell, action);
}

/* -- writing -------------------------------------------------------------------------------------
 */

static void on_applied(void *context, const struct redisReply *reply)
{
        _cleanup_(freep) struct pending *pending = context;
        struct reconciler_input input = { .type = RECONCILER_APPLIED, .token = pending->token };

        if (!is_usable(pending->shell, reply, REDIS_REPLY_STRING)) {
                fail(pending);
                return;
        }
        input.applied = strcmp(reply->str, "OK") == 0 ? APPLY_OK : APPLY_CONFLICT;
        shell_handle(pending->shell, &input);
}

static void run_script(struct shell *shell, uint64_t token, size_t count,
                       const struct slice *arguments)
{
        struct pending *pending = pending_new(shell, RECONCILER_APPLIED, token);

        if (redis_script_run(shell->links.redis, &apply_script, on_applied, pending, 2, count,
                             arguments) == 0)
                return;
        fail(pending);
        free(pending);
}

void shell_apply(struct shell *shell, const struct apply *apply)
{
        enum { KEYS = 2, HEAD = 4 };
        char keys[2][REDIS_KEY_BYTES], epoch[NUMBER_BYTES] = "", offset[NUMBER_BYTES] = "",
                                       writes[NUMBER_BYTES];
        size_t metas = apply->meta ? apply->meta->count : 0, at = 0;
        _cleanup_(freep) struct slice *arguments =
                memory_new((KEYS + HEAD + 2 * (apply->write_count + metas)) * sizeof(*arguments));

        redis_key(keys[0], apply->municipality, "m");
        redis_key(keys[1], apply->municipality, "s");
        if (apply->exists) {
                snprintf(epoch, sizeof(epoch), "%" PRId64, apply->epoch);
                snprintf(offset, sizeof(offset), "%" PRId64, apply->offset);
        }
        snprintf(writes, sizeof(writes), "%zu", apply->write_count);
        arguments[at++] = slice_of(keys[0]);
        arguments[at++] = slice_of(keys[1]);
        arguments[at++] = slice_of(epoch);
        arguments[at++] = slice_of(offset);
        arguments[at++] = slice_of(apply->wipe ? "1" : "0");
        arguments[at++] = slice_of(writes);
        for (size_t i = 0; i < apply->write_count; i++) {
                const struct write *write = &apply->writes[i];

                arguments[at++] = (struct slice){ (const char *)write->uuid.bytes,
                                                  sizeof(write->uuid.bytes) };
                arguments[at++] = write->packed.data ? write->packed : slice_of("");
        }
        for (size_t i = 0; i < metas; i++) {
                arguments[at++] = slice_of(apply->meta->items[i].name);
                arguments[at++] = slice_of(apply->meta->items[i].value);
        }
        run_script(shell, apply->token, at, arguments);
}

static void on_status_put(void *context, const struct redisReply *reply)
{
        is_usable(context, reply, REDIS_REPLY_INTEGER);
}

/* Best effort: the next outcome writes it again. */
void shell_put_status(struct shell *shell, const struct status *status)
{
        struct slice arguments[2 + 2 * STATUS_FIELDS_MAX];
        char key[REDIS_KEY_BYTES];
        size_t count = 0;

        redis_key(key, status->municipality, "status");
        arguments[count++] = slice_of("HSET");
        arguments[count++] = slice_of(key);
        for (size_t i = 0; i < status->count; i++) {
                arguments[count++] = slice_of(status->fields[i].name);
                arguments[count++] = slice_of(status->fields[i].value);
        }
        redis_command(shell->links.redis, on_status_put, shell, count, arguments);
}
