/* tests/unit/test_tracing.c */
#include "writer/tracing.h"

#include <stdio.h>

#include "base/memory.h"
#include "support.h"
#include "writer/lane.h"
#include "writer/site.h"

#define VENDOR "00f067aa0ba902b7"
#define KEY    "9d0c1f2e3a4b5c6d7e8f90a1b2c3d4e5"

/* A lane of its own with an attempt, and updates on board. */
struct world {
        struct municipality municipality;
        struct site *site;
        struct lane *lane;
};

static void set_up(struct world *world)
{
        struct uuid uuid = { { 1 } };

        *world = (struct world){ .municipality = { .id = "aarhus" } };
        world->site = writer_site_new(&world->municipality, 0, 0);
        world->lane = lane_new(world->site, &uuid);
        world->lane->attempt = memory_new(sizeof(*world->lane->attempt));
        memcpy(world->lane->attempt->request.key, KEY, sizeof(KEY));
}

static struct wanted *add(struct world *world, int64_t offset, const char *traceparent)
{
        struct headers headers = { .count = 0 };
        struct intake intake = { .next = INTAKE_ACCEPT, .version = (uint64_t)offset };
        struct record record = { .offset = offset, .headers = &headers };
        struct wanted *wanted;

        if (traceparent)
                headers_add(&headers, "traceparent", traceparent);
        intake.update.present[MEMBER_STATE] = true;
        intake.update.state = STATE_ACTIVE;
        intake.versions[MEMBER_STATE] = (uint64_t)offset;
        wanted = wanted_new(&intake, &record);
        wanted->in_attempt = true;
        lane_add(world->lane, wanted);
        return wanted;
}

static void tear_down(struct world *world)
{
        free(world->lane->attempt);
        world->lane->attempt = NULL;
        lane_free(world->lane);
        writer_site_free(world->site);
}

static void test_below_the_vendors_span(void **state)
{
        struct world world;
        struct tracing handled, again, patch, next;

        (void)state;
        set_up(&world);

        struct wanted *wanted = add(&world, 7, "00-4bf92f3577b34da6a3ce929d0e0e4736-" VENDOR "-01");

        handled = tracing_update(world.lane, wanted, 0);
        check_text(handled.own.id, "4bf92f3577b34da6a3ce929d0e0e4736", "the vendor's trace");
        check_text(handled.parent, VENDOR, "below its span");
        check(handled.own.sampled, "sampled as the vendor's is, whatever our share");
        again = tracing_update(world.lane, wanted, 0);
        check_text(again.own.span, handled.own.span, "the same when it is redelivered");
        patch = tracing_patch(world.lane, wanted, 0);
        check_text(patch.parent, handled.own.span, "the PATCH below that");
        wanted->attempts = 1;
        next = tracing_patch(world.lane, wanted, 0);
        check(strcmp(next.own.span, patch.own.span) != 0, "another one for the next try");
        tear_down(&world);
}

static void test_named_by_the_key(void **state)
{
        struct world world;
        struct tracing handled, seal, patch;

        (void)state;
        set_up(&world);

        struct wanted *wanted = add(&world, 7, NULL);

        handled = tracing_update(world.lane, wanted, 100);
        check_text(handled.own.id, KEY, "of an update without a trace");
        check_text(handled.parent, "", "it begins there");
        check(handled.own.sampled, "all are sampled");
        seal = tracing_update(world.lane, NULL, 0);
        check_text(seal.own.id, KEY, "of a seal, too");
        check(!seal.own.sampled, "none is sampled");
        patch = tracing_patch(world.lane, wanted, 100);
        check_text(patch.own.id, KEY, "the PATCH in it");
        wanted->in_attempt = false;
        handled = tracing_update(world.lane, wanted, 100);
        check_text(handled.own.id, "", "without a PATCH there is no trace");
        tear_down(&world);
}

static void test_links(void **state)
{
        struct world world;
        struct tracing patch;
        struct wanted *newest = NULL;
        char traceparent[TRACEPARENT_BYTES];

        (void)state;
        set_up(&world);
        add(&world, 1, NULL);
        for (int i = 2; i < 9; i++) {
                snprintf(traceparent, sizeof(traceparent), "00-%032x-" VENDOR "-01", (unsigned)i);
                newest = add(&world, i, traceparent);
        }
        patch = tracing_patch(world.lane, newest, 0);
        check_text(patch.own.id, "00000000000000000000000000000008", "the newest one's trace");
        check_number(patch.link_count, TRACING_LINKS, "no more links than there is room for");
        check_text(patch.links[0].id, "00000000000000000000000000000002",
                   "the first that has a trace");
        tear_down(&world);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_below_the_vendors_span),
                cmocka_unit_test(test_named_by_the_key),
                cmocka_unit_test(test_links),
        };

        return cmocka_run_group_tests_name("tracing", tests, NULL, NULL);
}
