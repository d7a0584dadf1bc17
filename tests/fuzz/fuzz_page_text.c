/* tests/fuzz/fuzz_page_text.c
 *
 * Foreign bytes on the console's page: what comes out is UTF-8, opens no tag but our own, ends no
 * attribute, and has no character that nobody sees.
 */
#include "fuzz/fuzz.h"

#include "base/cleanup.h"
#include "base/utf8.h"
#include "operator/page_text.h"

static void check_visible(const char *text, size_t length)
{
        for (size_t at = 0; at < length;) {
                size_t bytes = utf8_character(text + at, length - at);

                fuzz_check(bytes > 0 && !utf8_is_hidden(utf8_code_point(text + at, bytes)));
                at += bytes;
        }
}

static void check_closed(const char *text, size_t length, const char *forbidden)
{
        for (size_t i = 0; i < length; i++)
                fuzz_check(!strchr(forbidden, text[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
        _cleanup_(buffer_deinit) struct buffer plain = BUFFER_NULL, foreign = BUFFER_NULL;
        struct slice text = fuzz_slice(data, bytes);
        size_t tags = 0;

        page_plain(&plain, text);
        check_visible(plain.data, plain.length);
        check_closed(plain.data, plain.length, "<>\"'");
        page_foreign(&foreign, text, 40);
        check_visible(foreign.data, foreign.length);
        fuzz_check(strncmp(foreign.data, "<bdi>", 5) == 0);
        for (const char *at = strchr(foreign.data, '<'); at; at = strchr(at + 1, '<'), tags++)
                fuzz_check(strncmp(at, "<bdi>", 5) == 0 || strncmp(at, "</bdi>", 6) == 0 ||
                           strncmp(at, "<span class=\"hidden\">U+", 23) == 0 ||
                           strncmp(at, "</span>", 7) == 0);
        fuzz_check(tags >= 2 && tags % 2 == 0);
        return 0;
}
