/* tests/sim/reconciler/check_state.c
 *
 * Invariant 1: Redis is never ahead of the log, and what it has never goes back.
 */
#include "sim/reconciler/check_inside.h"

#include <inttypes.h>
#include <stdlib.h>

#include "model/version.h"

/* Who rejects a deletion is believed; that it is silent from then on is checked. */
static void note_rejection(struct check_town *town, const struct write *write,
                           const struct known *known)
{
        struct heard *heard = check_heard(town, &write->uuid);

        heard->rejected = known->flags & KNOWN_REJECTED;
        heard->rejected_ms = known->since_ms;
}

static void check_entry(struct check *check, const struct check_town *town,
                        const struct write *write, const struct known *known)
{
        const struct told *told = check_told(town, &write->uuid, known->version);
        bool deleted = known->flags & KNOWN_DELETED;
        char uuid[UUID_TEXT_BYTES];

        uuid_format(&write->uuid, uuid);
        if (known->version == VERSION_NONE)
                return;
        if (!told)
                sim_break(check->sim, 1, "%s/%s: version %" PRIu64 " is not in the log", town->id,
                          uuid, known->version);
        else if (told->deleted != deleted)
                sim_break(check->sim, 1,
                          "%s/%s: version %" PRIu64 " is %s in the log, not in Redis", town->id,
                          uuid, known->version, told->deleted ? "deleted" : "there");
}

static void check_rise(struct check *check, const struct check_town *town,
                       const struct write *write, const struct known *known)
{
        struct slice name = { (const char *)write->uuid.bytes, sizeof(write->uuid.bytes) };
        char key[STORE_KEY_BYTES], uuid[UUID_TEXT_BYTES];
        struct known before;

        store_key(key, town->id, "s");

        struct slice packed = store_get(check->store, key, name);

        if (!packed.data || known_read(&before, packed, NULL) < 0)
                return;
        uuid_format(&write->uuid, uuid);
        if (known->version < before.version)
                sim_break(check->sim, 2,
                          "%s/%s: Redis goes back from version %" PRIu64 " to %" PRIu64, town->id,
                          uuid, before.version, known->version);
        known_deinit(&before);
}

static int64_t number_of(struct slice text)
{
        char copy[24] = "";

        if (!text.data || text.length >= sizeof(copy))
                return -1;
        memcpy(copy, text.data, text.length);
        return strtoll(copy, NULL, 10);
}

static void check_meta(struct check *check, struct check_town *town, const struct apply *apply)
{
        char key[STORE_KEY_BYTES];
        int64_t offset = -1;

        store_key(key, town->id, "m");
        for (size_t i = 0; i < apply->meta->count; i++)
                if (strcmp(apply->meta->items[i].name, "offset") == 0)
                        offset = number_of(slice_of(apply->meta->items[i].value));

        int64_t before = number_of(store_get(check->store, key, slice_of("offset")));

        if (!apply->wipe && offset < before)
                sim_break(check->sim, 2, "%s: Redis goes back from offset %" PRId64 " to %" PRId64,
                          town->id, before, offset);
        if (offset > town->handled)
                town->handled = offset;
}

void check_apply(struct check *check, const struct apply *apply)
{
        struct check_town *town = check_town(check, apply->municipality);

        for (size_t i = 0; i < apply->write_count; i++) {
                const struct write *write = &apply->writes[i];
                struct known known;

                if (!write->packed.data || known_read(&known, write->packed, NULL) < 0)
                        continue;
                note_rejection(town, write, &known);
                check_entry(check, town, write, &known);
                if (!apply->wipe)
                        check_rise(check, town, write, &known);
                known_deinit(&known);
        }
        if (apply->meta)
                check_meta(check, town, apply);
}
