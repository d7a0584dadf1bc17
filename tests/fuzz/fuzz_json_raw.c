/* tests/fuzz/fuzz_json_raw.c
 *
 * The scanner that hands out raw values: it takes what jansson takes, up to its depth, and what it
 * takes beyond that jansson refuses for the content of a text or a number, or for a member that
 * stands twice.
 */
#include "fuzz/fuzz.h"

#include "base/json_raw.h"
#include "fuzz/jansson.h"

static void check_text(struct slice raw, const json_t *value)
{
        char text[256];

        if (!json_is_string(value) || !json_raw_text(raw, text, sizeof(text)))
                return;
        fuzz_check(json_string_length(value) == strlen(text));
        fuzz_check(strcmp(text, json_string_value(value)) == 0);
}

/* A value that is handed out is JSON by itself. */
static void check_value(struct slice raw)
{
        json_error_t reason;
        json_t *value = jansson_read(raw, JSON_DECODE_ANY, &reason);

        fuzz_check(value || jansson_refuses_content(&reason));
        check_text(raw, value);
        json_decref(value);
}

static enum json_raw_step walk_all(struct slice text, size_t *count)
{
        struct json_raw walk;
        struct slice name, value;
        enum json_raw_step step = JSON_RAW_BROKEN;

        *count = 0;
        if (!json_raw_open(&walk, text))
                return JSON_RAW_BROKEN;
        while ((step = json_raw_next(&walk, &name, &value)) == JSON_RAW_ITEM) {
                check_value(value);
                ++*count;
        }
        return step;
}

static void check_picked(struct slice text, const json_t *root)
{
        static const char *const names[] = { "uuid", "a", NULL };
        _cleanup_(json_decrefp) json_t *picked = json_raw_read(text, names, 1 << 20, NULL);

        fuzz_check(!root || !json_is_object(root) || jansson_depth(root) > JSON_DEPTH_MAX ||
                   picked);
        for (const char *const *name = names; picked && root && *name; name++)
                fuzz_check(
                        json_object_get(picked, *name) == json_object_get(root, *name) ||
                        json_equal(json_object_get(picked, *name), json_object_get(root, *name)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
        struct slice text = fuzz_slice(data, bytes);
        json_error_t reason, strict_reason;
        _cleanup_(json_decrefp) json_t *root = jansson_read(text, 0, &reason);
        _cleanup_(json_decrefp) json_t *strict =
                jansson_read(text, JSON_REJECT_DUPLICATES, &strict_reason);
        size_t count;

        if (walk_all(text, &count) == JSON_RAW_END)
                fuzz_check(root || jansson_refuses_content(&reason));
        else
                fuzz_check(!root || jansson_depth(root) > JSON_DEPTH_MAX);
        if (strict && jansson_depth(strict) <= JSON_DEPTH_MAX)
                fuzz_check(count == (json_is_array(strict) ? json_array_size(strict)
                                                           : json_object_size(strict)));
        check_picked(text, strict);
        return 0;
}
