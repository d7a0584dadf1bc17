/* tests/fuzz/fuzz_update.c
 *
 * A vendor's update: what is taken has only values that the CMS takes, and reads the same again
 * after it was written; what is not taken has a code and a sentence.
 */
#include "fuzz/fuzz.h"

#include "base/cleanup.h"
#include "model/update.h"

static void check_url(const char *url)
{
        fuzz_check(!url || update_url_valid(url, strlen(url)));
}

static bool text_equal(const char *a, const char *b)
{
        return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check_same(const struct update *a, const struct update *b)
{
        fuzz_check(strcmp(a->municipality, b->municipality) == 0);
        fuzz_check(a->has_uuid == b->has_uuid && uuid_compare(&a->uuid, &b->uuid) == 0);
        fuzz_check(memcmp(a->present, b->present, sizeof(a->present)) == 0);
        fuzz_check(a->state == b->state && text_equal(a->url, b->url));
        fuzz_check(text_equal(a->admin_url, b->admin_url));
}

static void check_taken(const struct update *update)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        _cleanup_(update_deinit) struct update again;

        fuzz_check(municipality_id_valid(update->municipality, strlen(update->municipality)));
        fuzz_check(update->has_uuid);
        fuzz_check(update->present[MEMBER_STATE] == (update->state != STATE_NONE));
        fuzz_check(update->present[MEMBER_URL] || !update->url);
        check_url(update->url);
        check_url(update->admin_url);
        update_write(update, &text);
        fuzz_check(update_read(&again, buffer_slice(&text), NULL) == UPDATE_OK);
        check_same(update, &again);
}

/* What is plainly right, both take alike. */
static void check_readers_agree(const struct update *update, enum update_fault fault,
                                struct slice value)
{
        _cleanup_(update_deinit) struct update strictly;

        fuzz_check(update_read_strictly(&strictly, value, NULL) == fault);
        check_same(update, &strictly);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
        struct error error = ERROR_NULL;
        _cleanup_(update_deinit) struct update update;
        enum update_fault fault = update_read(&update, fuzz_slice(data, bytes), &error);

        check_readers_agree(&update, fault, fuzz_slice(data, bytes));
        if (fault == UPDATE_OK)
                check_taken(&update);
        else
                fuzz_check(error.text[0] && update_fault_code(fault)[0]);
        return 0;
}
