/* services/reconciler/wished.c
 *
 * Not knowing is harmless here: then the vendor hears of its own state once.
 */
#include "reconciler/wished.h"

#include "model/ledger.h"
#include "model/version.h"

void wished_read(struct wish *wish, struct slice bytes)
{
        struct ledger_entry entry;

        ledger_entry_read(&entry, bytes, NULL); /* one that cannot be read is empty */
        *wish = entry.wish;
}

enum event_state wished_state(const struct wish *wish)
{
        const struct wish_value *value = &wish->members[MEMBER_STATE];

        return value->version != VERSION_NONE ? value->state : STATE_NONE;
}
