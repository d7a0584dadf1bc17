/* tests/sim/writer/snapshots.c
 *
 * A list is looked at, and its entries reach Redis up to 90 s later.
 */
#include "sim/writer/snapshots.h"

#include "base/memory.h"
#include "model/control.h"
#include "model/known.h"
#include "model/version.h"

/* A list on its way. */
struct listing {
        struct errand errand;
        struct world *world;
        size_t town;
        struct cms_event events[CMS_EVENTS];
};

static void write_entry(struct store *store, const char *key, const struct cms_event *event)
{
        struct slice name = { (const char *)event->uuid.bytes, sizeof(event->uuid.bytes) };
        _cleanup_(buffer_deinit) struct buffer packed = BUFFER_NULL;

        const char *url = event->url[0] ? event->url : event->series_url;
        struct known known = {
                .version = version_make(1, 1),
                .start_ms = event->start_ms,
                .end_ms = event->end_ms,
                .state = event->state,
                .url = url[0] ? (char *)(uintptr_t)url : NULL,
                .admin_url = event->admin_url[0] ? (char *)(uintptr_t)event->admin_url : NULL,
        };
        if (event->deleted) {
                store_remove(store, key, name);
                return;
        }
        known_write(&known, &packed);
        store_put(store, key, name, buffer_slice(&packed));
}

static void run_listing(struct errand *errand)
{
        const struct listing *listing = (const struct listing *)errand;
        struct store *store = &listing->world->stage.store;
        char key[STORE_KEY_BYTES];

        if (!store->up)
                return;
        store_key(key, listing->world->towns[listing->town].id, "m");
        store_put(store, key, slice_of("epoch"), slice_of("1"));
        store_key(key, listing->world->towns[listing->town].id, "s");
        for (size_t e = 0; e < CMS_EVENTS; e++)
                write_entry(store, key, &listing->events[e]);
        store_end_command(store);
}

static void look(struct world *world, size_t town, int64_t wait_ms)
{
        struct listing *listing = memory_new(sizeof(*listing));

        listing->errand = (struct errand){ .run = run_listing, .drop = sim_drop };
        listing->world = world;
        listing->town = town;
        memcpy(listing->events, world->towns[town].cms.events, sizeof(listing->events));
        calendar_add(&world->sim->calendar, &listing->errand, sim_now(world->sim) + wait_ms);
}

static void look_again(struct errand *errand)
{
        const struct stage_errand *mine = (const struct stage_errand *)errand;
        struct world *world = world_of(mine->stage);

        cms_cron(&world->towns[mine->which].cms);
        look(world, mine->which, sim_between(world->sim, 1, 90) * SIM_SECOND);
        stage_add_errand(&world->stage, look_again, mine->which, 0,
                         sim_between(world->sim, 9, 11) * SIM_MINUTE);
}

/* Somebody asks for a list. */
static void on_append(void *context, enum topic topic, int32_t partition,
                      const struct broker_record *record)
{
        struct world *world = context;

        (void)partition;
        if (topic != TOPIC_CONTROL)
                return;
        for (size_t t = 0; t < TOWNS; t++)
                if (strcmp(record->key, world->towns[t].id) == 0)
                        look(world, t, sim_between(world->sim, 1, 20) * SIM_SECOND);
}

void snapshots_begin(struct world *world)
{
        broker_watch(&world->stage.broker, on_append, world);
        for (size_t t = 0; t < TOWNS; t++)
                stage_add_errand(&world->stage, look_again, t, 0,
                                 sim_between(world->sim, 0, SIM_MINUTE));
}
