/* tests/sim/reconciler/reader.c
 *
 * What a list shows is settled when the request starts; when its parts reach the log is not.
 */
#include "sim/reconciler/reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "sim/reconciler/without.h"
#include "model/control.h"

enum { PARTS_MAX = 4 };

/* -- publishing ------------------------------------------------------------------------------ */

/* A list on its way to the log. */
struct delivery {
        struct errand errand;
        struct reader *reader;
        size_t instance;
        struct page *page;
        struct snapshot_part head;
        struct published *published;
        struct reader_bookmark after;
};

static void drop_delivery(struct errand *errand)
{
        struct delivery *delivery = (struct delivery *)errand;

        page_release(delivery->page);
        free(delivery);
}

static void write_aside(const struct page *page, struct buffer *uuids)
{
        char text[UUID_TEXT_BYTES];

        for (size_t i = 0; i < page->count; i++) {
                if (!page->events[i].aside)
                        continue;
                uuid_format(&page->events[i].uuid, text);
                buffer_append_format(uuids, "%s%s", uuids->length > 0 ? "," : "", text);
        }
}

static void append_part(struct delivery *delivery)
{
        struct reader *reader = delivery->reader;
        struct snapshot_part *head = &delivery->head;
        _cleanup_(buffer_deinit) struct buffer value = BUFFER_NULL, aside = BUFFER_NULL;
        bool last = ++head->part == head->parts;
        struct headers headers;

        if (head->unchanged)
                buffer_append_text(&value, "[]");
        else
                page_write_part(delivery->page, head->part, head->parts, &value);
        headers_clear(&headers);
        snapshot_part_write(head, &headers);
        if (!head->unchanged)
                write_aside(delivery->page, &aside);
        if (aside.length > 0)
                headers_borrow(&headers, "dplsync-unreadable-uuids", buffer_slice(&aside));
        if (head->part == 1) {
                delivery->published->first_ms = sim_now(reader->sim);
                delivery->published->first_offset =
                        broker_end(reader->broker, TOPIC_SNAPSHOTS, reader->partition);
        }
        sim_say(reader->sim, "%s: part %u/%u of %s, %u events%s%s%s at offset %" PRId64, reader->id,
                head->part, head->parts, head->id, head->events, head->fresh ? ", fresh" : "",
                head->unchanged ? ", unchanged" : "", head->complete ? "" : ", incomplete",
                broker_end(reader->broker, TOPIC_SNAPSHOTS, reader->partition));
        broker_append(reader->broker, TOPIC_SNAPSHOTS, reader->partition, reader->id,
                      buffer_slice(&value), &headers, last ? delivery->published : NULL);
}

static int64_t gap_ms(struct reader *reader)
{
        if (reader->faulty && sim_chance(reader->sim, 30))
                return 6 * SIM_MINUTE;
        return sim_between(reader->sim, 1, 2000);
}

static void run_delivery(struct errand *errand);

static void send_rest(const struct delivery *delivery)
{
        struct delivery *rest = memory_copy(delivery, sizeof(*delivery));

        page_hold(rest->page);
        calendar_add(&rest->reader->sim->calendar, &rest->errand,
                     sim_now(rest->reader->sim) + gap_ms(rest->reader));
}

static void run_delivery(struct errand *errand)
{
        struct delivery *delivery = (struct delivery *)errand;
        struct reader *reader = delivery->reader;

        if (!reader->broker->up || !*reader->configured)
                return;
        append_part(delivery);
        if (delivery->head.part == delivery->head.parts) {
                reader->bookmarks[delivery->instance] = delivery->after;
                if (sim_chance(reader->sim, 200))
                        reader->older = delivery->after;
        } else if (reader->faulty && sim_chance(reader->sim, 100)) {
                sim_say(reader->sim, "%s: the fetcher dies in the middle of %s", reader->id,
                        delivery->head.id);
        } else {
                send_rest(delivery);
        }
}

/* -- reading --------------------------------------------------------------------------------- */

static int64_t clock_of(const struct reader *reader, size_t instance)
{
        return sim_now(reader->sim) + (instance == 0 ? reader->ahead_ms : 0);
}

static int64_t answer_ms(struct reader *reader, size_t instance)
{
        if (instance > 0)
                return sim_between(reader->sim, 1, 600 * SIM_SECOND);
        if (reader->faulty && sim_chance(reader->sim, 50))
                return sim_between(reader->sim, 1, 90 * SIM_SECOND);
        return sim_between(reader->sim, 50, 3000);
}

static void fill_head(const struct reader *reader, size_t instance, const struct cms_answer *answer,
                      bool full, struct snapshot_part *head)
{
        const struct reader_bookmark *bookmark = &reader->bookmarks[instance];
        int64_t clock_ms = clock_of(reader, instance);
        bool same = strcmp(bookmark->digest, answer->page->sha256) == 0;

        *head = (struct snapshot_part){
                .fetch_seq = bookmark->fetch_seq < clock_ms ? clock_ms : bookmark->fetch_seq + 1,
                .as_of_ms = clock_ms - answer->age_ms,
                .fetched_at_ms = clock_ms,
                .parts = 1,
                .complete = !answer->page->anonymous,
                .fresh = answer->past_cache || reader->sim->without == WITHOUT_FRESH_READ,
                .unchanged = same && !full,
        };
        memcpy(head->sha256, answer->page->sha256, sizeof(head->sha256));
        memcpy(head->from_date, answer->page->from_date, sizeof(head->from_date));
        if (head->unchanged)
                return;
        head->events = (uint32_t)page_told(answer->page) + answer->page->unreadable;
        head->unreadable = answer->page->unreadable;
        if (sim_chance(reader->sim, 150))
                head->parts = (uint32_t)sim_between(reader->sim, 2, PARTS_MAX);
}

static void read_site(struct reader *reader, size_t instance, bool full, bool fresh)
{
        struct cms_answer answer = cms_read(reader->cms, fresh);
        struct reader_bookmark *bookmark = &reader->bookmarks[instance];
        struct delivery *delivery = memory_new(sizeof(*delivery));

        delivery->errand = (struct errand){ .run = run_delivery, .drop = drop_delivery };
        delivery->reader = reader;
        delivery->instance = instance;
        delivery->page = answer.page;
        fill_head(reader, instance, &answer, full, &delivery->head);
        snprintf(delivery->head.id, sizeof(delivery->head.id), "%s-%" PRId64 "-%06" PRIx64,
                 reader->id, delivery->head.fetch_seq, dice_next(&reader->sim->dice) & 0xffffff);
        delivery->published =
                check_publication(reader->check, answer.page, &delivery->head, answer.past_cache);
        bookmark->fetch_seq = delivery->head.fetch_seq;
        delivery->after = (struct reader_bookmark){
                .fetch_seq = delivery->head.fetch_seq,
                .full_ms = delivery->head.unchanged ? bookmark->full_ms : sim_now(reader->sim),
                .fresh_ms = fresh ? sim_now(reader->sim) : bookmark->fresh_ms,
        };
        memcpy(delivery->after.digest, delivery->head.sha256, sizeof(delivery->after.digest));
        calendar_add(&reader->sim->calendar, &delivery->errand,
                     sim_now(reader->sim) + answer_ms(reader, instance));
}

static void read_if_well(struct reader *reader, size_t instance, bool full, bool fresh)
{
        const struct reader_bookmark *bookmark = &reader->bookmarks[instance];
        int64_t now_ms = sim_now(reader->sim);

        if (!*reader->configured || (reader->faulty && sim_chance(reader->sim, 30)))
                return;
        full = full || now_ms - bookmark->full_ms >= reader->full_every_ms;
        fresh = fresh || now_ms - bookmark->fresh_ms >= reader->fresh_every_ms;
        read_site(reader, instance, full, fresh);
}

void reader_read(struct reader *reader, bool full, bool fresh)
{
        read_if_well(reader, 0, full, fresh);
}

/* -- when ------------------------------------------------------------------------------------ */

struct reader_errand {
        struct errand errand;
        struct reader *reader;
};

static void add_errand(struct reader *reader, void (*run)(struct errand *), int64_t wait_ms)
{
        struct reader_errand *errand = memory_new(sizeof(*errand));

        errand->errand = (struct errand){ .run = run, .drop = sim_drop };
        errand->reader = reader;
        calendar_add(&reader->sim->calendar, &errand->errand, sim_now(reader->sim) + wait_ms);
}

static void poll_site(struct errand *errand)
{
        struct reader *reader = ((struct reader_errand *)errand)->reader;

        if (reader->stopped)
                return;
        reader_read(reader, false, false);
        if (reader->doubled)
                read_if_well(reader, 1, false, false);
        add_errand(reader, poll_site,
                   sim_between(reader->sim, reader->poll_ms * 9 / 10, reader->poll_ms * 11 / 10));
}

static void obey(struct errand *errand)
{
        struct reader *reader = ((struct reader_errand *)errand)->reader;
        bool full = reader->asked_full, fresh = reader->asked_fresh;

        reader->asked_full = reader->asked_fresh = false;
        if (full || fresh)
                reader_read(reader, full, fresh);
}

static void on_append(void *context, enum topic topic, int32_t partition,
                      const struct broker_record *record)
{
        struct reader *reader = context;
        struct control control;

        (void)partition;
        if (topic != TOPIC_CONTROL || strcmp(record->key, reader->id) != 0 ||
            control_read(&control, (struct slice){ record->value, record->value_length }, NULL) <
                    0 ||
            control.command != CONTROL_REFRESH)
                return;
        reader->asked_full |= control.full;
        reader->asked_fresh |= control.fresh;
        add_errand(reader, obey, sim_between(reader->sim, 100, 10 * SIM_SECOND));
}

void reader_forget(struct reader *reader)
{
        int64_t fetch_seq = reader->bookmarks[0].fetch_seq;

        reader->bookmarks[0] = (struct reader_bookmark){ .fetch_seq = fetch_seq / 2 };
}

void reader_go_back(struct reader *reader)
{
        reader->bookmarks[0] = reader->older;
}

void reader_heal(struct reader *reader)
{
        reader->faulty = false;
        reader->doubled = false;
        reader->ahead_ms = 0;
}

void reader_init(struct reader *reader, struct sim *sim, struct broker *broker, struct check *check,
                 struct cms *cms, const char *id, int32_t partition, const bool *configured)
{
        *reader = (struct reader){
                .sim = sim,
                .broker = broker,
                .check = check,
                .cms = cms,
                .partition = partition,
                .configured = configured,
                .poll_ms = 10 * SIM_MINUTE,
                .full_every_ms = 2 * SIM_HOUR,
                .fresh_every_ms = 3 * SIM_HOUR,
        };
        text_copy(reader->id, sizeof(reader->id), id);
        broker_watch(broker, on_append, reader);
        add_errand(reader, poll_site, sim_between(sim, 0, reader->poll_ms));
}
