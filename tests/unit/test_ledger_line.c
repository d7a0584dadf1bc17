/* tests/unit/test_ledger_line.c */
#include "unit/support.h"

#include "base/cleanup.h"
#include "base/memory.h"
#include "model/ledger_line.h"
#include "model/version.h"

#define WHOLE                                                                                      \
        "1 c=1.627 state=SoldOut url=https://tickets.example/e/77 o=1.700 admin_url= serial=2 "    \
        "sealed_at=1772355600000 done=3:1.690,1.640-1.644,1.688 told=1.695,1.700 "                 \
        "touched=1772355602117 token=pod-1:17-4 lease_until=1772355690000\n"

static int read_line(struct ledger_entry *entry, struct slice line, struct error *error)
{
        *entry = (struct ledger_entry){ .touched_ms = 0 };
        return ledger_line_read(entry, line, error);
}

static void check_same(const struct ledger_entry *entry, const char *line, const char *says)
{
        _cleanup_(buffer_deinit) struct buffer again = BUFFER_NULL;

        ledger_line_write(entry, &again);
        check_text(again.data, line, says);
}

/* What is read is written the same: the scripts compare bytes. */
static void test_round_trip(void **state)
{
        static const struct {
                const char *says, *line;
        } rows[] = {
                { "nothing was ever wished", "1\n" },
                { "one member", "1 o=1.0 state=Active\n" },
                { "a pair of one version", "1 c=1.5 url=http://a/ admin_url=https://b/\n" },
                { "the same version, not the same end", "1 c=1.5 url= e=1.5 admin_url=\n" },
                { "the same end, not the same version", "1 e=1.5 url= e=1.6 admin_url=\n" },
                { "a version that no topic gives", "1 o=0.7 state=Active\n" },
                { "the greatest version", "1 o=8191.1099511627775 state=Occurred\n" },
                { "nothing else is sealed", "1 serial=9007199254740991 sealed_at=1\n" },
                { "told up to", "1 done=0:1.7\n" },
                { "but for some", "1 done=2147483647:2.7,1.1,1.3-2.6\n" },
                { "one by one", "1 told=1.1,1.2,1.3,1.4,1.5,1.6,1.7,2.0\n" },
                { "a lease", "1 touched=7 token=a lease_until=253402300799999\n" },
                { "letters beyond ASCII", "1 o=1.0 url=https://\xc3\xa6.dk/\xf0\x9f\x8e\xab\n" },
                { "a link of the site's own", "1 o=1.0 url=/node/5 admin_url=mailto:x@y\n" },
                { "no text, which is not none", "1 o=1.0 url=\\ admin_url=\n" },
                { "a space in a link", "1 o=1.0 url=\\a\\20b\n" },
                { "a backslash in a link", "1 o=1.0 url=https://a/\\20\n" },
                { "a backslash before a link", "1 o=1.0 url=\\\\5c20\n" },
                { "bytes that are no text", "1 o=1.0 url=http://a/\xff\n" },
                { "all", WHOLE },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(ledger_entry_deinit) struct ledger_entry entry;

                check_number(read_line(&entry, slice_of(rows[i].line), NULL), 0, rows[i].says);
                check_same(&entry, rows[i].line, rows[i].says);
        }
}

/* What an editor wrote on the site stands in the line as any text may: no word of it is one of the
 * line's, and the scripts find no lease in it. */
static void test_any_link(void **state)
{
        static const char *const rows[] = {
                "/node/5",
                "a b",
                "",
                "x token=y lease_until=1\n",
                "\\",
                "\\20",
                "https://a/\\20",
                "billet.dk/42",
                "http://u@h/",
                "a\tb\x7f",
                " ",
                "%20",
                "\xff",
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(buffer_deinit) struct buffer line = BUFFER_NULL;
                _cleanup_(ledger_entry_deinit) struct ledger_entry entry, written = { 0 };

                written.wish.members[MEMBER_URL] =
                        (struct wish_value){ version_make(1, 5), WISH_OPEN, STATE_NONE,
                                             memory_copy_text(rows[i]) };
                ledger_line_write(&written, &line);
                check_number(strcspn(line.data, "\n"), line.length - 1, "one line");
                check(!strstr(line.data, " token="), "without a lease");
                check_number(read_line(&entry, buffer_slice(&line), NULL), 0, rows[i]);
                check(wish_equal(&entry.wish, &written.wish), rows[i]);
        }
}

static void test_the_longest_links(void **state)
{
        char url[EVENT_URL_BYTES_MAX + 2];

        (void)state;
        memset(url, '\t', sizeof(url));
        for (size_t extra = 0; extra < 2; extra++) {
                _cleanup_(buffer_deinit) struct buffer line = BUFFER_NULL;
                _cleanup_(ledger_entry_deinit) struct ledger_entry entry, written = { 0 };

                url[EVENT_URL_BYTES_MAX + extra] = '\0';
                for (size_t i = MEMBER_URL; i <= MEMBER_ADMIN_URL; i++)
                        written.wish.members[i] =
                                (struct wish_value){ version_make(1, 5), WISH_OPEN, STATE_NONE,
                                                     memory_copy_text(url) };
                url[EVENT_URL_BYTES_MAX + extra] = '\t';
                ledger_line_write(&written, &line);
                check_number(read_line(&entry, buffer_slice(&line), NULL), extra ? -1 : 0,
                             "as long as an event's may be");
        }
}

static void test_what_it_says(void **state)
{
        _cleanup_(ledger_entry_deinit) struct ledger_entry entry;
        const struct wish_value *members = entry.wish.members;

        (void)state;
        check_number(read_line(&entry, slice_of(WHOLE), NULL), 0, "it is read");
        check_number(members[MEMBER_STATE].state, STATE_SOLD_OUT, "state");
        check_number(members[MEMBER_STATE].version, version_make(1, 627), "state's version");
        check_text(members[MEMBER_URL].url, "https://tickets.example/e/77", "url");
        check_number(members[MEMBER_URL].version, version_make(1, 627), "said once for both");
        check_number(members[MEMBER_URL].status, WISH_CONFIRMED, "url's status");
        check(!members[MEMBER_ADMIN_URL].url, "cleared");
        check_number(members[MEMBER_ADMIN_URL].version, version_make(1, 700), "by a newer one");
        check_number(members[MEMBER_ADMIN_URL].status, WISH_OPEN, "that is open");
        check_number(entry.wish.serial, 2, "serial");
        check_number(entry.wish.sealed_at_ms, 1772355600000, "seal");
        check(told_has(&entry.told, version_make(1, 639)), "told");
        check(!told_has(&entry.told, version_make(1, 642)), "within the gap");
        check(!told_has(&entry.told, version_make(1, 688)), "a gap of one");
        check(told_lists(&entry.told, version_make(1, 700)), "one by one");
        check_number(entry.told.partition, 3, "partition");
        check_number(entry.touched_ms, 1772355602117, "touched");
        check_text(entry.token, "pod-1:17-4", "token");
        check_number(entry.lease_until_ms, 1772355690000, "lease");
}

static void test_damaged(void **state)
{
        static const struct {
                const char *says, *line;
        } rows[] = {
                { "no end", "1 serial=2" },
                { "two lines", "1 serial=2\n1\n" },
                { "a later layout", "2 serial=2\n" },
                { "a later layout of two digits", "10 serial=2\n" },
                { "no word", "1 serial\n" },
                { "two spaces", "1  serial=2\n" },
                { "a space at the end", "1 serial=2 \n" },
                { "a member that nobody wished", "1 state=Active\n" },
                { "a member twice", "1 o=1.1 url=http://a/ url=http://b/\n" },
                { "a state that is not", "1 o=1.1 state=Sold\n" },
                { "no state", "1 o=1.1 state=\n" },
                { "half an escape", "1 o=1.1 url=\\a\\2\n" },
                { "an escape that is none", "1 o=1.1 url=\\a\\2g\n" },
                { "a byte that no text has, escaped", "1 o=1.1 url=\\a\\00\n" },
                { "no version", "1 o=0.0 url=\n" },
                { "an epoch out of bounds", "1 o=8192.1 url=\n" },
                { "an offset out of bounds", "1 o=1.1099511627776 url=\n" },
                { "a number beyond all", "1 serial=18446744073709551617\n" },
                { "a number in another form", "1 serial=02\n" },
                { "no number", "1 serial=\n" },
                { "something behind a number", "1 serial=2x\n" },
                { "a time after all time", "1 touched=253402300800000\n" },
                { "told without a partition", "1 done=1.7\n" },
                { "a partition out of bounds", "1 done=2147483648:1.7\n" },
                { "a gap beyond the end", "1 done=0:1.7,1.8\n" },
                { "a gap that ends before it starts", "1 done=0:1.7,1.5-1.4\n" },
                { "a gap of one as a span", "1 done=0:1.7,1.5-1.5\n" },
                { "gaps that fall", "1 done=0:1.7,1.5,1.3\n" },
                { "too many gaps",
                  "1 done=0:1.99,1.1,1.3,1.5,1.7,1.9,1.11,1.13,1.15,1.17,1.19,1.21,"
                  "1.23,1.25\n" },
                { "told twice", "1 told=1.1,1.1\n" },
                { "too many told", "1 told=1.1,1.2,1.3,1.4,1.5,1.6,1.7,1.8,1.9\n" },
                { "a lease of nobody", "1 token= lease_until=7\n" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(ledger_entry_deinit) struct ledger_entry entry;
                struct error error = ERROR_NULL;

                check_number(read_line(&entry, slice_of(rows[i].line), &error), -1, rows[i].says);
                check(error.text[0], "with a reason");
        }
}

static void test_a_word_of_a_later_writer_is_passed_over(void **state)
{
        _cleanup_(ledger_entry_deinit) struct ledger_entry entry;

        (void)state;
        check_number(read_line(&entry, slice_of("1 mood=fine serial=2 x=\n"), NULL), 0, "read");
        check_same(&entry, "1 serial=2\n", "what is known of it");
}

static void test_a_part_is_never_a_whole(void **state)
{
        (void)state;
        for (size_t length = 0; length < strlen(WHOLE); length++) {
                _cleanup_(ledger_entry_deinit) struct ledger_entry entry;

                check_number(read_line(&entry, (struct slice){ WHOLE, length }, NULL), -1,
                             "cut short");
        }
}

/* A flipped bit is refused or gives another entry, which is written as it is read. */
static void test_flipped_bits(void **state)
{
        char line[] = WHOLE;

        (void)state;
        for (size_t bit = 0; bit < strlen(WHOLE) * 8; bit++) {
                _cleanup_(buffer_deinit) struct buffer first = BUFFER_NULL;
                _cleanup_(ledger_entry_deinit) struct ledger_entry entry, again;

                line[bit / 8] = (char)(line[bit / 8] ^ (1 << bit % 8));
                if (read_line(&entry, (struct slice){ line, sizeof(line) - 1 }, NULL) == 0) {
                        ledger_line_write(&entry, &first);
                        check_number(read_line(&again, buffer_slice(&first), NULL), 0, "read");
                        check_same(&again, first.data, "the same again");
                } else {
                        again = (struct ledger_entry){ .touched_ms = 0 };
                }
                line[bit / 8] = WHOLE[bit / 8];
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_any_link),
                cmocka_unit_test(test_the_longest_links),
                cmocka_unit_test(test_what_it_says),
                cmocka_unit_test(test_damaged),
                cmocka_unit_test(test_a_word_of_a_later_writer_is_passed_over),
                cmocka_unit_test(test_a_part_is_never_a_whole),
                cmocka_unit_test(test_flipped_bits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
