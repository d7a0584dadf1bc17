/* common/base/error.c
 *
 * Arguments may point into the error's own text (a wrap that quotes the old reason), so the new
 * text is always put together beside it. A cut never splits a character.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* Copy what fits of `text` behind the first `used` bytes of `out`. */
static size_t append_cut(char out[ERROR_TEXT_BYTES], size_t used, const char *text)
{
        size_t bytes = utf8_cut(text, strlen(text), ERROR_TEXT_BYTES - 1 - used);

        memcpy(out + used, text, bytes);
        out[used + bytes] = '\0';
        return used + bytes;
}

static size_t format_cut(char out[ERROR_TEXT_BYTES], const char *format, va_list arguments)
        _printf_(2, 0);

/* vsnprintf into twice the room, so that the end is cut by append_cut, between characters. */
static size_t format_cut(char out[ERROR_TEXT_BYTES], const char *format, va_list arguments)
{
        char text[2 * ERROR_TEXT_BYTES];

        if (vsnprintf(text, sizeof(text), format, arguments) < 0)
                return append_cut(out, 0, format);
        return append_cut(out, 0, text);
}

int error_set(struct error *error, const char *format, ...)
{
        if (!error)
                return -1;

        char text[ERROR_TEXT_BYTES];
        va_list arguments;

        va_start(arguments, format);
        format_cut(text, format, arguments);
        va_end(arguments);
        memcpy(error->text, text, sizeof(text));
        return -1;
}

int error_wrap(struct error *error, const char *format, ...)
{
        if (!error)
                return -1;

        char text[ERROR_TEXT_BYTES];
        va_list arguments;

        va_start(arguments, format);
        size_t used = format_cut(text, format, arguments);
        va_end(arguments);
        used = append_cut(text, used, ": ");
        append_cut(text, used, error->text);
        memcpy(error->text, text, sizeof(text));
        return -1;
}
