/* services/reconciler/wished.c
 *
 * Not knowing is harmless here: then the vendor hears of its own state once.
 */
#include "reconciler/wished.h"

#include "base/json.h"
#include "model/version.h"
#include "model/wish.h"

enum { ENTRY_BYTES_MAX = 64 * 1024 };

enum event_state wished_state(struct slice entry)
{
        if (!entry.data)
                return STATE_NONE;

        _cleanup_(json_decrefp) json_t *object =
                json_read(entry.data, entry.length, ENTRY_BYTES_MAX, NULL);
        enum event_state state = STATE_NONE;
        struct wish wish;

        wish_init(&wish);
        if (object && wish_read(&wish, json_object_get(object, "wish"), NULL) == 0 &&
            wish.members[MEMBER_STATE].version != VERSION_NONE)
                state = wish.members[MEMBER_STATE].state;
        wish_deinit(&wish);
        return state;
}
