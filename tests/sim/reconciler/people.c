/* tests/sim/reconciler/people.c
 *
 * Operators act on what the status shows, which may be no longer so when their command is read.
 */
#include "sim/reconciler/people.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "model/control.h"
#include "model/ledger.h"
#include "reconciler/terms.h"

/* -- editors ----------------------------------------------------------------------------------- */

static void edit(struct errand *errand)
{
        const struct stage_errand *mine = (const struct stage_errand *)errand;
        struct world *world = world_of(mine->stage);

        if (!world->stage.faulty)
                return;
        cms_edit(&world->towns[mine->which].cms);
        stage_add_errand(&world->stage, edit, mine->which, mine->detail,
                         sim_between(world->sim, 1, 2 * (int64_t)mine->detail));
}

static void run_cron(struct errand *errand)
{
        const struct stage_errand *mine = (const struct stage_errand *)errand;
        struct world *world = world_of(mine->stage);

        if (!world->stage.faulty)
                return;
        cms_cron(&world->towns[mine->which].cms);
        stage_add_errand(&world->stage, run_cron, mine->which, 0, 15 * SIM_MINUTE);
}

/* -- the writer -------------------------------------------------------------------------------- */

static void note_wish(struct world *world, const struct town *town, const struct uuid *uuid,
                      enum event_state state)
{
        _cleanup_(buffer_deinit) struct buffer entry = BUFFER_NULL;
        char key[STORE_KEY_BYTES], text[UUID_TEXT_BYTES];
        struct ledger_entry noted = { .touched_ms = 0 };

        noted.wish.members[MEMBER_STATE].version = VERSION_MIN;
        noted.wish.members[MEMBER_STATE].state = state;
        noted.wish.members[MEMBER_STATE].status = WISH_CONFIRMED;
        ledger_entry_write(&noted, &entry);
        ledger_entry_deinit(&noted);
        store_key(key, town->id, "w");
        uuid_format(uuid, text);
        store_put(&world->stage.store, key, slice_of(text), buffer_slice(&entry));
        store_end_command(&world->stage.store);
        check_own_state(&world->check, town->id, uuid, state);
}

static void write_state(struct errand *errand)
{
        const struct stage_errand *mine = (const struct stage_errand *)errand;
        struct world *world = world_of(mine->stage);
        struct town *town = world_any_town(world);
        enum event_state state;
        struct uuid uuid;

        if (!world->stage.faulty)
                return;
        if (world->stage.store.up && cms_set_state(&town->cms, &uuid, &state))
                note_wish(world, town, &uuid, state);
        stage_add_errand(&world->stage, write_state, 0, 0,
                         sim_between(world->sim, 0, 3 * SIM_HOUR));
}

/* -- operators --------------------------------------------------------------------------------- */

static void command(struct world *world, const struct town *town, enum control_command what,
                    const struct meta *meta)
{
        _cleanup_(buffer_deinit) struct buffer value = BUFFER_NULL;
        struct control control = { .command = what };

        snprintf(control.id, sizeof(control.id), "operator-%" PRIu64, world->sim->events);
        if (meta) {
                text_copy(control.hold, sizeof(control.hold), meta->hold);
                control.count = meta->held;
        }
        control_write(&control, &value);
        sim_say(world->sim, "operator: %s: %s", town->id, value.data);
        broker_append(&world->stage.broker, TOPIC_CONTROL, town->partition, town->id,
                      buffer_slice(&value), NULL, NULL);
}

static void read_meta(const struct world *world, const struct town *town, struct meta *meta)
{
        char key[STORE_KEY_BYTES];
        struct store_pairs pairs;

        store_key(key, town->id, "m");
        store_read(&world->stage.store, key, &pairs);
        meta_read(meta, pairs.items, pairs.count, NULL);
        store_pairs_deinit(&pairs);
}

static void approve_all(struct world *world, const struct town *town, const struct meta *meta)
{
        struct diff_facts foreign = terms_foreign(meta);
        char key[STORE_KEY_BYTES];
        struct store_pairs pairs;

        store_key(key, town->id, "s");
        store_read(&world->stage.store, key, &pairs);
        for (size_t i = 0; i + 1 < pairs.count; i += 2) {
                struct known known;
                struct uuid uuid;
                bool named;

                if (known_read(&known, pairs.items[i + 1], NULL) < 0)
                        continue;
                memcpy(uuid.bytes, pairs.items[i].data, sizeof(uuid.bytes));
                named = meta->foreign[0] ? diff_in_foreign_hold(&foreign, &known)
                                         : diff_is_alive(&known) && (known.flags & KNOWN_HELD);
                if (named)
                        check_approved(&world->check, town->id, &uuid);
                known_deinit(&known);
        }
        store_pairs_deinit(&pairs);
        command(world, town, CONTROL_APPROVE_DELETIONS, meta);
}

static void decide(struct world *world, const struct town *town)
{
        struct meta meta;

        read_meta(world, town, &meta);
        if (!meta.hold[0] || sim_chance(world->sim, 400))
                return;
        if (sim_chance(world->sim, 500))
                approve_all(world, town, &meta);
        else
                command(world, town, CONTROL_REJECT_DELETIONS, &meta);
}

static void operate(struct errand *errand)
{
        const struct stage_errand *mine = (const struct stage_errand *)errand;
        struct world *world = world_of(mine->stage);
        const struct town *town = world_any_town(world);

        if (!world->stage.faulty)
                return;
        if (world->stage.broker.up && sim_chance(world->sim, 150))
                command(world, town, CONTROL_REASSERT, NULL);
        else if (world->stage.broker.up)
                decide(world, town);
        stage_add_errand(&world->stage, operate, 0, 0, sim_between(world->sim, 0, 60 * SIM_MINUTE));
}

void people_approve_foreign(struct world *world)
{
        for (size_t i = 0; i < WORLD_TOWNS; i++) {
                struct meta meta;

                read_meta(world, &world->towns[i], &meta);
                if (meta.foreign[0] && meta.hold[0])
                        approve_all(world, &world->towns[i], &meta);
        }
}

void people_begin(struct world *world)
{
        for (size_t i = 0; i < WORLD_TOWNS; i++) {
                int64_t pace_ms = sim_between(world->sim, world->scene->edit_min_ms,
                                              world->scene->edit_max_ms);

                stage_add_errand(&world->stage, edit, i, (size_t)pace_ms, pace_ms);
                stage_add_errand(&world->stage, run_cron, i, 0,
                                 sim_between(world->sim, 0, 15 * SIM_MINUTE));
        }
        stage_add_errand(&world->stage, write_state, 0, 0, SIM_HOUR);
        stage_add_errand(&world->stage, operate, 0, 0, SIM_HOUR);
}
