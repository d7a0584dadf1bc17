/* services/fetcher/fetch.c
 *
 * The order that matters: a list is read to its end, judged, handed to Kafka, acknowledged by
 * Kafka, and only then does the bookmark move, in memory and in Redis. A crash at any point repeats
 * a read.
 */
#include "fetcher/fetch_record.h"

#include <string.h>

#include "base/memory.h"

enum {
        REDIS_PATIENCE_MS = 2000,
        ANSWER_GRACE_MS = 30000, /* beyond the request's own timeout: then the reply is lost */
        KAFKA_PATIENCE_MS = 60000,
        POSTPONED_MS = 2000,
        EXPECTED_BYTES = 256 * 1024,
};

static struct schedule_policy policy_of(const struct fetch *fetch)
{
        return (struct schedule_policy){
                .interval_ms = fetch->municipality->poll_interval_ms,
                .full_every_ms = fetch->municipality->full_every_ms,
                .fresh_every_ms = fetch->municipality->fresh_every_ms,
        };
}

/* A new operation: replies to earlier ones are not for us any more. */
static void enter(struct fetch *fetch, struct fetch_turn *turn, enum fetch_phase phase,
                  int64_t patience_ms)
{
        fetch->phase = phase;
        fetch->token = ++*turn->operations << FETCH_SLOT_BITS | fetch->slot;
        fetch->deadline_ms = phase == FETCH_IDLE ? INT64_MAX : turn->now_ms + patience_ms;
}

static void hold(struct fetch *fetch, struct fetch_turn *turn, int64_t bytes)
{
        *turn->memory += bytes - fetch->memory;
        fetch->memory = bytes;
}

struct fetch *fetch_new(const struct municipality *municipality, bool has_credentials,
                        int32_t partition, size_t slot)
{
        struct fetch *fetch = memory_new(sizeof(*fetch));

        fetch->municipality = municipality;
        fetch->has_credentials = has_credentials;
        fetch->partition = partition;
        fetch->slot = slot;
        fetch->deadline_ms = INT64_MAX;
        return fetch;
}

void fetch_free(struct fetch *fetch)
{
        if (!fetch)
                return;
        list_free(fetch->list);
        publication_deinit(&fetch->publication);
        free(fetch);
}

void fetch_load(struct fetch *fetch, struct fetch_turn *turn)
{
        enter(fetch, turn, FETCH_LOADING, REDIS_PATIENCE_MS);
        fetch_ask_redis(fetch, turn, fetch->token, "GET", "f");
}

static int64_t not_after(int64_t at_ms, int64_t now_ms)
{
        return at_ms < now_ms ? at_ms : now_ms;
}

/* The bookmark is what it is: go on from there. */
static void settle_in(struct fetch *fetch, struct fetch_turn *turn)
{
        struct schedule_policy policy = policy_of(fetch);
        struct bookmark *bookmark = &fetch->bookmark;

        schedule_init(&fetch->schedule, &policy, bookmark->success_ms, turn->now_ms, turn->dice);
        fetch->schedule.full_ms = not_after(bookmark->full_ms, turn->now_ms);
        fetch->schedule.fresh_ms = not_after(bookmark->fresh_ms, turn->now_ms);
        fetch->schedule.failures = (unsigned)(bookmark->failures & 0xffff);
        if (bookmark->paused_until_ms <= turn->now_ms + SCHEDULE_PAUSE_MAX_MS)
                fetch->schedule.paused_until_ms = bookmark->paused_until_ms;
        if (fetch->refresh_count > 0)
                fetch->schedule.due_ms = turn->now_ms;
        enter(fetch, turn, FETCH_IDLE, 0);
        fetch_start_report(fetch, FETCHER_OWNED);
        fetch_send_report(fetch, turn);
}

static void go_on_alone(struct fetch *fetch, struct fetch_turn *turn)
{
        fetch_start_report(fetch, FETCHER_REDIS_SILENT);
        fetch_send_report(fetch, turn);
}

static void loaded(struct fetch *fetch, struct fetch_turn *turn, bool answered, struct slice value)
{
        if (!answered)
                go_on_alone(fetch, turn);
        else if (value.data)
                bookmark_read(&fetch->bookmark, value, NULL);
        settle_in(fetch, turn);
}

/* Reading */

/* What carries credentials passes the cache, so it is as good as a fresh read. */
static void choose_kind(struct fetch *fetch, bool authenticated)
{
        if (authenticated) {
                schedule_past_cache(&fetch->schedule);
                fetch->new_credentials = false;
        }
        fetch->kind = fetch->schedule.reading;
}

static void read_site(struct fetch *fetch, struct fetch_turn *turn, bool authenticated)
{
        const struct municipality *municipality = fetch->municipality;
        struct fetcher_action *action;
        struct reading *reading;

        choose_kind(fetch, authenticated);
        enter(fetch, turn, FETCH_READING, municipality->read_timeout_ms + ANSWER_GRACE_MS);
        action = fetcher_actions_add(turn->actions, FETCHER_READ, fetch->token);
        action->read.municipality = municipality;
        reading = &action->read.reading;
        reading_prepare(reading, municipality, &fetch->bookmark, fetch->kind, authenticated,
                        dice_next(turn->dice), turn->now_ms);
        fetch->conditional = reading->conditional;
        fetch->source = reading->source;
        memcpy(fetch->from_date, reading->from_date, READING_DATE_BYTES);
        fetch->started_ms = turn->now_ms;
        trace_begin(&fetch->trace, dice_next(turn->dice), dice_next(turn->dice),
                    turn->sample_percent);
        fetch->list = list_new(municipality->max_list_bytes);
        hold(fetch, turn, list_memory(fetch->list));
        fetch_start_report(fetch, FETCHER_READ_BEGAN);
        fetch->report.delay_ms = fetch->delay_ms;
        fetch_send_report(fetch, turn);
}

static bool wants_credentials(const struct fetch *fetch, struct schedule_kind kind)
{
        return fetch->has_credentials &&
               (kind.fresh || fetch->municipality->read_auth == READ_BASIC);
}

void fetch_begin(struct fetch *fetch, struct fetch_turn *turn)
{
        struct schedule_policy policy = policy_of(fetch);
        struct schedule_kind kind;

        fetch->delay_ms = turn->now_ms - schedule_due_ms(&fetch->schedule);
        fetch->refreshes_began = fetch->refresh_count;
        kind = schedule_begin(&fetch->schedule, &policy, turn->now_ms);
        if (!wants_credentials(fetch, kind)) {
                read_site(fetch, turn, false);
                return;
        }
        enter(fetch, turn, FETCH_ASKING, REDIS_PATIENCE_MS);
        fetcher_words_add(fetch_ask_redis(fetch, turn, fetch->token, "HGET", "status"), "%s",
                          "writer_credentials_rejected");
}

/* Credentials are sent only when it is known that the site does not reject them. */
static bool may_authenticate(const struct fetch *fetch, bool answered, struct slice value)
{
        return fetch->new_credentials || (answered && (value.length == 0 || slice_is(value, "0")));
}

void fetch_redis_replied(struct fetch *fetch, struct fetch_turn *turn, bool answered,
                         struct slice value)
{
        if (fetch->phase == FETCH_LOADING)
                loaded(fetch, turn, answered, value);
        else if (fetch->phase == FETCH_ASKING)
                read_site(fetch, turn, may_authenticate(fetch, answered, value));
}

/* Endings */

static void drop_work(struct fetch *fetch, struct fetch_turn *turn)
{
        if (fetch->phase == FETCH_READING)
                fetcher_actions_add(turn->actions, FETCHER_READ_STOP, fetch->token);
        list_free(TAKE_PTR(fetch->list));
        publication_deinit(&fetch->publication);
        hold(fetch, turn, 0);
}

static void finish_refreshes(struct fetch *fetch, struct fetch_turn *turn)
{
        size_t left = fetch->refresh_count - fetch->refreshes_began;

        for (size_t i = 0; i < fetch->refreshes_began; i++)
                commands_done(turn->commands, fetch->partition, fetch->refreshes[i], turn->actions);
        memmove(fetch->refreshes, fetch->refreshes + fetch->refreshes_began,
                left * sizeof(fetch->refreshes[0]));
        fetch->refresh_count = left;
        fetch->refreshes_began = 0;
}

/* The report has reason, sentence and what is known of the answer. */
static void fail(struct fetch *fetch, struct fetch_turn *turn, int64_t pause_until_ms)
{
        struct schedule_policy policy = policy_of(fetch);

        drop_work(fetch, turn);
        schedule_failed(&fetch->schedule, &policy, pause_until_ms, turn->now_ms, turn->dice);
        fetch->bookmark.failures = fetch->schedule.failures;
        fetch->bookmark.paused_until_ms = fetch->schedule.paused_until_ms;
        fetch_save_bookmark(fetch, turn);
        fetch_save_status(fetch, turn, "failed");
        fetch_send_report(fetch, turn);
        finish_refreshes(fetch, turn);
        enter(fetch, turn, FETCH_IDLE, 0);
}

static void fail_because(struct fetch *fetch, struct fetch_turn *turn, const char *reason,
                         const char *sentence)
{
        fetch_start_report(fetch, FETCHER_READ_FAILED);
        fetch->report.reason = reason;
        error_set(&fetch->report.error, "%s", sentence);
        fetch->report.duration_ms = turn->now_ms - fetch->started_ms;
        fail(fetch, turn, 0);
}

/* Kafka has all of it. */
static void succeed(struct fetch *fetch, struct fetch_turn *turn)
{
        bool whole = fetch->publication.list != NULL;
        struct schedule_policy policy = policy_of(fetch);

        drop_work(fetch, turn);
        schedule_succeeded(&fetch->schedule, &policy, whole, turn->now_ms, turn->dice);
        fetch->bookmark = fetch->next;
        fetch->bookmark.success_ms = turn->now_ms;
        fetch->bookmark.full_ms = fetch->schedule.full_ms;
        fetch->bookmark.fresh_ms = fetch->schedule.fresh_ms;
        fetch->bookmark.failures = 0;
        fetch->bookmark.paused_until_ms = 0;
        fetch->expected_bytes = 0;
        fetch_save_bookmark(fetch, turn);
        fetch_save_status(fetch, turn, whole ? "published" : "unchanged");
        fetch->report.success_ms = turn->now_ms;
        fetch_send_report(fetch, turn);
        finish_refreshes(fetch, turn);
        enter(fetch, turn, FETCH_IDLE, 0);
}

void fetch_postpone(struct fetch *fetch, struct fetch_turn *turn, const char *reason)
{
        fetch->expected_bytes = fetch->memory * 2;
        fetch_start_report(fetch, FETCHER_READ_POSTPONED);
        fetch->report.reason = reason;
        fetch_send_report(fetch, turn);
        drop_work(fetch, turn);
        schedule_postponed(&fetch->schedule, POSTPONED_MS, turn->now_ms);
        fetch->refreshes_began = 0;
        enter(fetch, turn, FETCH_IDLE, 0);
}

/* Publishing */

static void produce_parts(struct fetch *fetch, struct fetch_turn *turn)
{
        const char *id = fetch->municipality->id;

        for (;;) {
                _cleanup_(buffer_deinit) struct buffer value = BUFFER_NULL;
                _cleanup_(freep) struct headers *headers = memory_new(sizeof(*headers));
                struct fetcher_action *action;

                if (!publication_next(&fetch->publication, turn->source, id, turn->now_ms, &value,
                                      headers))
                        return;
                action = fetcher_actions_add(turn->actions, FETCHER_PRODUCE, fetch->token);
                action->produce.topic = TOPIC_SNAPSHOTS;
                action->produce.partition = fetch->partition;
                buffer_append_text(&action->produce.key, id);
                action->produce.value = value;
                value = (struct buffer)BUFFER_NULL;
                action->produce.headers = TAKE_PTR(headers);
        }
}

static struct snapshot_part head_of(const struct fetch *fetch, int64_t age_ms, int64_t now_ms)
{
        struct snapshot_part head = {
                .fetch_seq = fetch->bookmark.fetch_seq,
                .as_of_ms = fetch->started_ms - age_ms,
                .fetched_at_ms = now_ms,
                .fresh = fetch->kind.fresh,
                .unchanged = fetch->list == NULL,
        };

        memcpy(head.from_date, fetch->from_date, sizeof(head.from_date));
        if (head.unchanged) {
                head.events = (uint32_t)fetch->bookmark.events;
                head.unreadable = (uint32_t)fetch->bookmark.unreadable;
                memcpy(head.sha256, fetch->bookmark.digest, SHA256_HEX_BYTES);
        }
        return head;
}

static void report_aside(struct fetch *fetch, struct fetch_turn *turn)
{
        if (list_unreadable(fetch->publication.list) == 0)
                return;
        fetch_start_report(fetch, FETCHER_EVENTS_ASIDE);
        fetch->report.unreadable = list_unreadable(fetch->publication.list);
        if (fetch->publication.aside.length > 0)
                error_set(&fetch->report.error, "%.400s", fetch->publication.aside.data);
        fetch_send_report(fetch, turn);
}

/* `fetch->list` is what to publish, NULL for an `unchanged` record. */
static void publish(struct fetch *fetch, struct fetch_turn *turn, int64_t age_ms)
{
        struct snapshot_part head;

        if (fetch->bookmark.fetch_seq < fetch->started_ms)
                fetch->bookmark.fetch_seq = fetch->started_ms - 1;
        fetch->next.fetch_seq = ++fetch->bookmark.fetch_seq;
        fetch->publishing_ms = turn->now_ms;
        head = head_of(fetch, age_ms, turn->now_ms);
        enter(fetch, turn, FETCH_PUBLISHING, KAFKA_PATIENCE_MS);
        publication_init(&fetch->publication, fetch->municipality->id, &head, TAKE_PTR(fetch->list),
                         &fetch->trace, turn->dice);
        produce_parts(fetch, turn);
}

void fetch_delivered(struct fetch *fetch, struct fetch_turn *turn, bool acknowledged)
{
        if (fetch->phase != FETCH_PUBLISHING)
                return;
        switch (publication_delivered(&fetch->publication, acknowledged)) {
        case PUBLICATION_UNDER_WAY:
                produce_parts(fetch, turn);
                break;
        case PUBLICATION_DONE:
                succeed(fetch, turn);
                break;
        case PUBLICATION_FAILED:
                fail_because(fetch, turn, "kafka",
                             "Kafka did not take the snapshot; it is read again");
                break;
        }
}

/* Answers */

/* Validators of a fresh read name another object of the cache; those we have stand for the old
 * list. */
static void keep_validators(struct fetch *fetch, const struct answer *answer, bool same_list)
{
        struct bookmark *next = &fetch->next;

        if (!fetch->kind.fresh)
                bookmark_take_validators(next, answer->etag, answer->last_modified);
        else if (!same_list)
                bookmark_drop_validators(next);
}

static bool is_same_list(const struct fetch *fetch)
{
        return fetch->bookmark.source == fetch->source &&
               strcmp(fetch->bookmark.digest, list_sha256(fetch->list)) == 0;
}

static void publish_list(struct fetch *fetch, struct fetch_turn *turn, const struct answer *answer,
                         int64_t age_ms)
{
        struct bookmark *next = &fetch->next;
        bool same_list = is_same_list(fetch), unchanged = same_list && !fetch->kind.full;

        *next = fetch->bookmark;
        next->source = fetch->source;
        next->bytes = list_bytes(fetch->list);
        next->events = list_events(fetch->list);
        next->unreadable = list_unreadable(fetch->list);
        memcpy(next->digest, list_sha256(fetch->list), SHA256_HEX_BYTES);
        keep_validators(fetch, answer, same_list);
        if (unchanged) {
                list_free(TAKE_PTR(fetch->list));
                hold(fetch, turn, 0);
        }
        publish(fetch, turn, age_ms);
        if (!unchanged)
                report_aside(fetch, turn);
}

static void publish_same(struct fetch *fetch, struct fetch_turn *turn, int64_t age_ms)
{
        list_free(TAKE_PTR(fetch->list));
        hold(fetch, turn, 0);
        fetch->next = fetch->bookmark;
        publish(fetch, turn, age_ms);
}

static void describe_answer(struct fetch *fetch, struct fetch_turn *turn,
                            const struct answer *answer, const struct answer_verdict *verdict)
{
        fetch_start_report(fetch, FETCHER_READ_FAILED);
        fetch->report.reason = verdict->reason;
        fetch->report.error = verdict->error;
        fetch->report.status = answer->status;
        fetch->report.bytes = fetch->list ? list_bytes(fetch->list) : 0;
        fetch->report.duration_ms = turn->now_ms - fetch->started_ms;
        fetch->report.age_ms = verdict->age_ms;
}

static void conclude(struct fetch *fetch, struct fetch_turn *turn, const struct answer *answer)
{
        struct answer_verdict verdict =
                answer_judge(answer, fetch->list, fetch->conditional, turn->now_ms);
        struct fetcher_report report;

        describe_answer(fetch, turn, answer, &verdict);
        if (verdict.outcome == ANSWER_FAILED) {
                fail(fetch, turn, verdict.pause_until_ms);
                return;
        }
        report = fetch->report;
        if (verdict.outcome == ANSWER_LIST)
                publish_list(fetch, turn, answer, verdict.age_ms);
        else
                publish_same(fetch, turn, verdict.age_ms);
        report.type = fetch->publication.list ? FETCHER_READ_PUBLISHED : FETCHER_READ_UNCHANGED;
        report.events = fetch->next.events;
        report.unreadable = fetch->next.unreadable;
        fetch->report = report;
}

void fetch_answered(struct fetch *fetch, struct fetch_turn *turn, const struct answer *answer)
{
        if (fetch->phase == FETCH_READING)
                conclude(fetch, turn, answer);
}

void fetch_data(struct fetch *fetch, struct fetch_turn *turn, struct slice data,
                const char *content_type)
{
        struct answer stopped = {
                .transport = ANSWER_STOPPED,
                .status = 200,
                .content_type = content_type,
        };
        bool sound;

        if (fetch->phase != FETCH_READING)
                return;
        sound = list_add(fetch->list, data.data, data.length);
        hold(fetch, turn, list_memory(fetch->list));
        if (!sound)
                conclude(fetch, turn, &stopped);
}

void fetch_expired(struct fetch *fetch, struct fetch_turn *turn)
{
        switch (fetch->phase) {
        case FETCH_LOADING:
        case FETCH_ASKING:
                fetch_redis_replied(fetch, turn, false, SLICE_NULL);
                break;
        case FETCH_READING:
                fail_because(fetch, turn, "broken-off", "no answer came, nor did its timeout");
                break;
        case FETCH_PUBLISHING:
                fail_because(fetch, turn, "kafka",
                             "Kafka said nothing of the snapshot; it is read again");
                break;
        case FETCH_IDLE:
                break;
        }
}

/* Commands, configuration, life and death */

void fetch_refresh(struct fetch *fetch, struct fetch_turn *turn, bool full, bool fresh,
                   int64_t offset)
{
        schedule_refresh(&fetch->schedule, full, fresh, turn->now_ms);
        if (fetch->refresh_count < FETCH_REFRESHES_MAX)
                fetch->refreshes[fetch->refresh_count++] = offset;
        else /* what it asks for is asked for already, and those before it hold the offset back */
                commands_done(turn->commands, fetch->partition, offset, turn->actions);
}

/* While a snapshot is on its way, its report waits: it stays as it is. */
static void report_reconfigured(struct fetch *fetch, struct fetch_turn *turn)
{
        struct fetcher_report of_the_read = fetch->report;

        fetch_start_report(fetch, FETCHER_RECONFIGURED);
        fetch_send_report(fetch, turn);
        fetch->report = of_the_read;
}

void fetch_reconfigure(struct fetch *fetch, struct fetch_turn *turn,
                       const struct municipality *municipality, bool has_credentials, bool changed)
{
        struct schedule_policy policy;

        fetch->municipality = municipality;
        fetch->has_credentials = has_credentials;
        fetch->new_credentials &= has_credentials;
        if (!changed)
                return;
        report_reconfigured(fetch, turn);
        policy = policy_of(fetch);
        if (fetch->phase == FETCH_READING || fetch->phase == FETCH_ASKING)
                fetch_postpone(fetch, turn, "reconfigured");
        if (fetch->phase == FETCH_IDLE)
                schedule_reconfigured(&fetch->schedule, &policy, turn->now_ms, turn->dice);
}

void fetch_renew_credentials(struct fetch *fetch, struct fetch_turn *turn)
{
        if (!fetch->has_credentials)
                return;
        fetch->new_credentials = true;
        schedule_refresh_soon(&fetch->schedule, turn->now_ms, turn->dice);
}

void fetch_stop(struct fetch *fetch, struct fetch_turn *turn)
{
        drop_work(fetch, turn);
        enter(fetch, turn, FETCH_IDLE, 0);
        fetch_start_report(fetch, FETCHER_RELEASED);
        fetch_send_report(fetch, turn);
}

void fetch_release_refreshes(struct fetch *fetch, struct fetch_turn *turn)
{
        fetch->refreshes_began = fetch->refresh_count;
        finish_refreshes(fetch, turn);
}

int64_t fetch_next_ms(const struct fetch *fetch)
{
        return fetch->phase == FETCH_IDLE ? schedule_due_ms(&fetch->schedule) : fetch->deadline_ms;
}

int64_t fetch_expected_bytes(const struct fetch *fetch)
{
        int64_t bytes = fetch->bookmark.bytes + fetch->bookmark.bytes / 4 + EXPECTED_BYTES;

        return bytes > fetch->expected_bytes ? bytes : fetch->expected_bytes;
}
