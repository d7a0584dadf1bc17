/* services/writer/actions.c
 *
 * A list that is filled by one handle call and emptied by the shell before the next.
 */
#include "writer/actions.h"

#include <stdlib.h>

#include "base/memory.h"

enum { CAPACITY_FIRST = 16 };

struct writer_action *writer_actions_add(struct writer_actions *actions,
                                         enum writer_action_type type)
{
        if (actions->count == actions->capacity) {
                actions->capacity = actions->capacity > 0 ? 2 * actions->capacity : CAPACITY_FIRST;
                actions->items =
                        memory_resize(actions->items, actions->capacity, sizeof(*actions->items));
        }

        struct writer_action *action = &actions->items[actions->count++];

        memset(action, 0, sizeof(*action));
        action->type = type;
        return action;
}

static void action_release(struct writer_action *action)
{
        switch (action->type) {
        case ACTION_BEGIN:
        case ACTION_FINISH:
        case ACTION_MERGE:
        case ACTION_FORGET:
                buffer_deinit(&action->ledger.expected);
                buffer_deinit(&action->ledger.fresh);
                break;
        case ACTION_PATCH:
                buffer_deinit(&action->patch.url);
                buffer_deinit(&action->patch.body);
                break;
        case ACTION_PRODUCE:
                buffer_deinit(&action->produce.key);
                buffer_deinit(&action->produce.text);
                free(action->produce.headers);
                break;
        default:
                break;
        }
}

void writer_actions_clear(struct writer_actions *actions)
{
        for (size_t i = 0; i < actions->count; i++)
                action_release(&actions->items[i]);
        actions->count = 0;
}

void writer_actions_deinit(struct writer_actions *actions)
{
        writer_actions_clear(actions);
        free(actions->items);
        *actions = (struct writer_actions)ACTIONS_NULL;
}

const char *writer_action_name(enum writer_action_type type)
{
        static const char *const names[] = {
                [ACTION_READ_UPDATES] = "read-updates",
                [ACTION_WANT_UPDATES] = "want-updates",
                [ACTION_READ_RESULTS] = "read-results",
                [ACTION_WANT_RESULTS] = "want-results",
                [ACTION_STOP_RESULTS] = "stop-results",
                [ACTION_STORE] = "store",
                [ACTION_PRODUCE] = "produce",
                [ACTION_POSITION] = "position",
                [ACTION_NOTE] = "note",
                [ACTION_SEALS] = "seals",
                [ACTION_LOAD] = "load",
                [ACTION_BEGIN] = "begin",
                [ACTION_FINISH] = "finish",
                [ACTION_MERGE] = "merge",
                [ACTION_SWEEP] = "sweep",
                [ACTION_FORGET] = "forget",
                [ACTION_STATUS] = "status",
                [ACTION_PATCH] = "patch",
                [ACTION_REPORT] = "report",
                [ACTION_DRAINED] = "drained",
                [ACTION_FAIL] = "fail",
        };

        return names[type];
}
