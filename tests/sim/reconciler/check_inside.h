/* tests/sim/reconciler/check_inside.h
 *
 * The insides of struct check, shared by the files that it is made of, and by nobody else: check.c
 * (municipalities, and what is heard of), check_lists.c (what was published), check_changes.c (what
 * the vendor is told), check_deletions.c (by which right), check_state.c (what Redis has),
 * check_quiet.c (what holds in the end), check_newcomer.c (for whoever comes then).
 */
#ifndef SIM_RECONCILER_CHECK_INSIDE_H
#define SIM_RECONCILER_CHECK_INSIDE_H

#include "base/map.h"
#include "sim/reconciler/check.h"

#define CHECK_NULL_AFTER_MS (30 * 24 * SIM_HOUR)

struct told {
        struct {
                struct uuid uuid;
                uint64_t version;
        } key;
        bool deleted;
        uint64_t hash; /* of the event's bytes */
        UT_hash_handle hh;
};

/* Of an event that was never heard of: deleted, in no version. */
struct heard *check_heard(struct check_town *town, const struct uuid *uuid);
/* NULL: it was never told in that version. */
struct told *check_told(const struct check_town *town, const struct uuid *uuid, uint64_t version);

/* NULL: none ends there. */
struct published *check_list_at(const struct check_town *town, int64_t offset);
/* The last part of one was appended. */
void check_take_list(struct check *check, struct check_town *town,
                     const struct broker_record *record);

void check_take_change(struct check *check, const struct broker_record *record);
void check_take_null(struct check *check, const struct broker_record *record);

/* Of the key of an event in `changes`. NULL: it is none of ours. */
struct check_town *check_key(struct check *check, const char *key, struct uuid *uuid);

/* Has the deletion its right? And, once it is believed, if it counts: is it one too many? */
void check_deletion(struct check *check, struct check_town *town, const struct published *published,
                    const struct change *change, struct heard *heard);
bool check_counts(const struct heard *heard, int64_t now_ms);
void check_guard(struct check *check, struct check_town *town, const struct published *published);
/* Did a fresh list at least 30 min before want it too, and none since show otherwise? */
bool check_is_confirmed(const struct check_town *town, const struct published *published,
                        const struct uuid *uuid);

#endif
