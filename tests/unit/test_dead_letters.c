/* The letters of a topic with the marks that speak of them. */
#include "support.h"

#include "base/cleanup.h"
#include "operator/dead_letters.h"

/* One record of `dead-letters`: a letter where `reason` is set, a mark where `mark` is. */
struct row {
        int32_t partition;
        int64_t offset;
        int64_t timestamp_ms;
        const char *municipality, *uuid, *reason;
        const char *mark;
        int64_t marked;
};

static const struct row topic[] = {
        { 0, 0, 1000, "aarhus", "0f1c0000-0000-4000-8000-000000000001", "invalid-state", NULL, 0 },
        { 0, 1, 2000, "aarhus", "0F1C0000-0000-4000-8000-000000000002", "rejected-by-cms", NULL,
          0 },
        { 3, 0, 2500, "viborg", "", "not-json", NULL, 0 },
        { 0, 2, 3000, "aarhus", NULL, NULL, "replayed", 1 },
        { 0, 3, 4000, "aarhus", "0f1c0000-0000-4000-8000-000000000002", "rejected-by-cms", NULL,
          0 },
        { 3, 1, 5000, "viborg", NULL, NULL, "discarded", 7 },
        { 3, 2, 6000, "viborg", NULL, NULL, "forgotten", 0 },
};

static void take(struct dead_letters *letters, const struct row *row)
{
        static struct headers headers;
        struct record record = { .topic = TOPIC_DEAD_LETTERS,
                                 .partition = row->partition,
                                 .offset = row->offset,
                                 .timestamp_ms = row->timestamp_ms,
                                 .key = slice_of(row->municipality),
                                 .value = row->reason ? slice_of("{\"x\":1}") : SLICE_NULL,
                                 .headers = &headers };

        headers_clear(&headers);
        headers_add(&headers, "dplsync-municipality", row->municipality);
        if (row->reason) {
                headers_add(&headers, "dplsync-uuid", row->uuid);
                headers_add(&headers, "dplsync-reason", row->reason);
                headers_add_number(&headers, "dplsync-attempts", 3);
        }
        if (row->mark) {
                headers_add(&headers, "dplsync-mark", row->mark);
                headers_add_number(&headers, "dplsync-letter-offset", row->marked);
        }
        dead_letters_take(letters, &record);
}

static void take_all(struct dead_letters *letters)
{
        for (size_t i = 0; i < ARRAY_LENGTH(topic); i++)
                take(letters, &topic[i]);
}

static const struct dead_letters_bounds wide = { 100, 1 << 20 };
static struct uuid second;

static const struct {
        const char *says;
        struct letter_filter filter;
        const char *want; /* names, each with a blank behind it */
} rows[] = {
        { "those that wait", { 0 }, "0/0 3/0 0/3 " },
        { "handled ones, too", { .handled = true }, "0/0 0/1 3/0 0/3 " },
        { "of one municipality", { .municipality = "viborg" }, "3/0 " },
        { "of one reason", { .reason = "rejected-by-cms", .handled = true }, "0/1 0/3 " },
        { "of one event, in any case", { .uuid = &second, .handled = true }, "0/1 0/3 " },
        { "from a moment on", { .from_ms = 2500 }, "3/0 0/3 " },
        { "until a moment", { .to_ms = 2500 }, "0/0 " },
        { "named ones",
          { .names = (const char *const[]){ "0/3", "9/9" }, .name_count = 2 },
          "0/3 " },
        { "all at once",
          { .municipality = "aarhus", .reason = "invalid-state", .to_ms = 1000 },
          "" },
};

static void test_filters(void **state)
{
        (void)state;
        assert_true(uuid_parse(topic[1].uuid, 36, &second));
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(buffer_deinit) struct buffer got = BUFFER_NULL;
                _cleanup_(dead_letters_deinit) struct dead_letters letters;

                dead_letters_init(&letters, &wide, NULL);
                take_all(&letters);
                for (const struct letter *letter = letters.oldest; letter; letter = letter->next) {
                        char name[LETTER_NAME_BYTES];

                        letter_name(letter, name);
                        if (letter_matches(letter, &rows[i].filter))
                                buffer_append_format(&got, "%s ", name);
                }
                check_text(got.data ? got.data : "", rows[i].want, rows[i].says);
        }
}

static void test_marks(void **state)
{
        _cleanup_(dead_letters_deinit) struct dead_letters letters;

        (void)state;
        dead_letters_init(&letters, &wide, NULL);
        take_all(&letters);
        check_number(letters.count, 4, "letters");
        check_number(letters.waiting, 3, "that wait");
        check_number(dead_letters_find(&letters, 0, 1)->fate, LETTER_REPLAYED, "marked");
        check_number(dead_letters_find(&letters, 0, 1)->fate_ms, 3000, "when");
        check_number(dead_letters_find(&letters, 3, 0)->fate, LETTER_WAITS,
                     "a mark of another letter, and one of no known fate, say nothing of it");
        take_all(&letters);
        check_number(letters.count, 4, "the same again changes nothing");
}

static void test_ring(void **state)
{
        static const struct dead_letters_bounds narrow = { 2, 1 << 20 };
        _cleanup_(dead_letters_deinit) struct dead_letters letters;

        (void)state;
        dead_letters_init(&letters, &narrow, NULL);
        take_all(&letters);
        check_number(letters.count, 2, "the newest stay");
        check_number(letters.left_out, 2, "and it is known how many went");
        check(dead_letters_find(&letters, 3, 0) && dead_letters_find(&letters, 0, 3), "which stay");
        check_number(letters.waiting, 2, "those that went wait no more");
}

static void test_mark_is_read_back(void **state)
{
        _cleanup_(dead_letters_deinit) struct dead_letters letters;
        _cleanup_(outgoing_deinit) struct outgoing out = { 0 };

        (void)state;
        dead_letters_init(&letters, &wide, NULL);
        take_all(&letters);
        letter_mark(dead_letters_find(&letters, 3, 0), LETTER_DISCARDED, 9000, &out);
        check_number(out.partition, 3, "in the letter's partition");
        check(!outgoing_value(&out).data, "without a value");
        dead_letters_take(&letters, &(struct record){ .topic = out.topic,
                                                      .partition = out.partition,
                                                      .offset = 9,
                                                      .timestamp_ms = 9001,
                                                      .key = buffer_slice(&out.key),
                                                      .headers = &out.headers });
        check_number(dead_letters_find(&letters, 3, 0)->fate, LETTER_DISCARDED, "discarded");
}

static void test_names(void **state)
{
        static const struct {
                const char *name;
                bool good;
        } names[] = {
                { "3/1042", true },        { "0/0", true },   { "3", false },
                { "/3", false },           { "3/", false },   { "-1/3", false },
                { "3/1 ", false },         { " 3/1", false }, { "3/1/2", false },
                { "2147483648/0", false }, { "", false },     { "1/1000000000000000000", false },
        };
        int32_t partition;
        int64_t offset;

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
                check_number(letter_name_parse(names[i].name, &partition, &offset), names[i].good,
                             names[i].name);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_filters),
                cmocka_unit_test(test_marks),
                cmocka_unit_test(test_ring),
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_mark_is_read_back),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
