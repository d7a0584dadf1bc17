/* tests/fuzz/fuzz_change.c
 *
 * A record of `changes`, which a rebuild trusts with what the vendor knows: what is taken says the
 * same again after it was written, with the event's own bytes.
 */
#include "fuzz/fuzz.h"

#include "base/cleanup.h"
#include "model/change.h"
#include "model/version.h"

static void check_upsert(const struct change *a, const struct change *b)
{
        fuzz_check(slice_equal(a->event, b->event));
        fuzz_check(a->changed == b->changed && a->reassert == b->reassert);
}

static void check_delete(const struct change *a, const struct change *b)
{
        fuzz_check(a->reason == b->reason && a->has_series == b->has_series);
        fuzz_check(!a->has_series || uuid_compare(&a->series, &b->series) == 0);
        fuzz_check(a->start_ms == b->start_ms && a->end_ms == b->end_ms);
}

static void check_same(const struct change *a, const struct change *b)
{
        fuzz_check(a->op == b->op && a->version == b->version && a->as_of_ms == b->as_of_ms);
        fuzz_check(strcmp(a->municipality, b->municipality) == 0);
        fuzz_check(uuid_compare(&a->uuid, &b->uuid) == 0);
        if (a->op == CHANGE_DELETE)
                check_delete(a, b);
        else if (a->op == CHANGE_SNAPSHOT)
                fuzz_check(a->known == b->known && a->held == b->held);
        else
                check_upsert(a, b);
}

static void check_taken(const struct change *change)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        struct change again;

        fuzz_check(change->version != VERSION_NONE && change->version <= VERSION_MAX);
        change_write(change, &text);
        fuzz_check(change_read(&again, buffer_slice(&text), NULL) == 0);
        check_same(change, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
        struct error error = ERROR_NULL;
        struct change change;

        if (change_read(&change, fuzz_slice(data, bytes), &error) == 0)
                check_taken(&change);
        else
                fuzz_check(error.text[0]);
        return 0;
}
