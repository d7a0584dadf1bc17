/* tests/sim/writer/vendor.c
 *
 * Links are numbered, so that no two wishes are alike; states are few, so that many are.
 */
#include "sim/writer/vendor.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"
#include "model/origin.h"
#include "model/version.h"
#include "sim/writer/without.h"

static void choose_url(struct world *world, struct wished *wished, enum wish_member member)
{
        const char *path = member == MEMBER_URL ? "" : "admin/";

        if (sim_chance(world->sim, 100))
                wished->urls[member][0] = '\0'; /* cleared */
        else
                snprintf(wished->urls[member], CMS_URL_BYTES, "https://t.test/%s%" PRId64, path,
                         ++world->links);
        wished->present[member] = true;
}

static void choose(struct world *world, struct wished *wished)
{
        static const enum event_state states[] = { STATE_TICKET_SALE_NOT_OPEN, STATE_ACTIVE,
                                                   STATE_SOLD_OUT, STATE_CANCELLED };
        int64_t what = sim_between(world->sim, 0, 9);

        *wished = (struct wished){ .town = (size_t)sim_between(world->sim, 0, TOWNS - 1),
                                   .event = (size_t)sim_between(world->sim, 0, CMS_EVENTS - 1),
                                   .valid = true };
        if (what < 7) {
                wished->present[MEMBER_STATE] = true;
                wished->state = states[sim_between(world->sim, 0, 3)];
        }
        if (what == 5 || what == 7 || what == 9)
                choose_url(world, wished, MEMBER_URL);
        if (what == 6 || what == 8 || what == 9)
                choose_url(world, wished, MEMBER_ADMIN_URL);
}

static void write_link(struct buffer *value, const struct wished *wished, enum wish_member member)
{
        const char *url = wished->urls[member];

        if (!wished->present[member])
                return;
        if (value->data[value->length - 1] != '{')
                buffer_append_byte(value, ',');
        buffer_append_format(value, "\"%s\":%s%s%s", wish_member_name(member), url[0] ? "\"" : "",
                             url[0] ? url : "null", url[0] ? "\"" : "");
}

static void write_value(const struct world *world, const struct wished *wished,
                        struct buffer *value)
{
        const struct town *town = &world->towns[wished->town];
        char uuid[UUID_TEXT_BYTES];

        uuid_format(&town->cms.events[wished->event].uuid, uuid);
        buffer_append_format(value, "{\"municipality\":\"%s\",\"uuid\":\"%s\"", town->id, uuid);
        if (wished->present[MEMBER_STATE])
                buffer_append_format(value, ",\"state\":\"%s\"",
                                     wished->valid ? event_state_name(wished->state) : "Gone");
        if (wished->present[MEMBER_URL] || wished->present[MEMBER_ADMIN_URL]) {
                buffer_append_text(value, ",\"external_data\":{");
                write_link(value, wished, MEMBER_URL);
                write_link(value, wished, MEMBER_ADMIN_URL);
                buffer_append_byte(value, '}');
        }
        buffer_append_byte(value, '}');
}

static void append(struct world *world, const struct wished *wished, const struct headers *headers)
{
        _cleanup_(buffer_deinit) struct buffer value = BUFFER_NULL;

        write_value(world, wished, &value);
        sim_say(world->sim, "%d/%" PRId64 ": %s%s", wished->key.partition,
                broker_end(&world->stage.broker, TOPIC_UPDATES, wished->key.partition),
                headers ? "again: " : "", value.data);
        broker_append(&world->stage.broker, TOPIC_UPDATES, wished->key.partition,
                      world->towns[wished->town].id, buffer_slice(&value), headers, NULL);
}

static void write_down(struct world *world, struct wished *wished)
{
        wished->key.partition = world->towns[wished->town].partition;
        /* Now and then another partitioner. */
        if (world->foreign && sim_chance(world->sim, 300))
                wished->key.partition = (int32_t)sim_between(world->sim, 0, STAGE_PARTITIONS - 1);
        wished->key.offset = broker_end(&world->stage.broker, TOPIC_UPDATES, wished->key.partition);
        check_wished(&world->check, wished);
        append(world, wished, NULL);
}

static void wish(struct world *world)
{
        struct wished wished;

        choose(world, &wished);
        /* One in fifty nobody can accept. */
        wished.valid = !wished.present[MEMBER_STATE] || !sim_chance(world->sim, 20);
        write_down(world, &wished);
}

static void wish_again(struct errand *errand)
{
        const struct stage_errand *mine = (const struct stage_errand *)errand;
        struct world *world = world_of(mine->stage);

        if (!world->stage.faulty)
                return;
        for (int64_t count = sim_chance(world->sim, 100)
                                     ? sim_between(world->sim, 2, world->scene->burst_max)
                                     : 1;
             count > 0 && world->stage.broker.up; count--)
                wish(world);
        stage_add_errand(&world->stage, wish_again, 0, mine->detail,
                         sim_between(world->sim, 1, 2 * (int64_t)mine->detail));
}

/* -- another mind
 * -------------------------------------------------------------------------------------- */

static void wish_links(struct errand *errand)
{
        const struct stage_errand *mine = (const struct stage_errand *)errand;
        struct wished wished = { .town = mine->which, .event = mine->detail, .valid = true };

        if (!mine->stage->broker.up)
                return;
        choose_url(world_of(mine->stage), &wished, MEMBER_URL);
        choose_url(world_of(mine->stage), &wished, MEMBER_ADMIN_URL);
        write_down(world_of(mine->stage), &wished);
}

void vendor_changes_mind(struct world *world, size_t town)
{
        size_t event = (size_t)sim_between(world->sim, 0, CMS_EVENTS - 1);

        stage_add_errand(&world->stage, wish_links, town, event, 0);
        stage_add_errand(&world->stage, wish_links, town, event,
                         sim_between(world->sim, 1, 60) * SIM_SECOND);
}

/* -- sent again
 * -------------------------------------------------------------------------------------- */

static const struct wished *any_wished(struct world *world)
{
        int64_t at = sim_between(world->sim, 0, HASH_COUNT(world->check.wished));
        const struct wished *wished = world->check.wished;

        while (wished && at-- > 0)
                wished = wished->hh.next;
        return wished;
}

/* As `dplsync replay updates` does: with its origin, so that it is no newer than it was. */
static void replay(struct world *world, const struct wished *wished)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        struct origin origin = { .epoch = 1,
                                 .partition = wished->key.partition,
                                 .offset = wished->key.offset,
                                 .first_record_ms = sim_now(world->sim),
                                 .cause = "replayed",
                                 .serial = (uint64_t)sim_now(world->sim) };
        struct headers headers;

        for (int m = 0; m < MEMBER_COUNT; m++)
                if (wished->present[m])
                        origin.versions[m] = version_make(1, wished->key.offset);
        check_again(&world->check, wished);
        origin_write(&origin, &text);
        headers_clear(&headers);
        headers_borrow(&headers, "dplsync-origin", buffer_slice(&text));
        append(world, wished, world->sim->without == WITHOUT_MEMBER_VERSIONS ? NULL : &headers);
}

static void replay_again(struct errand *errand)
{
        const struct stage_errand *mine = (const struct stage_errand *)errand;
        struct world *world = world_of(mine->stage);
        const struct wished *wished;

        if (!world->stage.faulty)
                return;
        wished = any_wished(world);
        if (wished && wished->valid && world->stage.broker.up)
                replay(world, wished);
        stage_add_errand(&world->stage, replay_again, 0, 0,
                         sim_between(world->sim, 1, 120) * SIM_MINUTE);
}

void vendor_begin(struct world *world)
{
        const struct scene *scene = world->scene;
        int64_t pace_ms = sim_between(world->sim, scene->pace_min_ms, scene->pace_max_ms);

        world->foreign = scene->foreign && sim_chance(world->sim, 500);
        world->check.requests.scattered = world->foreign;
        stage_add_errand(&world->stage, wish_again, 0, (size_t)pace_ms, SIM_MINUTE);
        if (scene->replays && sim_chance(world->sim, 600))
                stage_add_errand(&world->stage, replay_again, 0, 0, SIM_HOUR);
}
