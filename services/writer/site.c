/* services/writer/site.c
 *
 * A SoldOut behind five thousand links must not wait for them, and the links must not starve
 * behind states either: hence two queues and the tenth turn.
 */
#include "writer/site.h"

#include <assert.h>
#include <utlist.h>

struct site *writer_site_new(const struct municipality *municipality, int32_t partition,
                             int64_t now_ms)
{
        struct site *site = memory_new(sizeof(*site));

        memcpy(site->id, municipality->id, sizeof(site->id));
        site->municipality = municipality;
        site->partition = partition;
        site->last_outcome = "";
        bulkhead_init(&site->bulkhead, municipality->write_in_flight, municipality->write_rate,
                      municipality->write_burst, now_ms);
        return site;
}

void writer_site_free(struct site *site)
{
        assert(!site->lanes && !site->states && !site->links);
        free(site);
}

void writer_site_configure(struct site *site, const struct municipality *municipality)
{
        site->municipality = municipality;
        if (municipality)
                bulkhead_configure(&site->bulkhead, municipality->write_in_flight,
                                   municipality->write_rate, municipality->write_burst);
}

struct lane *writer_site_lane(const struct site *site, const struct uuid *uuid)
{
        struct lane *lane;

        HASH_FIND(hh, site->lanes, uuid, sizeof(*uuid), lane);
        return lane;
}

struct lane *writer_site_lane_new(struct site *site, const struct uuid *uuid)
{
        struct lane *lane = lane_new(site, uuid);

        HASH_ADD(hh, site->lanes, uuid, sizeof(lane->uuid), lane);
        return lane;
}

void writer_site_lane_remove(struct site *site, struct lane *lane)
{
        assert(lane->state != LANE_QUEUED);
        HASH_DELETE(hh, site->lanes, lane);
}

bool writer_site_has_room(const struct site *site, const struct lane *lane, size_t bytes)
{
        size_t events_max = (size_t)site->municipality->write_queue_events;

        if (!lane && HASH_COUNT(site->lanes) >= events_max)
                return false;
        return site->bytes + bytes <= events_max * SITE_BYTES_AN_EVENT;
}

static struct lane **site_queue_of(struct site *site, const struct lane *lane)
{
        return lane->with_state ? &site->states : &site->links;
}

void writer_site_queue(struct site *site, struct lane *lane)
{
        lane->with_state = lane_wants_state(lane);
        lane->state = LANE_QUEUED;
        DL_APPEND(*site_queue_of(site, lane), lane);
        site->queued++;
}

void writer_site_unqueue(struct site *site, struct lane *lane)
{
        assert(lane->state == LANE_QUEUED);
        DL_DELETE(*site_queue_of(site, lane), lane);
        lane->state = LANE_RESTING;
        site->queued--;
}

struct lane *writer_site_turn(struct site *site)
{
        bool link_turn = ++site->turns % SITE_LINK_TURN == 0;

        if (site->links && (link_turn || !site->states))
                return site->links;
        return site->states;
}

int64_t writer_site_at_ms(struct site *site, int64_t now_ms)
{
        if (!site->municipality || site->login != LOGIN_PRESENT)
                return INT64_MAX;
        return bulkhead_at_ms(&site->bulkhead, now_ms);
}

static int64_t site_oldest_ms(const struct site *site)
{
        int64_t oldest_ms = INT64_MAX;
        struct lane *lane, *other;

        HASH_ITER(hh, site->lanes, lane, other)
                for (const struct wanted *wanted = lane->open; wanted; wanted = wanted->next)
                        if (wanted->since_ms > 0 && wanted->since_ms < oldest_ms)
                                oldest_ms = wanted->since_ms;
        return oldest_ms == INT64_MAX ? 0 : oldest_ms;
}

void writer_site_status(const struct site *site, int64_t now_ms, struct site_status *status)
{
        const struct breaker *breaker = &site->bulkhead.breaker;
        bool paused = site->bulkhead.paused_until_ms > now_ms;

        *status = (struct site_status){
                .waiting = site->waiting,
                .oldest_ms = site_oldest_ms(site),
                .breaker = breaker->state,
                .breaker_until_ms = breaker->state == BREAKER_OPEN ? breaker->probe_at_ms : 0,
                .paused_until_ms = paused ? site->bulkhead.paused_until_ms : 0,
                .credentials_missing = site->login == LOGIN_MISSING,
                .credentials_rejected = site->login == LOGIN_REJECTED,
                .probe_at_ms = site->login == LOGIN_REJECTED ? site->probe_at_ms : 0,
                .last_outcome = site->last_outcome,
                .last_outcome_ms = site->last_outcome_ms,
        };
        if (!paused && breaker->state == BREAKER_CLOSED && site->login == LOGIN_PRESENT)
                status->ready = site->queued;
}
