/* JSON as its bytes: what is well-formed, where values begin and end, names with escapes. */
#include "support.h"

#include "base/cleanup.h"
#include "base/json_raw.h"
#include "base/memory.h"

/* A value by itself, placed in an array: the scanner's verdict and jansson's. */
static const struct {
        const char *says;
        const char *value;
        bool good;
        bool jansson; /* where it judges otherwise: the reason why this file is there */
} rows[] = {
        { "zero", "0", true, true },
        { "minus zero", "-0", true, true },
        { "a leading zero", "01", false, false },
        { "a plus", "+1", false, false },
        { "a bare minus", "-", false, false },
        { "decimals", "-12.50", true, true },
        { "a point without decimals", "1.", false, false },
        { "a point without digits before", ".5", false, false },
        { "an exponent", "1E+2", true, true },
        { "an exponent without digits", "1e", false, false },
        { "an integer beyond 64 bits", "123456789012345678901234567890", true, false },
        { "a float beyond double", "1e999", true, false },
        { "hex", "0x1", false, false },
        { "NaN", "NaN", false, false },
        { "true", "true", true, true },
        { "a literal cut off", "tru", false, false },
        { "a literal with more", "truest", false, false },
        { "null", "null", true, true },
        { "an empty string", "\"\"", true, true },
        { "escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e6\"", true, true },
        { "an unknown escape", "\"\\x\"", false, false },
        { "an escape cut off", "\"\\u00e\"", false, false },
        { "an escape that is no hex", "\"\\u00eg\"", false, false },
        { "U+0000", "\"\\u0000\"", true, false },
        { "half a surrogate pair", "\"\\ud83d\"", true, false },
        { "a surrogate pair", "\"\\ud83d\\ude00\"", true, true },
        { "a raw newline in a string", "\"a\nb\"", false, false },
        { "UTF-8", "\"\xc3\xa6\xf0\x9f\x98\x80\"", true, true },
        { "an overlong form", "\"\xc0\xaf\"", false, false },
        { "a byte that is no UTF-8", "\"\xff\"", false, false },
        { "a string without its end", "\"abc", false, false },
        { "an escaped quote at the end", "\"abc\\\"", false, false },
        { "an empty object", "{ }", true, true },
        { "an empty array", "[\n]", true, true },
        { "members", "{ \"a\" : 1 , \"b\" : [ true , { } ] }", true, true },
        { "a trailing comma in an object", "{\"a\":1,}", false, false },
        { "a trailing comma in an array", "[1,]", false, false },
        { "a leading comma", "[,1]", false, false },
        { "two commas", "[1,,2]", false, false },
        { "no comma", "[1 2]", false, false },
        { "no colon", "{\"a\" 1}", false, false },
        { "no value", "{\"a\":}", false, false },
        { "a name without quotes", "{a:1}", false, false },
        { "brackets that do not match", "[1}", false, false },
        { "a bracket never closed", "[[1]", false, false },
        { "a comment", "/* */ 1", false, false },
        { "a name twice", "{\"a\":1,\"a\":2}", true, false },
        { "nothing", "", true, true }, /* "[]" */
};

static enum json_raw_step walk_all(struct slice text, size_t *items)
{
        struct json_raw walk;
        struct slice name, value;
        enum json_raw_step step = JSON_RAW_BROKEN;

        *items = 0;
        if (json_raw_open(&walk, text))
                while ((step = json_raw_next(&walk, &name, &value)) == JSON_RAW_ITEM)
                        (*items)++;
        return step;
}

static void test_grammar(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
                size_t items;

                buffer_append_format(&text, "[%s]", rows[i].value);
                _cleanup_(json_decrefp) json_t *root =
                        json_read(text.data, text.length, 1000, NULL);

                check_number(walk_all(buffer_slice(&text), &items) == JSON_RAW_END, rows[i].good,
                             rows[i].says);
                check_number(root != NULL, rows[i].jansson, rows[i].says);
        }
}

/* Every piece of a good document is broken: nothing reads past the end it was given. */
static void test_truncation(void **state)
{
        static const char whole[] = "{\"a\":[1.5e3,\"\\u00e6\xc3\xa6\",null],\"b\":{\"c\":false}}";
        size_t items;

        (void)state;
        for (size_t length = 0; length < strlen(whole); length++) {
                char *piece = memcpy(memory_new(length), whole, length);

                check_number(walk_all((struct slice){ piece, length }, &items), JSON_RAW_BROKEN,
                             whole);
                free(piece);
        }
        check_number(walk_all(slice_of(whole), &items), JSON_RAW_END, whole);
        check_number(items, 2, whole);
        check_number(walk_all(SLICE_NULL, &items), JSON_RAW_BROKEN, "none");
}

/* Strings are skipped several bytes at a time: whatever stands where is seen. */
static void test_each_byte_at_each_place(void **state)
{
        (void)state;
        for (int byte = 0; byte <= 0xff; byte++)
                for (size_t at = 2; at < 22; at++) {
                        char text[] = "[\"nnnnnnnnnnnnnnnnnnnnn\"]";
                        bool stands = byte >= 0x20 && byte < 0x80 && byte != '"';
                        size_t items;

                        text[at] = (char)byte; /* a backslash escapes the n behind it */
                        check_number(walk_all((struct slice){ text, sizeof(text) - 1 }, &items) ==
                                             JSON_RAW_END,
                                     stands, "a byte in a string");
                }
}

static void test_depth(void **state)
{
        char text[2 * JSON_DEPTH_MAX + 8];
        size_t items;

        (void)state;
        for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
                memset(text, '[', depth);
                memset(text + depth, ']', depth);
                _cleanup_(json_decrefp) json_t *root = json_read(text, 2 * depth, 1000, NULL);

                check_number(walk_all((struct slice){ text, 2 * depth }, &items) == JSON_RAW_END,
                             depth == JSON_DEPTH_MAX, "the bound is jansson's");
                check_number(root != NULL, depth == JSON_DEPTH_MAX, "the bound is ours");
        }
}

static void test_values(void **state)
{
        static const char text[] = " { \"a\" : [1, 2] ,\"\\u0062\":\"x\\\"y\", \"c\":-1.0 } ";
        static const struct {
                const char *name, *value;
        } want[] = { { "a", "[1, 2]" }, { "b", "\"x\\\"y\"" }, { "c", "-1.0" } };
        struct json_raw walk;
        struct slice name, value;

        (void)state;
        check(json_raw_open(&walk, slice_of(text)), text);
        for (size_t i = 0; i < ARRAY_LENGTH(want); i++) {
                check(json_raw_next(&walk, &name, &value) == JSON_RAW_ITEM, want[i].name);
                check(json_raw_is(name, want[i].name), want[i].name);
                check(slice_is(value, want[i].value), want[i].value);
        }
        check(json_raw_next(&walk, &name, &value) == JSON_RAW_END, "closed");
        check(!json_raw_open(&walk, slice_of("\"text\"")), "a scalar has no items");

        size_t items;

        check_number(walk_all(slice_of("{} {}"), &items), JSON_RAW_BROKEN, "trailing bytes");
        check_number(walk_all(slice_of("[{\"a\":1},2] x"), &items), JSON_RAW_BROKEN,
                     "trailing bytes");
        check_number(items, 2, "what stood before was handed out");
}

static const struct {
        const char *says;
        const char *value;
        const char *want; /* NULL: no text */
} text_rows[] = {
        { "plain", "\"abc\"", "abc" },
        { "all short escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
        { "two bytes", "\"\\u00e6\"", "\xc3\xa6" },
        { "three bytes", "\"\\u20AC\"", "\xe2\x82\xac" },
        { "a surrogate pair", "\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80" },
        { "half a pair", "\"\\ud83d\"", NULL },
        { "the wrong half", "\"\\ude00\\ud83d\"", NULL },
        { "a pair of highs", "\"\\ud83d\\ud83d\"", NULL },
        { "U+0000", "\"\\u0000\"", NULL },
        { "ten bytes and a NUL fit", "\"0123456789\"", "0123456789" },
        { "eleven do not", "\"0123456789a\"", NULL },
        { "a number", "12", NULL },
        { "empty", "\"\"", "" },
};

static void test_text(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(text_rows); i++) {
                char text[11];
                bool good = json_raw_text(slice_of(text_rows[i].value), text, sizeof(text));

                check_number(good, text_rows[i].want != NULL, text_rows[i].says);
                if (good)
                        check_text(text, text_rows[i].want, text_rows[i].says);
        }
}

static const struct {
        const char *says;
        const char *object;
        int want;
        const char *value;
} member_rows[] = {
        { "found", "{\"x\":1,\"event\":{\"a\":1}}", 1, "{\"a\":1}" },
        { "found by an escaped name", "{\"\\u0065vent\":2}", 1, "2" },
        { "absent", "{\"x\":1,\"inner\":{\"event\":1}}", 0, NULL },
        { "a longer name is another", "{\"events\":1}", 0, NULL },
        { "a shorter one too", "{\"even\":1}", 0, NULL },
        { "twice", "{\"event\":1,\"\\u0065vent\":2}", -1, NULL },
        { "broken behind it", "{\"event\":1,", -1, NULL },
        { "an array", "[\"event\"]", -1, NULL },
        { "empty", "", -1, NULL },
};

static void test_member(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(member_rows); i++) {
                struct slice value = SLICE_NULL;

                check_number(json_raw_member(slice_of(member_rows[i].object), "event", &value),
                             member_rows[i].want, member_rows[i].says);
                if (member_rows[i].value)
                        check(slice_is(value, member_rows[i].value), member_rows[i].says);
        }
}

static const struct {
        const char *says;
        const char *object;
        int want;
        const char *a, *b; /* NULL: absent */
} members_rows[] = {
        { "both, in whatever order", "{\"b\":[2],\"x\":3,\"a\":1}", 0, "1", "[2]" },
        { "one is absent", "{\"b\":null}", 0, NULL, "null" },
        { "an escaped name", "{\"\\u0061\":1}", 0, "1", NULL },
        { "one is there twice", "{\"a\":1,\"b\":2,\"b\":3}", -1, NULL, NULL },
        { "another is there twice", "{\"a\":1,\"x\":2,\"x\":3}", 0, "1", NULL },
        { "broken behind them", "{\"a\":1,\"b\":2,\"x\":tru}", -1, NULL, NULL },
        { "more behind the end", "{\"a\":1} 2", -1, NULL, NULL },
        { "an array", "[1]", -1, NULL, NULL },
        { "nothing", "", -1, NULL, NULL },
};

static bool is_text(struct slice value, const char *want)
{
        return want ? slice_is(value, want) : value.data == NULL;
}

static void test_members(void **state)
{
        static const char *const names[] = { "a", "b", NULL };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(members_rows); i++) {
                struct slice values[2];

                check_number(json_raw_members(slice_of(members_rows[i].object), names, values),
                             members_rows[i].want, members_rows[i].says);
                check(is_text(values[0], members_rows[i].a) &&
                              is_text(values[1], members_rows[i].b),
                      members_rows[i].says);
        }
}

static const struct {
        const char *says;
        const char *object;
        const char *want; /* compact and sorted; NULL: refused */
} read_rows[] = {
        { "only what is asked for", "{\"a\":1,\"x\":[2],\"b\":\"c\"}", "{\"a\":1,\"b\":\"c\"}" },
        { "what is ignored may be anything", "{\"x\":\"\\u0000\",\"y\":1e999,\"a\":1}",
          "{\"a\":1}" },
        { "ignored twice", "{\"x\":1,\"x\":2}", "{}" },
        { "asked for twice", "{\"a\":1,\"\\u0061\":2}", NULL },
        { "asked for and too large", "{\"a\":123456789012345678901234567890}", NULL },
        { "broken in what is ignored", "{\"a\":1,\"x\":tru}", NULL },
        { "an array", "[1]", NULL },
        { "too long", "{\"a\":\"0123456789012345678901234567890123456789\"}", NULL },
};

static void test_read(void **state)
{
        static const char *const names[] = { "a", "b", NULL };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(read_rows); i++) {
                struct error error = ERROR_NULL;
                _cleanup_(json_decrefp) json_t *root =
                        json_raw_read(slice_of(read_rows[i].object), names, 44, &error);
                _cleanup_(freep) char *text =
                        root ? json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

                check_text(text, read_rows[i].want, read_rows[i].says);
                check(root || error.text[0], read_rows[i].says);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_grammar),
                cmocka_unit_test(test_truncation),
                cmocka_unit_test(test_each_byte_at_each_place),
                cmocka_unit_test(test_depth),
                cmocka_unit_test(test_values),
                cmocka_unit_test(test_text),
                cmocka_unit_test(test_member),
                cmocka_unit_test(test_members),
                cmocka_unit_test(test_read),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
