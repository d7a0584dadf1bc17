/* services/fetcher/fetch_record.c
 *
 * What a fetch leaves behind: its bookmark, for whoever goes on from there, its status, for whoever
 * looks, and a report, for the log and the metrics.
 */
#include "fetcher/fetch_record.h"

#include <inttypes.h>
#include <string.h>

/* Reports */

void fetch_start_report(struct fetch *fetch, enum fetcher_report_type type)
{
        struct fetcher_report *report = &fetch->report;

        memset(report, 0, sizeof(*report));
        report->type = type;
        report->reason = "";
        memcpy(report->municipality, fetch->municipality->id, MUNICIPALITY_ID_BYTES);
        report->fresh = fetch->kind.fresh;
        report->full = fetch->kind.full;
        report->interval_ms = fetch->municipality->poll_interval_ms;
        report->success_ms = fetch->bookmark.success_ms;
        report->events = fetch->bookmark.events;
        report->unreadable = fetch->bookmark.unreadable;
        report->trace = fetch->trace;
        report->started_ms = fetch->started_ms;
}

void fetch_send_report(struct fetch *fetch, struct fetch_turn *turn)
{
        struct fetcher_action *action =
                fetcher_actions_add(turn->actions, FETCHER_REPORT, FETCHER_NO_REPLY);

        action->report = fetch->report;
}

/* Redis */

struct fetcher_words *fetch_ask_redis(struct fetch *fetch, struct fetch_turn *turn, uint64_t token,
                                      const char *verb, const char *key)
{
        struct fetcher_words *words =
                &fetcher_actions_add(turn->actions, FETCHER_REDIS, token)->redis;

        fetcher_words_add(words, "%s", verb);
        fetcher_words_add(words, "{%s}:%s", fetch->municipality->id, key);
        return words;
}

void fetch_save_bookmark(struct fetch *fetch, struct fetch_turn *turn)
{
        _cleanup_(buffer_deinit) struct buffer json = BUFFER_NULL;

        bookmark_write(&fetch->bookmark, &json);
        fetcher_words_add_slice(fetch_ask_redis(fetch, turn, FETCHER_NO_REPLY, "SET", "f"),
                                buffer_slice(&json));
}

static void add_field(struct fetcher_words *words, const char *name, int64_t number)
{
        fetcher_words_add(words, "%s", name);
        fetcher_words_add(words, "%" PRId64, number);
}

static void add_text_field(struct fetcher_words *words, const char *name, const char *text)
{
        fetcher_words_add(words, "%s", name);
        fetcher_words_add(words, "%s", text);
}

/* What an operator sees of the last read (DESIGN.md "What an operator sees"). */
void fetch_save_status(struct fetch *fetch, struct fetch_turn *turn, const char *outcome)
{
        struct fetcher_words *words =
                fetch_ask_redis(fetch, turn, FETCHER_NO_REPLY, "HSET", "status");
        const struct bookmark *bookmark = &fetch->bookmark;

        add_text_field(words, "fetcher_outcome", outcome);
        add_text_field(words, "fetcher_reason", fetch->report.reason);
        add_text_field(words, "fetcher_error", fetch->report.error.text);
        add_field(words, "fetcher_http_status", fetch->report.status);
        add_field(words, "fetcher_last_attempt", turn->now_ms);
        add_field(words, "fetcher_last_success", bookmark->success_ms);
        add_field(words, "fetcher_failures", bookmark->failures);
        add_field(words, "fetcher_paused_until", bookmark->paused_until_ms);
        add_field(words, "fetcher_events", bookmark->events);
        add_field(words, "fetcher_unreadable", bookmark->unreadable);
        add_field(words, "fetcher_bytes", bookmark->bytes);
        add_field(words, "fetcher_last_fresh", bookmark->fresh_ms);
}
