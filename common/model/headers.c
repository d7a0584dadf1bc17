/* common/model/headers.c
 *
 * A record has a dozen headers, so a list and a linear search are all there is. Numbers and texts
 * are copied into the list; it must therefore not be copied by assignment.
 */
#include "model/headers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/decimal.h"
#include "base/timestamp.h"
#include "base/utf8.h"

void headers_clear(struct headers *headers)
{
        headers->count = 0;
        headers->used = 0;
        headers->dropped = 0;
}

void headers_borrow(struct headers *headers, const char *name, struct slice value)
{
        if (headers->count == HEADERS_MAX) {
                headers->dropped++;
                return;
        }
        headers->items[headers->count++] = (struct header){ name, value };
}

static void copy(struct headers *headers, const char *name, struct slice value)
{
        char *place = headers->text + headers->used;
        size_t length = utf8_cut(value.data, value.length, HEADERS_TEXT_BYTES - headers->used);

        memcpy(place, value.data, length);
        headers->used += length;
        headers_borrow(headers, name, (struct slice){ place, length });
}

void headers_add(struct headers *headers, const char *name, const char *value)
{
        copy(headers, name, slice_of(value ? value : ""));
}

void headers_add_number(struct headers *headers, const char *name, int64_t value)
{
        char text[DECIMAL_BYTES];

        decimal_format(value, text);
        headers_add(headers, name, text);
}

/* Each: its name with the NUL, the value's length or -1, the value. */
void headers_pack(const struct headers *headers, struct buffer *out)
{
        for (size_t i = 0; i < headers->count; i++) {
                const struct header *header = &headers->items[i];
                int64_t length = header->value.data ? (int64_t)header->value.length : -1;

                buffer_append(out, header->name, strlen(header->name) + 1);
                buffer_append(out, &length, sizeof(length));
                if (length > 0)
                        buffer_append(out, header->value.data, header->value.length);
        }
}

void headers_unpack(struct slice bytes, struct headers *headers)
{
        headers_clear(headers);
        if (bytes.length == 0)
                return;

        const char *at = bytes.data, *end = bytes.data + bytes.length;

        while (at < end) {
                const char *name = at;
                struct slice value = SLICE_NULL;
                int64_t length;

                at += strlen(name) + 1;
                memcpy(&length, at, sizeof(length));
                at += sizeof(length);
                if (length >= 0)
                        value = (struct slice){ at, (size_t)length };
                headers_borrow(headers, name, value);
                at += value.length;
        }
}

struct slice headers_get(const struct headers *headers, const char *name)
{
        for (size_t i = headers->count; i > 0; i--)
                if (strcmp(headers->items[i - 1].name, name) == 0)
                        return headers->items[i - 1].value;
        return SLICE_NULL;
}

bool headers_get_number(const struct headers *headers, const char *name, int64_t *value)
{
        struct slice found = headers_get(headers, name);
        char text[24];
        char *end;

        if (!found.data || found.length == 0 || found.length >= sizeof(text) ||
            (found.data[0] != '-' && (found.data[0] < '0' || found.data[0] > '9')))
                return false;
        memcpy(text, found.data, found.length);
        text[found.length] = '\0';

        errno = 0;
        long long number = strtoll(text, &end, 10);

        if (errno != 0 || end != text + found.length)
                return false;
        *value = number;
        return true;
}

void headers_add_cloudevent(struct headers *headers, const char *id, const char *source,
                            const char *type, const char *subject, int64_t time_ms)
{
        char time[TIMESTAMP_TEXT_BYTES];

        timestamp_format(time_ms, time);
        headers_add(headers, "ce_specversion", "1.0");
        headers_add(headers, "ce_id", id);
        headers_add(headers, "ce_source", source);
        headers_add(headers, "ce_type", type);
        headers_add(headers, "ce_subject", subject);
        headers_add(headers, "ce_time", time);
        headers_add(headers, "content-type", "application/json");
}

/* `count` lower-case hex digits, not all of them zero. */
static bool is_id(const char *text, size_t count)
{
        bool zero = true;

        for (size_t i = 0; i < count; i++) {
                char digit = text[i];

                if (!(digit >= '0' && digit <= '9') && !(digit >= 'a' && digit <= 'f'))
                        return false;
                zero = zero && digit == '0';
        }
        return !zero;
}

static bool is_hex(const char *text)
{
        return is_id(text, 2) || memcmp(text, "00", 2) == 0;
}

/* "00-<32 hex>-<16 hex>-<2 hex>": version 00, the only one there is. */
bool traceparent_valid(struct slice value)
{
        const char *text = value.data;

        return value.length == 55 && memcmp(text, "00-", 3) == 0 && is_id(text + 3, 32) &&
               text[35] == '-' && is_id(text + 36, 16) && text[52] == '-' && is_hex(text + 53);
}
