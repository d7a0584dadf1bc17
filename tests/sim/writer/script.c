/* tests/sim/writer/script.c
 *
 * services/writer/shell_script.c line by line; a script's time is the world's.
 */
#include "sim/writer/script.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

struct keys {
        char ledger[STORE_KEY_BYTES], known[STORE_KEY_BYTES], meta[STORE_KEY_BYTES],
                seals[STORE_KEY_BYTES], status[STORE_KEY_BYTES];
        char uuid[UUID_TEXT_BYTES];
};

static void keys_init(struct keys *keys, const struct writer_action *action)
{
        store_key(keys->ledger, action->municipality, "w");
        store_key(keys->known, action->municipality, "s");
        store_key(keys->meta, action->municipality, "m");
        store_key(keys->seals, action->municipality, "seals");
        store_key(keys->status, action->municipality, "status");
        keys->uuid[0] = '\0';
}

/* What is given out must outlive the store's next write. */
static struct slice kept(struct buffer *bytes, struct slice value)
{
        buffer_append(bytes, value.data ? value.data : "", value.length);
        return buffer_slice(bytes);
}

static struct slice current_of(const struct store *store, const struct keys *keys)
{
        return store_get(store, keys->ledger, slice_of(keys->uuid));
}

static struct slice known_of(const struct store *store, const struct keys *keys,
                             const struct uuid *uuid)
{
        struct slice name = { (const char *)uuid->bytes, sizeof(uuid->bytes) };

        return store_get(store, keys->known, name);
}

/* The token of the entry's lease, "" if it has none, and how long that runs. */
static int64_t lease_of(struct slice bytes, char token[LEDGER_TOKEN_BYTES])
{
        struct ledger_entry entry;
        int64_t until_ms;

        ledger_entry_read(&entry, bytes, NULL);
        snprintf(token, LEDGER_TOKEN_BYTES, "%s", entry.token);
        until_ms = entry.lease_until_ms;
        ledger_entry_deinit(&entry);
        return until_ms;
}

static bool is_expected(struct slice current, const struct buffer *expected)
{
        return current.length == expected->length &&
               (current.length == 0 || memcmp(current.data, expected->data, current.length) == 0);
}

static void set_seal(struct store *store, const struct keys *keys, int64_t due_ms)
{
        char number[24];

        snprintf(number, sizeof(number), "%" PRId64, due_ms);
        store_put(store, keys->seals, slice_of(keys->uuid), slice_of(number));
}

static void be_stale(struct slice current, struct script_reply *reply)
{
        reply->input.ledger.reply = LEDGER_STALE;
        reply->input.ledger.current = kept(&reply->first, current);
}

static void lend(struct store *store, const struct keys *keys, const struct action_ledger *ledger,
                 int64_t now_ms, bool leases)
{
        struct buffer fresh = BUFFER_NULL;

        buffer_append(&fresh, ledger->fresh.data, ledger->fresh.length - 1);
        if (leases)
                buffer_append_format(&fresh, " token=%s lease_until=%" PRId64, ledger->token,
                                     now_ms + ledger->lease_ms);
        buffer_append_byte(&fresh, '\n');
        store_put(store, keys->ledger, slice_of(keys->uuid), buffer_slice(&fresh));
        buffer_deinit(&fresh);
        set_seal(store, keys, ledger->seal_at_ms);
}

static void begin(struct store *store, const struct keys *keys, const struct action_ledger *ledger,
                  int64_t now_ms, bool leases, struct script_reply *reply)
{
        struct slice current = current_of(store, keys);
        char token[LEDGER_TOKEN_BYTES];
        int64_t until_ms = lease_of(current, token);

        if (!store_get(store, keys->ledger, slice_of(LEDGER_POSITION_FIELD)).data) {
                reply->input.ledger.reply = LEDGER_MISSING;
        } else if (leases && token[0] && strcmp(token, ledger->token) != 0 && until_ms > now_ms &&
                   until_ms <= now_ms + LEDGER_LEASE_MAX_MS) {
                reply->input.ledger.reply = LEDGER_BUSY;
                reply->input.ledger.wait_ms = until_ms - now_ms;
        } else if (!is_expected(current, &ledger->expected)) {
                be_stale(current, reply);
        } else {
                lend(store, keys, ledger, now_ms, leases);
                reply->input.ledger.reply = LEDGER_SEND;
                reply->input.ledger.known =
                        kept(&reply->first, known_of(store, keys, &ledger->uuid));
                reply->input.ledger.any_snapshot =
                        store_get(store, keys->meta, slice_of("epoch")).data != NULL;
        }
}

static void finish(struct store *store, const struct keys *keys, const struct action_ledger *ledger,
                   bool leases, struct script_reply *reply)
{
        char token[LEDGER_TOKEN_BYTES];

        lease_of(current_of(store, keys), token);
        if (leases && strcmp(token, ledger->token) != 0) {
                reply->input.ledger.reply = LEDGER_FENCED;
                return;
        }
        store_put(store, keys->ledger, slice_of(keys->uuid), buffer_slice(&ledger->fresh));
        if (ledger->seal_at_ms == 0)
                store_remove(store, keys->seals, slice_of(keys->uuid));
        else
                set_seal(store, keys, ledger->seal_at_ms);
        reply->input.ledger.reply = LEDGER_OK;
}

static void merge(struct store *store, const struct keys *keys, const struct action_ledger *ledger,
                  struct script_reply *reply)
{
        struct slice current = current_of(store, keys);
        char token[LEDGER_TOKEN_BYTES];

        if (!is_expected(current, &ledger->expected)) {
                be_stale(current, reply);
                return;
        }
        lease_of(current, token);
        store_put(store, keys->ledger, slice_of(keys->uuid), buffer_slice(&ledger->fresh));
        if (ledger->seal_at_ms != 0)
                set_seal(store, keys, ledger->seal_at_ms);
        else if (!token[0])
                store_remove(store, keys->seals, slice_of(keys->uuid));
        reply->input.ledger.reply = LEDGER_OK;
}

static void load(const struct store *store, const struct keys *keys,
                 const struct action_ledger *ledger, struct script_reply *reply)
{
        reply->input.loaded.ok = true;
        reply->input.loaded.missing =
                !store_get(store, keys->ledger, slice_of(LEDGER_POSITION_FIELD)).data;
        reply->input.loaded.entry = kept(&reply->first, current_of(store, keys));
        reply->input.loaded.known = kept(&reply->second, known_of(store, keys, &ledger->uuid));
}

static void position(struct store *store, const struct keys *keys,
                     const struct action_position *position, struct script_reply *reply)
{
        struct slice probe = store_get(store, keys->status, slice_of("writer_probe_at"));

        store_put(store, keys->ledger, slice_of(LEDGER_MARK_FIELD), slice_of(position->mark));
        reply->input.position.ok = true;
        reply->input.position.position = kept(
                &reply->first, store_get(store, keys->ledger, slice_of(LEDGER_POSITION_FIELD)));
        buffer_append(&reply->second, probe.data ? probe.data : "", probe.length);
        buffer_append_byte(&reply->second, '\0');
        reply->input.position.probe_at_ms = strtoll(reply->second.data, NULL, 10);
}

static void note(struct store *store, const struct keys *keys,
                 const struct action_position *position, struct script_reply *reply)
{
        struct slice stands = store_get(store, keys->ledger, slice_of(LEDGER_POSITION_FIELD));
        struct slice mark = store_get(store, keys->ledger, slice_of(LEDGER_MARK_FIELD));
        struct ledger_position before;
        struct buffer text = BUFFER_NULL;

        if (position->mark[0] ? !mark.data || !slice_is(mark, position->mark) : !stands.data)
                return;
        reply->input.ok = true;
        ledger_position_read(&before, stands);
        if (before.epoch > position->place.epoch ||
            (before.epoch == position->place.epoch && before.offset >= position->place.offset))
                return;
        ledger_position_write(&position->place, &text);
        store_put(store, keys->ledger, slice_of(LEDGER_POSITION_FIELD), buffer_slice(&text));
        buffer_deinit(&text);
}

static int compare_seals(const void *a, const void *b)
{
        const struct input_seal *left = a, *right = b;

        if (left->due_ms != right->due_ms)
                return left->due_ms < right->due_ms ? -1 : 1;
        return uuid_compare(&left->uuid, &right->uuid);
}

static void seals(const struct store *store, const struct keys *keys, struct script_reply *reply)
{
        struct store_pairs pairs;
        size_t count = 0;

        store_read(store, keys->seals, &pairs);
        for (size_t i = 0; i + 1 < pairs.count && count < SCRIPT_SEALS_MAX; i += 2) {
                struct input_seal *seal = &reply->seals[count];
                char number[24] = "";

                memcpy(number, pairs.items[i + 1].data, pairs.items[i + 1].length);
                seal->due_ms = strtoll(number, NULL, 10);
                count += uuid_parse(pairs.items[i].data, pairs.items[i].length, &seal->uuid);
        }
        store_pairs_deinit(&pairs);
        if (count > 0)
                qsort(reply->seals, count, sizeof(*reply->seals), compare_seals);
        reply->input.seals.ok = true;
        reply->input.seals.seals = reply->seals;
        reply->input.seals.count = count;
}

static void reply_init(const struct writer_action *action, struct script_reply *reply)
{
        static const enum writer_input_type types[] = {
                [ACTION_BEGIN] = INPUT_LEDGER,      [ACTION_FINISH] = INPUT_LEDGER,
                [ACTION_MERGE] = INPUT_LEDGER,      [ACTION_LOAD] = INPUT_LOADED,
                [ACTION_POSITION] = INPUT_POSITION, [ACTION_NOTE] = INPUT_NOTED,
                [ACTION_SEALS] = INPUT_SEALS,       [ACTION_SWEEP] = INPUT_SWEPT,
        };

        *reply = (struct script_reply){ .input = { .type = types[action->type],
                                                   .token = action->token } };
}

void script_lose(const struct writer_action *action, struct script_reply *reply)
{
        reply_init(action, reply);
}

void script_run(struct store *store, const struct writer_action *action, int64_t now_ms,
                bool leases, struct script_reply *reply)
{
        struct keys keys;

        reply_init(action, reply);
        keys_init(&keys, action);
        if (action->type != ACTION_POSITION && action->type != ACTION_NOTE &&
            action->type != ACTION_SEALS && action->type != ACTION_SWEEP)
                uuid_format(&action->ledger.uuid, keys.uuid);
        switch (action->type) {
        case ACTION_BEGIN:
                begin(store, &keys, &action->ledger, now_ms, leases, reply);
                break;
        case ACTION_FINISH:
                finish(store, &keys, &action->ledger, leases, reply);
                break;
        case ACTION_MERGE:
                merge(store, &keys, &action->ledger, reply);
                break;
        case ACTION_LOAD:
                load(store, &keys, &action->ledger, reply);
                break;
        case ACTION_POSITION:
                position(store, &keys, &action->position, reply);
                break;
        case ACTION_NOTE:
                note(store, &keys, &action->position, reply);
                break;
        case ACTION_SWEEP:
                /* No history lasts the month after which something is swept. */
                reply->input.swept.ok = true;
                break;
        default:
                seals(store, &keys, reply);
                break;
        }
        store_end_command(store);
}

void script_reply_deinit(struct script_reply *reply)
{
        buffer_deinit(&reply->first);
        buffer_deinit(&reply->second);
}
