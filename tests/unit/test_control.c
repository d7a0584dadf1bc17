/* Commands of an operator: refused rather than guessed. */
#include "support.h"

#include "base/cleanup.h"
#include "model/control.h"

/* What is written for what was read; NULL: refused, with this in the sentence. */
static const struct {
        const char *says;
        const char *value;
        const char *written;
        const char *names;
} rows[] = {
        { "a refresh", "{\"command\":\"refresh\",\"id\":\"c-1\",\"full\":true,\"fresh\":true}",
          "{\"command\":\"refresh\",\"id\":\"c-1\",\"full\":true,\"fresh\":true}", NULL },
        { "full and fresh are optional", "{\"command\":\"refresh\",\"id\":\"c-1\"}",
          "{\"command\":\"refresh\",\"id\":\"c-1\",\"full\":false,\"fresh\":false}", NULL },
        { "an approval",
          "{\"command\":\"approve-deletions\",\"id\":\"c\",\"hold\":\"h-7\",\"count\":31}",
          "{\"command\":\"approve-deletions\",\"id\":\"c\",\"hold\":\"h-7\",\"count\":31}", NULL },
        { "a rejection",
          "{\"command\":\"reject-deletions\",\"id\":\"c\",\"hold\":\"h-7\",\"count\":31}",
          "{\"command\":\"reject-deletions\",\"id\":\"c\",\"hold\":\"h-7\",\"count\":31}", NULL },
        { "unknown members are ignored",
          "{\"command\":\"reassert\",\"id\":\"c\",\"by\":\"me\",\"full\":7}",
          "{\"command\":\"reassert\",\"id\":\"c\"}", NULL },

        { "not JSON", "refresh", NULL, "JSON" },
        { "no command", "{\"id\":\"c\"}", NULL, "command: missing" },
        { "another command", "{\"command\":\"delete\",\"id\":\"c\"}", NULL, "approve-deletions" },
        { "no id", "{\"command\":\"reassert\"}", NULL, "id: missing" },
        { "an empty id", "{\"command\":\"reassert\",\"id\":\"\"}", NULL, "id" },
        { "an id with a space", "{\"command\":\"reassert\",\"id\":\"a b\"}", NULL, "id" },
        { "an id with a letter beyond ASCII", "{\"command\":\"reassert\",\"id\":\"\\u00e6\"}", NULL,
          "id" },
        { "an id of 64 characters",
          "{\"command\":\"reassert\",\"id\":\""
          "0123456789012345678901234567890123456789012345678901234567890123\"}",
          NULL, "id" },
        { "full as a text", "{\"command\":\"refresh\",\"id\":\"c\",\"full\":\"true\"}", NULL,
          "full" },
        { "fresh as a number", "{\"command\":\"refresh\",\"id\":\"c\",\"fresh\":1}", NULL,
          "fresh" },
        { "an approval of nothing", "{\"command\":\"approve-deletions\",\"id\":\"c\"}", NULL,
          "hold" },
        { "an approval without a count",
          "{\"command\":\"approve-deletions\",\"id\":\"c\",\"hold\":\"h\"}", NULL, "count" },
        { "a count below zero",
          "{\"command\":\"reject-deletions\",\"id\":\"c\",\"hold\":\"h\",\"count\":-1}", NULL,
          "count" },
        { "a count that is no integer",
          "{\"command\":\"reject-deletions\",\"id\":\"c\",\"hold\":\"h\",\"count\":1.5}", NULL,
          "count" },
};

static void test_rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(buffer_deinit) struct buffer written = BUFFER_NULL;
                struct error error = ERROR_NULL;
                struct control control;
                int result = control_read(&control, slice_of(rows[i].value), &error);

                check_number(result, rows[i].written ? 0 : -1, rows[i].says);
                if (result == 0) {
                        control_write(&control, &written);
                        check_text(written.data, rows[i].written, rows[i].says);
                } else if (!strstr(error.text, rows[i].names)) {
                        fail_msg("%s: %s", rows[i].says, error.text);
                }
        }
}

static void test_size(void **state)
{
        _cleanup_(buffer_deinit) struct buffer value = BUFFER_NULL;
        struct control control;

        (void)state;
        buffer_append_text(&value, "{\"command\":\"reassert\",\"id\":\"c\"}");
        while (value.length <= 4096)
                buffer_append_byte(&value, ' ');
        check_number(control_read(&control, buffer_slice(&value), NULL), -1, "more than 4 KiB");
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows),
                                            cmocka_unit_test(test_size) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
