/* What of an event is looked at, and what of it is news. */
#include "support.h"

#include "base/cleanup.h"
#include "base/json.h"
#include "model/event.h"

#define UUID "\"uuid\":\"0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b\""

static const struct {
        const char *says;
        const char *raw;
        bool good;
} parse_rows[] = {
        { "a uuid is enough", "{" UUID "}", true },
        { "in any case", "{\"uuid\":\"0F1C4A52-6B7E-4A6E-9A65-3C1D2E4F5A6B\"}", true },
        { "its name and text may be escaped",
          "{\"\\u0075uid\":\"0\\u0066"
          "1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b\"}",
          true },
        { "members of unexpected types are carried",
          "{" UUID ",\"title\":5,\"date_time\":[],\"series\":\"x\"}", true },
        { "no uuid", "{\"title\":\"x\"}", false },
        { "a uuid inside is none", "{\"series\":{" UUID "}}", false },
        { "null is no uuid", "{\"uuid\":null}", false },
        { "a number is no uuid", "{\"uuid\":7}", false },
        { "braces are not canonical", "{\"uuid\":\"{0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b}\"}",
          false },
        { "an array", "[" UUID "]", false },
        { "cut off", "{" UUID, false },
        { "trailing bytes", "{" UUID "}x", false },
        { "a member twice", "{" UUID ",\"title\":\"a\",\"title\":\"b\"}", false },
        { "a member twice, once escaped, beside what jansson refuses",
          "{" UUID ",\"a\":1e999,\"title\":\"a\",\"t\\u0069tle\":\"b\"}", false },
        { "U+0000 is well-formed", "{" UUID ",\"body\":\"a\\u0000b\"}", true },
        { "a huge integer is well-formed", "{" UUID ",\"ticket_capacity\":99999999999999999999}",
          true },
        { "so is a name with U+0000, but it is no name", "{" UUID ",\"\\u0000\":1}", false },
        { "what jansson refuses must still be JSON",
          "{" UUID ",\"a\":99999999999999999999,\"b\":tru}", false },
        { "empty", "", false },
};

static void test_parse(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(parse_rows); i++) {
                struct event event;
                struct error error = ERROR_NULL;
                int result = event_parse(&event, slice_of(parse_rows[i].raw), &error);

                check_number(result, parse_rows[i].good ? 0 : -1, parse_rows[i].says);
                check(result == 0 || error.text[0], parse_rows[i].says);
                if (result == 0) {
                        char uuid[UUID_TEXT_BYTES];

                        uuid_format(&event.uuid, uuid);
                        check_text(uuid, "0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b",
                                   parse_rows[i].says);
                        event_deinit(&event);
                }
        }
}

static void test_meaning(void **state)
{
        static const char raw[] =
                "{" UUID ",\"ticket_manager_relevance\":true,\"state\":\"SoldOut\","
                "\"date_time\":{\"start\":\"2026-03-01T10:00:00+01:00\",\"end\":\"2026-03-01T12:00:"
                "00+01:00\"},"
                "\"series\":{\"uuid\":\"77AB4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b\"},"
                "\"external_data\":{\"url\":\"https:\\/\\/t.example\\/e\\/"
                "1\",\"admin_url\":null},\"x\":1e999}";
        struct event event;

        (void)state;
        check_number(event_parse(&event, slice_of(raw), NULL), 0,
                     "jansson or not, members are looked at");
        check(event.relevant, "relevance");
        check_number(event.state, STATE_SOLD_OUT, "state");
        check_number(event.start_ms, INT64_C(1772355600000), "start");
        check_number(event.end_ms, INT64_C(1772362800000), "end");
        check(event.has_series && event.series.bytes[0] == 0x77, "series");
        check_text(event.url, "https://t.example/e/1", "url");
        check_text(event.admin_url, NULL, "null is none");
        event_deinit(&event);

        check_number(event_parse(&event, slice_of("{" UUID "}"), NULL), 0, "all may be absent");
        check(!event.relevant && event.state == STATE_NONE && !event.has_series && !event.url,
              "absent");
        check(event.start_ms == TIMESTAMP_NONE && event.end_ms == TIMESTAMP_NONE, "absent");
        event_deinit(&event);
}

static void test_url_bounds(void **state)
{
        (void)state;
        for (size_t extra = 0; extra <= 1; extra++) {
                _cleanup_(buffer_deinit) struct buffer raw = BUFFER_NULL;
                struct event event;

                buffer_append_text(&raw, "{" UUID ",\"external_data\":{\"url\":\"");
                for (size_t i = 0; i < EVENT_URL_BYTES_MAX + extra; i++)
                        buffer_append_byte(&raw, 'u');
                buffer_append_text(&raw, "\"}}");
                check_number(event_parse(&event, buffer_slice(&raw), NULL), 0, "a long url");
                check_number(event.url != NULL, extra == 0, "kept up to the bound");
                event_deinit(&event);
        }
}

/* Two forms of one event, as members behind the uuid; `changed` names the fields that differ. */
static const struct {
        const char *says;
        const char *before, *after;
        const char *changed;
} news_rows[] = {
        { "the same", ",\"title\":\"a\"", ",\"title\":\"a\"", "[]" },
        { "the title", ",\"title\":\"a\"", ",\"title\":\"b\"", "[\"title\"]" },
        { "a title that comes", "", ",\"title\":\"a\"", "[\"title\"]" },
        { "null is not absent", "", ",\"title\":null", "[\"title\"]" },
        { "nor is it false", ",\"all_day\":false", ",\"all_day\":null", "[\"all_day\"]" },
        { "escapes", ",\"title\":\"\\u00e6\\/\"", ",\"title\":\"\xc3\xa6/\"", "[]" },
        { "members in any order", ",\"title\":\"a\",\"url\":\"b\"",
          ",\"url\":\"b\",\"title\":\"a\"", "[]" },
        { "also inside", ",\"address\":{\"a\":1,\"b\":2}", ",\"address\":{\"b\":2,\"a\":1}", "[]" },
        { "values that swap names", ",\"address\":{\"a\":1,\"b\":2}",
          ",\"address\":{\"b\":1,\"a\":2}", "[\"address\"]" },
        { "white space", ",\"tags\":[\"a\",\"b\"]", ",\"tags\" : [ \"a\" ,\n\"b\" ]", "[]" },
        { "items in another order are news", ",\"tags\":[\"a\",\"b\"]", ",\"tags\":[\"b\",\"a\"]",
          "[\"tags\"]" },
        { "nesting is news", ",\"tags\":[\"a\",\"b\"]", ",\"tags\":[[\"a\",\"b\"]]", "[\"tags\"]" },
        { "75.0 is 75", ",\"ticket_categories\":[{\"price\":{\"value\":75.0}}]",
          ",\"ticket_categories\":[{\"price\":{\"value\":75}}]", "[]" },
        { "so is 7.5e1", ",\"ticket_capacity\":7.5e1", ",\"ticket_capacity\":75", "[]" },
        { "minus zero is zero", ",\"ticket_capacity\":-0.0", ",\"ticket_capacity\":0", "[]" },
        { "75.5 is not", ",\"ticket_capacity\":75.5", ",\"ticket_capacity\":75",
          "[\"ticket_capacity\"]" },
        { "\"75\" is not", ",\"ticket_capacity\":\"75\"", ",\"ticket_capacity\":75",
          "[\"ticket_capacity\"]" },
        { "neighbours beyond 2^53 differ", ",\"ticket_capacity\":9007199254740993",
          ",\"ticket_capacity\":9007199254740992", "[\"ticket_capacity\"]" },
        { "a re-cropped image", ",\"image\":{\"url\":\"https://s/i.jpg?h=1&itok=a\"}",
          ",\"image\":{\"url\":\"https://s/i.jpg?h=2&itok=b\"}", "[]" },
        { "a re-cropped teaser", ",\"teaserImage\":{\"url\":\"https://s/i.jpg?h=1\"}",
          ",\"teaserImage\":{\"url\":\"https://s/i.jpg\"}", "[]" },
        { "another image", ",\"image\":{\"url\":\"https://s/i.jpg?h=1\"}",
          ",\"image\":{\"url\":\"https://s/j.jpg?h=1\"}", "[\"image\"]" },
        { "an image's other members count", ",\"image\":{\"url\":\"x?1\",\"alt\":\"a\"}",
          ",\"image\":{\"url\":\"x?1\",\"alt\":\"b\"}", "[\"image\"]" },
        { "an image of another type", ",\"image\":{}", ",\"image\":[]", "[\"image\"]" },
        { "the query of the event's own url is news", ",\"url\":\"x?1\"", ",\"url\":\"x?2\"",
          "[\"url\"]" },
        { "updated_at is none", ",\"updated_at\":\"a\"", ",\"updated_at\":\"b\"", "[]" },
        { "external_data is none", ",\"external_data\":{}", ",\"external_data\":{\"url\":\"x\"}",
          "[]" },
        { "but both are inside of others", ",\"address\":{\"updated_at\":1}",
          ",\"address\":{\"updated_at\":2}", "[\"address\"]" },
        { "a member we do not know", ",\"mood\":1", ",\"mood\":2", "[\"other\"]" },
        { "two members we do not know that swap values", ",\"mood\":1,\"age\":2",
          ",\"mood\":2,\"age\":1", "[\"other\"]" },
        { "several, in the CMS's order", ",\"screen_names\":[],\"title\":\"a\"",
          ",\"screen_names\":[1],\"title\":\"b\"", "[\"title\",\"screen_names\"]" },
        { "what jansson refuses, by its bytes", ",\"body\":\"a\\u0000\"", ",\"body\":\"b\\u0000\"",
          "[\"body\"]" },
        { "the same bytes of it", ",\"body\":\"a\\u0000\",\"title\":\"a\"",
          ",\"title\":\"a\",\"body\":\"a\\u0000\"", "[]" },
        { "it leaves the others canonical", ",\"body\":\"\\u0000\",\"ticket_capacity\":75.0",
          ",\"body\":\"\\u0000\",\"ticket_capacity\":75", "[]" },
        { "it comes and goes", ",\"body\":\"a\",\"title\":\"\\u00e6\"",
          ",\"body\":\"\\u0000\",\"title\":\"\xc3\xa6\"", "[\"body\"]" },
};

static void parse_with(struct event *event, const char *members, const char *says)
{
        _cleanup_(buffer_deinit) struct buffer raw = BUFFER_NULL;

        buffer_append_format(&raw, "{" UUID "%s}", members);
        check_number(event_parse(event, buffer_slice(&raw), NULL), 0, says);
}

static void test_news(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(news_rows); i++) {
                _cleanup_(buffer_deinit) struct buffer names = BUFFER_NULL;
                struct event before, after;
                uint32_t changed = 0;

                parse_with(&before, news_rows[i].before, news_rows[i].says);
                parse_with(&after, news_rows[i].after, news_rows[i].says);
                for (size_t field = 0; field < EVENT_FIELD_COUNT; field++)
                        if (before.fields[field] != after.fields[field])
                                changed |= UINT32_C(1) << field;
                event_write_changed(&names, changed);
                check_text(names.data, news_rows[i].changed, news_rows[i].says);
                check_number(before.canonical == after.canonical, changed == 0, news_rows[i].says);
                event_deinit(&before);
                event_deinit(&after);
        }
}

static void test_states(void **state)
{
        (void)state;
        for (int i = STATE_TICKET_SALE_NOT_OPEN; i <= STATE_OCCURRED; i++)
                check_number(event_state_parse(event_state_name((enum event_state)i)), i,
                             "there and back");
        check_number(event_state_parse("active"), STATE_NONE, "case matters to the CMS");
        check_number(event_state_parse(""), STATE_NONE, "empty");
        check_number(event_state_parse(NULL), STATE_NONE, "absent");
        check_text(event_state_name(STATE_NONE), NULL, "none has no name");
        check(event_raw_hash(slice_of("{}")) != event_raw_hash(slice_of("{} ")), "raw is raw");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse),      cmocka_unit_test(test_meaning),
                cmocka_unit_test(test_url_bounds), cmocka_unit_test(test_news),
                cmocka_unit_test(test_states),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
