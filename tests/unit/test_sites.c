/* tests/unit/test_sites.c */
#include "unit/support.h"

#include "reconciler/sites.h"

/* Ids of the active ones, in their order. */
static void check_active(const struct sites *sites, const char *want, const char *says)
{
        char ids[8] = "";

        for (const struct site *site = sites->active; site; site = site->next)
                strcat(ids, site->id);
        check_text(ids, want, says);
}

static void test_active_ones(void **state)
{
        static const struct {
                const char *says;
                char verb; /* r: rests, a: is activated, b: goes behind, A: all are activated */
                const char *id;
                const char *active;
        } rows[] = {
                { "who had its slice goes behind", 'b', "a", "bca" },
                { "who rests is not stepped", 'r', "c", "ba" },
                { "to rest twice is to rest", 'r', "c", "ba" },
                { "a reply wakes the one it is for", 'a', "c", "bac" },
                { "who is awake keeps its place", 'a', "b", "bac" },
                { "one more rests", 'r', "a", "bc" },
                { "all are woken, those that slept come last", 'A', "", "bca" },
        };
        static const char *const ids[] = { "a", "b", "c" };
        struct partition *partition = partition_new(0, PLACE_NONE, PLACE_NONE);
        struct sites sites = SITES_NULL;
        struct site_world world = { .now_ms = 0 };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(ids); i++)
                sites_add(&sites, site_new(ids[i], sites_serial(&sites), partition, NULL));
        check_active(&sites, "abc", "new ones are active");
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct site *site = sites_by_id(&sites, rows[i].id);

                if (rows[i].verb == 'r')
                        sites_rest(&sites, site);
                else if (rows[i].verb == 'a')
                        sites_activate(&sites, site);
                else if (rows[i].verb == 'b')
                        sites_go_behind(&sites, site);
                else
                        sites_activate_all(&sites);
                check_active(&sites, rows[i].active, rows[i].says);
        }
        while (sites.by_id) {
                struct site *site = sites.by_id;

                sites_remove(&sites, site);
                site_free(site, &world);
        }
        assert_null(sites.active);
        partition_free(partition);
}

/* A reply to one that left must not reach the one that came back. */
static void test_a_token_finds_who_asked(void **state)
{
        struct partition *partition = partition_new(0, PLACE_NONE, PLACE_NONE);
        struct sites sites = SITES_NULL;
        struct site_world world = { .now_ms = 0 };
        struct site *first = site_new("aarhus", sites_serial(&sites), partition, NULL);
        uint64_t token = (uint64_t)first->serial << 32 | 7;

        (void)state;
        sites_add(&sites, first);
        assert_ptr_equal(sites_by_token(&sites, token), first);
        sites_remove(&sites, first);
        site_free(first, &world);

        struct site *again = site_new("aarhus", sites_serial(&sites), partition, NULL);

        sites_add(&sites, again);
        assert_null(sites_by_token(&sites, token));
        assert_ptr_equal(sites_by_id(&sites, "aarhus"), again);
        sites_remove(&sites, again);
        site_free(again, &world);
        partition_free(partition);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_active_ones),
                cmocka_unit_test(test_a_token_finds_who_asked),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
