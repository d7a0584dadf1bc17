/* services/reconciler/drift.c
 *
 * See the header.
 */
#include "reconciler/drift.h"

static bool text_differs(const char *a, const char *b)
{
        return a && b ? strcmp(a, b) != 0 : a != b;
}

static bool is_confirmed(const struct wish *wish, enum wish_member member)
{
        const struct wish_value *value = &wish->members[member];

        return value->version != VERSION_NONE && value->status == WISH_CONFIRMED;
}

bool drift_shows(const struct known *known, const struct wish *wish, int64_t now_ms)
{
        const struct wish_value *members = wish->members;
        bool ended = known->end_ms != TIMESTAMP_NONE && known->end_ms <= now_ms;

        if (ended || wish->sealed_at_ms > 0)
                return false;
        if (is_confirmed(wish, MEMBER_STATE) && known->state != members[MEMBER_STATE].state)
                return true;
        if (is_confirmed(wish, MEMBER_URL) && members[MEMBER_URL].url &&
            text_differs(known->url, members[MEMBER_URL].url))
                return true;
        return is_confirmed(wish, MEMBER_ADMIN_URL) &&
               text_differs(known->admin_url, members[MEMBER_ADMIN_URL].url);
}

/* True if the entry changed. */
static bool mark(struct diff *diff, const struct uuid *uuid, struct known *known,
                 const struct wish *wish)
{
        bool suspected = known->flags & KNOWN_DRIFTS;
        bool shows = drift_shows(known, wish, diff->facts.now_ms);

        if (shows && suspected)
                sample_add(&diff->drifting, uuid);
        if (shows == suspected)
                return false;
        known->flags ^= KNOWN_DRIFTS;
        diff->counts.suspected += shows;
        return true;
}

static bool is_shown(const struct diff *diff, const struct known *known)
{
        return diff_is_alive(known) && !(known->flags & (KNOWN_WAITING | KNOWN_HASHES_UNKNOWN)) &&
               !diff_out_of_sight(&diff->facts, known);
}

/* Equal to the last list, or not compared: what is shown is what is known. */
static void see_known(struct diff *diff, const struct uuid *uuid, const struct wish *wish)
{
        size_t index;

        if (!catalogue_find(diff->catalogue, uuid, &index))
                return;

        _cleanup_(known_deinit) struct known known = catalogue_get(diff->catalogue, index);

        if (is_shown(diff, &known) && mark(diff, uuid, &known, wish))
                diff_write(diff, uuid, &known);
}

void drift_see(struct diff *diff, const struct uuid *uuid, const struct wish *wish)
{
        struct diff_step *step = diff_step_of(diff, uuid);

        if (!step)
                see_known(diff, uuid, wish);
        else if (step->op == DIFF_CREATE || step->op == DIFF_UPDATE ||
                 (step->op == DIFF_WRITE && !step->absent && diff_is_alive(&step->known)))
                mark(diff, uuid, &step->known, wish);
}
