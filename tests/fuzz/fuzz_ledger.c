/* tests/fuzz/fuzz_ledger.c
 *
 * Values of the ledger in Redis, lines and the JSON of before. What can be read is written as a
 * line that is read the same, also after another owner's lease was taken over, and to the same
 * bytes; what cannot leaves nothing behind. Any text can be a link of it.
 */
#include "fuzz/fuzz.h"

#include "base/cleanup.h"
#include "base/memory.h"
#include "model/ledger.h"
#include "model/version.h"

static void check_position(struct slice bytes)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        struct ledger_position position, again;

        ledger_position_read(&position, bytes);
        ledger_position_write(&position, &text);
        ledger_position_read(&again, buffer_slice(&text));
        fuzz_check(again.epoch == position.epoch && again.offset == position.offset);
}

static void check_taken(struct ledger_entry *entry)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL, same = BUFFER_NULL;
        _cleanup_(ledger_entry_deinit) struct ledger_entry again;

        ledger_entry_adopt(entry, "another", 1772355600000);
        ledger_entry_write(entry, &text);
        fuzz_check(ledger_entry_read(&again, buffer_slice(&text), NULL) == 0);
        fuzz_check(wish_equal(&again.wish, &entry->wish) && again.told.upto == entry->told.upto);
        fuzz_check(strcmp(again.token, entry->token) == 0);
        fuzz_check(!entry->token[0] || again.lease_until_ms == entry->lease_until_ms);
        ledger_entry_write(&again, &same);
        fuzz_check(slice_equal(buffer_slice(&text), buffer_slice(&same)));
}

static void check_link(struct slice text)
{
        _cleanup_(buffer_deinit) struct buffer line = BUFFER_NULL;
        _cleanup_(ledger_entry_deinit) struct ledger_entry again, entry = { .token = "another" };

        entry.wish.members[MEMBER_URL].version = version_make(1, 1);
        entry.wish.members[MEMBER_URL].url = memory_copy(text.data, text.length);
        ledger_entry_write(&entry, &line);
        fuzz_check(ledger_entry_read(&again, buffer_slice(&line), NULL) == 0);
        fuzz_check(wish_equal(&again.wish, &entry.wish) && !strcmp(again.token, entry.token));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
        struct error error = ERROR_NULL;
        struct slice value = fuzz_slice(data, bytes);
        _cleanup_(ledger_entry_deinit) struct ledger_entry entry;

        check_position(value);
        if (wish_url_valid(value.data, value.length))
                check_link(value);
        if (ledger_entry_read(&entry, value, &error) == 0)
                check_taken(&entry);
        else
                fuzz_check(error.text[0] && wish_is_empty(&entry.wish));
        return 0;
}
