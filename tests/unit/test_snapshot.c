/* The headers of a part: all there and sound, or no part. */
#include "support.h"

#include "base/cleanup.h"
#include "model/snapshot.h"

#define DIGEST "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct snapshot_part good = {
        .id = "aarhus-1772355602117-f0",
        .fetch_seq = INT64_C(1772355602117),
        .as_of_ms = INT64_C(1772355602000),
        .fetched_at_ms = INT64_C(1772355603000),
        .part = 2,
        .parts = 3,
        .events = 412,
        .sha256 = DIGEST,
        .from_date = "2026-02-16",
        .complete = true,
        .fresh = true,
        .unreadable = 1,
};

static void check_round(const struct snapshot_part *part, size_t count, const char *says)
{
        struct headers headers;
        struct snapshot_part read;
        struct error error = ERROR_NULL;

        headers_clear(&headers);
        snapshot_part_write(part, &headers);
        check_number(headers.count, count, says);
        if (snapshot_part_read(&read, &headers, &error) < 0)
                fail_msg("%s: %s", says, error.text);
        check_text(read.id, part->id, says);
        check_number(read.fetch_seq, part->fetch_seq, says);
        check_number(read.as_of_ms, part->as_of_ms, says);
        check_number(read.fetched_at_ms, part->fetched_at_ms, says);
        check_number(read.part * 10 + read.parts, part->part * 10 + part->parts, says);
        check_number(read.events, part->events, says);
        check_text(read.sha256, part->sha256, says);
        check_text(read.from_date, part->from_date, says);
        check(read.complete == part->complete && read.fresh == part->fresh, says);
        check_number(read.unchanged, part->unchanged, says);
        check_number(read.unreadable, part->unreadable, says);
}

static void test_round(void **state)
{
        struct snapshot_part part = good;

        (void)state;
        check_round(&part, 12, "a part of a fresh list");
        part.from_date[0] = '\0';
        part.complete = part.fresh = false;
        part.unchanged = true;
        part.part = part.parts = 1;
        check_round(&part, 12, "an unchanged record without a window");
}

/* One header replaced (NULL: taken away); the good part fails with its name in the sentence. */
static const struct {
        const char *says;
        const char *name;
        const char *value;
} rows[] = {
        { "no id", "dplsync-snapshot-id", NULL },
        { "an empty id", "dplsync-snapshot-id", "" },
        { "an id with a space", "dplsync-snapshot-id", "a b" },
        { "no fetch_seq", "dplsync-fetch-seq", NULL },
        { "a fetch_seq of zero", "dplsync-fetch-seq", "0" },
        { "a fetch_seq that no one makes", "dplsync-fetch-seq", "9223372036854775807" },
        { "a fetch_seq that is no number", "dplsync-fetch-seq", "1e3" },
        { "no as_of", "dplsync-as-of", NULL },
        { "an as_of that is no time", "dplsync-as-of", "1772355602000" },
        { "an as_of with an offset", "dplsync-as-of", "2026-03-01T10:00:02.000+01:00" },
        { "no fetched_at", "dplsync-fetched-at", NULL },
        { "part 0", "dplsync-part", "0" },
        { "a part behind the last", "dplsync-part", "4" },
        { "no parts", "dplsync-parts", "0" },
        { "too many parts", "dplsync-parts", "4097" },
        { "events below zero", "dplsync-events", "-1" },
        { "minus zero", "dplsync-events", "-0" },
        { "a zero in front", "dplsync-events", "0412" },
        { "more events than a list has", "dplsync-events", "1000000000" },
        { "no digest", "dplsync-sha256", NULL },
        { "a digest cut off", "dplsync-sha256", "e3b0c442" },
        { "a digest that is no hex", "dplsync-sha256",
          "g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { "a from_date that is none", "dplsync-from-date", "yesterday" },
        { "a day that is none", "dplsync-from-date", "2026-02-30" },
        { "complete neither way", "dplsync-complete", "1" },
        { "no complete", "dplsync-complete", NULL },
        { "no fresh", "dplsync-fresh", NULL },
        { "fresh in capitals", "dplsync-fresh", "TRUE" },
        { "unchanged neither way", "dplsync-unchanged", "" },
        { "no unreadable", "dplsync-unreadable", NULL },
};

static void test_bad(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct headers headers, changed;
                struct snapshot_part part;
                struct error error = ERROR_NULL;

                headers_clear(&headers);
                headers_clear(&changed);
                snapshot_part_write(&good, &headers);
                for (size_t each = 0; each < headers.count; each++)
                        if (strcmp(headers.items[each].name, rows[i].name) != 0)
                                headers_borrow(&changed, headers.items[each].name,
                                               headers.items[each].value);
                if (rows[i].value)
                        headers_add(&changed, rows[i].name, rows[i].value);
                check_number(snapshot_part_read(&part, &changed, &error), -1, rows[i].says);
                if (!strstr(error.text, rows[i].name))
                        fail_msg("%s: %s", rows[i].says, error.text);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_round),
                                            cmocka_unit_test(test_bad) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
