/* site/php_json.c
 *
 * What the reconciler forwards untouched and compares by value has to be met in its real clothes.
 */
#include "site/php_json.h"

#include <stdint.h>
#include <stdio.h>

/* The code point at `text`, whose UTF-8 jansson has checked, and its length. */
static uint32_t code_point(const char *text, size_t *bytes)
{
        const unsigned char *at = (const unsigned char *)text;

        if (at[0] < 0x80) {
                *bytes = 1;
                return at[0];
        }
        *bytes = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
        uint32_t value = at[0] & (0x7fu >> *bytes);
        for (size_t i = 1; i < *bytes; i++)
                value = value << 6 | (at[i] & 0x3fu);
        return value;
}

static void write_escape(struct buffer *out, uint32_t unit)
{
        static const char digits[] = "0123456789abcdef";
        char text[6] = { '\\', 'u', digits[unit >> 12 & 15], digits[unit >> 8 & 15],
                         digits[unit >> 4 & 15], digits[unit & 15] };

        buffer_append(out, text, sizeof(text));
}

static void write_special(struct buffer *out, uint32_t point)
{
        static const char named[][2] = { { '"', '"' },  { '\\', '\\' }, { '/', '/' },
                                         { '\b', 'b' }, { '\f', 'f' },  { '\n', 'n' },
                                         { '\r', 'r' }, { '\t', 't' } };

        for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
                if (point == (unsigned char)named[i][0]) {
                        buffer_append_byte(out, '\\');
                        buffer_append_byte(out, named[i][1]);
                        return;
                }
        }
        if (point > 0xffff) {
                write_escape(out, 0xd800 + ((point - 0x10000) >> 10));
                write_escape(out, 0xdc00 + ((point - 0x10000) & 0x3ff));
        } else {
                write_escape(out, point);
        }
}

static bool is_plain(unsigned char byte)
{
        return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\' && byte != '/';
}

void php_json_write_text(struct buffer *out, const char *text, size_t bytes)
{
        buffer_append_byte(out, '"');
        for (size_t at = 0, next; at < bytes; at = next) {
                for (next = at; next < bytes && is_plain((unsigned char)text[next]);)
                        next++;
                buffer_append(out, text + at, next - at);
                if (next < bytes) {
                        size_t length;

                        write_special(out, code_point(text + next, &length));
                        next += length;
                }
        }
        buffer_append_byte(out, '"');
}

/* The shortest decimal that is this number again, with ".0" if it is whole. */
static void write_real(struct buffer *out, double value)
{
        char text[40];

        for (int digits = 15; digits <= 17; digits++) {
                snprintf(text, sizeof(text), "%.*g", digits, value);
                if (strtod(text, NULL) == value)
                        break;
        }
        buffer_append_text(out, text);
        if (!strpbrk(text, ".e"))
                buffer_append_text(out, ".0");
}

static void write_object(struct buffer *out, const json_t *object)
{
        const char *name, *comma = "";
        json_t *value;

        buffer_append_byte(out, '{');
        json_object_foreach((json_t *)(uintptr_t)object, name, value) {
                buffer_append_text(out, comma);
                php_json_write_text(out, name, strlen(name));
                buffer_append_byte(out, ':');
                php_json_write(out, value);
                comma = ",";
        }
        buffer_append_byte(out, '}');
}

static void write_array(struct buffer *out, const json_t *array)
{
        buffer_append_byte(out, '[');
        for (size_t i = 0; i < json_array_size(array); i++) {
                if (i > 0)
                        buffer_append_byte(out, ',');
                php_json_write(out, json_array_get(array, i));
        }
        buffer_append_byte(out, ']');
}

void php_json_write(struct buffer *out, const json_t *value)
{
        switch (json_typeof(value)) {
        case JSON_OBJECT:
                write_object(out, value);
                break;
        case JSON_ARRAY:
                write_array(out, value);
                break;
        case JSON_STRING:
                php_json_write_text(out, json_string_value(value), json_string_length(value));
                break;
        case JSON_INTEGER:
                buffer_append_format(out, "%lld", (long long)json_integer_value(value));
                break;
        case JSON_REAL:
                write_real(out, json_real_value(value));
                break;
        case JSON_TRUE:
        case JSON_FALSE:
                buffer_append_text(out, json_is_true(value) ? "true" : "false");
                break;
        case JSON_NULL:
                buffer_append_text(out, "null");
                break;
        }
}
