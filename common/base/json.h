/* common/base/json.h
 *
 * jansson with our bounds, and a writer for what we produce. Foreign bytes come through json_read:
 * bounded in size and depth, no duplicate members, no trailing bytes, a reason with the position.
 * The writer appends to a buffer: an event's own bytes can be placed in a message untouched.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>

#include "base/buffer.h"
#include "base/error.h"

enum { JSON_DEPTH_MAX = 64 };

/* A whole document (object or array; scalars are refused). NULL and a reason on failure. The caller
 * owns the reference; jansson has json_decrefp for _cleanup_. Depth is checked before jansson
 * recurses. */
json_t *json_read(const char *data, size_t bytes, size_t max_bytes, struct error *error);

/* A member's value if it has the type, else NULL/false. Absent and null are both "none". */
const char *json_member_text(const json_t *object, const char *name);
bool json_member_integer(const json_t *object, const char *name, int64_t *value);
bool json_member_boolean(const json_t *object, const char *name, bool absent);

/* Writing. Strings are escaped as RFC 8259 asks (control characters, quote, backslash) and are
 * otherwise left as UTF-8; bytes that are not UTF-8 become U+FFFD. json_write_member_* write
 * `,"name":value`; the comma is left out behind an opening brace, so that members can be written in
 * a row. A text that is NULL and a time that is TIMESTAMP_NONE are written as null. */
void json_write_string(struct buffer *buffer, const char *text, size_t bytes);
void json_write_member(struct buffer *buffer, const char *name); /* the name and the colon only */
void json_write_member_text(struct buffer *buffer, const char *name, const char *text);
void json_write_member_integer(struct buffer *buffer, const char *name, int64_t value);
void json_write_member_boolean(struct buffer *buffer, const char *name, bool value);
void json_write_member_time(struct buffer *buffer, const char *name, int64_t ms); /* RFC 3339 */
void json_write_member_raw(struct buffer *buffer, const char *name, struct slice raw);
/* As json_write_member_text; data NULL is written as null. */
void json_write_member_slice(struct buffer *buffer, const char *name, struct slice text);

#endif
