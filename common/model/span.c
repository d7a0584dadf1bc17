/* common/model/span.c
 *
 * See the header. Attributes are those of a log line, so that a field has one name in both.
 */
#include "model/span.h"

#include <inttypes.h>
#include <string.h>

#include "base/hex.h"
#include "base/json.h"

enum { STATUS_ERROR = 2 };

bool span_wanted(const struct span *span)
{
        return span->trace.id[0] != '\0' && (span->trace.sampled || span->failed);
}

static void write_nanoseconds(struct buffer *json, const char *name, int64_t ms)
{
        json_write_member(json, name);
        buffer_append_format(json, "\"%" PRId64 "000000\"", ms > 0 ? ms : 0);
}

static void begin_attribute(struct buffer *json, const char *key)
{
        if (json->data[json->length - 1] != '[')
                buffer_append_byte(json, ',');
        buffer_append_byte(json, '{');
        json_write_member_text(json, "key", key);
        json_write_member(json, "value");
        buffer_append_byte(json, '{');
}

static void write_text(struct buffer *json, const char *key, const char *text)
{
        if (!text || text[0] == '\0')
                return;
        begin_attribute(json, key);
        json_write_member_text(json, "stringValue", text);
        buffer_append_text(json, "}}");
}

static void write_number(struct buffer *json, const char *key, int64_t number)
{
        begin_attribute(json, key);
        json_write_member(json, "intValue");
        buffer_append_format(json, "\"%" PRId64 "\"", number);
        buffer_append_text(json, "}}");
}

static void write_attributes(struct buffer *json, const struct log_field *attributes)
{
        json_write_member(json, "attributes");
        buffer_append_byte(json, '[');
        for (; attributes && attributes->name; attributes++) {
                if (attributes->text)
                        write_text(json, attributes->name, attributes->text);
                else
                        write_number(json, attributes->name, attributes->number);
        }
        buffer_append_byte(json, ']');
}

static void write_links(struct buffer *json, const struct span *span)
{
        if (span->link_count == 0)
                return;
        json_write_member(json, "links");
        buffer_append_byte(json, '[');
        for (size_t i = 0; i < span->link_count; i++) {
                buffer_append_text(json, i > 0 ? ",{" : "{");
                json_write_member_text(json, "traceId", span->links[i].id);
                json_write_member_text(json, "spanId", span->links[i].span);
                buffer_append_byte(json, '}');
        }
        buffer_append_byte(json, ']');
}

static void write_status(struct buffer *json, const struct span *span)
{
        if (!span->failed)
                return;
        json_write_member(json, "status");
        buffer_append_byte(json, '{');
        json_write_member_integer(json, "code", STATUS_ERROR);
        if (span->error && span->error[0] != '\0')
                json_write_member_text(json, "message", span->error);
        buffer_append_byte(json, '}');
}

void span_write(const struct span *span, struct buffer *json)
{
        int64_t end_ms = span->end_ms > span->start_ms ? span->end_ms : span->start_ms;

        buffer_append_byte(json, '{');
        json_write_member_text(json, "traceId", span->trace.id);
        json_write_member_text(json, "spanId", span->trace.span);
        if (span->parent[0] != '\0')
                json_write_member_text(json, "parentSpanId", span->parent);
        json_write_member_text(json, "name", span->name);
        json_write_member_integer(json, "kind", span->kind);
        write_nanoseconds(json, "startTimeUnixNano", span->start_ms);
        write_nanoseconds(json, "endTimeUnixNano", end_ms);
        write_attributes(json, span->attributes);
        write_links(json, span);
        write_status(json, span);
        buffer_append_byte(json, '}');
}

/* Up to `end` (or the list's), percent-decoded where that is well-formed; cut at its size. */
static void take_part(const char **at, const char *ends, char part[SPAN_PAIR_BYTES])
{
        size_t used = 0;

        for (; **at != '\0' && !strchr(ends, **at); ++*at) {
                char byte = **at;

                if (byte == '%' && hex_value((*at)[1]) >= 0 && hex_value((*at)[2]) >= 0) {
                        byte = (char)(hex_value((*at)[1]) * 16 + hex_value((*at)[2]));
                        *at += 2;
                }
                if (used < SPAN_PAIR_BYTES - 1 && byte != '\0')
                        part[used++] = byte;
        }
        while (used > 0 && part[used - 1] == ' ')
                used--;
        part[used] = '\0';
}

bool span_next_pair(const char **list, struct span_pair *pair)
{
        while (*list && **list != '\0') {
                *list += strspn(*list, ", ");
                take_part(list, "=,", pair->key);
                if (**list != '=')
                        continue;
                ++*list;
                *list += strspn(*list, " ");
                take_part(list, ",", pair->value);
                if (pair->key[0] != '\0')
                        return true;
        }
        return false;
}

static void write_resource(struct buffer *json, const struct span_source *source)
{
        const char *more = source->more;
        struct span_pair pair;

        json_write_member(json, "resource");
        buffer_append_text(json, "{\"attributes\":[");
        write_text(json, "service.name", source->service);
        write_text(json, "service.version", source->version);
        write_text(json, "service.instance.id", source->instance);
        while (span_next_pair(&more, &pair))
                write_text(json, pair.key, pair.value);
        buffer_append_text(json, "]}");
}

void span_write_request(const struct span_source *source, struct slice spans, struct buffer *json)
{
        buffer_append_text(json, "{\"resourceSpans\":[{");
        write_resource(json, source);
        json_write_member(json, "scopeSpans");
        buffer_append_text(json, "[{");
        json_write_member(json, "scope");
        buffer_append_byte(json, '{');
        json_write_member_text(json, "name", "dplsync");
        json_write_member_text(json, "version", source->version);
        buffer_append_byte(json, '}');
        json_write_member(json, "spans");
        buffer_append_byte(json, '[');
        buffer_append(json, spans.data, spans.length);
        buffer_append_text(json, "]}]}]}");
}
