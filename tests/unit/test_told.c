/* tests/unit/test_told.c */
#include "unit/support.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "model/told.h"

/* "9 but 3 5-6 and 12": in order up to 9, but for 3 and 5 to 6; and 12 by itself. */
static struct told told_of(const char *text)
{
        struct told told = TOLD_NULL;
        char words[128], *rest = words;
        bool listed = false;

        snprintf(words, sizeof(words), "%s", text);
        for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
                unsigned long long from = 0, to = 0;
                int numbers = sscanf(word, "%llu-%llu", &from, &to);

                if (strcmp(word, "and") == 0)
                        listed = true;
                else if (listed)
                        told_list(&told, from);
                else if (told.upto == 0)
                        told.upto = from;
                else if (numbers > 0)
                        told.gaps[told.gap_count++] =
                                (struct told_gap){ from, numbers == 2 ? to : from };
        }
        return told;
}

static const char *text_of(const struct told *told, char text[256])
{
        size_t at = (size_t)snprintf(text, 256, "%llu", (unsigned long long)told->upto);

        for (size_t i = 0; i < told->gap_count; i++) {
                at += (size_t)snprintf(text + at, 256 - at, "%s %llu", i == 0 ? " but" : "",
                                       (unsigned long long)told->gaps[i].from);
                if (told->gaps[i].to > told->gaps[i].from)
                        at += (size_t)snprintf(text + at, 256 - at, "-%llu",
                                               (unsigned long long)told->gaps[i].to);
        }
        for (size_t i = 0; i < told->version_count; i++)
                at += (size_t)snprintf(text + at, 256 - at, "%s %llu", i == 0 ? " and" : "",
                                       (unsigned long long)told->versions[i]);
        return text;
}

static void test_who_was_told(void **state)
{
        static const struct {
                const char *says, *told;
                uint64_t version;
                bool in_order, listed;
        } rows[] = {
                { "nothing is known", "0", 4, false, false },
                { "up to nine", "9", 9, true, false },
                { "not beyond", "9", 10, false, false },
                { "a gap", "9 but 3 5-6", 6, false, false },
                { "between gaps", "9 but 3 5-6", 4, true, false },
                { "one by itself", "9 and 12", 12, true, true },
                { "one by itself, in a gap", "9 but 3 and 3", 3, true, true },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct told told = told_of(rows[i].told);

                check_number(told_has(&told, rows[i].version), rows[i].in_order, rows[i].says);
                check_number(told_lists(&told, rows[i].version), rows[i].listed, rows[i].says);
        }
}

static void test_merging_is_a_join(void **state)
{
        static const struct {
                const char *says, *a, *b, *want;
        } rows[] = {
                { "the further one", "5", "9", "9" },
                { "a gap that the other knows", "9 but 3", "5", "9" },
                { "a gap that neither knows", "9 but 3", "5 but 3", "9 but 3" },
                { "a gap beyond the other", "9 but 7", "5", "9 but 7" },
                { "a wide gap, half known", "9 but 4-8", "6 but 2", "9 but 7-8" },
                { "two gaps of one", "9 but 2-8", "9 but 1-3 7-9", "9 but 2-3 7-8" },
                { "what is listed adds up", "5 and 7", "5 and 8 7", "5 and 7 8" },
                { "nothing in order of one", "0 and 7", "5 but 2", "5 but 2 and 7" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct told a = told_of(rows[i].a), b = told_of(rows[i].b), other = a;
                char text[256];

                told_merge(&a, &b);
                check_text(text_of(&a, text), rows[i].want, rows[i].says);
                told_merge(&b, &other);
                check_text(text_of(&b, text), rows[i].want, rows[i].says);
                told_merge(&a, &b);
                check_text(text_of(&a, text), rows[i].want, "again changes nothing");
        }
}

static void test_one_is_told(void **state)
{
        static const struct {
                const char *says, *told;
                uint64_t version;
                const char *added, *listed;
        } rows[] = {
                { "beyond what is known", "5", 7, "5 and 7", "5 and 7" },
                { "known already", "5", 4, "5", "5 and 4" },
                { "a gap of one", "9 but 4 6", 4, "9 but 6", "9 but 6 and 4" },
                { "at the edge of a gap", "9 but 4-6", 6, "9 but 4-5", "9 but 4-5 and 6" },
                { "within a gap", "9 but 4-6", 5, "9 but 4 6", "9 but 4 6 and 5" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct told added = told_of(rows[i].told), listed = added;
                char text[256];

                told_add(&added, rows[i].version);
                check_text(text_of(&added, text), rows[i].added, rows[i].says);
                told_list(&listed, rows[i].version);
                check_text(text_of(&listed, text), rows[i].listed, rows[i].says);
        }
}

static void test_partitions_do_not_mix(void **state)
{
        struct told a = told_of("5"), b = told_of("9 and 12");
        char text[256];

        (void)state;
        b.partition = 3;
        told_merge(&a, &b);
        check_text(text_of(&a, text), "5 and 12", "another order says nothing of ours");
        a = told_of("0");
        told_merge(&a, &b);
        check_number(a.partition, 3, "where there is none, theirs is taken");
        check_text(text_of(&a, text), "9 and 12", "with all it knows");
}

static void test_bounds_forget_what_was_told(void **state)
{
        struct told told = told_of("130");
        char text[256];

        (void)state;
        for (uint64_t version = 10; version <= 120; version += 10)
                told_except(&told, version);
        told_except(&told, 131);
        check_text(text_of(&told, text), "130 but 10 20 30 40 50 60 70 80 90 100 110 120",
                   "twelve gaps, none beyond");
        told_except(&told, 63);
        check_text(text_of(&told, text), "130 but 10 20 30 40 50 60-63 70 80 90 100 110 120",
                   "the closest become one");
        told = told_of("0 and 2 3 4 5 6 7 8 9");
        told_list(&told, 1);
        told_list(&told, 10);
        told_list(&told, 10);
        check_text(text_of(&told, text), "0 and 3 4 5 6 7 8 9 10", "the newest eight stay");
}

static void test_round_trip(void **state)
{
        static const char *const rows[] = { "0", "9", "9 but 3 5-6", "0 and 7 8",
                                            "9 but 3 and 12" };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(buffer_deinit) struct buffer bytes = BUFFER_NULL;
                struct told written = told_of(rows[i]), told;
                char text[256];

                written.partition = 4;
                buffer_append_byte(&bytes, '{');
                told_write(&written, &bytes);
                buffer_append_byte(&bytes, '}');

                _cleanup_(json_decrefp) json_t *object = json_loads(bytes.data, 0, NULL);

                told_read(&told, object);
                check_text(text_of(&told, text), rows[i], rows[i]);
                check_number(told.partition, told.upto ? 4 : 0, rows[i]);
        }
}

static void test_foreign_bytes(void **state)
{
        static const struct {
                const char *json, *want;
        } rows[] = {
                { "{}", "0" },
                { "{\"done\":\"9\",\"partition\":1}", "0" },
                { "{\"done\":9}", "0" },
                { "{\"done\":9,\"partition\":-1}", "0" },
                { "{\"done\":-9,\"partition\":1,\"told\":[7,0,\"x\",-3]}", "0 and 7" },
                { "{\"done\":9,\"partition\":1,\"but\":7}", "0" },
                { "{\"done\":9,\"partition\":1,\"but\":[7]}", "0" },
                { "{\"done\":9,\"partition\":1,\"but\":[[7,6]]}", "0" },
                { "{\"done\":9,\"partition\":1,\"but\":[[7,10]]}", "0" },
                { "{\"done\":9,\"partition\":1,\"but\":[[5,6],[6,7]]}", "0" },
                { "{\"done\":99,\"partition\":1,"
                  "\"but\":[[1,1],[3,3],[5,5],[7,7],[9,9],[11,11],[13,13],[15,15],[17,17],[19,19],"
                  "[21,21],[23,23],[25,25]]}",
                  "0" },
                { "{\"done\":9,\"partition\":1,\"but\":[]}", "9" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(json_decrefp) json_t *object = json_loads(rows[i].json, 0, NULL);
                struct told told;
                char text[256];

                told_read(&told, object);
                check_text(text_of(&told, text), rows[i].want, rows[i].json);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_who_was_told),
                cmocka_unit_test(test_merging_is_a_join),
                cmocka_unit_test(test_one_is_told),
                cmocka_unit_test(test_partitions_do_not_mix),
                cmocka_unit_test(test_bounds_forget_what_was_told),
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_foreign_bytes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
