/* tests/fuzz/fuzz_origin.c
 *
 * The header that gives an update another version than its offset's: anybody who may write to
 * `updates` can send one.
 */
#include "fuzz/fuzz.h"

#include "base/cleanup.h"
#include "model/origin.h"
#include "model/version.h"

static void check_taken(const struct origin *origin)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        struct origin again;

        fuzz_check(origin->epoch >= EPOCH_MIN && origin->epoch <= EPOCH_MAX);
        fuzz_check(origin->partition >= 0 && origin->offset >= 0);
        origin_write(origin, &text);
        fuzz_check(origin_read(&again, buffer_slice(&text), NULL) == 0);
        fuzz_check(again.epoch == origin->epoch && again.partition == origin->partition);
        fuzz_check(again.offset == origin->offset && again.serial == origin->serial);
        fuzz_check(again.first_record_ms == origin->first_record_ms);
        fuzz_check(memcmp(again.versions, origin->versions, sizeof(again.versions)) == 0);
        fuzz_check(strcmp(again.cause, origin->cause) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
        struct error error = ERROR_NULL;
        struct origin origin;

        if (origin_read(&origin, fuzz_slice(data, bytes), &error) == 0)
                check_taken(&origin);
        else
                fuzz_check(error.text[0]);
        return 0;
}
