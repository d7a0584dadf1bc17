/* services/operator/plain.c
 *
 * See the header.
 */
#include "operator/plain.h"

#include <stdint.h>

#include "base/utf8.h"

static uint32_t code_point(const char *text, size_t bytes)
{
        static const uint8_t first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
        uint32_t code = (uint8_t)text[0] & first_bits[bytes];

        for (size_t i = 1; i < bytes; i++)
                code = code << 6 | ((uint8_t)text[i] & 0x3f);
        return code;
}

/* Marks of direction: ALM, LRM, RLM, LRE to RLO, LRI to PDI; and the byte order mark. */
static bool turns_line(uint32_t code)
{
        return code == 0x061c || code == 0x200e || code == 0x200f ||
               (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
               code == 0xfeff;
}

static bool is_control(uint32_t code)
{
        return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029;
}

void plain_append(struct buffer *out, struct slice text, size_t max_bytes)
{
        size_t end = text.length;

        if (max_bytes > 0 && end > max_bytes)
                end = utf8_cut(text.data, text.length, max_bytes);
        for (size_t at = 0; at < end;) {
                size_t bytes = utf8_character(text.data + at, end - at);
                uint32_t code = bytes > 0 ? code_point(text.data + at, bytes) : 0;

                if (bytes > 0 && !is_control(code) && !turns_line(code))
                        buffer_append(out, text.data + at, bytes);
                else
                        buffer_append_byte(out, code == '\n' || code == '\t' ? ' ' : '?');
                at += bytes > 0 ? bytes : 1;
        }
        if (end < text.length)
                buffer_append_text(out, "…");
}

size_t plain_width(const char *text)
{
        size_t width = 0;

        for (; *text; text++)
                width += ((uint8_t)*text & 0xc0) != 0x80;
        return width;
}
