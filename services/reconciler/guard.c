/* services/reconciler/guard.c
 *
 * A wrong deletion costs people their tickets, a late one costs half an hour: where the two pull
 * in different directions, the guard waits.
 */
#include "reconciler/guard.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/digest.h"

void guard_hold(struct known *known, bool fresh, int64_t now_ms)
{
        known->flags &= ~(unsigned)KNOWN_WAITING;
        known->flags |= KNOWN_HELD | (fresh ? KNOWN_MISSED_ONCE : 0u);
        known->since_ms = now_ms;
}

bool guard_is_silent(const struct known *known, int64_t now_ms)
{
        return (known->flags & KNOWN_REJECTED) && now_ms - known->since_ms < GUARD_SILENCE_MS;
}

static enum guard_verdict rejected_event(struct known *known, bool fresh, int64_t now_ms)
{
        if (guard_is_silent(known, now_ms))
                return GUARD_SILENT;
        guard_hold(known, fresh, now_ms);
        return GUARD_WAIT;
}

static enum guard_verdict held_event(struct known *known, bool fresh, int64_t now_ms)
{
        if (!fresh)
                return GUARD_WAIT;
        if (known->flags & KNOWN_APPROVED)
                return GUARD_RELEASE;
        if (!(known->flags & KNOWN_MISSED_ONCE)) {
                guard_hold(known, fresh, now_ms);
                return GUARD_WAIT;
        }
        return now_ms - known->since_ms >= GUARD_CONFIRM_MS ? GUARD_RELEASE : GUARD_WAIT;
}

enum guard_verdict guard_event(struct known *known, bool fresh, int64_t now_ms)
{
        if (known->flags & KNOWN_REJECTED)
                return rejected_event(known, fresh, now_ms);
        if (known->flags & KNOWN_HELD)
                return held_event(known, fresh, now_ms);
        return GUARD_ASK;
}

bool guard_allows(const struct guard_allowance *allowance, size_t known, size_t recent,
                  size_t wanted)
{
        int64_t share = (int64_t)known * allowance->percent / 100;
        int64_t allowed = share > allowance->events ? share : allowance->events;

        return (int64_t)(recent + wanted) <= allowed;
}

bool guard_counts(const struct known *known, int64_t now_ms)
{
        return (known->flags & KNOWN_DELETED) && (known->flags & KNOWN_COUNTED) &&
               now_ms - known->since_ms < GUARD_WINDOW_MS;
}

void hold_add(struct hold *hold, const struct uuid *uuid)
{
        hold->hash = hash64_seed(uuid->bytes, sizeof(uuid->bytes), hold->hash);
        hold->count++;
}

void hold_id(const struct hold *hold, char id[HOLD_ID_BYTES])
{
        id[0] = '\0';
        if (hold->count > 0)
                snprintf(id, HOLD_ID_BYTES, "%016" PRIx64, hold->hash);
}
