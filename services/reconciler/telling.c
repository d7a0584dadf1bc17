/* services/reconciler/telling.c
 *
 * CloudEvents' id is made of what identifies the change, so that it is the same when told again.
 */
#include "reconciler/telling.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "model/control.h"

static struct change change_of_step(const struct snapshot *snapshot, const struct diff_facts *facts,
                                    const struct diff_step *step)
{
        struct change change = {
                .op = step->op == DIFF_CREATE   ? CHANGE_CREATE
                      : step->op == DIFF_UPDATE ? CHANGE_UPDATE
                                                : CHANGE_DELETE,
                .uuid = step->uuid,
                .version = facts->version,
                .as_of_ms = snapshot_as_of_ms(snapshot),
                .event = step->event,
                .changed = step->changed,
                .reassert = step->reassert,
                .reason = step->reason,
                .has_series = step->known.has_series,
                .series = step->known.series,
                .start_ms = step->known.start_ms,
                .end_ms = step->known.end_ms,
        };

        memcpy(change.municipality, snapshot->municipality, sizeof(change.municipality));
        return change;
}

static struct record *new_record(struct reconciler_actions *actions, const struct snapshot *snapshot,
                           const struct change *change, uint64_t token)
{
        struct record *record = action_record(actions, TOPIC_CHANGES, snapshot->partition);
        struct trace trace = snapshot_trace(snapshot);

        record->token = token;
        record->time_ms = change->as_of_ms;
        trace_write(&trace, record->trace);
        snprintf(record->type, sizeof(record->type), "dk.dplsync.change");
        change_key(change, record->key);
        snprintf(record->id, sizeof(record->id), "%s/%" PRIu64, record->key, change->version);
        return record;
}

size_t tell_step(struct reconciler_actions *actions, const struct snapshot *snapshot,
                 const struct diff_facts *facts, const struct diff_step *step, uint64_t token)
{
        struct change change = change_of_step(snapshot, facts, step);
        struct record *record = new_record(actions, snapshot, &change, token);

        if (step->op != DIFF_BURY)
                change_write(&change, &record->value);
        return record->value.length;
}

void tell_completion(struct reconciler_actions *actions, const struct snapshot *snapshot,
                     const struct diff *diff, uint64_t token)
{
        struct change change = {
                .op = CHANGE_SNAPSHOT,
                .version = diff->facts.version,
                .as_of_ms = snapshot_as_of_ms(snapshot),
                .known = (int64_t)diff->counts.known,
                .created = (int64_t)diff->counts.created,
                .updated = (int64_t)(diff->counts.updated + diff->counts.reasserted),
                .deleted = (int64_t)diff->counts.deleted,
                .held = (int64_t)diff->counts.held,
        };

        memcpy(change.municipality, snapshot->municipality, sizeof(change.municipality));
        change_write(&change, &new_record(actions, snapshot, &change, token)->value);
}

void tell_refresh(struct reconciler_actions *actions, const char *municipality, int32_t partition,
                  bool fresh, int64_t now_ms)
{
        struct control control = { .command = CONTROL_REFRESH, .full = true, .fresh = fresh };
        struct record *record = action_record(actions, TOPIC_CONTROL, partition);

        record->time_ms = now_ms;
        snprintf(control.id, sizeof(control.id), "reconciler-%" PRId64, now_ms);
        snprintf(record->type, sizeof(record->type), "dk.dplsync.control");
        text_copy(record->key, sizeof(record->key), municipality);
        snprintf(record->id, sizeof(record->id), "%s/%s", municipality, control.id);
        control_write(&control, &record->value);
}
