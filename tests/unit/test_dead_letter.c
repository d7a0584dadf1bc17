/* The original stays as it was, and headers say why it is here. */
#include "support.h"

#include "base/cleanup.h"
#include "model/dead_letter.h"

static const struct dead_letter letter = {
        .reason = "invalid-state",
        .detail = "state: \"Sold\" is not one of TicketSaleNotOpen, Active",
        .topic = "dplsync.updates",
        .partition = 3,
        .offset = 17,
        .municipality = "aarhus",
        .uuid = "",
        .version = UINT64_C(1099511627793),
        .attempts = 0,
        .first_failed_ms = INT64_C(1772355602117),
        .last_failed_ms = INT64_C(1772355602118),
};

static void check_header(const struct headers *headers, const char *name, const char *want)
{
        struct slice value = headers_get(headers, name);

        if (want)
                check(slice_is(value, want), name);
        else
                check(!value.data, name);
}

static void test_headers(void **state)
{
        static const struct {
                const char *name, *want; /* NULL: not there */
        } rows[] = {
                { "mine", "kept" },
                { "dplsync-origin", "{}" },
                { "dplsync-reason", "invalid-state" },
                { "dplsync-detail", "state: \"Sold\" is not one of TicketSaleNotOpen, Active" },
                { "dplsync-topic", "dplsync.updates" },
                { "dplsync-partition", "3" },
                { "dplsync-offset", "17" },
                { "dplsync-municipality", "aarhus" },
                { "dplsync-uuid", NULL },
                { "dplsync-version", "1099511627793" },
                { "dplsync-attempts", "0" },
                { "dplsync-status", NULL },
                { "dplsync-first-failed-at", "2026-03-01T09:00:02.117Z" },
                { "dplsync-last-failed-at", "2026-03-01T09:00:02.118Z" },
                { "dplsync-answer", NULL },
        };
        struct headers original, out;

        (void)state;
        headers_clear(&original);
        headers_borrow(&original, "mine", slice_of("kept"));
        headers_borrow(&original, "dplsync-origin", slice_of("{}"));
        headers_borrow(&original, "dplsync-status", slice_of("500"));
        headers_borrow(&original, "dplsync-answer", slice_of("of an earlier death"));
        dead_letter_headers(&letter, &original, &out);
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
                check_header(&out, rows[i].name, rows[i].want);
}

/* Of a consumer that reads as many headers as a list holds. */
static void read_original(struct headers *original, size_t count)
{
        headers_clear(original);
        headers_borrow(original, "dplsync-reason", slice_of("of an earlier death"));
        for (size_t i = 0; i < count; i++)
                headers_borrow(original, "mine", slice_of("kept"));
}

static size_t count_of(const struct headers *headers, const char *name)
{
        size_t count = 0;

        for (size_t i = 0; i < headers->count; i++)
                count += strcmp(headers->items[i].name, name) == 0;
        return count;
}

static void test_many_headers(void **state)
{
        enum { KEPT = HEADERS_MAX - 13 };
        static const struct {
                const char *says;
                size_t count, kept;
                const char *remark;
        } rows[] = {
                { "all of the 48 that a record may have", 48, 48, NULL },
                { "as many as there is room for", KEPT, KEPT, NULL },
                { "one more", KEPT + 1, KEPT, "no; 1 of its headers did not fit" },
                { "far more", 1000, KEPT, "no; 949 of its headers did not fit" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct dead_letter full = letter;
                struct headers original, out;

                full.detail = "no";
                full.uuid = "0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b";
                full.status = 422;
                full.answer = slice_of("No.");
                read_original(&original, rows[i].count);
                dead_letter_headers(&full, &original, &out);
                check_number(count_of(&out, "mine"), rows[i].kept, rows[i].says);
                check_number(out.count, rows[i].kept + 13, "and all of ours");
                check_header(&out, "dplsync-detail", rows[i].remark ? rows[i].remark : "no");
                check_header(&out, "dplsync-answer", "No.");
        }
}

/* The header has 512 characters at most. */
static void test_a_long_detail_makes_room_for_the_remark(void **state)
{
        struct dead_letter wordy = letter;
        struct headers original, out;
        char detail[512];
        struct slice value;

        (void)state;
        memset(detail, 'x', sizeof(detail) - 1);
        detail[sizeof(detail) - 1] = '\0';
        wordy.detail = detail;
        read_original(&original, 1000);
        dead_letter_headers(&wordy, &original, &out);
        value = headers_get(&out, "dplsync-detail");
        check(value.length < sizeof(detail), "no longer than it may be");
        check(memmem(value.data, value.length, "x; 949 of its headers", 21), "the remark is there");
}

static void test_bounds(void **state)
{
        struct dead_letter answered = letter;
        struct headers original, out;
        char answer[DEAD_LETTER_ANSWER_BYTES + 100];

        (void)state;
        memset(answer, 'x', sizeof(answer));
        memcpy(answer + DEAD_LETTER_ANSWER_BYTES - 1, "\xc3\xa6", 2);
        answered.answer = (struct slice){ answer, sizeof(answer) };
        answered.status = 422;
        answered.uuid = "0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b";
        headers_clear(&original);
        for (size_t i = 0; i < HEADERS_MAX; i++)
                headers_borrow(&original, "mine", slice_of("kept"));
        dead_letter_headers(&answered, &original, &out);
        check_number(headers_get(&out, "dplsync-answer").length, DEAD_LETTER_ANSWER_BYTES - 1,
                     "cut before the letter that does not fit");
        check_header(&out, "dplsync-status", "422");
        check_header(&out, "dplsync-uuid", "0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b");
        check_header(&out, "dplsync-reason", "invalid-state");
        check_number(out.count, HEADERS_MAX, "the original's give way to ours");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_headers), cmocka_unit_test(test_many_headers),
                cmocka_unit_test(test_a_long_detail_makes_room_for_the_remark),
                cmocka_unit_test(test_bounds)
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
