/* Foreign texts on the page are text and nothing else, and numbers and times read well. */
#include "support.h"

#include "base/cleanup.h"
#include "operator/page_text.h"

static void test_foreign(void **state)
{
        static const struct {
                const char *says, *text, *foreign, *plain;
        } cases[] = {
                { "letters", "Bogcafé", "<bdi>Bogcafé</bdi>", "Bogcafé" },
                { "nothing", "", "<bdi></bdi>", "" },
                { "a tag is text", "<script>alert(1)</script>",
                  "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>",
                  "&lt;script&gt;alert(1)&lt;/script&gt;" },
                { "an attribute cannot be left", "\" onload='x' &amp;",
                  "<bdi>&quot; onload=&#39;x&#39; &amp;amp;</bdi>",
                  "&quot; onload=&#39;x&#39; &amp;amp;" },
                { "the direction is not turned", "gnp\xe2\x80\xae.exe",
                  "<bdi>gnp<span class=\"hidden\">U+202E</span>.exe</bdi>", "gnp[U+202E].exe" },
                { "an isolate is not left", "a\xe2\x81\xa9z",
                  "<bdi>a<span class=\"hidden\">U+2069</span>z</bdi>", "a[U+2069]z" },
                { "what has no width is seen",
                  "a\xe2\x80\x8b"
                  "b",
                  "<bdi>a<span class=\"hidden\">U+200B</span>b</bdi>", "a[U+200B]b" },
                { "a line break is a control character", "a\nb",
                  "<bdi>a<span class=\"hidden\">U+000A</span>b</bdi>", "a[U+000A]b" },
                { "a byte order mark", "\xef\xbb\xbfx",
                  "<bdi><span class=\"hidden\">U+FEFF</span>x</bdi>", "[U+FEFF]x" },
                { "a tag character, of four bytes", "\xf3\xa0\x81\x81",
                  "<bdi><span class=\"hidden\">U+E0041</span></bdi>", "[U+E0041]" },
                { "the joiner of an emoji stays", "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
                  "<bdi>\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb</bdi>",
                  "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb" },
                { "what is no UTF-8 is replaced", "a\xff\xc3",
                  "<bdi>a\xef\xbf\xbd\xef\xbf\xbd</bdi>", "a\xef\xbf\xbd\xef\xbf\xbd" },
                { "a long one is cut", "1234567890123456789012345678901",
                  "<bdi>123456789012345678901234567890…</bdi>", "1234567890123456789012345678901" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                _cleanup_(buffer_deinit) struct buffer foreign = BUFFER_NULL, plain = BUFFER_NULL;

                page_foreign(&foreign, slice_of(cases[i].text), 30);
                page_plain(&plain, slice_of(cases[i].text));
                check_text(foreign.data, cases[i].foreign, cases[i].says);
                check_text(plain.data ? plain.data : "", cases[i].plain, cases[i].says);
        }
}

/* All code points of the first plane, one by one: none comes out as it must not. */
static void test_every_character(void **state)
{
        (void)state;
        for (uint32_t c = 1; c < 0x10000; c++) {
                _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;
                char text[4] = { (char)c };

                if (c >= 0x800) {
                        text[0] = (char)(0xe0 | c >> 12);
                        text[1] = (char)(0x80 | (c >> 6 & 0x3f));
                        text[2] = (char)(0x80 | (c & 0x3f));
                } else if (c >= 0x80) {
                        text[0] = (char)(0xc0 | c >> 6);
                        text[1] = (char)(0x80 | (c & 0x3f));
                }
                page_plain(&out, slice_of(text));
                check(out.length > 0 && !strpbrk(out.data, "<>\"'"), "nothing opens anything");
                check(!(c < 0x20 || c == 0x7f) || out.data[0] == '[', "no control character");
        }
}

typedef void number_fn(struct buffer *out, int64_t number);

static void test_numbers(void **state)
{
        static const struct {
                number_fn *fn;
                int64_t number;
                const char *want;
        } cases[] = {
                { page_number, 0, "0" },
                { page_number, 999, "999" },
                { page_number, 1042, "1,042" },
                { page_number, 1000000, "1,000,000" },
                { page_number, -31, "−31" },
                { page_number, INT64_MIN, "−9,223,372,036,854,775,808" },
                { page_age, -5, "under 1 min" },
                { page_age, 59999, "under 1 min" },
                { page_age, 60000, "1 min" },
                { page_age, 89 * 60000 + 59999, "89 min" },
                { page_age, 130 * 60000, "2 h 10 min" },
                { page_age, 125 * 60000, "2 h" },
                { page_age, 47 * 3600000, "47 h" },
                { page_age, INT64_C(72) * 3600000, "3 days" },
                { page_latency, 640, "640 ms" },
                { page_latency, 1250, "1.2 s" },
                { page_latency, 61000, "61 s" },
                { page_latency, 180000, "3 min" },
                { page_bytes, 999, "999 B" },
                { page_bytes, 412345, "412 kB" },
                { page_bytes, 2350000, "2.3 MB" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;

                cases[i].fn(&out, cases[i].number);
                check_text(out.data, cases[i].want, cases[i].want);
        }
}

static void test_rest(void **state)
{
        _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;

        (void)state;
        page_count(&out, 1, "update", "updates");
        page_count(&out, 31, "update", "updates");
        check_text(out.data, "1 update31 updates", "one and many");
        buffer_clear(&out);
        page_query(&out, "a b&c=\"<æ>\"");
        check_text(out.data, "a%20b%26c%3D%22%3C%C3%A6%3E%22",
                   "a query needs no escaping behind it");
        buffer_clear(&out);
        page_moment(&out, INT64_C(1772355602117), INT64_C(1772355699000));
        check_text(out.data, "<time datetime=\"2026-03-01T09:00:02.117Z\">09:00:02 UTC</time>",
                   "today");
        buffer_clear(&out);
        page_moment(&out, INT64_C(1772255602117), INT64_C(1772355699000));
        check_text(out.data,
                   "<time datetime=\"2026-02-28T05:13:22.117Z\">2026-02-28 05:13:22 UTC</time>",
                   "another day");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_foreign),
                cmocka_unit_test(test_every_character),
                cmocka_unit_test(test_numbers),
                cmocka_unit_test(test_rest),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
