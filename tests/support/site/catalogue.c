/* site/catalogue.c
 *
 * The list is the one thing that is asked for often, so it is kept until something is saved.
 * Whether a job is due is known without a look at every event.
 */
#include "site/catalogue.h"

#include "base/json.h"
#include "base/memory.h"
#include "site/copenhagen.h"

#include <ctype.h>

static void lists_drop(struct catalogue *catalogue)
{
        for (size_t i = 0; i < CATALOGUE_LISTS; i++) {
                blob_unref(catalogue->lists[i].body);
                catalogue->lists[i] = (struct catalogue_list){ 0 };
        }
}

void catalogue_deinit(struct catalogue *catalogue)
{
        struct event *event, *next_event;
        struct series *series, *next_series;

        HASH_ITER(hh, catalogue->events, event, next_event) {
                HASH_DEL(catalogue->events, event);
                event_free(event);
        }
        HASH_ITER(hh, catalogue->series, series, next_series) {
                HASH_DEL(catalogue->series, series);
                series_free(series);
        }
        lists_drop(catalogue);
        free(catalogue->sorted);
        *catalogue = (struct catalogue){ 0 };
}

static bool lower_uuid(const char *text, char lower[UUID_TEXT_BYTES])
{
        size_t i = 0;

        for (; text[i] && i < UUID_TEXT_BYTES - 1; i++)
                lower[i] = (char)tolower((unsigned char)text[i]);
        lower[i] = '\0';
        return text[i] == '\0';
}

struct event *catalogue_find(struct catalogue *catalogue, const char *uuid)
{
        char lower[UUID_TEXT_BYTES];
        struct event *event = NULL;

        if (lower_uuid(uuid, lower))
                HASH_FIND_STR(catalogue->events, lower, event);
        return event;
}

struct series *catalogue_find_series(struct catalogue *catalogue, const char *uuid)
{
        char lower[UUID_TEXT_BYTES];
        struct series *series = NULL;

        if (lower_uuid(uuid, lower))
                HASH_FIND_STR(catalogue->series, lower, series);
        return series;
}

void catalogue_saved(struct catalogue *catalogue)
{
        catalogue->generation++;
}

/* ---- adding and removing ---- */

static struct series *series_join(struct catalogue *catalogue, const json_t *member, bool relevant)
{
        const char *uuid = json_member_text(member, "uuid");
        struct series *series;

        if (!uuid)
                return NULL;
        series = catalogue_find_series(catalogue, uuid);
        if (!series) {
                series = memory_new(sizeof(*series));
                lower_uuid(uuid, series->uuid);
                series->relevant = relevant;
                HASH_ADD_STR(catalogue->series, uuid, series);
        }
        series->instances++;
        return series;
}

static int set_members(struct event *event, const json_t *members, struct error *error)
{
        const char *name;
        json_t *value;

        json_object_foreach((json_t *)(uintptr_t)members, name, value) {
                if (strcmp(name, "uuid") == 0 || strcmp(name, "series") == 0)
                        continue;
                if (event_set(event, name, value, error) < 0)
                        return -1;
        }
        return 0;
}

static void insert(struct catalogue *catalogue, struct event *event)
{
        if (catalogue->count == catalogue->capacity) {
                catalogue->capacity = catalogue->capacity ? catalogue->capacity * 2 : 64;
                catalogue->sorted = memory_resize(catalogue->sorted, catalogue->capacity,
                                                  sizeof(struct event *));
        }
        event->serial = catalogue->serial++;
        catalogue->sorted[catalogue->count++] = event;
        catalogue->unsorted = catalogue->jobs_unknown = true;
        HASH_ADD_STR(catalogue->events, uuid, event);
        catalogue_saved(catalogue);
}

struct event *catalogue_add(struct catalogue *catalogue, const json_t *members, int64_t now_s,
                            struct error *error)
{
        const char *uuid = json_member_text(members, "uuid");
        struct event *event;

        if (!uuid || strlen(uuid) != UUID_TEXT_BYTES - 1) {
                error_set(error, "an event needs a uuid");
                return NULL;
        }
        if (catalogue_find(catalogue, uuid)) {
                error_set(error, "there is an event %s already", uuid);
                return NULL;
        }
        event = memory_new(sizeof(*event));
        lower_uuid(uuid, event->uuid);
        event->published = true;
        event->created_s = event->changed_s = now_s;
        event->series =
                series_join(catalogue, json_object_get(members, "series"),
                            json_member_boolean(members, "ticket_manager_relevance", false));
        insert(catalogue, event);
        if (set_members(event, members, error) < 0) {
                catalogue_remove(catalogue, event);
                return NULL;
        }
        event->occurred_done = event->state && strcmp(event->state, "Occurred") == 0;
        return event;
}

void catalogue_remove(struct catalogue *catalogue, struct event *event)
{
        size_t kept = 0;

        for (size_t i = 0; i < catalogue->count; i++) {
                if (catalogue->sorted[i] != event)
                        catalogue->sorted[kept++] = catalogue->sorted[i];
        }
        catalogue->count = kept;
        if (event->series)
                event->series->instances--;
        HASH_DEL(catalogue->events, event);
        event_free(event);
        catalogue->jobs_unknown = true;
        catalogue_saved(catalogue);
}

/* ---- dates ---- */

void catalogue_shift(struct catalogue *catalogue, int64_t days, int64_t now_s)
{
        for (size_t i = 0; i < catalogue->count; i++) {
                struct event *event = catalogue->sorted[i];

                event->start_s = copenhagen_add_days(event->start_s, days);
                event->end_s = copenhagen_add_days(event->end_s, days);
                if (event->created_s > now_s)
                        event->created_s = now_s;
                if (event->changed_s > now_s)
                        event->changed_s = now_s;
                if (event->occurred_done && event->end_s > now_s) {
                        text_replace(&event->state, "Active");
                        event->occurred_done = false;
                }
        }
        catalogue->unsorted = catalogue->jobs_unknown = true;
        catalogue_saved(catalogue);
}

int64_t catalogue_first_start_s(const struct catalogue *catalogue)
{
        int64_t first_s = CATALOGUE_NEVER_S;

        for (size_t i = 0; i < catalogue->count; i++) {
                const struct event *event = catalogue->sorted[i];

                if (event->dated && event->start_s < first_s)
                        first_s = event->start_s;
        }
        return first_s;
}

void catalogue_uuid(struct dice *dice, char text[UUID_TEXT_BYTES])
{
        struct uuid uuid;

        for (size_t i = 0; i < sizeof(uuid.bytes); i += sizeof(uint64_t)) {
                uint64_t half = dice_next(dice);

                memcpy(uuid.bytes + i, &half, sizeof(half));
        }
        uuid.bytes[6] = (uint8_t)((uuid.bytes[6] & 0x0f) | 0x40);
        uuid.bytes[8] = (uint8_t)((uuid.bytes[8] & 0x3f) | 0x80);
        uuid_format(&uuid, text);
}

/* The new instance of a series that was rescheduled: what the series gives, at another time. */
static void replace_instance(struct catalogue *catalogue, struct event *old, int64_t by_s,
                             struct dice *dice, int64_t now_s)
{
        struct event *event = memory_new(sizeof(*event));

        catalogue_uuid(dice, event->uuid);
        event->series = old->series;
        event->series->instances++;
        event->dated = true;
        event->start_s = old->start_s + by_s;
        event->end_s = old->end_s + by_s;
        event->created_s = event->changed_s = now_s;
        event->published = true;
        members_copy(&event->members, &old->members);
        catalogue_remove(catalogue, old);
        insert(catalogue, event);
}

void catalogue_reschedule(struct catalogue *catalogue, struct series *series, int64_t by_s,
                          struct dice *dice, int64_t now_s)
{
        struct event **all =
                memory_copy(catalogue->sorted, catalogue->count * sizeof(struct event *));
        size_t count = catalogue->count;
        bool alone = series->instances == 1;

        for (size_t i = 0; i < count; i++) {
                if (all[i]->series != series || !all[i]->dated)
                        continue;
                if (alone) {
                        all[i]->start_s += by_s;
                        all[i]->end_s += by_s;
                        all[i]->changed_s = now_s;
                } else {
                        replace_instance(catalogue, all[i], by_s, dice, now_s);
                }
        }
        free(all);
        series->changed_s = now_s;
        catalogue->unsorted = catalogue->jobs_unknown = true;
        catalogue_saved(catalogue);
}

/* ---- jobs ---- */

static int64_t event_next_job_s(const struct event *event, int64_t unpublish_after_s)
{
        if (!event->dated)
                return CATALOGUE_NEVER_S;
        if (!event->occurred_done)
                return event->end_s;
        if (unpublish_after_s >= 0 && !event->unpublished_done)
                return event->end_s + unpublish_after_s;
        return CATALOGUE_NEVER_S;
}

static bool run_job(struct event *event, int64_t now_s)
{
        const char *state = event_state(event);
        bool changed;

        if (event->occurred_done) {
                changed = event->published;
                event->unpublished_done = true;
                event->published = false;
        } else {
                changed = !(state && strcmp(state, "Cancelled") == 0) &&
                          text_replace(&event->state, "Occurred");
                event->occurred_done = true;
        }
        if (changed)
                event->changed_s = now_s;
        return changed;
}

bool catalogue_run_jobs(struct catalogue *catalogue, int64_t now_s, int64_t unpublish_after_s)
{
        bool saved = false;

        if (!catalogue->jobs_unknown && now_s < catalogue->next_job_s)
                return false;
        catalogue->next_job_s = CATALOGUE_NEVER_S;
        for (size_t i = 0; i < catalogue->count; i++) {
                struct event *event = catalogue->sorted[i];
                int64_t due_s;

                while ((due_s = event_next_job_s(event, unpublish_after_s)) <= now_s)
                        saved |= run_job(event, now_s);
                if (due_s < catalogue->next_job_s)
                        catalogue->next_job_s = due_s;
        }
        catalogue->jobs_unknown = false;
        if (saved)
                catalogue_saved(catalogue);
        return saved;
}

/* ---- the list ---- */

static int compare_events(const void *one, const void *other)
{
        const struct event *a = *(struct event *const *)one, *b = *(struct event *const *)other;

        if (a->start_s != b->start_s)
                return a->start_s < b->start_s ? -1 : 1;
        return a->serial < b->serial ? -1 : a->serial > b->serial;
}

static bool is_listed(const struct event *event, int64_t from_day)
{
        return event->published && (from_day == CATALOGUE_NO_DAY ||
                                    (event->dated && event->start_s >= from_day * DAY_S));
}

static struct blob *build_list(struct catalogue *catalogue, int64_t from_day)
{
        struct buffer out = BUFFER_NULL;

        if (catalogue->unsorted && catalogue->count > 0)
                qsort(catalogue->sorted, catalogue->count, sizeof(struct event *), compare_events);
        catalogue->unsorted = false;
        buffer_append_byte(&out, '[');
        for (size_t i = 0; i < catalogue->count; i++) {
                if (!is_listed(catalogue->sorted[i], from_day))
                        continue;
                if (out.length > 1)
                        buffer_append_byte(&out, ',');
                event_write(&out, catalogue->sorted[i]);
        }
        buffer_append_byte(&out, ']');
        return blob_take(&out);
}

struct blob *catalogue_list(struct catalogue *catalogue, int64_t from_day)
{
        struct catalogue_list *list;

        for (size_t i = 0; i < CATALOGUE_LISTS; i++) {
                list = &catalogue->lists[i];
                if (list->body && list->from_day == from_day &&
                    list->generation == catalogue->generation)
                        return blob_ref(list->body);
        }
        list = &catalogue->lists[catalogue->next_list++ % CATALOGUE_LISTS];
        blob_unref(list->body);
        *list = (struct catalogue_list){ build_list(catalogue, from_day), from_day,
                                         catalogue->generation };
        return blob_ref(list->body);
}
