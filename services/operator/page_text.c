/* services/operator/page_text.c
 *
 * Escaping is done in one place and by the character, so that nothing has to be remembered where a
 * page is put together.
 */
#include "operator/page_text.h"

#include <inttypes.h>

#include "base/timestamp.h"
#include "base/utf8.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static const char *entity_of(char character)
{
        switch (character) {
        case '&':
                return "&amp;";
        case '<':
                return "&lt;";
        case '>':
                return "&gt;";
        case '"':
                return "&quot;";
        case '\'':
                return "&#39;";
        default:
                return NULL;
        }
}

/* Appends the next character of `text` and returns its bytes. `boxed`: a hidden one stands in a
 * box, as fits between tags; else in brackets. */
static size_t append_character(struct buffer *out, struct slice text, bool boxed)
{
        size_t bytes = utf8_character(text.data, text.length);

        if (bytes == 0) {
                buffer_append_text(out, "\xef\xbf\xbd");
                return 1;
        }

        uint32_t character = utf8_code_point(text.data, bytes);
        const char *entity = entity_of(text.data[0]);

        if (utf8_is_hidden(character) && boxed)
                buffer_append_format(out, "<span class=\"hidden\">U+%04" PRIX32 "</span>",
                                     character);
        else if (utf8_is_hidden(character))
                buffer_append_format(out, "[U+%04" PRIX32 "]", character);
        else if (entity)
                buffer_append_text(out, entity);
        else
                buffer_append(out, text.data, bytes);
        return bytes;
}

void page_plain(struct buffer *out, struct slice text)
{
        for (size_t at = 0; at < text.length;)
                at += append_character(out, (struct slice){ text.data + at, text.length - at },
                                       false);
}

void page_foreign(struct buffer *out, struct slice text, size_t max_characters)
{
        size_t at = 0;

        buffer_append_text(out, "<bdi>");
        for (size_t i = 0; at < text.length && i < max_characters; i++)
                at += append_character(out, (struct slice){ text.data + at, text.length - at },
                                       true);
        buffer_append_text(out, at < text.length ? "…</bdi>" : "</bdi>");
}

static bool is_unreserved(char character)
{
        return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
               (character >= '0' && character <= '9') || strchr("-._~", character);
}

void page_query(struct buffer *out, const char *text)
{
        for (; *text; text++) {
                if (is_unreserved(*text))
                        buffer_append_byte(out, *text);
                else
                        buffer_append_format(out, "%%%02X", (unsigned)(uint8_t)*text);
        }
}

void page_number(struct buffer *out, int64_t number)
{
        if (number < 0)
                buffer_append_text(out, "−");

        uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
        uint64_t unit = 1;

        while (rest / unit >= 1000)
                unit *= 1000;
        buffer_append_format(out, "%" PRIu64, rest / unit);
        for (; unit > 1; unit /= 1000)
                buffer_append_format(out, ",%03" PRIu64, rest % unit / (unit / 1000));
}

void page_count(struct buffer *out, int64_t number, const char *one, const char *many)
{
        page_number(out, number);
        buffer_append_format(out, " %s", number == 1 ? one : many);
}

void page_age(struct buffer *out, int64_t ms)
{
        if (ms < MINUTE)
                buffer_append_text(out, "under 1 min");
        else if (ms < 90 * MINUTE)
                buffer_append_format(out, "%" PRId64 " min", ms / MINUTE);
        else if (ms < 10 * HOUR && ms % HOUR >= 10 * MINUTE)
                buffer_append_format(out, "%" PRId64 " h %" PRId64 " min", ms / HOUR,
                                     ms % HOUR / (10 * MINUTE) * 10);
        else if (ms < 2 * DAY)
                buffer_append_format(out, "%" PRId64 " h", ms / HOUR);
        else
                buffer_append_format(out, "%" PRId64 " days", ms / DAY);
}

void page_latency(struct buffer *out, int64_t ms)
{
        if (ms < SECOND)
                buffer_append_format(out, "%" PRId64 " ms", ms);
        else if (ms < 10 * SECOND)
                buffer_append_format(out, "%" PRId64 ".%" PRId64 " s", ms / SECOND,
                                     ms % SECOND / 100);
        else if (ms < 2 * MINUTE)
                buffer_append_format(out, "%" PRId64 " s", ms / SECOND);
        else
                page_age(out, ms);
}

void page_moment(struct buffer *out, int64_t at_ms, int64_t now_ms)
{
        char at[TIMESTAMP_TEXT_BYTES], now[TIMESTAMP_TEXT_BYTES];

        timestamp_format(at_ms, at);
        timestamp_format(now_ms, now);
        buffer_append_format(out, "<time datetime=\"%s\">", at);
        if (strncmp(at, now, 10) != 0)
                buffer_append_format(out, "%.10s ", at);
        buffer_append_format(out, "%.8s UTC</time>", at + 11);
}

void page_bytes(struct buffer *out, int64_t bytes)
{
        if (bytes < 1000)
                buffer_append_format(out, "%" PRId64 " B", bytes);
        else if (bytes < 1000000)
                buffer_append_format(out, "%" PRId64 " kB", bytes / 1000);
        else
                buffer_append_format(out, "%" PRId64 ".%" PRId64 " MB", bytes / 1000000,
                                     bytes % 1000000 / 100000);
}
