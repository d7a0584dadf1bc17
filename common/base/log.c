/* common/base/log.c
 *
 * Both forms come from one list of fields. Foreign texts reach logs through errors, so each is cut,
 * and written as a JSON string wherever it could break a line or a terminal.
 */
#include "base/log.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/timestamp.h"
#include "base/utf8.h"

enum { TEXT_MAX_BYTES = 500 };

static const char *const level_names[] = { "debug", "info", "warn", "error" };

const char *log_level_name(enum log_level level)
{
        return level_names[level];
}

static struct slice cut(const char *text)
{
        return (struct slice){ text, utf8_cut(text, strlen(text), TEXT_MAX_BYTES) };
}

/* DEL and U+0080 to U+009F: JSON takes them as they are, and a terminal as commands. */
static size_t control_bytes(struct slice text, size_t at)
{
        unsigned char byte = (unsigned char)text.data[at];
        unsigned char next = at + 1 < text.length ? (unsigned char)text.data[at + 1] : 0;

        if (byte == 0x7f)
                return 1;
        return byte == 0xc2 && next >= 0x80 && next <= 0x9f ? 2 : 0;
}

/* The first of them from `at` on, or the text's end. */
static size_t find_control(struct slice text, size_t at)
{
        while (at < text.length && control_bytes(text, at) == 0)
                at++;
        return at;
}

static void write_string(struct buffer *line, struct slice text)
{
        if (find_control(text, 0) == text.length) {
                json_write_string(line, text.data, text.length);
                return;
        }

        _cleanup_(buffer_deinit) struct buffer written = BUFFER_NULL;

        json_write_string(&written, text.data, text.length);

        struct slice string = buffer_slice(&written);

        for (size_t from = 0; from < string.length;) {
                size_t at = find_control(string, from);

                buffer_append(line, string.data + from, at - from);
                if (at == string.length)
                        break;
                from = at + control_bytes(string, at);
                buffer_append_format(line, "\\u00%02x", (unsigned char)string.data[from - 1]);
        }
}

static void write_json(struct buffer *line, const char *name, const char *text)
{
        json_write_member(line, name);
        write_string(line, cut(text));
}

static void format_json(struct buffer *line, const char *service, int64_t now_ms,
                        enum log_level level, const char *message, const struct log_field *fields)
{
        buffer_append_byte(line, '{');
        json_write_member_time(line, "@timestamp", now_ms);
        write_json(line, "log.level", log_level_name(level));
        write_json(line, "message", message);
        write_json(line, "service.name", service);
        for (const struct log_field *field = fields; field->name; field++) {
                if (!field->text)
                        json_write_member_integer(line, field->name, field->number);
                else if (field->text[0] != '\0')
                        write_json(line, field->name, field->text);
        }
        buffer_append_byte(line, '}');
}

/* Printable ASCII without blanks and quotes stands for itself. */
static bool is_plain(struct slice text)
{
        for (size_t i = 0; i < text.length; i++) {
                unsigned char byte = (unsigned char)text.data[i];

                if (byte <= ' ' || byte == '"' || byte >= 0x7f)
                        return false;
        }
        return true;
}

static void write_value(struct buffer *line, const char *text)
{
        struct slice value = cut(text);

        if (is_plain(value))
                buffer_append(line, value.data, value.length);
        else
                write_string(line, value);
}

static void format_text(struct buffer *line, const char *service, int64_t now_ms,
                        enum log_level level, const char *message, const struct log_field *fields)
{
        char time[TIMESTAMP_TEXT_BYTES];
        const char *gap = "  ";

        timestamp_format(now_ms, time);
        buffer_append_format(line, "%.12s %-5s %s  %.*s", strchr(time, 'T') + 1,
                             log_level_name(level), service, TEXT_MAX_BYTES, message);
        for (const struct log_field *field = fields; field->name; field++) {
                if (field->text && field->text[0] == '\0')
                        continue;
                buffer_append_format(line, "%s%s=", gap, field->name);
                if (field->text)
                        write_value(line, field->text);
                else
                        buffer_append_format(line, "%" PRId64, field->number);
                gap = " ";
        }
}

void log_format_line(struct buffer *line, enum log_format format, const char *service,
                     int64_t now_ms, enum log_level level, const char *message,
                     const struct log_field *fields)
{
        if (format == LOG_JSON)
                format_json(line, service, now_ms, level, message, fields);
        else
                format_text(line, service, now_ms, level, message, fields);
        buffer_append_byte(line, '\n');
}
