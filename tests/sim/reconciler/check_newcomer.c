/* tests/sim/reconciler/check_newcomer.c
 *
 * A vendor whose database is lost reads `changes` from its start: of each key what compaction has
 * left, by versions, and nulls are forgotten.
 */
#include "sim/reconciler/check_inside.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"

struct believed {
        struct uuid uuid;
        uint64_t version;
        bool deleted;
        UT_hash_handle hh;
};

static struct believed *believed_of(struct believed **all, const struct uuid *uuid)
{
        struct believed *believed;

        HASH_FIND(hh, *all, uuid, sizeof(*uuid), believed);
        if (believed)
                return believed;
        believed = memory_new(sizeof(*believed));
        believed->uuid = *uuid;
        believed->deleted = true;
        HASH_ADD(hh, *all, uuid, sizeof(*uuid), believed);
        return believed;
}

static void read_record(struct believed **all, const struct uuid *uuid,
                        const struct broker_record *record)
{
        struct believed *believed = believed_of(all, uuid);
        struct change change;

        if (!record->value) {
                believed->version = 0;
                believed->deleted = true;
                return;
        }
        if (change_read(&change, (struct slice){ record->value, record->value_length }, NULL) < 0 ||
            change.version <= believed->version)
                return;
        believed->version = change.version;
        believed->deleted = change.op == CHANGE_DELETE;
}

static void read_all(struct check *check, const struct check_town *town, struct believed **all)
{
        const struct broker_record *record;

        for (int64_t at = 0;
             (record = broker_next(check->broker, TOPIC_CHANGES, town->partition, at));
             at = record->offset + 1) {
                struct uuid uuid;

                if (check_key(check, record->key, &uuid) == town)
                        read_record(all, &uuid, record);
        }
}

static void compare(struct check *check, struct check_town *town, const struct believed *believed)
{
        const struct heard *heard = check_heard(town, &believed->uuid);
        char uuid[UUID_TEXT_BYTES];

        uuid_format(&believed->uuid, uuid);
        if (heard->deleted != believed->deleted)
                sim_break(check->sim, 3,
                          "%s/%s: %s in version %" PRIu64
                          ", and for whoever reads from the start %s in version %" PRIu64,
                          town->id, uuid, heard->deleted ? "deleted" : "there", heard->version,
                          believed->deleted ? "deleted" : "there", believed->version);
}

static void check_town_newcomer(struct check *check, struct check_town *town)
{
        struct believed *all = NULL, *believed, *next;

        read_all(check, town, &all);
        for (const struct heard *heard = town->heard; heard; heard = heard->hh.next)
                believed_of(&all, &heard->uuid);
        HASH_ITER(hh, all, believed, next) {
                compare(check, town, believed);
                HASH_DEL(all, believed);
                free(believed);
        }
}

void check_newcomer(struct check *check)
{
        for (size_t i = 0; i < check->town_count; i++)
                check_town_newcomer(check, &check->towns[i]);
}
