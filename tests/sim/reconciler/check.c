/* tests/sim/reconciler/check.c
 *
 * The oracle is simpler than what it judges: it knows the truth, and may look at everything ever
 * published. Where it cannot know exactly, it is the more lenient side.
 */
#include "sim/reconciler/check_inside.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"

void check_init(struct check *check, struct sim *sim, struct broker *broker,
                const struct store *store)
{
        *check = (struct check){ .sim = sim, .broker = broker, .store = store };
        check->guard_events = 5;
        check->guard_percent = 20;
}

static void on_append(void *context, enum topic topic, int32_t partition,
                      const struct broker_record *record)
{
        struct check *check = context;

        (void)partition;
        if (topic == TOPIC_CHANGES && record->value)
                check_take_change(check, record);
        else if (topic == TOPIC_CHANGES)
                check_take_null(check, record);
        else if (topic == TOPIC_SNAPSHOTS && record->note)
                check_take_list(check, check_town(check, record->key), record);
}

struct check_town *check_add_town(struct check *check, const char *id, int32_t partition)
{
        struct check_town *town = &check->towns[check->town_count++];

        if (check->town_count == 1)
                broker_watch(check->broker, on_append, check);
        *town = (struct check_town){ .partition = partition, .handled = -1 };
        text_copy(town->id, sizeof(town->id), id);
        return town;
}

struct check_town *check_town(struct check *check, const char *id)
{
        for (size_t i = 0; i < check->town_count; i++)
                if (strcmp(check->towns[i].id, id) == 0)
                        return &check->towns[i];
        return NULL;
}

struct check_town *check_key(struct check *check, const char *key, struct uuid *uuid)
{
        const char *slash = strchr(key, '/');
        size_t length = slash ? (size_t)(slash - key) : 0;

        for (size_t i = 0; slash && i < check->town_count; i++)
                if (slice_is((struct slice){ key, length }, check->towns[i].id) &&
                    uuid_parse(slash + 1, strlen(slash + 1), uuid))
                        return &check->towns[i];
        return NULL;
}

static void free_town(struct check_town *town)
{
        struct heard *heard, *next_heard;
        struct told *told, *next_told;

        HASH_ITER(hh, town->heard, heard, next_heard) {
                HASH_DEL(town->heard, heard);
                free(heard);
        }
        HASH_ITER(hh, town->told, told, next_told) {
                HASH_DEL(town->told, told);
                free(told);
        }
        free(town->published);
}

void check_deinit(struct check *check)
{
        for (size_t i = 0; i < check->town_count; i++)
                free_town(&check->towns[i]);
        for (size_t i = 0; i < check->all_count; i++) {
                page_release(check->all[i]->page);
                free(check->all[i]);
        }
        free(check->all);
}

struct heard *check_heard(struct check_town *town, const struct uuid *uuid)
{
        struct heard *heard;

        HASH_FIND(hh, town->heard, uuid, sizeof(*uuid), heard);
        if (heard)
                return heard;
        heard = memory_new(sizeof(*heard));
        heard->uuid = *uuid;
        heard->deleted = true;
        heard->start_ms = heard->end_ms = TIMESTAMP_NONE;
        HASH_ADD(hh, town->heard, uuid, sizeof(*uuid), heard);
        return heard;
}

struct told *check_told(const struct check_town *town, const struct uuid *uuid, uint64_t version)
{
        struct told wanted = { .key = { *uuid, version } }, *told;

        HASH_FIND(hh, town->told, &wanted.key, sizeof(wanted.key), told);
        return told;
}

void check_approved(struct check *check, const char *id, const struct uuid *uuid)
{
        struct heard *heard = check_heard(check_town(check, id), uuid);

        heard->approved = true;
        heard->rejected = false;
}

void check_lost_state(struct check *check)
{
        for (size_t i = 0; i < check->town_count; i++)
                for (struct heard *heard = check->towns[i].heard; heard; heard = heard->hh.next)
                        heard->rejected = false;
}

void check_own_state(struct check *check, const char *id, const struct uuid *uuid,
                     enum event_state state)
{
        struct heard *heard = check_heard(check_town(check, id), uuid);

        heard->ours = state;
        heard->other_told = false;
}

/* -- 6: offsets ----------------------------------------------------------------------------------
 */

static void check_town_commit(struct check *check, const struct check_town *town, int64_t offset)
{
        int64_t low = broker_low(check->broker, TOPIC_SNAPSHOTS, town->partition);

        for (size_t i = town->published_count; i > 0; i--) {
                const struct published *published = town->published[i - 1];

                if (published->offset <= town->handled || published->offset < town->excused ||
                    published->first_offset < low)
                        return;
                if (published->offset < offset && published->whole)
                        sim_break(check->sim, 6,
                                  "%s: offset %" PRId64 " is committed, and the list at %" PRId64
                                  " was not handled",
                                  town->id, offset, published->offset);
        }
}

void check_commit(struct check *check, const struct config *config, int32_t partition,
                  int64_t offset)
{
        for (size_t i = 0; i < check->town_count; i++) {
                const struct check_town *town = &check->towns[i];

                if (town->partition == partition && config_municipality(config, town->id))
                        check_town_commit(check, town, offset);
        }
}

void check_excuse(struct check *check, const char *id)
{
        struct check_town *town = check_town(check, id);

        town->excused = broker_end(check->broker, TOPIC_SNAPSHOTS, town->partition);
}

void check_lag(struct check *check, enum topic topic, int32_t partition, int64_t committed)
{
        int64_t end = broker_end(check->broker, topic, partition);

        if (committed < end && end > 0)
                sim_break(check->sim, 15, "%s of partition %d: %" PRId64 " of %" PRId64 " are done",
                          topic_suffix(topic), partition, committed, end);
}
