/* common/base/json_raw.c
 *
 * A recursive scanner over RFC 8259, bounded in depth, without allocation. Every byte of every
 * event passes here whenever a list changed, so strings, nearly all of an event, are skipped in one
 * tight loop.
 */
#include "base/json_raw.h"

#include "base/hex.h"
#include "base/json_plain.h"
#include "base/utf8.h"

struct cursor {
        const char *at;
        const char *end;
};

static bool scan_value(struct cursor *cursor, int depth);

static void skip_space(struct cursor *cursor)
{
        while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\n' ||
                                            *cursor->at == '\r' || *cursor->at == '\t'))
                cursor->at++;
}

static bool take(struct cursor *cursor, char byte)
{
        if (cursor->at == cursor->end || *cursor->at != byte)
                return false;
        cursor->at++;
        return true;
}

/* Four hex digits; -1 if they are not. */
static int take_hex(struct cursor *cursor)
{
        int code = 0;

        if (cursor->end - cursor->at < 4)
                return -1;
        for (int i = 0; i < 4; i++) {
                int digit = hex_value(*cursor->at++);

                if (digit < 0)
                        return -1;
                code = code * 16 + digit;
        }
        return code;
}

/* The same four, where only their form matters: a CMS escapes every tag and every letter that is
 * not ASCII. */
static bool skip_hex(struct cursor *cursor)
{
        static const bool hex[256] = { ['0' ... '9'] = true,
                                       ['a' ... 'f'] = true,
                                       ['A' ... 'F'] = true };
        const unsigned char *at = (const unsigned char *)cursor->at;

        if (cursor->end - cursor->at < 4 || !(hex[at[0]] & hex[at[1]] & hex[at[2]] & hex[at[3]]))
                return false;
        cursor->at += 4;
        return true;
}

/* Behind the backslash. */
static bool scan_escape(struct cursor *cursor)
{
        static const bool known[256] = { ['"'] = true, ['\\'] = true, ['/'] = true, ['b'] = true,
                                         ['f'] = true, ['n'] = true,  ['r'] = true, ['t'] = true };

        if (cursor->at == cursor->end)
                return false;

        char byte = *cursor->at++;

        return byte == 'u' ? skip_hex(cursor) : known[(unsigned char)byte];
}

static bool scan_string(struct cursor *cursor)
{
        if (!take(cursor, '"'))
                return false;
        for (;;) {
                cursor->at = json_skip_plain(cursor->at, cursor->end);
                if (take(cursor, '"'))
                        return true;
                if (take(cursor, '\\')) {
                        if (!scan_escape(cursor))
                                return false;
                        continue;
                }

                size_t left = (size_t)(cursor->end - cursor->at);

                if (left == 0 || (unsigned char)*cursor->at < 0x80)
                        return false;

                size_t bytes = utf8_character(cursor->at, left);

                if (bytes == 0)
                        return false;
                cursor->at += bytes;
        }
}

static bool scan_digits(struct cursor *cursor)
{
        const char *start = cursor->at;

        while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9')
                cursor->at++;
        return cursor->at > start;
}

static bool scan_number(struct cursor *cursor)
{
        take(cursor, '-');
        if (!take(cursor, '0') && !scan_digits(cursor))
                return false;
        if (take(cursor, '.') && !scan_digits(cursor))
                return false;
        if (!take(cursor, 'e') && !take(cursor, 'E'))
                return true;
        if (!take(cursor, '+'))
                take(cursor, '-');
        return scan_digits(cursor);
}

static bool scan_literal(struct cursor *cursor, const char *literal)
{
        size_t bytes = strlen(literal);

        if ((size_t)(cursor->end - cursor->at) < bytes || memcmp(cursor->at, literal, bytes) != 0)
                return false;
        cursor->at += bytes;
        return true;
}

/* A member's name and the colon. */
static bool scan_name(struct cursor *cursor, struct slice *name)
{
        const char *start = cursor->at;

        if (!scan_string(cursor))
                return false;
        *name = (struct slice){ start + 1, (size_t)(cursor->at - start) - 2 };
        skip_space(cursor);
        if (!take(cursor, ':'))
                return false;
        skip_space(cursor);
        return true;
}

static enum json_raw_step scan_next(struct cursor *cursor, char close, bool first, int depth,
                                    struct slice *name, struct slice *value)
{
        skip_space(cursor);
        if (take(cursor, close))
                return JSON_RAW_END;
        if (!first && !take(cursor, ','))
                return JSON_RAW_BROKEN;
        skip_space(cursor);
        *name = SLICE_NULL;
        if (close == '}' && !scan_name(cursor, name))
                return JSON_RAW_BROKEN;
        value->data = cursor->at;
        if (!scan_value(cursor, depth))
                return JSON_RAW_BROKEN;
        value->length = (size_t)(cursor->at - value->data);
        return JSON_RAW_ITEM;
}

static bool scan_container(struct cursor *cursor, char close, int depth)
{
        struct slice name, value;
        enum json_raw_step step = JSON_RAW_ITEM;

        if (depth > JSON_DEPTH_MAX)
                return false;
        cursor->at++;
        for (bool first = true; step == JSON_RAW_ITEM; first = false)
                step = scan_next(cursor, close, first, depth, &name, &value);
        return step == JSON_RAW_END;
}

/* `depth` is that of the container around it. */
static bool scan_value(struct cursor *cursor, int depth)
{
        if (cursor->at == cursor->end)
                return false;
        switch (*cursor->at) {
        case '"':
                return scan_string(cursor);
        case '{':
                return scan_container(cursor, '}', depth + 1);
        case '[':
                return scan_container(cursor, ']', depth + 1);
        case 't':
                return scan_literal(cursor, "true");
        case 'f':
                return scan_literal(cursor, "false");
        case 'n':
                return scan_literal(cursor, "null");
        default:
                return scan_number(cursor);
        }
}

bool json_raw_open(struct json_raw *walk, struct slice text)
{
        if (!text.data)
                return false;

        struct cursor cursor = { text.data, text.data + text.length };

        skip_space(&cursor);
        walk->close = '}';
        if (!take(&cursor, '{')) {
                walk->close = ']';
                if (!take(&cursor, '['))
                        return false;
        }
        walk->at = cursor.at;
        walk->end = cursor.end;
        walk->first = true;
        return true;
}

enum json_raw_step json_raw_next(struct json_raw *walk, struct slice *name, struct slice *value)
{
        struct cursor cursor = { walk->at, walk->end };
        enum json_raw_step step = scan_next(&cursor, walk->close, walk->first, 1, name, value);

        if (step == JSON_RAW_END) {
                skip_space(&cursor);
                if (cursor.at != cursor.end)
                        step = JSON_RAW_BROKEN;
        }
        walk->at = cursor.at;
        walk->first = false;
        return step;
}

/* One UTF-16 escape or a pair of them, behind the first "\u"; 0 if it is no character that a text
 * can hold. */
static unsigned decode_unicode(struct cursor *cursor)
{
        int high = take_hex(cursor);

        if (high < 0xd800 || high > 0xdfff)
                return high > 0 ? (unsigned)high : 0;
        if (high > 0xdbff || !take(cursor, '\\') || !take(cursor, 'u'))
                return 0;

        int low = take_hex(cursor);

        if (low < 0xdc00 || low > 0xdfff)
                return 0;
        return 0x10000 + (((unsigned)high - 0xd800) << 10) + ((unsigned)low - 0xdc00);
}

static size_t encode_utf8(unsigned code, char out[4])
{
        static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
        size_t bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

        for (size_t i = bytes - 1; i > 0; i--, code >>= 6)
                out[i] = (char)(0x80 | (code & 0x3f));
        out[0] = (char)(leads[bytes] | code);
        return bytes;
}

/* The next character, decoded: its bytes in `out`, 0 if there is none that a text can hold. */
static size_t decode_next(struct cursor *cursor, char out[4])
{
        static const char shorts[] = "\"\"\\\\//b\bf\fn\nr\rt\t";

        if (!take(cursor, '\\')) {
                out[0] = *cursor->at++;
                return 1;
        }
        if (take(cursor, 'u')) {
                unsigned code = decode_unicode(cursor);

                return code > 0 ? encode_utf8(code, out) : 0;
        }
        for (const char *pair = shorts; *pair; pair += 2)
                if (take(cursor, pair[0])) {
                        out[0] = pair[1];
                        return 1;
                }
        return 0;
}

static bool is_when_decoded(struct slice string, const char *text)
{
        struct cursor cursor = { string.data, string.data + string.length };
        char character[4];

        while (cursor.at < cursor.end) {
                size_t bytes = decode_next(&cursor, character);

                if (bytes == 0 || strncmp(text, character, bytes) != 0)
                        return false;
                text += bytes;
        }
        return *text == '\0';
}

static bool is_escaped(struct slice string)
{
        return memchr(string.data, '\\', string.length) != NULL;
}

static bool is_text(struct slice string, bool escaped, const char *text)
{
        return escaped ? is_when_decoded(string, text) : slice_is(string, text);
}

bool json_raw_is(struct slice string, const char *text)
{
        return is_text(string, is_escaped(string), text);
}

bool json_raw_text(struct slice value, char *text, size_t bytes)
{
        char character[4];
        size_t length = 0;

        if (value.length < 2 || value.data[0] != '"' || bytes == 0)
                return false;

        struct cursor cursor = { value.data + 1, value.data + value.length - 1 };

        while (cursor.at < cursor.end) {
                size_t more = decode_next(&cursor, character);

                if (more == 0 || more >= bytes - length)
                        return false;
                memcpy(text + length, character, more);
                length += more;
        }
        text[length] = '\0';
        return true;
}

bool json_raw_decode(struct slice string, struct buffer *out)
{
        struct cursor cursor = { string.data, string.data + string.length };

        buffer_reserve(out, string.length); /* an escape is longer than its character */
        while (cursor.at < cursor.end) {
                size_t left = (size_t)(cursor.end - cursor.at);
                const char *escape = memchr(cursor.at, '\\', left);
                size_t run = escape ? (size_t)(escape - cursor.at) : left;
                char character[4];

                buffer_append(out, cursor.at, run);
                cursor.at += run;
                if (!escape)
                        break;

                size_t bytes = decode_next(&cursor, character);

                if (bytes == 0)
                        return false;
                buffer_append(out, character, bytes);
        }
        return true;
}

/* The names' end if it is none of them. */
static size_t place_of(struct slice name, const char *const *names)
{
        bool escaped = is_escaped(name);
        size_t place = 0;

        while (names[place] && !is_text(name, escaped, names[place]))
                place++;
        return place;
}

static bool pick_members(struct json_raw *walk, const char *const *names, struct slice *values)
{
        struct slice name, value;
        enum json_raw_step step;

        while ((step = json_raw_next(walk, &name, &value)) == JSON_RAW_ITEM) {
                size_t place = place_of(name, names);

                if (!names[place])
                        continue;
                if (values[place].data)
                        return false;
                values[place] = value;
        }
        return step == JSON_RAW_END;
}

int json_raw_members(struct slice object, const char *const *names, struct slice *values)
{
        struct json_raw walk;
        size_t count = 0;

        for (; names[count]; count++)
                values[count] = SLICE_NULL;
        if (json_raw_open(&walk, object) && walk.close == '}' && pick_members(&walk, names, values))
                return 0;
        memset(values, 0, count * sizeof(*values));
        return -1;
}

int json_raw_member(struct slice object, const char *name, struct slice *value)
{
        const char *const names[] = { name, NULL };
        struct slice found;

        if (json_raw_members(object, names, &found) < 0)
                return -1;
        if (found.data)
                *value = found;
        return found.data ? 1 : 0;
}

/* A member that stands beside those that are picked; nothing of it is left if it is there twice. */
struct beside {
        const char *name; /* NULL: none is wanted */
        struct slice value;
        size_t count;
};

static bool is_beside(struct beside *beside, struct slice name, struct slice value)
{
        if (!beside->name || !json_raw_is(name, beside->name))
                return false;
        beside->value = beside->count++ == 0 ? value : SLICE_NULL;
        return true;
}

/* False if `object` is none, or broken. */
static bool pick(struct slice object, const char *const *names, struct beside *beside,
                 struct buffer *out)
{
        struct json_raw walk;
        struct slice name, value;
        enum json_raw_step step;

        if (!json_raw_open(&walk, object) || walk.close != '}')
                return false;
        buffer_append_byte(out, '{');
        while ((step = json_raw_next(&walk, &name, &value)) == JSON_RAW_ITEM) {
                if (is_beside(beside, name, value) || !names[place_of(name, names)])
                        continue;
                if (out->length > 1)
                        buffer_append_byte(out, ',');
                buffer_append(out, name.data - 1, name.length + 2);
                buffer_append_byte(out, ':');
                buffer_append(out, value.data, value.length);
        }
        buffer_append_byte(out, '}');
        return step == JSON_RAW_END;
}

static json_t *read_picked(struct slice object, const char *const *names, struct beside *beside,
                           size_t max_bytes, struct error *error)
{
        _cleanup_(buffer_deinit) struct buffer picked = BUFFER_NULL;
        _cleanup_(json_decrefp) json_t *whole = NULL;

        if (object.length <= max_bytes && pick(object, names, beside, &picked))
                return json_read(picked.data, picked.length, max_bytes, error);

        /* It is broken: jansson says where. */
        whole = json_read(object.data, object.length, max_bytes, error);
        if (whole)
                error_set(error, "not a JSON object");
        return NULL;
}

json_t *json_raw_read(struct slice object, const char *const *names, size_t max_bytes,
                      struct error *error)
{
        struct beside none = { .name = NULL };

        return read_picked(object, names, &none, max_bytes, error);
}

json_t *json_raw_read_beside(struct slice object, const char *const *names, const char *name,
                             struct slice *value, size_t max_bytes, struct error *error)
{
        struct beside beside = { .name = name };
        json_t *picked = read_picked(object, names, &beside, max_bytes, error);

        *value = beside.value;
        return picked;
}
