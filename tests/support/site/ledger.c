/* site/ledger.c
 *
 * A test asks the site, not the program under test, what was done. An entry is one piece of memory
 * and a few numbers, so that a benchmark can run over a million of them.
 */
#include "site/ledger.h"

#include "base/json.h"
#include "base/memory.h"
#include "site/account.h"
#include "site/clock.h"

#include <stdio.h>

enum { FIRST_CAPACITY = 1024 };

void ledger_init(struct ledger *ledger, size_t max_entries)
{
        *ledger = (struct ledger){ .max_entries = max_entries, .next = 1 };
}

void ledger_clear(struct ledger *ledger)
{
        for (size_t i = 0; i < ledger->capacity; i++)
                free(ledger->ring[i].texts);
        free(ledger->ring);
        ledger->ring = NULL;
        ledger->capacity = 0;
}

void ledger_deinit(struct ledger *ledger)
{
        ledger_clear(ledger);
}

/* Entry n stands at n mod capacity. Growing happens only while nothing has given way yet, and
 * doubles, so every entry gets a place of its own again. */
static void grow(struct ledger *ledger)
{
        size_t capacity = ledger->capacity ? ledger->capacity * 2 : FIRST_CAPACITY;
        struct ledger_entry *ring;

        if (capacity > ledger->max_entries)
                capacity = ledger->max_entries;
        ring = memory_new(capacity * sizeof(*ring));
        for (size_t i = 0; i < ledger->capacity; i++)
                ring[ledger->ring[i].number % capacity] = ledger->ring[i];
        free(ledger->ring);
        ledger->ring = ring;
        ledger->capacity = capacity;
}

static void append_texts(struct ledger_entry *entry, const struct request *request)
{
        struct buffer texts = BUFFER_NULL;

        buffer_append(&texts, request->url, strlen(request->url) + 1);
        for (enum request_header header = 0; header < HEADER_COUNT; header++) {
                const char *value = request->headers[header];

                if (header == HEADER_AUTHORIZATION)
                        value = value ? "yes" : NULL;
                buffer_append(&texts, value ? value : "", (value ? strlen(value) : 0) + 1);
        }
        entry->body_bytes = request->body.length;
        if (entry->body_bytes > LEDGER_BODY_MAX_BYTES)
                entry->body_bytes = LEDGER_BODY_MAX_BYTES;
        buffer_append(&texts, request->body.data ? request->body.data : "", entry->body_bytes);
        entry->texts = buffer_take(&texts);
}

uint64_t ledger_open(struct ledger *ledger, const char *site, const char *uuid,
                     const struct request *request)
{
        struct ledger_entry *entry;

        if (ledger->capacity < ledger->max_entries &&
            (ledger->capacity == 0 || ledger->ring[ledger->next % ledger->capacity].number != 0))
                grow(ledger);
        entry = &ledger->ring[ledger->next % ledger->capacity];
        free(entry->texts);
        *entry = (struct ledger_entry){ .number = ledger->next++, .method = request->method,
                                        .cache = "", .fault = "" };
        entry->wall_us = clock_wall_us();
        entry->started_us = clock_steady_us();
        snprintf(entry->site, sizeof(entry->site), "%s", site);
        snprintf(entry->uuid, sizeof(entry->uuid), "%s", uuid);
        account_user(request->headers[HEADER_AUTHORIZATION], entry->user, sizeof(entry->user));
        append_texts(entry, request);
        return entry->number;
}

struct ledger_entry *ledger_find(struct ledger *ledger, uint64_t number)
{
        if (ledger->capacity == 0)
                return NULL;
        struct ledger_entry *entry = &ledger->ring[number % ledger->capacity];
        return entry->number == number ? entry : NULL;
}

uint64_t ledger_first(const struct ledger *ledger)
{
        uint64_t first = ledger->next > ledger->capacity ? ledger->next - ledger->capacity : 1;

        while (first < ledger->next && ledger->ring[first % ledger->capacity].number != first)
                first++;
        return first;
}

/* ---- reading ---- */

static void write_optional(struct buffer *out, const char *name, uint64_t value)
{
        if (value)
                json_write_member_integer(out, name, (int64_t)value);
        else
                json_write_member_text(out, name, NULL);
}

static void write_numbers(struct buffer *out, const struct ledger_entry *entry)
{
        static const char *const ends[] = {
                [LEDGER_OPEN] = "open", [LEDGER_ANSWERED] = "answered", [LEDGER_RESET] = "reset",
                [LEDGER_CLOSED] = "closed", [LEDGER_GONE] = "gone",
        };

        json_write_member_integer(out, "number", (int64_t)entry->number);
        json_write_member_text(out, "site", entry->site);
        json_write_member_text(out, "method", method_name(entry->method));
        json_write_member_text(out, "uuid", entry->uuid[0] ? entry->uuid : NULL);
        json_write_member_integer(out, "wall_us", entry->wall_us);
        json_write_member_integer(out, "started_us", entry->started_us);
        write_optional(out, "ended_us", (uint64_t)entry->ended_us);
        write_optional(out, "executed_us", (uint64_t)entry->executed_us);
        json_write_member_boolean(out, "executed", entry->executed_us != 0);
        json_write_member_boolean(out, "changed", entry->changed);
        json_write_member_text(out, "end", ends[entry->end]);
        json_write_member_integer(out, "status", entry->status);
        write_optional(out, "overlaps", entry->overlaps);
        write_optional(out, "overlaps_pending", entry->overlaps_pending);
        json_write_member_integer(out, "answer_bytes", (int64_t)entry->answer_bytes);
        json_write_member_text(out, "cache", entry->cache[0] ? entry->cache : NULL);
        json_write_member_text(out, "fault", entry->fault[0] ? entry->fault : NULL);
        json_write_member_text(out, "user", entry->user[0] ? entry->user : NULL);
}

/* Foreign bytes: what is not ASCII is written as the code point of its byte, so that any body can
 * be read back, with latin-1. */
static void write_bytes(struct buffer *out, const char *name, const char *data, size_t bytes)
{
        json_write_member(out, name);
        buffer_append_byte(out, '"');
        for (size_t i = 0; i < bytes; i++) {
                unsigned char byte = (unsigned char)data[i];

                if (byte < 0x20 || byte > 0x7e || byte == '"' || byte == '\\')
                        buffer_append_format(out, "\\u%04x", byte);
                else
                        buffer_append_byte(out, (char)byte);
        }
        buffer_append_byte(out, '"');
}

static void write_texts(struct buffer *out, const struct ledger_entry *entry)
{
        const char *at = entry->texts;

        write_bytes(out, "url", at, strlen(at));
        at += strlen(at) + 1;
        json_write_member(out, "headers");
        buffer_append_byte(out, '{');
        for (enum request_header header = 0; header < HEADER_COUNT; header++) {
                if (*at) {
                        if (out->data[out->length - 1] != '{')
                                buffer_append_byte(out, ',');
                        buffer_append_format(out, "\"%s\":", request_header_name(header));
                        json_write_string(out, at, strlen(at));
                }
                at += strlen(at) + 1;
        }
        buffer_append_byte(out, '}');
        write_bytes(out, "body", at, entry->body_bytes);
}

static bool matches(const struct ledger_entry *entry, const struct ledger_filter *filter)
{
        return (!filter->site || strcmp(filter->site, entry->site) == 0) &&
               (!filter->uuid || strcmp(filter->uuid, entry->uuid) == 0) &&
               (filter->method == METHOD_OTHER || filter->method == entry->method);
}

void ledger_write(struct buffer *out, struct ledger *ledger, const struct ledger_filter *filter)
{
        uint64_t first = ledger_first(ledger), number = filter->from > first ? filter->from : first;
        size_t found = 0;

        if (number > ledger->next)
                number = ledger->next;
        buffer_append_format(out, "{\"first\":%llu,\"entries\":[", (unsigned long long)first);
        for (; number < ledger->next && found < filter->limit; number++) {
                const struct ledger_entry *entry = ledger_find(ledger, number);

                if (!entry || !matches(entry, filter))
                        continue;
                buffer_append_text(out, found++ ? ",{" : "{");
                write_numbers(out, entry);
                write_texts(out, entry);
                buffer_append_byte(out, '}');
        }
        buffer_append_format(out, "],\"next\":%llu}", (unsigned long long)number);
}
