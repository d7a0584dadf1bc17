/* What a person orders is about what was seen, or it is refused. */
#include "support.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "operator/order.h"

static struct overview_row row = { .id = "odense", .held = 31, .hold = "9f3c01d277ab4a52" };
static const struct overview overview = { .rows = &row, .count = 1 };

static void take_letter(struct dead_letters *letters, int64_t offset, const char *reason)
{
        struct headers headers;
        struct record record = { .topic = TOPIC_DEAD_LETTERS,
                                 .partition = 3,
                                 .offset = offset,
                                 .timestamp_ms = 1000,
                                 .key = slice_of("odense"),
                                 .value = slice_of("{}"),
                                 .headers = &headers };

        headers_clear(&headers);
        headers_add(&headers, "dplsync-reason", reason);
        headers_add(&headers, "dplsync-municipality", "odense");
        dead_letters_take(letters, &record);
}

static const struct {
        const char *says;
        const char *form;
        const char *refused; /* a piece of the sentence; NULL: it is done */
        const char *said;
} rows[] = {
        { "a read", "action=refresh&municipality=odense", NULL,
          "asked for a read now, past the site's cache" },
        { "all told again", "action=reassert&municipality=odense&count=412", NULL,
          "asked to tell the vendor all events again" },
        { "the hold that was seen",
          "action=approve&municipality=odense&hold=9f3c01d277ab4a52&count=31", NULL,
          "approved 31 deletions" },
        { "rejected", "action=reject&municipality=odense&hold=9f3c01d277ab4a52&count=31", NULL,
          "rejected 31 deletions" },
        { "another hold", "action=approve&municipality=odense&hold=0000000000000000&count=31",
          "has changed", NULL },
        { "another count", "action=approve&municipality=odense&hold=9f3c01d277ab4a52&count=30",
          "31 deletions are held now, not the 30", NULL },
        { "all dead letters", "action=replay&municipality=odense&count=3", NULL,
          "replayed 3 dead letters" },
        { "those of a reason", "action=discard&municipality=odense&letter=invalid-url&count=1",
          NULL, "discarded 1 dead letter" },
        { "more than were seen", "action=replay&municipality=odense&count=2",
          "3 dead letters wait now, not the 2", NULL },
        { "those up to the newest that was seen",
          "action=replay&municipality=odense&until=1000&count=3", NULL, "replayed 3 dead letters" },
        { "of which none is so old", "action=replay&municipality=odense&until=999&count=3",
          "0 dead letters wait now, not the 3", NULL },
        { "a moment that is none", "action=replay&municipality=odense&until=now&count=3",
          "until: it is no whole number", NULL },
        { "none", "action=replay&municipality=odense&letter=gone&count=0", "0 dead letters", NULL },
        { "no action", "municipality=odense", "no such action", NULL },
        { "an unknown one", "action=flush&municipality=odense", "no such action", NULL },
        { "no municipality", "action=refresh", "municipality is missing", NULL },
        { "one that is no id", "action=refresh&municipality=Odense", "municipality is missing",
          NULL },
        { "one that is not configured", "action=refresh&municipality=fano",
          "fano is not in the configuration", NULL },
        { "a count that is none", "action=approve&municipality=odense&count=many",
          "no whole number", NULL },
        { "less than nothing", "action=approve&municipality=odense&count=-1", "no whole number",
          NULL },
};

static void test_orders(void **state)
{
        const struct dead_letters_bounds bounds = { 10, 1 << 20 };
        struct dead_letters letters;

        (void)state;
        dead_letters_init(&letters, &bounds, NULL);
        take_letter(&letters, 1, "rejected-by-cms");
        take_letter(&letters, 2, "invalid-url");
        take_letter(&letters, 3, "rejected-by-cms");
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct error error = ERROR_NULL;
                char said[ORDER_SENTENCE_BYTES];
                struct order order;
                struct form form;

                check(form_read(&form, slice_of(rows[i].form)), rows[i].says);

                bool done = order_read(&order, &form, &error) == 0 &&
                            order_check(&order, &overview, &letters, &error) == 0;

                check_number(done, rows[i].refused == NULL, rows[i].says);
                if (rows[i].refused && !strstr(error.text, rows[i].refused))
                        fail_msg("%s: %s", rows[i].says, error.text);
                if (!done)
                        continue;
                order_say(&order, said);
                check_text(said, rows[i].said, rows[i].says);
        }
        dead_letters_deinit(&letters);
}

static void test_nothing_is_held_any_more(void **state)
{
        struct overview_row empty = { .id = "odense" };
        const struct overview now = { .rows = &empty, .count = 1 };
        const struct dead_letters none = { .count = 0 };
        struct order order = { .action = ORDER_APPROVE, .municipality = "odense" };
        struct error error = ERROR_NULL;

        (void)state;
        check_number(order_check(&order, &now, &none, &error), -1, "an empty hold is none");
        check(strstr(error.text, "nothing is held"), error.text);
}

static void test_control(void **state)
{
        struct order order = { .action = ORDER_APPROVE, .hold = "9f3c01d277ab4a52", .count = 31 };
        struct control control;

        (void)state;
        order_control(&order, &control);
        check_number(control.command, CONTROL_APPROVE_DELETIONS, "an approval");
        check_text(control.hold, "9f3c01d277ab4a52", "of that hold");
        check_number(control.count, 31, "and that count");
        order = (struct order){ .action = ORDER_REFRESH };
        order_control(&order, &control);
        check(control.command == CONTROL_REFRESH && control.fresh && !control.full,
              "fetch now is past the cache");
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_orders),
                                            cmocka_unit_test(test_nothing_is_held_any_more),
                                            cmocka_unit_test(test_control) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
