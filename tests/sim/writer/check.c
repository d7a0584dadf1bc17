/* tests/sim/writer/check.c
 *
 * Where the oracle cannot know exactly, it is the more lenient side: of a member whose newest wish
 * ended otherwise than applied, whatever the site has is right.
 */
#include "sim/writer/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/memory.h"
#include "model/headers.h"
#include "model/origin.h"
#include "model/result.h"
#include "model/version.h"
#include "sim/producer.h"

#define LEASE_MS (90 * SIM_SECOND)

static void on_append(void *context, enum topic topic, int32_t partition,
                      const struct broker_record *record);

void check_init(struct check *check, struct sim *sim, struct broker *broker, struct town *towns)
{
        *check = (struct check){ .sim = sim, .broker = broker, .towns = towns };
        requests_init(&check->requests, sim, towns);
        for (size_t t = 0; t < TOWNS; t++)
                for (size_t e = 0; e < CMS_EVENTS; e++)
                        check->events[t][e].before = towns[t].cms.events[e];
        broker_watch(broker, on_append, check);
}

void check_deinit(struct check *check)
{
        struct wished *wished, *next;

        HASH_ITER(hh, check->wished, wished, next) {
                HASH_DEL(check->wished, wished);
                free(wished);
        }
        requests_deinit(&check->requests);
}

static struct wished *find_wished(const struct check *check, int32_t partition, int64_t offset)
{
        struct wished wanted, *found;

        memset(&wanted, 0, sizeof(wanted)); /* padding is hashed too */
        wanted.key.partition = partition;
        wanted.key.offset = offset;
        HASH_FIND(hh, check->wished, &wanted.key, sizeof(wanted.key), found);
        return found;
}

/* What lies in two partitions has no order, and two owners who know different things of it: its
 * updates may be told of twice, and results go back (CONTRACT.md "one municipality always lands in
 * one partition"). None may be lost all the same, and the newest must stand. */
static void note_partition(struct check *check, const struct wished *wished)
{
        struct check_event *event = &check->events[wished->town][wished->event];

        event->partitions |= 1U << wished->key.partition;
}

static bool is_scattered(const struct check *check, size_t town, size_t event)
{
        unsigned partitions = check->events[town][event].partitions;

        return (partitions & (partitions - 1)) != 0;
}

/* The same version twice, in two partitions: nothing tells them apart, nor which is the newer. */
static void note_ties(struct check *check, struct wished *wished)
{
        for (int32_t p = 0; p < check->broker->partitions; p++) {
                struct wished *other = find_wished(check, p, wished->key.offset);

                if (!other || other->town != wished->town || other->event != wished->event)
                        continue;
                other->tied = wished->tied = true;
                wished->outcome = other->outcome;
        }
}

void check_wished(struct check *check, const struct wished *wished)
{
        struct wished *copy = memory_copy(wished, sizeof(*wished));

        note_partition(check, copy);
        note_ties(check, copy);
        HASH_ADD(hh, check->wished, key, sizeof(copy->key), copy);
}

void check_again(struct check *check, const struct wished *wished)
{
        find_wished(check, wished->key.partition, wished->key.offset)->loose = true;
}

static struct check_event *find_event(struct check *check, size_t town, const struct uuid *uuid)
{
        const struct cms_event *event = cms_find(&check->towns[town].cms, uuid);

        return event ? &check->events[town][event - check->towns[town].cms.events] : NULL;
}

static size_t find_town(const struct check *check, const char *id)
{
        size_t town = 0;

        while (town < TOWNS && strcmp(check->towns[town].id, id) != 0)
                town++;
        return town;
}

void check_lost_state(struct check *check)
{
        check->lost_ms = sim_now(check->sim);
        requests_lost_leases(&check->requests);
}

/* -- 7: outcomes ---------------------------------------------------------------------------------
 */

/* What a broken seal has shown: the newest of the wish is on the site, or the event is gone. */
static bool is_of_seal(const char *outcome)
{
        return strcmp(outcome, "applied") == 0 || strcmp(outcome, "gone") == 0;
}

/* Two owners may tell of one update while the attempt of the former is under way: the later one
 * does not wait for its lease before it tells what needs no PATCH. And once Redis lost its past,
 * what is known of what was told is bounded (model/told.h). */
static bool may_be_told_otherwise(const struct check *check, const struct wished *wished)
{
        return wished->loose || wished->had_no_room ||
               is_scattered(check, wished->town, wished->event) ||
               sim_now(check->sim) - wished->told_ms < LEASE_MS ||
               wished->told_ms <= check->lost_ms;
}

static void end_wished(struct check *check, struct wished *wished, const char *outcome)
{
        if (wished->outcome && strcmp(wished->outcome, outcome) != 0 && !is_of_seal(outcome) &&
            !may_be_told_otherwise(check, wished))
                sim_break(check->sim, 7, "the update at %d/%" PRId64 " ended as %s, and now as %s",
                          wished->key.partition, wished->key.offset, wished->outcome, outcome);
        if (!wished->outcome)
                wished->told_ms = sim_now(check->sim);
        wished->outcome = outcome;
}

/* What a zombie tells, it tells on old knowledge. */
static void tell_of(struct check *check, struct wished *wished, const char *outcome,
                    const struct author *by)
{
        wished->loose |= by->zombie;
        end_wished(check, wished, outcome);
}

/* A result of what has no letter would keep the letter from ever being written. */
static void check_letter(struct check *check, const struct wished *wished, const char *outcome)
{
        if (strcmp(outcome, "dead") == 0 && !wished->has_letter && !wished->tied)
                sim_break(check->sim, 7, "the update at %d/%" PRId64 " is dead without its letter",
                          wished->key.partition, wished->key.offset);
}

static void take_outcome(struct check *check, size_t town, const struct result *result,
                         const struct author *by)
{
        int64_t offset = version_offset(result->version);
        const char *outcome = result_outcome_name(result->outcome);
        const struct cms_event *event = cms_find(&check->towns[town].cms, &result->uuid);

        for (int32_t p = 0; p < check->broker->partitions; p++) {
                struct wished *wished = find_wished(check, p, offset);

                if (!wished || wished->town != town ||
                    event != &check->towns[town].cms.events[wished->event])
                        continue;
                check_letter(check, wished, outcome);
                tell_of(check, wished, outcome, by);
        }
}

/* -- 5: versions ---------------------------------------------------------------------------------
 */

static void take_versions(struct check *check, size_t town, const struct result *result)
{
        struct check_event *event = find_event(check, town, &result->uuid);
        size_t index = event ? (size_t)(event - check->events[town]) : 0;

        for (int m = 0; event && m < MEMBER_COUNT; m++) {
                const struct wish_value *value = &result->wish.members[m];

                if (value->status != WISH_CONFIRMED)
                        continue;
                if (value->version < event->confirmed[m] && !is_scattered(check, town, index))
                        sim_break(check->sim, 5,
                                  "%s: %s goes back from version %" PRIu64 " to %" PRIu64,
                                  check->towns[town].id, wish_member_name((enum wish_member)m),
                                  event->confirmed[m], value->version);
                event->confirmed[m] = value->version;
        }
}

static void take_result(struct check *check, const struct broker_record *record)
{
        struct error reason = ERROR_NULL;
        struct result result;

        if (result_read(&result, (struct slice){ record->value, record->value_length }, &reason) <
            0) {
                sim_break(check->sim, 7, "a result cannot be read: %s", reason.text);
                return;
        }

        size_t town = find_town(check, result.municipality);

        if (town < TOWNS) {
                const struct author *author = record->note;

                take_outcome(check, town, &result, author);
                if (!author->zombie)
                        take_versions(check, town, &result);
        }
        result_deinit(&result);
}

/* A copy that dplsync wrote itself stands for what it is a copy of. */
static struct wished *original_of(const struct check *check, int32_t partition, int64_t offset)
{
        const struct broker_record *record =
                broker_next(check->broker, TOPIC_UPDATES, partition, offset);
        struct headers headers;
        struct origin origin;

        if (!record || record->offset != offset)
                return NULL;
        broker_headers(record, &headers);
        if (origin_read(&origin, headers_get(&headers, "dplsync-origin"), NULL) < 0)
                return find_wished(check, partition, offset);
        return find_wished(check, origin.partition, origin.offset);
}

/* Of what a lane gave up, the result says so too; of what was refused at the door only this. */
static void take_letter(struct check *check, const struct broker_record *record)
{
        struct headers headers;
        int64_t partition = 0, offset = 0;
        struct wished *wished;

        broker_headers(record, &headers);
        headers_get_number(&headers, "dplsync-partition", &partition);
        headers_get_number(&headers, "dplsync-offset", &offset);
        wished = original_of(check, (int32_t)partition, offset);
        if (!wished)
                return;
        wished->has_letter = true;
        /* Nobody reads or writes the ledger of a municipality that is not configured. */
        wished->loose |= slice_is(headers_get(&headers, "dplsync-reason"), "unknown-municipality");
        end_wished(check, wished, "dead");
        wished->had_no_room |=
                slice_is(headers_get(&headers, "dplsync-reason"), "too-many-waiting");
}

static void on_append(void *context, enum topic topic, int32_t partition,
                      const struct broker_record *record)
{
        (void)partition;
        if (topic == TOPIC_RESULTS)
                take_result(context, record);
        else if (topic == TOPIC_DEAD_LETTERS)
                take_letter(context, record);
}

/* -- 6, 15: offsets
 * -------------------------------------------------------------------------------------- */

/* Its outcome may also come of a copy that stands further on. */
static bool is_carried(const struct check *check, const struct wished *wished, int32_t partition,
                       int64_t offset)
{
        int64_t end = broker_end(check->broker, TOPIC_UPDATES, partition);

        for (int64_t at = offset; at < end; at++)
                if (original_of(check, partition, at) == wished)
                        return true;
        return false;
}

static bool is_settled(const struct wished *wished)
{
        return !wished || wished->outcome;
}

void check_commit(struct check *check, int32_t partition, int64_t offset)
{
        while (check->settled[partition] < offset &&
               is_settled(original_of(check, partition, check->settled[partition])))
                check->settled[partition]++;
        for (int64_t at = check->settled[partition]; at < offset; at++) {
                const struct wished *wished = original_of(check, partition, at);

                if (is_settled(wished) || !check->towns[wished->town].configured)
                        continue;
                if (!is_carried(check, wished, partition, offset))
                        sim_break(check->sim, 6,
                                  "%" PRId64 " is committed, and the update at %" PRId64
                                  " of partition %d has no outcome",
                                  offset, at, partition);
        }
}

void check_pinned(struct check *check, int32_t partition, int64_t committed, int64_t at_most_ms)
{
        const struct broker_record *record =
                broker_next(check->broker, TOPIC_UPDATES, partition, committed < 0 ? 0 : committed);

        if (record && sim_now(check->sim) - record->appended_ms > at_most_ms)
                sim_break(check->sim, 15, "partition %d is held at %" PRId64 " for %" PRId64 " min",
                          partition, committed,
                          (sim_now(check->sim) - record->appended_ms) / SIM_MINUTE);
}

void check_lag(struct check *check, int32_t partition, int64_t committed)
{
        int64_t end = broker_end(check->broker, TOPIC_UPDATES, partition);

        if (committed < end && end > 0)
                sim_break(check->sim, 15,
                          "updates of partition %d: %" PRId64 " of %" PRId64 " are done", partition,
                          committed, end);
}

/* -- 7, 8: once it is quiet
 * -------------------------------------------------------------------------------- */

void check_outcomes(struct check *check)
{
        for (const struct wished *wished = check->wished; wished; wished = wished->hh.next)
                if (!wished->outcome)
                        sim_break(check->sim, 7, "the update at %d/%" PRId64 " has no outcome",
                                  wished->key.partition, wished->key.offset);
}

/* Of those in `partition`, or of all (-1). NULL: nobody ever wished anything. */
static const struct wished *newest_of(const struct check *check, size_t town, size_t event,
                                      enum wish_member member, int32_t partition)
{
        const struct wished *newest = NULL;

        for (const struct wished *wished = check->wished; wished; wished = wished->hh.next)
                if (wished->valid && wished->town == town && wished->event == event &&
                    wished->present[member] &&
                    (partition < 0 || wished->key.partition == partition) &&
                    (!newest || wished->key.offset > newest->key.offset))
                        newest = wished;
        return newest;
}

static bool is_open_question(const struct wished *newest)
{
        return newest->tied || (newest->outcome && strcmp(newest->outcome, "applied") != 0 &&
                                strcmp(newest->outcome, "unchanged") != 0);
}

static bool has_wish(const struct cms_event *event, const struct wished *wished,
                     enum wish_member member)
{
        if (member == MEMBER_STATE)
                return event->state == wished->state;
        return strcmp(member == MEMBER_URL ? event->url : event->admin_url, wished->urls[member]) ==
               0;
}

/* The newest wish of either partition may stand: two owners do not see each other in time. Nor does
 * one see that the other decided a pair of links, of which it wished only one half. */
static bool is_scattered_right(const struct check *check, size_t town, size_t index,
                               enum wish_member member)
{
        const struct cms_event *event = &check->towns[town].cms.events[index];
        const struct wished *other =
                member == MEMBER_STATE
                        ? NULL
                        : newest_of(check, town, index,
                                    member == MEMBER_URL ? MEMBER_ADMIN_URL : MEMBER_URL, -1);

        for (int32_t p = 0; p < check->broker->partitions; p++) {
                const struct wished *newest = newest_of(check, town, index, member, p);

                if (newest && (is_open_question(newest) || has_wish(event, newest, member) ||
                               (other && other->key.offset > newest->key.offset)))
                        return true;
        }
        return false;
}

static bool is_right(const struct check *check, size_t town, size_t index, enum wish_member member,
                     const struct wished *newest)
{
        return is_open_question(newest) ||
               has_wish(&check->towns[town].cms.events[index], newest, member) ||
               (is_scattered(check, town, index) && is_scattered_right(check, town, index, member));
}

static void check_link(struct check *check, size_t town, size_t index, enum wish_member member,
                       const char *has, const char *before, const char *series)
{
        const struct wished *newest = newest_of(check, town, index, member, -1);

        /* A list shows the series' link as the event's: filled in from there, it becomes its own.
         */
        if (newest ? is_right(check, town, index, member, newest)
                   : strcmp(has, before) == 0 || strcmp(has, series) == 0)
                return;
        sim_break(check->sim, 8, "%s, event %zu: %s is \"%s\", the newest wish \"%s\"%s",
                  check->towns[town].id, index + 1, wish_member_name(member), has,
                  newest ? newest->urls[member] : before, newest ? "" : " (as it was)");
}

static void check_state(struct check *check, size_t town, size_t index,
                        const struct cms_event *event)
{
        const struct wished *newest = newest_of(check, town, index, MEMBER_STATE, -1);
        enum event_state wanted = newest ? newest->state : check->events[town][index].before.state;

        if (event->end_ms <= sim_now(check->sim) ||
            (newest ? is_right(check, town, index, MEMBER_STATE, newest) : event->state == wanted))
                return;
        sim_break(check->sim, 8, "%s, event %zu: the state is %s, the newest wish %s",
                  check->towns[town].id, index + 1, event_state_name(event->state),
                  event_state_name(wanted));
}

void check_sites(struct check *check)
{
        for (size_t t = 0; t < TOWNS; t++) {
                for (size_t e = 0; e < CMS_EVENTS; e++) {
                        const struct cms_event *event = &check->towns[t].cms.events[e];
                        const struct cms_event *before = &check->events[t][e].before;

                        if (event->deleted)
                                continue;
                        check_state(check, t, e, event);
                        check_link(check, t, e, MEMBER_URL, event->url, before->url,
                                   event->series_url);
                        check_link(check, t, e, MEMBER_ADMIN_URL, event->admin_url,
                                   before->admin_url, "");
                }
        }
}
