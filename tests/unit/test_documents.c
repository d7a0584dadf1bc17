/* The JSON documents of a file, with their lines. */
#include "support.h"

#include "base/buffer.h"
#include "operator/documents.h"

static const struct {
        const char *says, *text, *want; /* "line document|" in a row */
} rows[] = {
        { "nothing", "", "" },
        { "only lines", "\n\n  \n", "" },
        { "one a line", "{\"a\":1}\n{\"b\":2}\n", "1 {\"a\":1}|2 {\"b\":2}|" },
        { "empty lines count", "\n\n{\"a\":1}\n\n{\"b\":2}", "3 {\"a\":1}|5 {\"b\":2}|" },
        { "over several lines", "{\n\"a\":\n1}\n{\"b\":2}", "1 {\n\"a\":\n1}|4 {\"b\":2}|" },
        { "two on a line", "{} {}", "1 {}|1 {}|" },
        { "all in one array", "[{\"a\":1},\n {\"b\":[2]}\n]\n", "1 {\"a\":1}|2 {\"b\":[2]}|" },
        { "an empty array", "[]", "" },
        { "several arrays are documents", "[1]\n[2]", "1 [1]|2 [2]|" },
        { "what is not closed ends with its line", "{\"a\":1\n{\"b\":2}\n",
          "1 {\"a\":1|2 {\"b\":2}|" },
        { "what is no JSON is a line", "hello world\n{\"b\":2}", "1 hello world|2 {\"b\":2}|" },
        { "brackets in texts are none", "{\"a\":\"}]\\\"\"}\n{}", "1 {\"a\":\"}]\\\"\"}|2 {}|" },
        { "a text that is not closed", "{\"a\":\"x}\n{}", "1 {\"a\":\"x}|2 {}|" },
        { "a bracket too many", "{}}\n{}", "1 {}|1 }|2 {}|" },
        { "an array that is not closed", "[{\"a\":1},\n{\"b\":2}", "1 [{\"a\":1},|2 {\"b\":2}|" },
};

static void test_rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(buffer_deinit) struct buffer got = BUFFER_NULL;
                struct documents documents = DOCUMENTS_OF(slice_of(rows[i].text));
                struct slice document;
                size_t line;

                documents_open_array(&documents);
                while (documents_next(&documents, &document, &line))
                        buffer_append_format(&got, "%zu %.*s|", line, (int)document.length,
                                             document.data);
                check_text(got.data ? got.data : "", rows[i].want, rows[i].says);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
