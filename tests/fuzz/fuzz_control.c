/* tests/fuzz/fuzz_control.c
 *
 * A command decides over deletions: what is taken says the same again after it was written.
 */
#include "fuzz/fuzz.h"

#include "base/cleanup.h"
#include "model/control.h"

static void check_taken(const struct control *control)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        struct control again;

        control_write(control, &text);
        fuzz_check(control_read(&again, buffer_slice(&text), NULL) == 0);
        fuzz_check(again.command == control->command && strcmp(again.id, control->id) == 0);
        fuzz_check(again.full == control->full && again.fresh == control->fresh);
        fuzz_check(strcmp(again.hold, control->hold) == 0 && again.count == control->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
        struct error error = ERROR_NULL;
        struct control control;

        if (control_read(&control, fuzz_slice(data, bytes), &error) == 0)
                check_taken(&control);
        else
                fuzz_check(error.text[0]);
        return 0;
}
