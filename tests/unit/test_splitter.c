/* tests/unit/test_splitter.c */
#include "unit/support.h"

#include "base/buffer.h"
#include "base/dice.h"
#include "base/memory.h"
#include "fetcher/splitter.h"

#define UUID_A "a8fd4444-4bbf-4b31-96cf-46389c216ea2"

struct outcome {
        enum splitter_fault fault;
        size_t events;
        size_t readable;
        struct buffer bytes; /* of all events, each followed by a newline */
};

static void outcome_deinit(struct outcome *outcome)
{
        buffer_deinit(&outcome->bytes);
}

static void feed(struct splitter *splitter, struct slice rest, struct outcome *outcome)
{
        struct splitter_piece piece;

        while (splitter_next(splitter, &rest, &piece) == SPLITTER_PIECE) {
                buffer_append(&outcome->bytes, piece.bytes.data, piece.bytes.length);
                if (!piece.ends)
                        continue;
                outcome->events++;
                outcome->readable += piece.has_uuid;
                buffer_append_byte(&outcome->bytes, '\n');
        }
}

/* Feeds `text` in pieces of at most `most` bytes; each is a block of its own, so that a sanitizer
 * sees a read beyond it. */
static struct outcome split(struct slice text, size_t most, struct dice *dice)
{
        struct outcome outcome = { .bytes = BUFFER_NULL };
        struct splitter splitter;

        splitter_init(&splitter);
        for (size_t at = 0; at < text.length;) {
                size_t bytes = 1 + (size_t)dice_below(dice, (int64_t)most);

                bytes = bytes < text.length - at ? bytes : text.length - at;
                _cleanup_(freep) char *piece = malloc(bytes);

                memcpy(piece, text.data + at, bytes);
                feed(&splitter, (struct slice){ piece, bytes }, &outcome);
                at += bytes;
        }
        outcome.fault = splitter_end(&splitter);
        return outcome;
}

struct row {
        const char *says;
        const char *text;
        enum splitter_fault fault;
        size_t events;
        size_t readable;
};

static const struct row rows[] = {
        { "an empty list is one", "[]", SPLITTER_SOUND, 0, 0 },
        { "white space is allowed around everything", " [ { } , {\"a\" : [ 1 , 2 ] } ]\r\n\t",
          SPLITTER_SOUND, 2, 0 },
        { "brackets in strings are text", "[{\"a\":\"}],[{\"}]", SPLITTER_SOUND, 1, 0 },
        { "escaped quotes do not end a string", "[{\"a\":\"\\\\\\\"}\"}]", SPLITTER_SOUND, 1, 0 },
        { "every escape", "[{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00E6\"}]", SPLITTER_SOUND, 1, 0 },
        { "every kind of number", "[{\"a\":[0,-0,1,-12,1.5,0.25,1e9,1E+2,2e-3,-1.5e10]}]",
          SPLITTER_SOUND, 1, 0 },
        { "a number ends an event", "[{\"a\":1},{\"a\":0}]", SPLITTER_SOUND, 2, 0 },
        { "every literal", "[{\"a\":true,\"b\":false,\"c\":null}]", SPLITTER_SOUND, 1, 0 },
        { "UTF-8", "[{\"a\":\"\xc3\xa6\xe2\x82\xac\xf0\x9f\x8e\xab\"}]", SPLITTER_SOUND, 1, 0 },
        { "a uuid", "[{\"uuid\":\"" UUID_A "\"}]", SPLITTER_SOUND, 1, 1 },
        { "a uuid in capitals", "[{\"uuid\":\"A8FD4444-4BBF-4B31-96CF-46389C216EA2\"}]",
          SPLITTER_SOUND, 1, 1 },
        { "a uuid behind other members", "[{\"a\":{\"uuid\":1},\"uuid\":\"" UUID_A "\"}]",
          SPLITTER_SOUND, 1, 1 },
        { "a uuid and its name in escapes",
          "[{\"\\u0075uid\":\"\\u00618fd4444-4bbf-4b31-96cf-46389c216ea\\u0032\"}]",
          SPLITTER_SOUND, 1, 1 },
        { "a uuid of a series is none of the event", "[{\"series\":{\"uuid\":\"" UUID_A "\"}}]",
          SPLITTER_SOUND, 1, 0 },
        { "a uuid in a list is none", "[{\"uuid\":[\"" UUID_A "\"]}]", SPLITTER_SOUND, 1, 0 },
        { "a uuid must be one", "[{\"uuid\":\"a8fd4444\"}]", SPLITTER_SOUND, 1, 0 },
        { "a number is no uuid", "[{\"uuid\":7,\"title\":\"" UUID_A "\"}]", SPLITTER_SOUND, 1, 0 },
        { "two uuids are none", "[{\"uuid\":\"" UUID_A "\",\"uuid\":\"" UUID_A "\"}]",
          SPLITTER_SOUND, 1, 0 },
        { "a name of another length is another name",
          "[{\"uuidx\":\"" UUID_A "\",\"uui\":\"" UUID_A "\"}]", SPLITTER_SOUND, 1, 0 },
        { "nothing is no list", "", SPLITTER_NOT_ARRAY, 0, 0 },
        { "white space alone is no list", "  \n", SPLITTER_NOT_ARRAY, 0, 0 },
        { "HTML is no list", "<!DOCTYPE html>", SPLITTER_NOT_ARRAY, 0, 0 },
        { "an object is no list", "{\"message\":\"x\"}", SPLITTER_NOT_ARRAY, 0, 0 },
        { "a byte order mark is no list", "\xef\xbb\xbf[]", SPLITTER_NOT_ARRAY, 0, 0 },
        { "cut off behind the bracket", "[", SPLITTER_TRUNCATED, 0, 0 },
        { "cut off between two events", "[{},{}", SPLITTER_TRUNCATED, 2, 0 },
        { "cut off behind a comma", "[{},", SPLITTER_TRUNCATED, 1, 0 },
        { "cut off in an event", "[{},{\"a\":\"b", SPLITTER_TRUNCATED, 1, 0 },
        { "cut off in an escape", "[{\"a\":\"\\u00", SPLITTER_TRUNCATED, 0, 0 },
        { "a comma too many at the end", "[{},]", SPLITTER_NOT_JSON, 1, 0 },
        { "a comma too many in the middle", "[{},,{}]", SPLITTER_NOT_JSON, 1, 0 },
        { "a comma at the beginning", "[,{}]", SPLITTER_NOT_JSON, 0, 0 },
        { "a comma that is missing", "[{}{}]", SPLITTER_NOT_JSON, 1, 0 },
        { "trailing bytes", "[{}]x", SPLITTER_TRAILING, 1, 0 },
        { "a second list", "[{}][{}]", SPLITTER_TRAILING, 1, 0 },
        { "a zero byte at the end", NULL, SPLITTER_TRAILING, 1, 0 }, /* see text_of */
        { "a number is no event", "[1]", SPLITTER_NOT_OBJECT, 0, 0 },
        { "null is no event", "[{},null]", SPLITTER_NOT_OBJECT, 1, 0 },
        { "a list is no event", "[[{}]]", SPLITTER_NOT_OBJECT, 0, 0 },
        { "brackets must match", "[{\"a\":[}]}]", SPLITTER_NOT_JSON, 0, 0 },
        { "an object closed as a list", "[{\"a\":1]]", SPLITTER_NOT_JSON, 0, 0 },
        { "a name must be a string", "[{a:1}]", SPLITTER_NOT_JSON, 0, 0 },
        { "a name needs its colon", "[{\"a\" 1}]", SPLITTER_NOT_JSON, 0, 0 },
        { "a name needs a value", "[{\"a\":}]", SPLITTER_NOT_JSON, 0, 0 },
        { "a comma before a brace", "[{\"a\":1,}]", SPLITTER_NOT_JSON, 0, 0 },
        { "a comma before a bracket", "[{\"a\":[1,]}]", SPLITTER_NOT_JSON, 0, 0 },
        { "two values in a row", "[{\"a\":1 2}]", SPLITTER_NOT_JSON, 0, 0 },
        { "a number with a leading zero", "[{\"a\":01}]", SPLITTER_NOT_JSON, 0, 0 },
        { "a number that begins with a plus", "[{\"a\":+1}]", SPLITTER_NOT_JSON, 0, 0 },
        { "a number that ends with a point", "[{\"a\":1.}]", SPLITTER_NOT_JSON, 0, 0 },
        { "a number without exponent digits", "[{\"a\":1e}]", SPLITTER_NOT_JSON, 0, 0 },
        { "a lone minus", "[{\"a\":-}]", SPLITTER_NOT_JSON, 0, 0 },
        { "NaN is no number", "[{\"a\":NaN}]", SPLITTER_NOT_JSON, 0, 0 },
        { "a literal that is cut", "[{\"a\":tru}]", SPLITTER_NOT_JSON, 0, 0 },
        { "a literal that goes on", "[{\"a\":nulll}]", SPLITTER_NOT_JSON, 0, 0 },
        { "a line end in a string", "[{\"a\":\"b\nc\"}]", SPLITTER_NOT_JSON, 0, 0 },
        { "an escape that is none", "[{\"a\":\"\\x41\"}]", SPLITTER_NOT_JSON, 0, 0 },
        { "an escape with bad digits", "[{\"a\":\"\\u00g1\"}]", SPLITTER_NOT_JSON, 0, 0 },
        { "a continuation byte alone", "[{\"a\":\"\x80\"}]", SPLITTER_NOT_JSON, 0, 0 },
        { "an overlong form", "[{\"a\":\"\xe0\x80\xaf\"}]", SPLITTER_NOT_JSON, 0, 0 },
        { "a surrogate as UTF-8", "[{\"a\":\"\xed\xa0\x80\"}]", SPLITTER_NOT_JSON, 0, 0 },
        { "a character that is cut", "[{\"a\":\"\xc3\"}]", SPLITTER_NOT_JSON, 0, 0 },
        { "a comment", "[{}/**/]", SPLITTER_NOT_JSON, 1, 0 },
};

static struct slice text_of(const struct row *row)
{
        return row->text ? slice_of(row->text) : (struct slice){ "[{}]\0", 5 };
}

static void test_rows(void **state)
{
        struct dice dice = { 1 };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                for (size_t most = 1; most < 100; most += 7) {
                        _cleanup_(outcome_deinit) struct outcome got =
                                split(text_of(&rows[i]), most, &dice);

                        if (got.fault != rows[i].fault || got.events != rows[i].events ||
                            got.readable != rows[i].readable)
                                fail_msg("%s, in pieces of %zu: fault %d, %zu events, %zu readable",
                                         rows[i].says, most, got.fault, got.events, got.readable);
                }
        }
}

/* An event of that many levels. */
static enum splitter_fault split_deep(size_t levels, bool *deep)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        struct splitter splitter;
        struct splitter_piece piece = { .deep = false };
        struct slice rest;

        buffer_append_text(&text, "[{\"a\":");
        for (size_t i = 1; i < levels; i++)
                buffer_append_byte(&text, '[');
        for (size_t i = 1; i < levels; i++)
                buffer_append_byte(&text, ']');
        buffer_append_text(&text, "}]");
        splitter_init(&splitter);
        rest = buffer_slice(&text);
        while (splitter_next(&splitter, &rest, &piece) == SPLITTER_PIECE)
                *deep = piece.deep;
        return splitter_end(&splitter);
}

static void test_depth(void **state)
{
        static const struct {
                size_t levels;
                enum splitter_fault fault;
                bool deep;
        } depths[] = {
                { SPLITTER_EVENT_DEPTH_MAX, SPLITTER_SOUND, false },
                { SPLITTER_EVENT_DEPTH_MAX + 1, SPLITTER_SOUND, true },
                { JSON_DEPTH_MAX + 1, SPLITTER_SOUND, true },
                { SPLITTER_DEPTH_MAX, SPLITTER_SOUND, true },
                { SPLITTER_DEPTH_MAX + 1, SPLITTER_TOO_DEEP, false },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(depths); i++) {
                bool deep = false;

                assert_int_equal(split_deep(depths[i].levels, &deep), depths[i].fault);
                assert_int_equal(deep, depths[i].deep);
        }
}

static void test_bytes(void **state)
{
        static const char text[] = " [ {\"a\":\"\\u00e6 },{\"} ,\n{ \"uuid\" : 12.5 },{}]";
        static const char want[] = "{\"a\":\"\\u00e6 },{\"}\n{ \"uuid\" : 12.5 }\n{}\n";
        struct dice dice = { 3 };

        (void)state;
        for (size_t most = 1; most < sizeof(text); most++) {
                _cleanup_(outcome_deinit) struct outcome got = split(slice_of(text), most, &dice);

                assert_string_equal(got.bytes.data, want);
        }
}

static void test_explain(void **state)
{
        struct splitter splitter;
        struct slice rest = slice_of("[{\"a\":\"bcd\x01");
        struct splitter_piece piece;
        struct error error = ERROR_NULL;

        (void)state;
        splitter_init(&splitter);
        assert_int_equal(splitter_next(&splitter, &rest, &piece), SPLITTER_FAILED);
        assert_int_equal(splitter_next(&splitter, &rest, &piece), SPLITTER_FAILED);
        assert_int_equal(splitter_explain(&splitter, &error), -1);
        assert_string_equal(error.text, "the list is not well-formed JSON, at byte 10");
}

/* A list that jansson takes, of objects only: then the splitter must take it too, and see as many. */
static bool jansson_counts(struct slice text, size_t *events)
{
        _cleanup_(json_decrefp) json_t *root = json_loadb(text.data, text.length, 0, NULL);
        size_t index;
        json_t *event;

        if (!json_is_array(root))
                return false;
        json_array_foreach(root, index, event)
                if (!json_is_object(event))
                        return false;
        *events = json_array_size(root);
        return true;
}

static void mutate(struct buffer *text, struct dice *dice)
{
        static const char bytes[] = "{}[],:\"\\u0129ae-+.tfn /\x80\xc3\xa6\n";

        for (int64_t i = dice_below(dice, 3); i >= 0; i--) {
                size_t at = (size_t)dice_below(dice, (int64_t)text->length);

                text->data[at] = bytes[dice_below(dice, sizeof(bytes) - 1)];
        }
}

static void test_agrees_with_jansson(void **state)
{
        static const char seed[] =
                "[{\"uuid\":\"" UUID_A "\",\"b\":[1,-2.5e3,{}],\"\xc3\xa6\":\"\\u00e6\"},"
                "{\"c\":[true,[],null],\"d\":{\"e\":\"\\\\\\\"\"}},{\"f\":0}]";
        struct dice dice = { 4 };
        size_t accepted = 0;

        (void)state;
        for (int i = 0; i < 60000; i++) {
                _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
                size_t events = 0;

                buffer_append_text(&text, seed);
                mutate(&text, &dice);
                if (!jansson_counts(buffer_slice(&text), &events))
                        continue;
                accepted++;
                _cleanup_(outcome_deinit) struct outcome got =
                        split(buffer_slice(&text), 40, &dice);

                if (got.fault != SPLITTER_SOUND || got.events != events)
                        fail_msg("fault %d, %zu events for %zu: %s", got.fault, got.events, events,
                                 text.data);
        }
        assert_true(accepted > 1000);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_depth),
                cmocka_unit_test(test_bytes),
                cmocka_unit_test(test_explain),
                cmocka_unit_test(test_agrees_with_jansson),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
