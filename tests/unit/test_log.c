/* tests/unit/test_log.c */
#include "base/log.h"

#include "base/json.h"

#include "support.h"

static const int64_t now_ms = 1772355602117; /* 2026-03-01T09:00:02.117Z */

static const struct {
        const char *says;
        enum log_level level;
        struct log_field fields[4];
        const char *json; /* behind the four that are always there */
        const char *text;
} rows[] = {
        { "no fields",
          LOG_INFO,
          { { NULL, NULL, 0 } },
          "{\"@timestamp\":\"2026-03-01T09:00:02.117Z\",\"log.level\":\"info\","
          "\"message\":\"site read\",\"service.name\":\"fetcher\"}\n",
          "09:00:02.117 info  fetcher  site read\n" },
        { "texts and numbers",
          LOG_WARN,
          { { "municipality", "aarhus", 0 },
            { "http.response.status_code", NULL, 503 },
            { NULL, NULL, 0 } },
          "{\"@timestamp\":\"2026-03-01T09:00:02.117Z\",\"log.level\":\"warn\","
          "\"message\":\"site read\",\"service.name\":\"fetcher\","
          "\"municipality\":\"aarhus\",\"http.response.status_code\":503}\n",
          "09:00:02.117 warn  fetcher  site read  municipality=aarhus "
          "http.response.status_code=503\n" },
        { "empty texts are left out, zero is not",
          LOG_DEBUG,
          { { "a", "", 0 }, { "b", "", 0 }, { "c", NULL, 0 }, { NULL, NULL, 0 } },
          "{\"@timestamp\":\"2026-03-01T09:00:02.117Z\",\"log.level\":\"debug\","
          "\"message\":\"site read\",\"service.name\":\"fetcher\",\"c\":0}\n",
          "09:00:02.117 debug fetcher  site read  c=0\n" },
        { "so are DEL and the control characters beyond ASCII; letters are not",
          LOG_WARN,
          { { "a", "\x7f\xc2\x9b\xc3\xa6", 0 }, { NULL, NULL, 0 } },
          "{\"@timestamp\":\"2026-03-01T09:00:02.117Z\",\"log.level\":\"warn\","
          "\"message\":\"site read\",\"service.name\":\"fetcher\","
          "\"a\":\"\\u007f\\u009b\xc3\xa6\"}\n",
          "09:00:02.117 warn  fetcher  site read  a=\"\\u007f\\u009b\xc3\xa6\"\n" },
        { "what could break a line or a terminal is escaped",
          LOG_ERROR,
          { { "a", "x\n{\"y\": 1}\x1b[2J", 0 }, { "b", "\xff", 0 }, { NULL, NULL, 0 } },
          "{\"@timestamp\":\"2026-03-01T09:00:02.117Z\",\"log.level\":\"error\","
          "\"message\":\"site read\",\"service.name\":\"fetcher\","
          "\"a\":\"x\\n{\\\"y\\\": 1}\\u001b[2J\",\"b\":\"\xef\xbf\xbd\"}\n",
          "09:00:02.117 error fetcher  site read  a=\"x\\n{\\\"y\\\": 1}\\u001b[2J\" "
          "b=\"\xef\xbf\xbd\"\n" },
};

static void test_lines(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                _cleanup_(buffer_deinit) struct buffer line = BUFFER_NULL;

                log_format_line(&line, LOG_JSON, "fetcher", now_ms, rows[i].level, "site read",
                                rows[i].fields);
                check_text(line.data, rows[i].json, rows[i].says);
                buffer_clear(&line);
                log_format_line(&line, LOG_TEXT, "fetcher", now_ms, rows[i].level, "site read",
                                rows[i].fields);
                check_text(line.data, rows[i].text, rows[i].says);
        }
}

static void test_cut(void **state)
{
        char text[2001];
        _cleanup_(buffer_deinit) struct buffer line = BUFFER_NULL;

        (void)state;
        for (size_t i = 0; i < 2000; i += 2)
                memcpy(text + i, "\xc3\xa6", 2);
        memcpy(text, "x", 1);
        memcpy(text + 1, "y", 1);
        text[2000] = '\0';
        log_format_line(
                &line, LOG_JSON, "writer", now_ms, LOG_WARN, "m",
                (const struct log_field[]){ FIELD_TEXT("error.message", text + 1), FIELD_END });

        _cleanup_(json_decrefp) json_t *root = json_read(line.data, line.length, 10000, NULL);

        check(root, "a line is a JSON document");
        check_number(strlen(json_member_text(root, "error.message")), 499,
                     "cut at 500 bytes, between characters");
}

static void test_appends(void **state)
{
        _cleanup_(buffer_deinit) struct buffer lines = BUFFER_NULL;

        (void)state;
        for (int i = 0; i < 2; i++)
                log_format_line(&lines, LOG_JSON, "writer", now_ms, LOG_INFO, "m",
                                (const struct log_field[]){ FIELD_END });

        size_t half = lines.length / 2;

        check(memcmp(lines.data, lines.data + half, half) == 0, "lines follow each other");
}

static void test_a_status_that_there_is_not_is_left_out(void **state)
{
        const struct log_field fields[] = { FIELD_POSITIVE("none", 0), FIELD_POSITIVE("not", -1),
                                            FIELD_POSITIVE("status", 204), FIELD_END };
        _cleanup_(buffer_deinit) struct buffer line = BUFFER_NULL;

        (void)state;
        log_format_line(&line, LOG_TEXT, "writer", now_ms, LOG_INFO, "m", fields);
        check_text(line.data, "09:00:02.117 info  writer  m  status=204\n", "the line");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_lines),
                cmocka_unit_test(test_cut),
                cmocka_unit_test(test_appends),
                cmocka_unit_test(test_a_status_that_there_is_not_is_left_out),
        };

        return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
