/* common/model/ledger.c
 *
 * What the entries of the ledger mean. Their text is model/ledger_line.h's.
 */
#include "model/ledger.h"

#include "base/json.h"
#include "base/timestamp.h"
#include "model/ledger_line.h"
#include "model/version.h"

void ledger_entry_write(const struct ledger_entry *entry, struct buffer *out)
{
        ledger_line_write(entry, out);
}

/* ---- JSON, as it was ---- */

static int64_t read_ms(const json_t *object, const char *name)
{
        int64_t ms;

        return json_member_integer(object, name, &ms) && ms > 0 && ms <= TIMESTAMP_LAST ? ms : 0;
}

static void read_lease(struct ledger_entry *entry, const json_t *object)
{
        const char *token = json_member_text(object, "token");

        if (!token || strlen(token) >= sizeof(entry->token) || token[strcspn(token, " \n")])
                return;
        memcpy(entry->token, token, strlen(token) + 1);
        entry->lease_until_ms = read_ms(object, "lease_until");
}

static int read_json(struct ledger_entry *entry, struct slice bytes, struct error *error)
{
        _cleanup_(json_decrefp) json_t *object =
                json_read(bytes.data, bytes.length, LEDGER_BYTES_MAX, error);

        if (!object || wish_read(&entry->wish, json_object_get(object, "wish"), error) < 0)
                return -1;
        told_read(&entry->told, object);
        entry->touched_ms = read_ms(object, "touched");
        read_lease(entry, object);
        return 0;
}

/* ---- of any layout ---- */

int ledger_entry_read(struct ledger_entry *entry, struct slice bytes, struct error *error)
{
        memset(entry, 0, sizeof(*entry));
        if (bytes.length == 0)
                return 0;

        bool is_json = bytes.data[0] == '{';

        if ((is_json ? read_json : ledger_line_read)(entry, bytes, error) == 0)
                return 0;
        ledger_entry_deinit(entry);
        memset(entry, 0, sizeof(*entry));
        return error_wrap(error, "ledger entry");
}

void ledger_entry_deinit(struct ledger_entry *entry)
{
        wish_deinit(&entry->wish);
}

void ledger_entry_merge(struct ledger_entry *entry, const struct ledger_entry *other)
{
        wish_merge(&entry->wish, &other->wish);
        told_merge(&entry->told, &other->told);
        if (other->touched_ms > entry->touched_ms)
                entry->touched_ms = other->touched_ms;
}

void ledger_entry_adopt(struct ledger_entry *entry, const char *own_token, int64_t now_ms)
{
        if (!entry->token[0] || (own_token && strcmp(entry->token, own_token) == 0))
                return;
        if (entry->lease_until_ms > now_ms + LEDGER_LEASE_MAX_MS)
                entry->lease_until_ms = now_ms;
        if (entry->wish.sealed_at_ms < entry->lease_until_ms)
                entry->wish.sealed_at_ms = entry->lease_until_ms;
        if (entry->wish.sealed_at_ms == 0)
                entry->wish.sealed_at_ms = 1;
}

void ledger_position_write(const struct ledger_position *position, struct buffer *out)
{
        buffer_append_byte(out, '{');
        json_write_member_integer(out, "epoch", position->epoch);
        json_write_member_integer(out, "offset", position->offset);
        buffer_append_byte(out, '}');
}

void ledger_position_read(struct ledger_position *position, struct slice bytes)
{
        _cleanup_(json_decrefp) json_t *object =
                bytes.length > 0 ? json_read(bytes.data, bytes.length, LEDGER_BYTES_MAX, NULL)
                                 : NULL;
        int64_t epoch, offset;

        *position = (struct ledger_position){ 0, -1 };
        if (!object || !json_member_integer(object, "epoch", &epoch) ||
            !json_member_integer(object, "offset", &offset))
                return;
        if (epoch >= EPOCH_MIN && epoch <= EPOCH_MAX && offset >= -1)
                *position = (struct ledger_position){ (uint32_t)epoch, offset };
}
