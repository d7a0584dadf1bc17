/* tests/fuzz/jansson.h
 *
 * jansson as the second opinion: what it takes, and what it refuses although it is JSON.
 */
#ifndef FUZZ_JANSSON_H
#define FUZZ_JANSSON_H

#include "base/json.h"

/* NULL where jansson refuses `text`; `reason` then has its code and words. It overlooks a NUL byte
 * behind a number, which is no JSON: that counts as refused. */
static inline json_t *jansson_read(struct slice text, size_t flags, json_error_t *reason)
{
        if (text.length > 0 && memchr(text.data, '\0', text.length)) {
                *reason = (json_error_t){ .text = "a NUL byte" };
                return NULL;
        }
        return json_loadb(text.length > 0 ? text.data : "", text.length, flags, reason);
}

/* Refused for what a text or a number holds, not for its grammar: U+0000, half a surrogate pair, a
 * number that fits into no type. */
static inline bool jansson_refuses_content(const json_error_t *reason)
{
        switch (json_error_code(reason)) {
        case json_error_null_character:
        case json_error_null_byte_in_key:
        case json_error_numeric_overflow:
                return true;
        default:
                return strstr(reason->text, "invalid Unicode") != NULL;
        }
}

/* Levels of brackets, `value` included; 0 for a scalar. */
static inline size_t jansson_depth(const json_t *value)
{
        size_t deepest = 0, index;
        const char *name;
        json_t *item;

        if (!json_is_object(value) && !json_is_array(value))
                return 0;
        json_object_foreach((json_t *)value, name, item) {
                size_t depth = jansson_depth(item);

                deepest = depth > deepest ? depth : deepest;
        }
        json_array_foreach(value, index, item) {
                size_t depth = jansson_depth(item);

                deepest = depth > deepest ? depth : deepest;
        }
        return deepest + 1;
}

#endif
