/* tests/unit/test_rules.c */
#include "support.h"

#include "model/news.h"
#include "reconciler/rules.h"

#define NOW_MS INT64_C(1772355600000)

static const struct municipality all = { .news = NEWS_ALL };
static const struct municipality relevant = { .news = NEWS_ALL, .relevant_only = true };
static const struct municipality titles = { .news = 1 };

static void test_number(void **state)
{
        (void)state;
        check(rules_of(&all) != rules_of(&relevant), "relevant_only is a rule");
        check(rules_of(&all) != rules_of(&titles), "so are the fields");
        check(rules_read(rules_of(&relevant)).relevant_only, "read as written");
        check(!rules_read(rules_of(&titles)).relevant_only, "read as written");
        check_number(rules_read(rules_of(&titles)).news, 1, "read as written");
        check_number(rules_read(0).news, NEWS_ALL, "none: all is news");
}

/* A state under the first rules; then the configuration changes, twice. */
static void test_change(void **state)
{
        (void)state;
        struct meta meta;

        meta_init(&meta);
        rules_begin(&meta, &all);
        rules_announce(&meta, &all, NOW_MS);
        check_number(meta.next_rules, 0, "nothing changed");

        rules_announce(&meta, &relevant, NOW_MS);
        check_number(rules_in_force(&meta, NOW_MS + RULES_SETTLE_MS - 1), rules_of(&all),
                     "announced, not in force yet");
        check_number(rules_in_force(&meta, NOW_MS + RULES_SETTLE_MS), rules_of(&relevant),
                     "in force a minute later");

        rules_announce(&meta, &titles, NOW_MS + 5);
        check_number(meta.next_rules, rules_of(&relevant), "the first announcement stands");
        rules_applied(&meta, rules_of(&all));
        check_number(meta.next_rules, rules_of(&relevant), "until a list was compared by it");
        rules_applied(&meta, rules_of(&relevant));
        check_number(rules_in_force(&meta, INT64_MAX), rules_of(&relevant), "then it is the rule");
        rules_announce(&meta, &titles, NOW_MS + 10);
        check_number(rules_in_force(&meta, INT64_MAX), rules_of(&titles),
                     "and the second one's turn");
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_number),
                                            cmocka_unit_test(test_change) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
