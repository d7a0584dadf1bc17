/* services/reconciler/wished.c
 *
 * Not knowing is harmless here: then the vendor hears of its own state once.
 */
#include "reconciler/wished.h"

#include "base/json.h"
#include "model/version.h"

enum { ENTRY_BYTES_MAX = 64 * 1024 };

void wished_read(struct wish *wish, struct slice entry)
{
        _cleanup_(json_decrefp) json_t *object =
                entry.data ? json_read(entry.data, entry.length, ENTRY_BYTES_MAX, NULL) : NULL;

        wish_init(wish);
        if (object && wish_read(wish, json_object_get(object, "wish"), NULL) < 0)
                wish_init(wish);
}

enum event_state wished_state(const struct wish *wish)
{
        const struct wish_value *value = &wish->members[MEMBER_STATE];

        return value->version != VERSION_NONE ? value->state : STATE_NONE;
}
