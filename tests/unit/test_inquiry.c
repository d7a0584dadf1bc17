/* tests/unit/test_inquiry.c */
#include "support.h"

#include "base/memory.h"
#include "reconciler/inquiry.h"

enum { KNOWN = 1200 };

static const char wish[] = "1 c=1.223 state=SoldOut\n";

/* A state of many events, none of which has a state; every other one was seen drifting before. */
static void make_catalogue(struct catalogue *catalogue)
{
        static struct uuid uuids[KNOWN];
        static struct buffer packed[KNOWN];
        static struct slice pairs[2 * KNOWN];

        for (size_t i = 0; i < KNOWN; i++) {
                struct known known = { .version = VERSION_MIN + 1,
                                       .flags = i % 2 ? KNOWN_DRIFTS : 0u,
                                       .start_ms = TIMESTAMP_NONE,
                                       .end_ms = TIMESTAMP_NONE };

                uuids[i] = (struct uuid){ .bytes = { (unsigned char)(i >> 8), (unsigned char)i } };
                known_write(&known, &packed[i]);
                pairs[2 * i] = (struct slice){ (const char *)uuids[i].bytes, sizeof(struct uuid) };
                pairs[2 * i + 1] = buffer_slice(&packed[i]);
        }
        assert_int_equal(catalogue_load(catalogue, pairs, 2 * KNOWN, NULL), 0);
        for (size_t i = 0; i < KNOWN; i++)
                buffer_deinit(&packed[i]);
}

/* Answers everything; how many batches it took. */
static size_t ask(struct inquiry *inquiry)
{
        static struct slice entries[INQUIRY_BATCH];
        const struct uuid *uuids;
        size_t count, batches = 0;

        for (size_t i = 0; i < INQUIRY_BATCH; i++)
                entries[i] = slice_of(wish);
        for (; inquiry_next(inquiry, &uuids, &count); batches++) {
                check(count > 0 && count <= INQUIRY_BATCH, "a batch is bounded");
                inquiry_take(inquiry, entries, count);
        }
        return batches;
}

static void test_batches(void **state)
{
        (void)state;
        _cleanup_(catalogue_deinit) struct catalogue catalogue = CATALOGUE_NULL;
        static const struct listing nothing = LISTING_NULL;

        make_catalogue(&catalogue);
        for (int fresh = 0; fresh < 2; fresh++) {
                struct diff_facts facts = { .version = VERSION_MIN + 9,
                                            .edge_ms = TIMESTAMP_NONE,
                                            .fresh = fresh };
                struct inquiry inquiry;
                struct diff diff;

                diff_begin(&diff, &facts, &nothing, &catalogue);
                inquiry_begin(&inquiry, &diff);
                check_number(ask(&inquiry), fresh ? 3 : 0, "only a fresh list asks for all");
                check_number(diff.drifting.count, fresh ? KNOWN / 2 : 0, "seen a second time");
                check_number(diff.counts.suspected, fresh ? KNOWN / 2 : 0, "seen for the first");
                check_number(diff.step_count, fresh ? KNOWN / 2 : 0, "what is new is written");
                inquiry_deinit(&inquiry);
                diff_deinit(&diff);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_batches) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
