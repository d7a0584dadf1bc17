/* services/fetcher/splitter.c
 *
 * A list of 18 MB must not wait for its last byte, and must not be parsed into a tree to be cut in
 * two: so this is a state machine over bytes that survives being interrupted anywhere. Event bodies
 * are nearly all string, so strings are read eight bytes at a time; all else goes byte by byte
 * through one function per kind of place.
 */
#include "fetcher/splitter.h"

#include <inttypes.h>
#include <string.h>

enum place {
        /* between events */
        PLACE_START,   /* before "[" */
        PLACE_FIRST,   /* behind "[" */
        PLACE_ELEMENT, /* behind "," */
        PLACE_BETWEEN, /* behind an event */
        PLACE_DONE,    /* behind "]" */
        /* in an event */
        PLACE_VALUE,
        PLACE_VALUE_OR_END, /* behind "[" */
        PLACE_KEY,
        PLACE_KEY_OR_END, /* behind "{" */
        PLACE_COLON,
        PLACE_AFTER, /* behind a value */
        PLACE_LITERAL,
        /* in a string */
        PLACE_STRING,
        PLACE_ESCAPE,       /* behind "\" */
        PLACE_DIGITS,       /* behind "\u" */
        PLACE_CONTINUATION, /* in a character of several bytes */
        /* in a number */
        PLACE_MINUS,
        PLACE_ZERO,
        PLACE_INTEGER,
        PLACE_POINT,
        PLACE_FRACTION,
        PLACE_E,
        PLACE_E_SIGN,
        PLACE_EXPONENT,
};

void splitter_init(struct splitter *splitter)
{
        memset(splitter, 0, sizeof(*splitter));
}

static bool is_space(unsigned char byte)
{
        return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

static bool is_digit(unsigned char byte)
{
        return byte >= '0' && byte <= '9';
}

static int hex_value(unsigned char byte)
{
        if (is_digit(byte))
                return byte - '0';
        byte |= 0x20;
        return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static bool fail(struct splitter *splitter, enum splitter_fault fault)
{
        splitter->fault = fault;
        return false;
}

static bool go(struct splitter *splitter, enum place place)
{
        splitter->place = place;
        return true;
}

/* The token: a top-level member's name or the value of "uuid" */

static void capture(struct splitter *splitter, const char *data, size_t bytes)
{
        size_t room = sizeof(splitter->token) - splitter->token_length;

        if (bytes > room)
                bytes = room; /* full means longer than any spelling that matters */
        memcpy(splitter->token + splitter->token_length, data, bytes);
        splitter->token_length += bytes;
}

/* One character of the token, -1 for one that stands neither in "uuid" nor in a uuid. */
static int token_character(const struct splitter *splitter, size_t *at)
{
        const char *token = splitter->token;

        if (token[*at] != '\\')
                return (unsigned char)token[(*at)++];
        if (*at + 6 > splitter->token_length || token[*at + 1] != 'u')
                return -1;

        int code = 0;

        for (size_t i = 2; i < 6; i++)
                code = code * 16 + hex_value((unsigned char)token[*at + i]);
        *at += 6;
        return code < 0x80 ? code : -1;
}

/* Decodes the token into `text`; false if it does not fit or has characters of no interest. */
static bool token_decode(const struct splitter *splitter, char *text, size_t room, size_t *length)
{
        size_t at = 0;

        if (splitter->token_length == sizeof(splitter->token))
                return false;
        for (*length = 0; at < splitter->token_length; (*length)++) {
                int character = token_character(splitter, &at);

                if (character < 0 || *length == room)
                        return false;
                text[*length] = (char)character;
        }
        return true;
}

static void take_key(struct splitter *splitter)
{
        char text[4];
        size_t length;

        splitter->uuid_next = token_decode(splitter, text, sizeof(text), &length) && length == 4 &&
                              memcmp(text, "uuid", 4) == 0;
        splitter->uuid_members += splitter->uuid_next;
}

static void take_uuid(struct splitter *splitter)
{
        char text[UUID_TEXT_BYTES];
        size_t length;

        splitter->has_uuid = token_decode(splitter, text, sizeof(text), &length) &&
                             uuid_parse(text, length, &splitter->uuid);
}

/* Structure */

static bool in_array(const struct splitter *splitter)
{
        unsigned level = splitter->depth - 1;

        return splitter->arrays[level / 64] >> (level % 64) & 1;
}

static bool open_bracket(struct splitter *splitter, bool array)
{
        unsigned level = splitter->depth;
        uint64_t bit = UINT64_C(1) << (level % 64);
        uint64_t *bits;

        if (level == SPLITTER_DEPTH_MAX)
                return fail(splitter, SPLITTER_TOO_DEEP);
        bits = &splitter->arrays[level / 64];
        *bits = array ? *bits | bit : *bits & ~bit;
        splitter->depth++;
        splitter->deep = splitter->deep || splitter->depth > SPLITTER_EVENT_DEPTH_MAX;
        return go(splitter, array ? PLACE_VALUE_OR_END : PLACE_KEY_OR_END);
}

static bool close_bracket(struct splitter *splitter, bool array)
{
        if (in_array(splitter) != array)
                return fail(splitter, SPLITTER_NOT_JSON);
        splitter->depth--;
        return go(splitter, splitter->depth == 0 ? PLACE_BETWEEN : PLACE_AFTER);
}

static bool open_string(struct splitter *splitter, bool key)
{
        splitter->in_key = key;
        splitter->capturing = splitter->depth == 1 && (key || splitter->uuid_next);
        splitter->token_length = 0;
        return go(splitter, PLACE_STRING);
}

static bool close_string(struct splitter *splitter)
{
        if (splitter->capturing && splitter->in_key)
                take_key(splitter);
        else if (splitter->capturing)
                take_uuid(splitter);
        return go(splitter, splitter->in_key ? PLACE_COLON : PLACE_AFTER);
}

static bool open_literal(struct splitter *splitter, const char *rest)
{
        splitter->literal = rest;
        return go(splitter, PLACE_LITERAL);
}

static bool open_event(struct splitter *splitter)
{
        splitter->uuid_members = 0;
        splitter->uuid_next = false;
        splitter->has_uuid = false;
        splitter->deep = false;
        splitter->length = 0;
        return open_bracket(splitter, false);
}

/* Outside of events. Only "{" leads into one. */
static bool step_between(struct splitter *splitter, unsigned char byte)
{
        enum place place = (enum place)splitter->place;

        if (is_space(byte))
                return true;
        if (place == PLACE_START)
                return byte == '[' ? go(splitter, PLACE_FIRST) : fail(splitter, SPLITTER_NOT_ARRAY);
        if (place == PLACE_DONE)
                return fail(splitter, SPLITTER_TRAILING);
        if (byte == ']' && place != PLACE_ELEMENT)
                return go(splitter, PLACE_DONE);
        if (place == PLACE_BETWEEN)
                return byte == ',' ? go(splitter, PLACE_ELEMENT) : fail(splitter, SPLITTER_NOT_JSON);
        if (byte == '{')
                return open_event(splitter);
        return fail(splitter, byte == ',' || byte == ']' ? SPLITTER_NOT_JSON : SPLITTER_NOT_OBJECT);
}

static bool step_value(struct splitter *splitter, unsigned char byte)
{
        switch (byte) {
        case '"':
                return open_string(splitter, false);
        case '{':
                return open_bracket(splitter, false);
        case '[':
                return open_bracket(splitter, true);
        case 't':
                return open_literal(splitter, "rue");
        case 'f':
                return open_literal(splitter, "alse");
        case 'n':
                return open_literal(splitter, "ull");
        case '-':
                return go(splitter, PLACE_MINUS);
        case '0':
                return go(splitter, PLACE_ZERO);
        case ']':
                if (splitter->place == PLACE_VALUE_OR_END)
                        return close_bracket(splitter, true);
                return fail(splitter, SPLITTER_NOT_JSON);
        default:
                return is_digit(byte) ? go(splitter, PLACE_INTEGER)
                                      : fail(splitter, SPLITTER_NOT_JSON);
        }
}

static bool step_after(struct splitter *splitter, unsigned char byte)
{
        if (byte == ',')
                return go(splitter, in_array(splitter) ? PLACE_VALUE : PLACE_KEY);
        if (byte == ']' || byte == '}')
                return close_bracket(splitter, byte == ']');
        return fail(splitter, SPLITTER_NOT_JSON);
}

static bool step_literal(struct splitter *splitter, unsigned char byte)
{
        if (byte != (unsigned char)*splitter->literal)
                return fail(splitter, SPLITTER_NOT_JSON);
        return *++splitter->literal == '\0' ? go(splitter, PLACE_AFTER) : true;
}

static bool step_structure(struct splitter *splitter, unsigned char byte)
{
        if (splitter->place == PLACE_LITERAL)
                return step_literal(splitter, byte);
        if (is_space(byte))
                return true;
        switch (splitter->place) {
        case PLACE_COLON:
                return byte == ':' ? go(splitter, PLACE_VALUE) : fail(splitter, SPLITTER_NOT_JSON);
        case PLACE_KEY_OR_END:
                if (byte == '}')
                        return close_bracket(splitter, false);
                /* fall through */
        case PLACE_KEY:
                return byte == '"' ? open_string(splitter, true) : fail(splitter, SPLITTER_NOT_JSON);
        case PLACE_AFTER:
                return step_after(splitter, byte);
        default:
                return step_value(splitter, byte);
        }
}

/* Numbers: RFC 8259 6. A number has no end of its own: the byte that does not continue it is read
 * again as what follows a value. */

static bool end_number(struct splitter *splitter, unsigned char byte)
{
        splitter->place = PLACE_AFTER;
        return step_structure(splitter, byte);
}

static bool need_digit(struct splitter *splitter, unsigned char byte, enum place then)
{
        return is_digit(byte) ? go(splitter, then) : fail(splitter, SPLITTER_NOT_JSON);
}

static bool step_integer(struct splitter *splitter, unsigned char byte)
{
        if (is_digit(byte) && splitter->place == PLACE_INTEGER)
                return true;
        if (byte == '.')
                return go(splitter, PLACE_POINT);
        if (byte == 'e' || byte == 'E')
                return go(splitter, PLACE_E);
        return end_number(splitter, byte);
}

static bool step_number(struct splitter *splitter, unsigned char byte)
{
        switch (splitter->place) {
        case PLACE_MINUS:
                return byte == '0' ? go(splitter, PLACE_ZERO)
                                   : need_digit(splitter, byte, PLACE_INTEGER);
        case PLACE_ZERO:
        case PLACE_INTEGER:
                return step_integer(splitter, byte);
        case PLACE_POINT:
                return need_digit(splitter, byte, PLACE_FRACTION);
        case PLACE_FRACTION:
                if (byte == 'e' || byte == 'E')
                        return go(splitter, PLACE_E);
                return is_digit(byte) ? true : end_number(splitter, byte);
        case PLACE_E:
                if (byte == '+' || byte == '-')
                        return go(splitter, PLACE_E_SIGN);
                /* fall through */
        case PLACE_E_SIGN:
                return need_digit(splitter, byte, PLACE_EXPONENT);
        default:
                return is_digit(byte) ? true : end_number(splitter, byte);
        }
}

/* Strings: RFC 8259 7, and UTF-8 as RFC 3629 4 has it. */

/* Bytes at the start that are printable ASCII and neither quote nor backslash. */
static size_t plain_bytes(const char *data, size_t bytes)
{
        static const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones * 0x80;
        size_t at = 0;

        for (; at + 8 <= bytes; at += 8) {
                uint64_t word, quote, backslash;

                memcpy(&word, data + at, 8);
                quote = word ^ ones * '"';
                backslash = word ^ ones * '\\';
                if (((word - ones * 0x20) | word | (quote - ones) | (backslash - ones)) & highs)
                        break;
        }
        for (; at < bytes; at++) {
                unsigned char byte = (unsigned char)data[at];

                if (byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\')
                        break;
        }
        return at;
}

/* The first byte of a character of several bytes; the bounds of the second keep out overlong forms,
 * surrogates and what lies above U+10FFFF. */
static bool open_character(struct splitter *splitter, unsigned char byte)
{
        splitter->least = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
        splitter->most = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
        if (byte >= 0xc2 && byte <= 0xdf)
                splitter->continuations = 1;
        else if (byte >= 0xe0 && byte <= 0xef)
                splitter->continuations = 2;
        else if (byte >= 0xf0 && byte <= 0xf4)
                splitter->continuations = 3;
        else
                return fail(splitter, SPLITTER_NOT_JSON);
        return go(splitter, PLACE_CONTINUATION);
}

static bool step_continuation(struct splitter *splitter, unsigned char byte)
{
        if (byte < splitter->least || byte > splitter->most)
                return fail(splitter, SPLITTER_NOT_JSON);
        splitter->least = 0x80;
        splitter->most = 0xbf;
        return --splitter->continuations == 0 ? go(splitter, PLACE_STRING) : true;
}

static bool step_escape(struct splitter *splitter, unsigned char byte)
{
        if (byte == 'u') {
                splitter->digits_left = 4;
                return go(splitter, PLACE_DIGITS);
        }
        if (byte == '\0' || !strchr("\"\\/bfnrt", byte))
                return fail(splitter, SPLITTER_NOT_JSON);
        return go(splitter, PLACE_STRING);
}

static bool step_digits(struct splitter *splitter, unsigned char byte)
{
        if (hex_value(byte) < 0)
                return fail(splitter, SPLITTER_NOT_JSON);
        return --splitter->digits_left == 0 ? go(splitter, PLACE_STRING) : true;
}

static bool step_string(struct splitter *splitter, unsigned char byte)
{
        switch (splitter->place) {
        case PLACE_ESCAPE:
                return step_escape(splitter, byte);
        case PLACE_DIGITS:
                return step_digits(splitter, byte);
        case PLACE_CONTINUATION:
                return step_continuation(splitter, byte);
        default: /* what plain_bytes stops at, but for the quote */
                if (byte == '\\')
                        return go(splitter, PLACE_ESCAPE);
                return byte < 0x20 ? fail(splitter, SPLITTER_NOT_JSON)
                                   : open_character(splitter, byte);
        }
}

/* A whole \uXXXX, as Danish text has every few words, without a step for each of its bytes. */
static size_t whole_escape(const char *data, size_t bytes)
{
        if (bytes < 6 || data[0] != '\\' || data[1] != 'u')
                return 0;
        for (size_t i = 2; i < 6; i++)
                if (hex_value((unsigned char)data[i]) < 0)
                        return 0;
        return 6;
}

/* Reads on in a string, to the end of `data` at most. How many bytes; 0 when it failed. */
static size_t read_string(struct splitter *splitter, const char *data, size_t bytes)
{
        size_t at = 0;

        while (splitter->place == PLACE_STRING && at < bytes) {
                size_t run = plain_bytes(data + at, bytes - at);

                run += whole_escape(data + at + run, bytes - at - run);
                if (run == 0 && data[at] == '"')
                        break;
                if (run == 0 && !step_string(splitter, (unsigned char)data[at])) {
                        splitter->position += at;
                        return 0;
                }
                at += run ? run : 1;
        }
        if (splitter->capturing)
                capture(splitter, data, at);
        if (splitter->place != PLACE_STRING || at == bytes)
                return at;
        close_string(splitter);
        return at + 1;
}

static bool step(struct splitter *splitter, unsigned char byte)
{
        if (splitter->place >= PLACE_MINUS)
                return step_number(splitter, byte);
        if (splitter->place < PLACE_STRING)
                return step_structure(splitter, byte);
        if (splitter->capturing)
                capture(splitter, &(const char){ (char)byte }, 1);
        return step_string(splitter, byte);
}

/* Reads to the end of the event or of `data`, whichever comes first. How many bytes; 0: it failed. */
static size_t read_event(struct splitter *splitter, const char *data, size_t bytes)
{
        size_t at = 0;

        do {
                size_t run = 0;

                if (splitter->place == PLACE_STRING)
                        run = read_string(splitter, data + at, bytes - at);
                else if (step(splitter, (unsigned char)data[at]))
                        run = 1;
                splitter->position += run;
                if (run == 0)
                        return 0;
                at += run;
        } while (at < bytes && splitter->depth > 0);
        return at;
}

/* Reads what stands between events. False when all was read, or when it failed. */
static bool find_event(struct splitter *splitter, struct slice *rest)
{
        while (rest->length > 0) {
                if (!step_between(splitter, (unsigned char)*rest->data))
                        return false;
                if (splitter->depth > 0)
                        return true; /* its "{" is read again as the event's first byte */
                splitter->position++;
                rest->data++;
                rest->length--;
        }
        return false;
}

enum splitter_outcome splitter_next(struct splitter *splitter, struct slice *rest,
                                    struct splitter_piece *piece)
{
        bool begins = splitter->depth == 0;
        size_t bytes = 0;

        if (splitter->fault != SPLITTER_SOUND)
                return SPLITTER_FAILED;
        if (begins && !find_event(splitter, rest))
                return splitter->fault ? SPLITTER_FAILED : SPLITTER_HUNGRY;
        if (rest->length == 0)
                return SPLITTER_HUNGRY;
        if (begins) {
                splitter->position++;
                bytes = 1;
        }
        if (bytes < rest->length) {
                size_t run = read_event(splitter, rest->data + bytes, rest->length - bytes);

                if (run == 0)
                        return SPLITTER_FAILED;
                bytes += run;
        }
        splitter->length += bytes;
        *piece = (struct splitter_piece){
                .bytes = { rest->data, bytes },
                .begins = begins,
                .ends = splitter->depth == 0,
                .has_uuid = splitter->has_uuid && splitter->uuid_members == 1,
                .uuid = splitter->uuid,
                .deep = splitter->deep,
                .length = splitter->length,
        };
        rest->data += bytes;
        rest->length -= bytes;
        return SPLITTER_PIECE;
}

enum splitter_fault splitter_end(struct splitter *splitter)
{
        if (splitter->fault == SPLITTER_SOUND && splitter->place != PLACE_DONE)
                splitter->fault = splitter->place == PLACE_START ? SPLITTER_NOT_ARRAY
                                                                 : SPLITTER_TRUNCATED;
        return splitter->fault;
}

int splitter_explain(const struct splitter *splitter, struct error *error)
{
        static const char *const texts[] = {
                [SPLITTER_SOUND] = "the list is whole",
                [SPLITTER_NOT_ARRAY] = "the answer is not a list: it does not begin with \"[\"",
                [SPLITTER_NOT_OBJECT] = "an element of the list is not an event (no object)",
                [SPLITTER_NOT_JSON] = "the list is not well-formed JSON",
                [SPLITTER_TOO_DEEP] = "an event is nested too deep",
                [SPLITTER_TRAILING] = "something follows the end of the list",
                [SPLITTER_TRUNCATED] = "the list is cut off: its end is missing",
        };

        return error_set(error, "%s, at byte %" PRIu64, texts[splitter->fault], splitter->position);
}
