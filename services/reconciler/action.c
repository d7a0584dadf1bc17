/* services/reconciler/action.c
 *
 * Large actions are on the heap, so that a list of hundreds of small ones stays small.
 */
#include "reconciler/action.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

enum { ITEMS_FIRST = 16 };

struct reconciler_action *action_add(struct reconciler_actions *actions,
                                     enum reconciler_action_type type)
{
        if (actions->count == actions->capacity) {
                actions->capacity = actions->capacity > 0 ? 2 * actions->capacity : ITEMS_FIRST;
                actions->items =
                        memory_resize(actions->items, actions->capacity, sizeof(*actions->items));
        }

        struct reconciler_action *action = &actions->items[actions->count++];

        memset(action, 0, sizeof(*action));
        action->type = type;
        return action;
}

static void copy_id(char to[MUNICIPALITY_ID_BYTES], const char *municipality)
{
        snprintf(to, MUNICIPALITY_ID_BYTES, "%s", municipality);
}

void action_place(struct reconciler_actions *actions, enum reconciler_action_type type,
                  enum topic topic, int32_t partition, int64_t offset)
{
        struct reconciler_action *action = action_add(actions, type);

        action->place.topic = topic;
        action->place.partition = partition;
        action->place.offset = offset;
}

void action_load(struct reconciler_actions *actions, enum reconciler_action_type type,
                 const char *municipality, uint64_t token)
{
        struct reconciler_action *action = action_add(actions, type);

        copy_id(action->load.municipality, municipality);
        action->load.token = token;
}

void action_load_ledger(struct reconciler_actions *actions, const char *municipality,
                        uint64_t token, const struct uuid *uuids, size_t count)
{
        action_load(actions, RECONCILER_LOAD_LEDGER, municipality, token);

        struct reconciler_action *action = &actions->items[actions->count - 1];

        action->load.uuids = uuids;
        action->load.count = count;
}

struct record *action_record(struct reconciler_actions *actions, enum topic topic,
                             int32_t partition)
{
        struct record *record = memory_new(sizeof(*record));

        record->topic = topic;
        record->partition = partition;
        action_add(actions, RECONCILER_PRODUCE)->record = record;
        return record;
}

struct report *action_report(struct reconciler_actions *actions, enum reconciler_report what,
                             const char *municipality, const char *text)
{
        struct report *report = memory_new(sizeof(*report));

        report->what = what;
        copy_id(report->municipality, municipality);
        snprintf(report->text, sizeof(report->text), "%s", text);
        action_add(actions, RECONCILER_REPORT)->report = report;
        return report;
}

struct status *action_status(struct reconciler_actions *actions, const char *municipality)
{
        struct status *status = memory_new(sizeof(*status));

        copy_id(status->municipality, municipality);
        action_add(actions, RECONCILER_STATUS)->status = status;
        return status;
}

void status_text(struct status *status, const char *name, const char *value)
{
        if (status->count == STATUS_FIELDS_MAX)
                return;
        status->fields[status->count].name = name;
        snprintf(status->fields[status->count++].value, STATUS_VALUE_BYTES, "%s", value);
}

void status_number(struct status *status, const char *name, int64_t value)
{
        char text[STATUS_VALUE_BYTES];

        snprintf(text, sizeof(text), "%" PRId64, value);
        status_text(status, name, text);
}

static void action_deinit(struct reconciler_action *action)
{
        switch (action->type) {
        case RECONCILER_PRODUCE:
                buffer_deinit(&action->record->value);
                free(action->record);
                break;
        case RECONCILER_APPLY:
                free(action->apply.meta);
                break;
        case RECONCILER_STATUS:
                free(action->status);
                break;
        case RECONCILER_REPORT:
                free(action->report);
                break;
        case RECONCILER_STOP:
                free(action->reason);
                break;
        default:
                break;
        }
}

void actions_clear(struct reconciler_actions *actions)
{
        for (size_t i = 0; i < actions->count; i++)
                action_deinit(&actions->items[i]);
        actions->count = 0;
}

void actions_deinit(struct reconciler_actions *actions)
{
        actions_clear(actions);
        free(actions->items);
        *actions = (struct reconciler_actions)RECONCILER_ACTIONS_NULL;
}
