/* services/writer/lane.c
 *
 * Versions are per member (DESIGN.md "Versions are per member"): an update that carries links and a
 * state may lose one to a newer update and still stand for the other.
 *
 * Only what an open update of this lane stands for is sent and confirmed. A member that the ledger
 * has open without one belongs to an update that is still to be delivered again: confirming it here
 * would leave that update without a result.
 */
#include "writer/lane.h"

#include <assert.h>
#include <utlist.h>

#include "model/version.h"

static const unsigned MEMBERS_LINKS = 1U << MEMBER_URL | 1U << MEMBER_ADMIN_URL;

struct lane *lane_new(struct site *site, const struct uuid *uuid)
{
        struct lane *lane = memory_new(sizeof(*lane));

        lane->due.kind = DUE_LANE;
        lane->site = site;
        lane->uuid = *uuid;
        lane->end_ms = TIMESTAMP_NONE;
        lane->owed_offset = lane->writing_offset = -1;
        return lane;
}

const char *wanted_end_name(enum wanted_end end)
{
        static const char *const names[] = {
                [END_APPLIED] = "applied",
                [END_UNCHANGED] = "unchanged",
                [END_SUPERSEDED] = "superseded",
                [END_ENDED] = "ended",
                [END_GONE] = "gone",
                [END_DEAD] = "dead",
                [END_DUPLICATE] = "duplicate",
                [END_CARRIED] = "carried",
        };

        return names[end];
}

static void wanted_free_all(struct wanted *wanted)
{
        while (wanted) {
                struct wanted *next = wanted->next;

                wanted_free(wanted);
                wanted = next;
        }
}

static void attempt_free(struct attempt *attempt)
{
        if (!attempt)
                return;
        request_deinit(&attempt->request);
        buffer_deinit(&attempt->answer);
        free(attempt);
}

void lane_free(struct lane *lane)
{
        assert(lane->due.place == 0);
        wanted_free_all(lane->open);
        wanted_free_all(lane->ending);
        wanted_free_all(lane->left);
        attempt_free(lane->attempt);
        wish_deinit(&lane->wish);
        free(lane->expected);
        free(lane);
}

struct wanted *wanted_new(const struct intake *intake, const struct record *record)
{
        struct wanted *wanted = memory_new(sizeof(*wanted));

        wanted->original = record_copy_new(record);
        wanted->version = intake->version;
        memcpy(wanted->versions, intake->versions, sizeof(wanted->versions));
        wanted->serial = intake->serial;
        wanted->has_origin = intake->has_origin;
        wanted->since_ms = intake->since_ms;
        wanted->logged_ms = record->timestamp_ms;
        wanted->carried = intake->carried;
        if (intake->reason) {
                wanted->reason = intake->reason;
                wanted->refused = memory_copy_text(intake->detail.text);
                memset(wanted->versions, 0, sizeof(wanted->versions));
        }
        return wanted;
}

void wanted_free(struct wanted *wanted)
{
        free(wanted->original);
        free(wanted->refused);
        free(wanted);
}

/* ---- taking updates into the wish ---- */

static bool text_equal(const char *a, const char *b)
{
        return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool known_shows(const struct known *known)
{
        return known && !(known->flags & (KNOWN_DELETED | KNOWN_HASHES_UNKNOWN | KNOWN_TOO_LARGE));
}

/* An url that was cleared may show as the series' url, so a null is never contradicted. */
static bool known_contradicts(const struct known *known, enum wish_member member,
                              const struct wish_value *value)
{
        if (!known_shows(known))
                return false;
        if (member == MEMBER_STATE)
                return known->state != value->state;
        return value->url &&
               !text_equal(value->url, member == MEMBER_URL ? known->url : known->admin_url);
}

static const char *update_url(const struct update *update, enum wish_member member)
{
        return member == MEMBER_URL ? update->url : update->admin_url;
}

/* The site shows this value already, as far as anybody can know. Without a look at the snapshot,
 * or while an attempt of unknown outcome may still arrive, nobody can. */
static bool lane_shows(const struct lane *lane, enum wish_member member,
                       const struct update *update, const struct known *known, bool looked)
{
        const struct wish_value *value = &lane->wish.members[member];

        if (!looked || lane_in_flight(lane) || lane->wish.sealed_at_ms != 0 ||
            value->status != WISH_CONFIRMED)
                return false;
        if (member == MEMBER_STATE ? value->state != update->state
                                   : !text_equal(value->url, update_url(update, member)))
                return false;
        return !known_contradicts(known, member, value);
}

/* What was carried forward comes behind newer ones: order says nothing of it. What was replayed is
 * meant to be judged anew. */
static bool lane_has_told(const struct lane *lane, const struct wanted *wanted)
{
        if (wanted->has_origin)
                return wanted->carried && !wanted->again &&
                       told_lists(&lane->told, wanted->version);
        return record_copy_partition(wanted->original) == lane->told.partition &&
               told_has(&lane->told, wanted->version);
}

bool lane_awaits_owner(const struct lane *lane)
{
        if (!lane->lent)
                return false;
        for (const struct wanted *wanted = lane->open; wanted; wanted = wanted->next)
                if (!lane_has_told(lane, wanted))
                        return true;
        return false;
}

/* Two cases in which a member's value stays: it is shown already (then only its version rises), or
 * it is the same version, delivered again. That one is sent again if a higher serial asks for it
 * (or did, when this update was last taken), or if it came to nothing and nobody knows whether that
 * was told. The seal stays: what may arrive late may do so after what is sent again, too. */
static void lane_take_standing(struct lane *lane, struct wanted *wanted,
                               const struct update *update, const struct known *known, bool looked)
{
        wanted->again |= wanted->serial > lane->wish.serial;
        for (size_t i = 0; i < MEMBER_COUNT; i++) {
                struct wish_value *value = &lane->wish.members[i];

                if (wanted->versions[i] > value->version &&
                    lane_shows(lane, (enum wish_member)i, update, known, looked)) {
                        value->version = wanted->versions[i];
                        wanted->unchanged |= (uint8_t)(1U << i);
                        lane->dirty = true;
                } else if (wanted->versions[i] == value->version &&
                           wanted->versions[i] != VERSION_NONE &&
                           (wanted->again ||
                            (value->status == WISH_ENDED && !lane_has_told(lane, wanted)))) {
                        value->status = WISH_OPEN;
                }
        }
        if (wanted->serial > lane->wish.serial)
                lane->wish.serial = wanted->serial;
}

static void lane_take(struct lane *lane, struct wanted *wanted, const struct known *known,
                      bool looked)
{
        struct update update;

        wanted->unchanged = 0;
        wanted->ended = 0;
        if (wanted->refused)
                return;
        if (update_read(&update, record_copy_value(wanted->original), NULL) == UPDATE_OK) {
                lane_take_standing(lane, wanted, &update, known, looked);
                if (wish_take(&lane->wish, &update, wanted->versions))
                        lane->counted = 0;
        }
        update_deinit(&update);
}

/* Order is that of one partition. A vendor that puts an event's updates into two of them, against
 * CONTRACT.md, loses by it the knowledge of which ones are done, and of two with the same offset,
 * which make one version, the one that comes second. */
static void lane_note_order(struct lane *lane, const struct wanted *wanted)
{
        int32_t partition = record_copy_partition(wanted->original);

        if (wanted->has_origin)
                return;
        if (lane->newest == VERSION_NONE && lane->told.upto == VERSION_NONE)
                lane->told.partition = partition;
        else if (lane->told.partition != partition)
                lane->mixed = true;
        if (wanted->version > lane->newest)
                lane->newest = wanted->version;
}

void lane_add(struct lane *lane, struct wanted *wanted)
{
        struct wanted **end = &lane->open;

        while (*end)
                end = &(*end)->next;
        *end = wanted;
        lane_note_order(lane, wanted);
        if (lane->loaded)
                lane_take(lane, wanted, NULL, false);
}

static bool lane_owns(const struct lane *lane, enum wish_member member)
{
        uint64_t version = lane->wish.members[member].version;

        for (const struct wanted *wanted = lane->open; wanted; wanted = wanted->next)
                for (size_t i = 0; i < MEMBER_COUNT; i++)
                        if (wanted->versions[i] == version && version != VERSION_NONE)
                                return true;
        return false;
}

static bool lane_has_open(const struct lane *lane, enum wish_member member)
{
        return lane->wish.members[member].status == WISH_OPEN && lane_owns(lane, member);
}

/* The half that nobody wished (or whose wish came to nothing) is what the snapshot shows, under the
 * other half's version: stored by `begin`, it makes a redelivery send the same. */
static void lane_fill_half(struct lane *lane, enum wish_member half, enum wish_member other,
                           const char *shown)
{
        struct wish_value *value = &lane->wish.members[half];

        if (!lane_has_open(lane, other) || lane_has_open(lane, half))
                return;
        if (value->version != VERSION_NONE && value->status != WISH_ENDED)
                return;
        free(value->url);
        value->url = memory_copy_text(shown);
        value->version = lane->wish.members[other].version;
        value->status = WISH_OPEN;
}

void lane_take_told(struct lane *lane, const struct told *told)
{
        int32_t partition = lane->told.partition;

        told_merge(&lane->told, told);
        if (lane->newest != VERSION_NONE && lane->told.partition != partition)
                lane->mixed = true;
}

void lane_rebase(struct lane *lane, struct ledger_entry *entry, const struct known *known)
{
        wish_deinit(&lane->wish);
        lane->wish = entry->wish;
        wish_init(&entry->wish);
        lane_take_told(lane, &entry->told);
        lane->loaded = true;
        lane->in_snapshot = known && !(known->flags & KNOWN_DELETED);
        lane->end_ms = known ? known->end_ms : TIMESTAMP_NONE;
        for (struct wanted *wanted = lane->open; wanted; wanted = wanted->next)
                lane_take(lane, wanted, known, true);
        if (!known_shows(known))
                return;
        lane_fill_half(lane, MEMBER_URL, MEMBER_ADMIN_URL, known->url);
        lane_fill_half(lane, MEMBER_ADMIN_URL, MEMBER_URL, known->admin_url);
}

/* ---- ends ---- */

bool lane_event_is_over(const struct lane *lane, int64_t now_ms)
{
        return lane->end_ms != TIMESTAMP_NONE && now_ms >= lane->end_ms;
}

/* The site's own `Occurred` would be lost for good (CMS-API.md "Writing"). */
static void lane_end_state(struct lane *lane, int64_t now_ms)
{
        struct wish_value *value = &lane->wish.members[MEMBER_STATE];

        if (lane_in_flight(lane) || !lane_event_is_over(lane, now_ms) ||
            !lane_has_open(lane, MEMBER_STATE))
                return;
        value->status = WISH_ENDED;
        lane->dirty = true;
        for (struct wanted *wanted = lane->open; wanted; wanted = wanted->next)
                if (wanted->versions[MEMBER_STATE] == value->version)
                        wanted->ended |= 1U << MEMBER_STATE;
}

/* An update that is confirmed but not done was applied by somebody who may not have told it. */
static enum wanted_end lane_end_of(const struct lane *lane, const struct wanted *wanted)
{
        const struct wish *wish = &lane->wish;
        bool replaced = true;

        if (lane_has_told(lane, wanted))
                return END_DUPLICATE;
        if (wanted->refused)
                return END_DEAD;
        for (size_t i = 0; i < MEMBER_COUNT; i++) {
                const struct wish_value *value = &wish->members[i];

                if (wanted->versions[i] == VERSION_NONE || wanted->versions[i] < value->version)
                        continue;
                replaced = false;
                if (value->status == WISH_OPEN)
                        return END_NONE;
        }
        if (replaced)
                return END_SUPERSEDED;
        if (wanted->ended)
                return END_ENDED;
        return wanted->unchanged ? END_UNCHANGED : END_APPLIED;
}

static void lane_move_to_ending(struct lane *lane, struct wanted **place)
{
        struct wanted *wanted = *place;

        *place = wanted->next;
        wanted->next = lane->ending;
        lane->ending = wanted;
}

void lane_sort(struct lane *lane, int64_t now_ms)
{
        struct wanted **place = &lane->open;

        if (!lane->loaded)
                return;
        if (!lane->lent)
                lane_end_state(lane, now_ms);
        while (*place) {
                struct wanted *wanted = *place;
                bool is_sure = !lane->lent || wanted->refused || lane_has_told(lane, wanted);

                if (is_sure && !wanted->in_attempt)
                        wanted->end = lane_end_of(lane, wanted);
                if (wanted->end != END_NONE)
                        lane_move_to_ending(lane, place);
                else
                        place = &wanted->next;
        }
}

/* ---- attempts ---- */

static bool lane_member_stands(const struct lane *lane, enum wish_member member)
{
        const struct wish_value *value = &lane->wish.members[member];

        return value->version != VERSION_NONE && value->status != WISH_ENDED;
}

enum lane_next lane_next(const struct lane *lane, int64_t now_ms, bool seal, unsigned *members)
{
        *members = 0;
        for (size_t i = 0; i < MEMBER_COUNT; i++)
                if (seal ? lane_member_stands(lane, (enum wish_member)i)
                         : lane_has_open(lane, (enum wish_member)i))
                        *members |= 1U << i;
        if (lane_event_is_over(lane, now_ms))
                *members &= ~(1U << MEMBER_STATE);
        if (!(*members & MEMBERS_LINKS))
                return *members ? LANE_SEND : LANE_NOTHING;
        *members |= MEMBERS_LINKS;
        if (lane->wish.members[MEMBER_URL].version != VERSION_NONE &&
            lane->wish.members[MEMBER_ADMIN_URL].version != VERSION_NONE)
                return LANE_SEND;
        *members &= ~MEMBERS_LINKS;
        return *members ? LANE_SEND : LANE_HALF_UNKNOWN;
}

bool lane_wants_state(const struct lane *lane)
{
        return lane_has_open(lane, MEMBER_STATE);
}

void lane_board(struct lane *lane)
{
        for (struct wanted *wanted = lane->open; wanted; wanted = wanted->next) {
                wanted->in_attempt = false;
                for (size_t i = 0; i < MEMBER_COUNT; i++)
                        if (lane->attempt->request.present[i] &&
                            wanted->versions[i] != VERSION_NONE &&
                            wanted->versions[i] == lane->attempt->request.versions[i])
                                wanted->in_attempt = true;
        }
}

static struct wish_value *lane_sent_value(struct lane *lane, size_t member)
{
        const struct request *request = &lane->attempt->request;
        struct wish_value *value = &lane->wish.members[member];

        return request->present[member] && request->versions[member] == value->version ? value
                                                                                       : NULL;
}

uint64_t lane_confirmed_version(struct lane *lane)
{
        uint64_t newest = VERSION_NONE;

        for (size_t i = 0; i < MEMBER_COUNT; i++) {
                const struct wish_value *value = lane_sent_value(lane, i);

                if (value && value->status == WISH_CONFIRMED && value->version > newest)
                        newest = value->version;
        }
        return newest;
}

/* An update whose links still wait for their other half stays open when only its state was sent. */
static void lane_end_boarded(struct lane *lane, enum wanted_end end, const char *reason)
{
        for (struct wanted *wanted = lane->open; wanted; wanted = wanted->next) {
                if (!wanted->in_attempt)
                        continue;
                wanted->in_attempt = lane_end_of(lane, wanted) != END_NONE;
                if (!wanted->in_attempt)
                        continue;
                wanted->end = end;
                wanted->reason = reason;
                wanted->by_attempt = true;
        }
}

void lane_confirm(struct lane *lane)
{
        for (size_t i = 0; i < MEMBER_COUNT; i++) {
                struct wish_value *value = lane_sent_value(lane, i);

                if (value && lane_owns(lane, (enum wish_member)i))
                        value->status = WISH_CONFIRMED;
        }
        lane_end_boarded(lane, END_APPLIED, NULL);
}

void lane_end_sent(struct lane *lane, enum wanted_end end, const char *reason)
{
        for (size_t i = 0; i < MEMBER_COUNT; i++) {
                struct wish_value *value = lane_sent_value(lane, i);

                if (value && lane_owns(lane, (enum wish_member)i))
                        value->status = WISH_ENDED;
        }
        lane_end_boarded(lane, end, reason);
}

void lane_alight(struct lane *lane)
{
        for (struct wanted *wanted = lane->open; wanted; wanted = wanted->next)
                wanted->in_attempt = false;
}

void lane_end_links(struct lane *lane, const char *reason)
{
        for (size_t i = MEMBER_URL; i <= MEMBER_ADMIN_URL; i++)
                if (lane_has_open(lane, (enum wish_member)i))
                        lane->wish.members[i].status = WISH_ENDED;
        lane->dirty = true;
        for (struct wanted *wanted = lane->open; wanted; wanted = wanted->next) {
                wanted->in_attempt = lane_end_of(lane, wanted) != END_NONE;
                if (!wanted->in_attempt)
                        continue;
                wanted->end = END_DEAD;
                wanted->reason = reason;
        }
}

void lane_carry(struct lane *lane, struct wanted *wanted)
{
        struct wanted **place = &lane->open;

        if (wanted->end != END_NONE || wanted->in_attempt)
                return;
        while (*place != wanted)
                place = &(*place)->next;
        wanted->end = END_CARRIED;
        wanted->told = true;
        lane_move_to_ending(lane, place);
}

void lane_leave_open(struct lane *lane)
{
        struct wanted *wanted, *other;

        LL_FOREACH_SAFE(lane->open, wanted, other) {
                if (wanted->in_attempt)
                        continue;
                LL_DELETE(lane->open, wanted);
                LL_PREPEND(lane->left, wanted);
        }
}

static void lane_except(struct told *told, const struct wanted *wanted)
{
        if (!wanted->has_origin)
                told_except(told, wanted->version);
}

/* All that came in order was told, but for what is still here, or was left here untold. */
struct told lane_told(struct lane *lane)
{
        struct told told = { .partition = lane->told.partition, .upto = lane->newest };

        if (lane->mixed)
                return lane->told;
        for (const struct wanted *wanted = lane->open; wanted; wanted = wanted->next)
                lane_except(&told, wanted);
        for (const struct wanted *wanted = lane->left; wanted; wanted = wanted->next)
                lane_except(&told, wanted);
        for (const struct wanted *wanted = lane->ending; wanted; wanted = wanted->next)
                if (wanted->unacked > 0 || !wanted->told)
                        lane_except(&told, wanted);
        told_merge(&lane->told, &told);
        return lane->told;
}

struct ledger_entry lane_entry(struct lane *lane, int64_t now_ms)
{
        return (struct ledger_entry){ .wish = lane->wish,
                                      .told = lane_told(lane),
                                      .touched_ms = now_ms };
}
