/* tests/fuzz/fuzz_known.c
 *
 * What the reconciler keeps of an event in Redis, packed: what is taken packs to the same bytes.
 */
#include "fuzz/fuzz.h"

#include "base/cleanup.h"
#include "model/known.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
        _cleanup_(buffer_deinit) struct buffer again = BUFFER_NULL;
        _cleanup_(known_deinit) struct known known;
        struct slice value = fuzz_slice(data, bytes);
        struct error error = ERROR_NULL;

        if (known_read(&known, value, &error) < 0) {
                fuzz_check(error.text[0] && !known.url && !known.admin_url);
                return 0;
        }
        known_write(&known, &again);
        fuzz_check(slice_equal(buffer_slice(&again), value));
        return 0;
}
