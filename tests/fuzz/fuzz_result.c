/* tests/fuzz/fuzz_result.c
 *
 * A record of `results`, from which the ledger is rebuilt: what is taken carries the same standing
 * wish again after it was written, and merging it with itself changes nothing.
 */
#include "fuzz/fuzz.h"

#include "base/cleanup.h"
#include "model/result.h"

static void check_same(const struct result *a, const struct result *b)
{
        fuzz_check(a->outcome == b->outcome && a->version == b->version);
        fuzz_check(strcmp(a->municipality, b->municipality) == 0);
        fuzz_check(uuid_compare(&a->uuid, &b->uuid) == 0);
        fuzz_check(wish_equal(&a->wish, &b->wish));
}

/* The reader keeps no texts but the wish's, so only that is written with links. */
static void check_taken(const struct result *result)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        _cleanup_(result_deinit) struct result again;
        struct result written = *result;

        if (result->outcome == OUTCOME_DEAD)
                written.reason = "rejected-by-cms";
        result_write(&written, &text);
        fuzz_check(result_read(&again, buffer_slice(&text), NULL) == 0);
        check_same(result, &again);
        wish_merge(&again.wish, &result->wish);
        fuzz_check(wish_equal(&again.wish, &result->wish));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
        struct error error = ERROR_NULL;
        _cleanup_(result_deinit) struct result result;

        if (result_read(&result, fuzz_slice(data, bytes), &error) == 0)
                check_taken(&result);
        else
                fuzz_check(error.text[0]);
        return 0;
}
