/* common/base/json.c
 *
 * jansson recurses once per level and reads to the end before it complains, so depth and size are
 * checked before it sees the bytes. What the writer is given may quote foreign bytes: those that
 * are not UTF-8 become U+FFFD, so that what we write always is.
 */
#include "base/json.h"

#include <string.h>

#include "base/json_plain.h"
#include "base/timestamp.h"
#include "base/utf8.h"

/* Offset of the first byte that opens a level too many, `bytes` if none does. Only brackets outside
 * of strings count; whether they match is jansson's business. */
static size_t too_deep_at(const char *data, size_t bytes)
{
        size_t depth = 0;
        bool in_string = false;

        for (size_t i = 0; i < bytes; i++) {
                char byte = data[i];

                if (in_string && byte == '\\')
                        i++;
                else if (byte == '"')
                        in_string = !in_string;
                else if (in_string)
                        continue;
                else if ((byte == '[' || byte == '{') && ++depth > JSON_DEPTH_MAX)
                        return i;
                else if ((byte == ']' || byte == '}') && depth > 0)
                        depth--;
        }
        return bytes;
}

json_t *json_read(const char *data, size_t bytes, size_t max_bytes, struct error *error)
{
        json_error_t reason;

        if (bytes > max_bytes) {
                error_set(error, "%zu bytes of JSON, at most %zu are taken", bytes, max_bytes);
                return NULL;
        }
        if (bytes == 0) {
                error_set(error, "not JSON: empty");
                return NULL;
        }

        if (memchr(data, '\0', bytes)) { /* jansson overlooks one behind a number */
                error_set(error, "not JSON: a NUL byte");
                return NULL;
        }

        size_t deep = too_deep_at(data, bytes);

        if (deep < bytes) {
                error_set(error, "JSON is nested more than %d levels deep at byte %zu",
                          JSON_DEPTH_MAX, deep);
                return NULL;
        }

        json_t *root = json_loadb(data, bytes, JSON_REJECT_DUPLICATES, &reason);

        if (!root)
                error_set(error, "not JSON: line %d, column %d: %.160s", reason.line, reason.column,
                          reason.text);
        return root;
}

const char *json_member_text(const json_t *object, const char *name)
{
        return json_string_value(json_object_get(object, name));
}

bool json_member_integer(const json_t *object, const char *name, int64_t *value)
{
        const json_t *member = json_object_get(object, name);

        if (!json_is_integer(member))
                return false;
        *value = (int64_t)json_integer_value(member);
        return true;
}

bool json_member_boolean(const json_t *object, const char *name, bool absent)
{
        const json_t *member = json_object_get(object, name);

        return json_is_boolean(member) ? json_is_true(member) : absent;
}

static void write_escaped(struct buffer *buffer, unsigned char byte)
{
        static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";

        for (const char *pair = shorts; *pair; pair += 2) {
                if ((unsigned char)pair[0] == byte) {
                        buffer_append(buffer, (const char[]){ '\\', pair[1] }, 2);
                        return;
                }
        }
        buffer_append_format(buffer, "\\u%04x", byte);
}

/* What stands for itself in a string: the first byte from `at` on that does not. */
static const char *skip_verbatim(const char *at, const char *end)
{
        for (;;) {
                at = json_skip_plain(at, end);
                if (at == end || (unsigned char)*at < 0x80)
                        return at;

                size_t bytes = utf8_character(at, (size_t)(end - at));

                if (bytes == 0)
                        return at;
                at += bytes;
        }
}

void json_write_string(struct buffer *buffer, const char *text, size_t bytes)
{
        const char *end = text + bytes;

        buffer_reserve(buffer, bytes + 2);
        buffer_append_byte(buffer, '"');
        while (text < end) {
                const char *stop = skip_verbatim(text, end);

                buffer_append(buffer, text, (size_t)(stop - text));
                if (stop == end)
                        break;
                if ((unsigned char)*stop < 0x80)
                        write_escaped(buffer, (unsigned char)*stop);
                else
                        buffer_append_text(buffer, "\xef\xbf\xbd");
                text = stop + 1;
        }
        buffer_append_byte(buffer, '"');
}

void json_write_member(struct buffer *buffer, const char *name)
{
        char last = buffer->length > 0 ? buffer->data[buffer->length - 1] : '{';

        if (last != '{' && last != '[')
                buffer_append_byte(buffer, ',');
        json_write_string(buffer, name, strlen(name));
        buffer_append_byte(buffer, ':');
}

void json_write_member_text(struct buffer *buffer, const char *name, const char *text)
{
        json_write_member(buffer, name);
        if (text)
                json_write_string(buffer, text, strlen(text));
        else
                buffer_append_text(buffer, "null");
}

void json_write_member_integer(struct buffer *buffer, const char *name, int64_t value)
{
        json_write_member(buffer, name);
        buffer_append_integer(buffer, value);
}

void json_write_member_boolean(struct buffer *buffer, const char *name, bool value)
{
        json_write_member(buffer, name);
        buffer_append_text(buffer, value ? "true" : "false");
}

void json_write_member_time(struct buffer *buffer, const char *name, int64_t ms)
{
        char text[TIMESTAMP_TEXT_BYTES];

        if (ms == TIMESTAMP_NONE) {
                json_write_member_text(buffer, name, NULL);
                return;
        }
        timestamp_format(ms, text);
        json_write_member_text(buffer, name, text);
}

void json_write_member_raw(struct buffer *buffer, const char *name, struct slice raw)
{
        json_write_member(buffer, name);
        buffer_append(buffer, raw.data, raw.length);
}

void json_write_member_slice(struct buffer *buffer, const char *name, struct slice text)
{
        json_write_member(buffer, name);
        if (text.data)
                json_write_string(buffer, text.data, text.length);
        else
                buffer_append_text(buffer, "null");
}
