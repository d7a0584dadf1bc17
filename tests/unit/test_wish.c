/* The standing wish: the newest value of every member, and a merge that knows no order. */
#include "support.h"

#include "base/cleanup.h"
#include "base/dice.h"
#include "base/json.h"
#include "base/memory.h"
#include "model/version.h"
#include "model/wish.h"

/* Versions differ in their last digit only, here and in the texts below. */
#define V(n) (UINT64_C(1099511627770) + (n))

static void read_wish(struct wish *wish, const char *text)
{
        _cleanup_(json_decrefp) json_t *object = json_read(text, strlen(text), 10000, NULL);
        struct error error = ERROR_NULL;

        if (wish_read(wish, object, &error) < 0)
                fail_msg("%s: %s", text, error.text);
}

static void check_wish(const struct wish *wish, const char *want, const char *says)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        wish_write(wish, &text);
        check_text(text.data, want, says);
}

#define STATE(value, version, status)                                                              \
        "\"state\":{\"value\":\"" value "\",\"version\":109951162777" version                      \
        ",\"status\":\"" status "\"},"
#define URL(value, version, status)                                                                \
        "\"url\":{\"value\":" value ",\"version\":109951162777" version ",\"status\":\"" status    \
        "\"},"
#define ADMIN(value, version, status)                                                              \
        "\"admin_url\":{\"value\":" value ",\"version\":109951162777" version                      \
        ",\"status\":\"" status "\"},"

static const struct {
        const char *says;
        const char *a, *b, *want;
} merge_rows[] = {
        { "nothing and nothing", "{\"serial\":0}", "{\"serial\":0}", "{\"serial\":0}" },
        { "something and nothing", "{" STATE("Active", "7", "open") "\"serial\":0}",
          "{\"serial\":0}", "{" STATE("Active", "7", "open") "\"serial\":0}" },
        { "per member the newer one",
          "{" STATE("Active", "7", "confirmed") URL("\"https://a/2\"", "9", "open") "\"serial\":0}",
          "{" STATE("SoldOut", "8", "open")
                  URL("\"https://a/1\"", "6", "confirmed") "\"serial\":0}",
          "{" STATE("SoldOut", "8", "open") URL("\"https://a/2\"", "9", "open") "\"serial\":0}" },
        { "a newer null clears", "{" URL("\"https://a/1\"", "6", "confirmed") "\"serial\":0}",
          "{" URL("null", "7", "open") "\"serial\":0}",
          "{" URL("null", "7", "open") "\"serial\":0}" },
        { "ended is further than open", "{" STATE("Active", "7", "open") "\"serial\":0}",
          "{" STATE("Active", "7", "ended") "\"serial\":0}",
          "{" STATE("Active", "7", "ended") "\"serial\":0}" },
        { "confirmed is further than ended", "{" ADMIN("null", "7", "confirmed") "\"serial\":0}",
          "{" ADMIN("null", "7", "ended") "\"serial\":0}",
          "{" ADMIN("null", "7", "confirmed") "\"serial\":0}" },
        { "the later seal of equal serials",
          "{\"serial\":1,\"sealed_at\":\"2026-03-01T09:00:00.000Z\"}",
          "{\"serial\":1,\"sealed_at\":\"2026-03-01T09:05:00.000Z\"}",
          "{\"serial\":1,\"sealed_at\":\"2026-03-01T09:05:00.000Z\"}" },
        { "a higher serial breaks the seal",
          "{\"serial\":1,\"sealed_at\":\"2026-03-01T09:00:00.000Z\"}", "{\"serial\":2}",
          "{\"serial\":2}" },
        { "at equal serials a seal is not lost",
          "{\"serial\":2,\"sealed_at\":\"2026-03-01T09:00:00.000Z\"}", "{\"serial\":2}",
          "{\"serial\":2,\"sealed_at\":\"2026-03-01T09:00:00.000Z\"}" },
};

static void check_merge(const char *a, const char *b, const char *want, const char *says)
{
        struct wish left, right, again;

        read_wish(&left, a);
        read_wish(&right, b);
        wish_merge(&left, &right);
        check_wish(&left, want, says);
        wish_copy(&again, &left);
        wish_merge(&again, &right);
        check(wish_equal(&again, &left), says);
        wish_deinit(&left);
        wish_deinit(&right);
        wish_deinit(&again);
}

static void test_merge(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(merge_rows); i++) {
                check_merge(merge_rows[i].a, merge_rows[i].b, merge_rows[i].want,
                            merge_rows[i].says);
                check_merge(merge_rows[i].b, merge_rows[i].a, merge_rows[i].want,
                            merge_rows[i].says);
        }
}

/* One of few values, so that versions and statuses meet. A version stands for one value. */
static void roll_wish(struct wish *wish, struct dice *dice)
{
        wish_init(wish);
        for (size_t i = 0; i < MEMBER_COUNT; i++) {
                struct wish_value *value = &wish->members[i];
                int64_t version = dice_below(dice, 4);

                if (version == 0)
                        continue;
                value->version = V((uint64_t)version);
                value->status = (enum wish_status)dice_below(dice, 3);
                if (i == MEMBER_STATE)
                        value->state = (enum event_state)(STATE_ACTIVE + version - 1);
                else if (version > 1)
                        value->url = memory_copy_text(version == 2 ? "https://a/2" : "https://a/3");
        }
        wish->serial = (uint64_t)dice_below(dice, 3);
        wish->sealed_at_ms = dice_below(dice, 3) * 1000;
}

/* a + (b + c) = (c + a) + b, whatever they are. */
static void test_merge_any_order(void **state)
{
        struct dice dice = { 7 };

        (void)state;
        for (int round = 0; round < 2000; round++) {
                struct wish a, b, c, left, right;

                roll_wish(&a, &dice);
                roll_wish(&b, &dice);
                roll_wish(&c, &dice);
                wish_copy(&left, &a);
                wish_copy(&right, &c);
                wish_merge(&right, &a);
                wish_merge(&right, &b);
                wish_merge(&b, &c);
                wish_merge(&left, &b);
                check(wish_equal(&left, &right), "merging knows no order");
                wish_deinit(&a);
                wish_deinit(&b);
                wish_deinit(&c);
                wish_deinit(&left);
                wish_deinit(&right);
        }
}

static void test_take(void **state)
{
        static const struct {
                const char *says;
                uint64_t versions[MEMBER_COUNT];
                bool present[MEMBER_COUNT];
                unsigned taken;
                const char *want;
        } rows[] = {
                { "newer members",
                  { V(8), V(8), V(8) },
                  { true, false, true },
                  1U << MEMBER_STATE | 1U << MEMBER_ADMIN_URL,
                  "{" STATE("SoldOut", "8", "open") URL("\"https://a/1\"", "7", "confirmed")
                          ADMIN("null", "8", "open") "\"serial\":3}" },
                { "an equal version is not newer",
                  { V(7), V(7), V(7) },
                  { true, true, true },
                  1U << MEMBER_ADMIN_URL,
                  "{" STATE("Active", "7", "confirmed") URL("\"https://a/1\"", "7", "confirmed")
                          ADMIN("null", "7", "open") "\"serial\":3}" },
                { "versions are per member",
                  { V(6), V(9), VERSION_NONE },
                  { true, true, false },
                  1U << MEMBER_URL,
                  "{" STATE("Active", "7", "confirmed")
                          URL("\"https://a/new\"", "9", "open") "\"serial\":3}" },
                { "older is superseded",
                  { V(1), V(1), V(1) },
                  { true, true, false },
                  0,
                  "{" STATE("Active", "7", "confirmed")
                          URL("\"https://a/1\"", "7", "confirmed") "\"serial\":3}" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                char url[] = "https://a/new";
                struct update update = { .state = STATE_SOLD_OUT, .url = url };
                struct wish wish;

                memcpy(update.present, rows[i].present, sizeof(update.present));
                read_wish(&wish, "{" STATE("Active", "7", "confirmed")
                                         URL("\"https://a/1\"", "7", "confirmed") "\"serial\":3}");
                check_number(wish_take(&wish, &update, rows[i].versions), rows[i].taken,
                             rows[i].says);
                check_wish(&wish, rows[i].want, rows[i].says);
                wish_deinit(&wish);
        }
}

static void test_empty(void **state)
{
        struct wish wish;

        (void)state;
        wish_init(&wish);
        check(wish_is_empty(&wish), "never wished");
        wish_deinit(&wish);
        read_wish(&wish, "{" URL("null", "7", "open") "\"serial\":0}");
        check(!wish_is_empty(&wish), "clearing is a wish");
        wish_deinit(&wish);
        wish_deinit(&wish);
}

static const struct {
        const char *says;
        const char *text;
        const char *names;
} bad_rows[] = {
        { "a list", "[]", "wish: expected an object" },
        { "no serial", "{}", "serial" },
        { "a serial below zero", "{\"serial\":-1}", "serial" },
        { "a state that is none", "{" STATE("Sold", "7", "open") "\"serial\":0}",
          "wish.state: value" },
        { "a state that is null",
          "{\"state\":{\"value\":null,\"version\":1099511627777,\"status\":\"open\"},\"serial\":0}",
          "wish.state: value" },
        { "a link that is none", "{" URL("7", "7", "open") "\"serial\":0}", "wish.url: value" },
        { "a link that is missing",
          "{\"url\":{\"version\":1099511627777,\"status\":\"open\"},\"serial\":0}",
          "wish.url: value" },
        { "a status that is none", "{" URL("null", "7", "sent") "\"serial\":0}",
          "wish.url: status" },
        { "no version", "{\"url\":{\"value\":null,\"status\":\"open\"},\"serial\":0}",
          "wish.url: version" },
        { "a member that is null", "{\"admin_url\":null,\"serial\":0}", "wish.admin_url" },
        { "a seal that is no time", "{\"serial\":0,\"sealed_at\":7}", "sealed_at" },
};

static void test_bad(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(bad_rows); i++) {
                _cleanup_(json_decrefp) json_t *object =
                        json_read(bad_rows[i].text, strlen(bad_rows[i].text), 10000, NULL);
                struct error error = ERROR_NULL;
                struct wish wish;

                check(object, bad_rows[i].text);
                check_number(wish_read(&wish, object, &error), -1, bad_rows[i].says);
                if (!strstr(error.text, bad_rows[i].names))
                        fail_msg("%s: %s", bad_rows[i].says, error.text);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_merge), cmocka_unit_test(test_merge_any_order),
                cmocka_unit_test(test_take),  cmocka_unit_test(test_empty),
                cmocka_unit_test(test_bad),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
