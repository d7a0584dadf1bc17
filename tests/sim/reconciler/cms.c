/* tests/sim/reconciler/cms.c
 *
 * Every change is a save: the list as it was just before is kept, since a list that was being built
 * meanwhile shows that, and may stay in the cache until the next save.
 */
#include "sim/reconciler/cms.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/timestamp.h"

#define BUILD_MS  (90 * SIM_SECOND)
#define LEAVES_MS (6 * SIM_HOUR) /* after its end */
#define WINDOW_MS (48 * SIM_HOUR)

enum { EVENT_RAW_BYTES = 640 };

/* -- what is shown --------------------------------------------------------------------------- */

static void move_window(struct cms *cms)
{
        char date[TIMESTAMP_TEXT_BYTES];

        if (!cms->windowed)
                return;
        timestamp_format_date(sim_now(cms->sim) - WINDOW_MS, date);
        if (strcmp(date, cms->from_date) == 0)
                return;
        snprintf(cms->from_date, sizeof(cms->from_date), "%.10s", date);
        page_release(cms->truth);
        page_release(cms->cached);
        page_release(cms->before);
        cms->truth = cms->cached = cms->before = NULL;
}

static void write_event(const struct cms *cms, const struct cms_event *event,
                        char raw[EVENT_RAW_BYTES])
{
        char uuid[UUID_TEXT_BYTES], series[UUID_TEXT_BYTES], start[TIMESTAMP_TEXT_BYTES],
                end[TIMESTAMP_TEXT_BYTES];

        uuid_format(&event->uuid, uuid);
        uuid_format(&event->series, series);
        timestamp_format(event->start_ms, start);
        timestamp_format(event->end_ms, end);
        snprintf(raw, EVENT_RAW_BYTES,
                 "{\"uuid\":\"%s\",\"title\":\"%s %u\",\"updated_at\":\"%u\","
                 "\"ticket_manager_relevance\":%s,\"image\":{\"url\":\"https://%s.test/i?h=%u\"},"
                 "\"state\":\"%s\",\"date_time\":{\"start\":\"%s\",\"end\":\"%s\"},%s%s%s"
                 "\"external_data\":{\"url\":\"https://t.test/%u\"}}",
                 uuid, cms->id, event->title, event->touched, event->relevant ? "true" : "false",
                 cms->id, event->image, event_state_name(event->state), start, end,
                 event->has_series ? "\"series\":{\"uuid\":\"" : "",
                 event->has_series ? series : "", event->has_series ? "\"}," : "", event->link);
}

static void show_event(const struct cms *cms, struct page *page, const struct cms_event *event)
{
        char raw[EVENT_RAW_BYTES] = "";
        struct page_event shown = {
                .uuid = event->uuid,
                .aside = event->twice || event->huge,
                .relevant = event->relevant,
                .start_ms = event->start_ms,
                .end_ms = event->end_ms,
        };

        if (!shown.aside)
                write_event(cms, event, raw);
        page->unreadable += event->twice ? 2 : event->huge ? 1 : 0;
        page_add(page, &shown, raw);
}

/* Another site's events: the same every time, and none of ours. */
static void show_another(const struct cms *cms, struct page *page)
{
        for (uint8_t i = 1; i <= 8; i++) {
                struct cms_event event = {
                        .uuid = { { 0xee, 0xee, i } },
                        .relevant = true,
                        .state = STATE_ACTIVE,
                        .start_ms = SIM_START + 240 * SIM_HOUR,
                        .end_ms = SIM_START + 242 * SIM_HOUR,
                };

                show_event(cms, page, &event);
        }
}

static bool is_shown(const struct cms *cms, const struct page *page, size_t index)
{
        const struct cms_event *event = &cms->events[index];

        if (!event->published || (cms->windowed && event->start_ms < page->edge_ms))
                return false;
        return cms->trouble == CMS_WELL || (cms->trouble == CMS_CUT && index % 3 == 0);
}

static struct page *make_page(const struct cms *cms)
{
        struct page *page = page_new();
        char midnight[TIMESTAMP_TEXT_BYTES];

        page->edge_ms = TIMESTAMP_NONE;
        text_copy(page->from_date, sizeof(page->from_date), cms->from_date);
        snprintf(midnight, sizeof(midnight), "%sT00:00:00Z", cms->from_date);
        if (cms->windowed)
                timestamp_parse(midnight, strlen(midnight), &page->edge_ms);
        for (size_t i = 0; i < cms->count; i++)
                if (is_shown(cms, page, i))
                        show_event(cms, page, &cms->events[i]);
        if (cms->trouble == CMS_ANOTHER)
                show_another(cms, page);
        page_close(page);
        return page;
}

static struct page *truth(struct cms *cms)
{
        if (!cms->truth)
                cms->truth = make_page(cms);
        return cms->truth;
}

static void purge(struct cms *cms)
{
        page_release(cms->cached);
        cms->cached = NULL;
        cms->purge_at_ms = INT64_MAX;
}

static void fill_cache(struct cms *cms)
{
        bool built_meanwhile = cms->before && sim_now(cms->sim) - cms->saved_at_ms < BUILD_MS;

        if (cms->cached && cms->purge_at_ms <= sim_now(cms->sim))
                purge(cms);
        if (cms->cached)
                return;
        cms->cached =
                page_hold(built_meanwhile && sim_chance(cms->sim, 500) ? cms->before : truth(cms));
        cms->cached_at_ms = sim_now(cms->sim);
}

struct cms_answer cms_read(struct cms *cms, bool fresh)
{
        move_window(cms);
        if (fresh)
                return (struct cms_answer){ page_hold(truth(cms)), 0, true };
        fill_cache(cms);
        return (struct cms_answer){ page_hold(cms->cached), sim_now(cms->sim) - cms->cached_at_ms,
                                    false };
}

/* -- what is saved --------------------------------------------------------------------------- */

/* To be called before the first change. */
static void begin_save(struct cms *cms)
{
        move_window(cms);
        page_release(cms->before);
        cms->before = page_hold(truth(cms));
        page_release(cms->truth);
        cms->truth = NULL;
        cms->saved_at_ms = sim_now(cms->sim);
        if (!cms->cached)
                return;
        /* The queue that purges runs at the end of the request, or with cron, or fails. */
        if (sim_chance(cms->sim, 700))
                purge(cms);
        else if (sim_chance(cms->sim, 900))
                cms->purge_at_ms = sim_now(cms->sim) + sim_between(cms->sim, 0, 15 * SIM_MINUTE);
}

static struct uuid next_uuid(struct cms *cms)
{
        struct uuid uuid;
        uint64_t high = dice_next(&cms->sim->dice), low = ++cms->numbers;

        for (int i = 0; i < 8; i++) {
                uuid.bytes[i] = (uint8_t)(high >> (8 * i));
                uuid.bytes[15 - i] = (uint8_t)(low >> (8 * i));
        }
        return uuid;
}

static void choose_time(struct cms *cms, struct cms_event *event)
{
        bool exhibition = sim_chance(cms->sim, 60);
        int64_t start_ms = sim_now(cms->sim) + sim_between(cms->sim, -8, 400) * SIM_HOUR / 2;

        event->start_ms = exhibition ? sim_now(cms->sim) - 480 * SIM_HOUR : start_ms;
        event->end_ms = exhibition ? sim_now(cms->sim) + sim_between(cms->sim, 1, 240) * SIM_HOUR
                                   : start_ms + sim_between(cms->sim, 1, 6) * SIM_HOUR / 2;
}

static struct cms_event *add_event(struct cms *cms, const struct uuid *series)
{
        if (cms->count == CMS_EVENTS_MAX)
                return NULL;

        struct cms_event *event = &cms->events[cms->count++];

        *event = (struct cms_event){
                .uuid = next_uuid(cms),
                .published = true,
                .relevant = !sim_chance(cms->sim, 200),
                .state = STATE_ACTIVE,
                .has_series = series != NULL,
        };
        if (series)
                event->series = *series;
        choose_time(cms, event);
        return event;
}

static void add_events(struct cms *cms)
{
        struct uuid series = next_uuid(cms);
        int64_t count = sim_chance(cms->sim, 300) ? sim_between(cms->sim, 2, 6) : 1;

        while (count-- > 0)
                add_event(cms, sim_chance(cms->sim, 600) ? &series : NULL);
}

static struct cms_event *any_event(struct cms *cms)
{
        size_t at = (size_t)dice_below(&cms->sim->dice, (int64_t)cms->count);

        for (size_t i = 0; i < cms->count; i++) {
                struct cms_event *event = &cms->events[(at + i) % cms->count];

                if (event->published)
                        return event;
        }
        return NULL;
}

static void withdraw(struct cms *cms, struct cms_event *event, int64_t back_per_mille)
{
        event->published = false;
        event->back_ms = 0;
        if (sim_chance(cms->sim, back_per_mille))
                event->back_ms = sim_now(cms->sim) + sim_between(cms->sim, 1, 300) * SIM_MINUTE;
}

static void edit_one(struct cms *cms, struct cms_event *event)
{
        switch (dice_below(&cms->sim->dice, 11)) {
        case 0:
        case 1:
                event->title++;
                event->touched++;
                break;
        case 2:
                event->touched++;
                break;
        case 3:
                event->image++;
                break;
        case 4:
                event->link++;
                break;
        case 5:
                event->state = sim_chance(cms->sim, 500) ? STATE_SOLD_OUT : STATE_ACTIVE;
                break;
        case 6:
                choose_time(cms, event);
                break;
        case 7:
                event->relevant = !event->relevant;
                break;
        case 8:
                event->twice = !event->twice;
                break;
        case 9:
                event->huge = !event->huge;
                break;
        default:
                if (event->title > 0) /* as it was */
                        event->title--;
                break;
        }
}

void cms_edit(struct cms *cms)
{
        begin_save(cms);

        int64_t what = dice_below(&cms->sim->dice, 10);
        struct cms_event *event = any_event(cms);

        if (what < 2 || !event)
                add_events(cms);
        else if (what < 4)
                withdraw(cms, event, 500);
        else
                edit_one(cms, event);
}

void cms_revive(struct cms *cms)
{
        size_t at = (size_t)dice_below(&cms->sim->dice, (int64_t)cms->count);

        for (size_t i = 0; i < cms->count; i++) {
                struct cms_event *event = &cms->events[(at + i) % cms->count];

                if (event->published)
                        continue;
                begin_save(cms);
                event->published = true;
                event->back_ms = 0;
                choose_time(cms, event);
                return;
        }
}

static void reschedule(struct cms *cms)
{
        const struct cms_event *first = any_event(cms);
        size_t count = cms->count;

        if (!first || !first->has_series)
                return;

        struct uuid series = first->series;

        for (size_t i = 0; i < count; i++) {
                struct cms_event *event = &cms->events[i];

                if (!event->published || !event->has_series ||
                    uuid_compare(&event->series, &series) != 0)
                        continue;
                withdraw(cms, event, 0);
                add_event(cms, &series);
        }
}

static void withdraw_many(struct cms *cms)
{
        int64_t share = sim_between(cms->sim, 100, 600), back = sim_chance(cms->sim, 600) ? 900 : 0;

        for (size_t i = 0; i < cms->count; i++)
                if (cms->events[i].published && sim_chance(cms->sim, share))
                        withdraw(cms, &cms->events[i], back);
}

static void fall_ill(struct cms *cms)
{
        static const enum cms_trouble troubles[] = { CMS_EMPTY, CMS_CUT, CMS_ANOTHER };

        cms->trouble = troubles[dice_below(&cms->sim->dice, 3)];
        cms->trouble_until_ms = sim_now(cms->sim) + sim_between(cms->sim, 10, 180) * SIM_MINUTE;
}

void cms_upset(struct cms *cms)
{
        begin_save(cms);
        switch (dice_below(&cms->sim->dice, 3)) {
        case 0:
                reschedule(cms);
                break;
        case 1:
                withdraw_many(cms);
                break;
        default:
                fall_ill(cms);
                break;
        }
}

static bool is_due(const struct cms *cms, const struct cms_event *event)
{
        int64_t now_ms = sim_now(cms->sim);

        return event->published ? event->end_ms + LEAVES_MS <= now_ms
                                : event->back_ms > 0 && event->back_ms <= now_ms;
}

void cms_cron(struct cms *cms)
{
        bool saved = cms->trouble != CMS_WELL && cms->trouble_until_ms <= sim_now(cms->sim);

        if (saved) {
                begin_save(cms);
                cms->trouble = CMS_WELL;
        }
        for (size_t i = 0; i < cms->count; i++) {
                struct cms_event *event = &cms->events[i];

                if (!is_due(cms, event))
                        continue;
                if (!saved)
                        begin_save(cms);
                saved = true;
                event->published = !event->published;
                event->back_ms = 0;
        }
}

void cms_heal(struct cms *cms)
{
        begin_save(cms);
        cms->trouble = CMS_WELL;
        for (size_t i = 0; i < cms->count; i++)
                cms->events[i].twice = cms->events[i].huge = false;
}

bool cms_set_state(struct cms *cms, struct uuid *uuid, enum event_state *state)
{
        struct cms_event *event = any_event(cms);

        if (!event)
                return false;
        begin_save(cms);
        event->state = event->state == STATE_ACTIVE ? STATE_SOLD_OUT : STATE_ACTIVE;
        *uuid = event->uuid;
        *state = event->state;
        return true;
}

void cms_init(struct cms *cms, struct sim *sim, const char *id, size_t events, bool windowed)
{
        *cms = (struct cms){ .sim = sim, .windowed = windowed, .purge_at_ms = INT64_MAX };
        text_copy(cms->id, sizeof(cms->id), id);
        cms->events = memory_new(CMS_EVENTS_MAX * sizeof(*cms->events));
        while (cms->count < events)
                add_events(cms);
}

void cms_deinit(struct cms *cms)
{
        page_release(cms->truth);
        page_release(cms->before);
        page_release(cms->cached);
        free(cms->events);
}
