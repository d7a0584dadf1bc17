/* common/base/json_raw.h
 *
 * JSON as its bytes: finds members and items and gives back their raw values, untouched. An event's
 * bytes are forwarded as they came, and jansson neither keeps them nor takes all that is JSON (a
 * `\u0000`, a huge integer), so there is this scanner. It is strict: RFC 8259 grammar, UTF-8, at
 * most JSON_DEPTH_MAX levels; a value that it hands out is well-formed JSON.
 *
 *         struct json_raw walk;
 *         struct slice name, value;
 *         enum json_raw_step step = JSON_RAW_BROKEN;
 *
 *         if (json_raw_open(&walk, text))
 *                 while ((step = json_raw_next(&walk, &name, &value)) == JSON_RAW_ITEM)
 *                         ...
 *         if (step == JSON_RAW_BROKEN)
 *                 ...
 */
#ifndef BASE_JSON_RAW_H
#define BASE_JSON_RAW_H

#include "base/json.h"

struct json_raw {
        const char *at;
        const char *end;
        char close;     /* '}' or ']' */
        bool first;
};

enum json_raw_step {
        JSON_RAW_ITEM,
        JSON_RAW_END,    /* the bracket was closed and nothing but white space follows */
        JSON_RAW_BROKEN, /* not JSON from here on; what was handed out before is */
};

/* `text` is one object or array with white space around it; false if it does not begin as one. The
 * bytes must outlive the walk. */
bool json_raw_open(struct json_raw *walk, struct slice text);

/* `name` is what stands between a member's quotes, escapes and all (json_raw_is compares it);
 * SLICE_NULL in an array. `value` has no white space around it. */
enum json_raw_step json_raw_next(struct json_raw *walk, struct slice *name, struct slice *value);

/* Is this the text, escapes resolved? `string` is without its quotes. */
bool json_raw_is(struct slice string, const char *text);

/* Decodes a string value (quotes included) to `text` with a NUL behind it. False if the value is no
 * string, does not fit into `bytes`, or holds U+0000 or half a surrogate pair. */
bool json_raw_text(struct slice value, char *text, size_t bytes);

/* The same for a string of any length, without its quotes, behind what is in `out`. */
bool json_raw_decode(struct slice string, struct buffer *out);

/* The raw value of one member of an object. 1 found, 0 absent, -1 not an object, broken, or there
 * twice. */
int json_raw_member(struct slice object, const char *name, struct slice *value);

/* Several of them in one walk: `values` parallel to `names` (NULL-terminated), SLICE_NULL where
 * absent. -1 as above, with none of them set. */
int json_raw_members(struct slice object, const char *const *names, struct slice *values);

/* An object of only those members that `names` (NULL-terminated) has, as json_read would give it:
 * what a reader ignores cannot make it fail. NULL and a reason on failure. */
json_t *json_raw_read(struct slice object, const char *const *names, size_t max_bytes,
                      struct error *error);

/* The same, and in one walk the raw value of `name`, which is not one of `names`: SLICE_NULL if it
 * is absent or there twice. */
json_t *json_raw_read_beside(struct slice object, const char *const *names, const char *name,
                             struct slice *value, size_t max_bytes, struct error *error);

#endif
