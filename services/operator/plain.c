/* services/operator/plain.c
 *
 * See the header.
 */
#include "operator/plain.h"

#include <stdint.h>

#include "base/utf8.h"

void plain_append(struct buffer *out, struct slice text, size_t max_bytes)
{
        size_t end = text.length;

        if (max_bytes > 0 && end > max_bytes)
                end = utf8_cut(text.data, text.length, max_bytes);
        for (size_t at = 0; at < end;) {
                size_t bytes = utf8_character(text.data + at, end - at);
                uint32_t code = bytes > 0 ? utf8_code_point(text.data + at, bytes) : 0;

                if (bytes > 0 && !utf8_is_hidden(code))
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
