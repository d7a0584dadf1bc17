/* services/operator/letter_text.c
 *
 * A dead letter's message comes from outside, and so does a site's answer: in JSON they are
 * escaped, on a terminal made plain.
 */
#include "operator/letter_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "base/timestamp.h"
#include "operator/plain.h"

enum { CELL_BYTES = 64 };

static void write_fate(const struct letter *letter, struct buffer *out)
{
        json_write_member_text(out, "fate", letter_fate_name(letter->fate));
        if (letter->fate != LETTER_WAITS)
                json_write_member_time(out, "fate_at", letter->fate_ms);
}

void letter_write_json(const struct letter *letter, bool whole, struct buffer *out)
{
        char name[LETTER_NAME_BYTES];

        letter_name(letter, name);
        buffer_append_byte(out, '{');
        json_write_member_text(out, "letter", name);
        json_write_member_text(out, "municipality", letter->municipality);
        json_write_member_text(out, "uuid", letter->uuid);
        json_write_member_text(out, "reason", letter->reason);
        json_write_member_text(out, "detail", letter->detail);
        json_write_member_integer(out, "attempts", letter->attempts);
        json_write_member_integer(out, "status", letter->status);
        json_write_member_text(out, "first_failed_at", letter->first_failed_at);
        json_write_member_text(out, "last_failed_at", letter->last_failed_at);
        json_write_member_text(out, "topic", letter->topic);
        json_write_member_integer(out, "partition", letter->from_partition);
        json_write_member_integer(out, "offset", letter->from_offset);
        json_write_member_integer(out, "version", letter->version);
        write_fate(letter, out);
        if (whole) {
                json_write_member_text(out, "answer", letter->answer);
                json_write_member_slice(out, "key", letter->key);
                json_write_member_slice(out, "value", letter->value);
        }
        buffer_append_byte(out, '}');
}

static void line(struct buffer *out, const char *name, const char *text)
{
        if (text[0] == '\0')
                return;
        buffer_append_format(out, "%-13s ", name);
        plain_append(out, slice_of(text), 0);
        buffer_append_byte(out, '\n');
}

static void number_line(struct buffer *out, const char *name, int64_t number)
{
        if (number > 0)
                buffer_append_format(out, "%-13s %" PRId64 "\n", name, number);
}

void letter_write_text(const struct letter *letter, struct buffer *out)
{
        char name[LETTER_NAME_BYTES];

        letter_name(letter, name);
        line(out, "letter", name);
        line(out, "fate", letter_fate_name(letter->fate));
        line(out, "municipality", letter->municipality);
        line(out, "event", letter->uuid);
        line(out, "reason", letter->reason);
        line(out, "detail", letter->detail);
        line(out, "first failed", letter->first_failed_at);
        line(out, "last failed", letter->last_failed_at);
        number_line(out, "attempts", letter->attempts);
        number_line(out, "status", letter->status);
        line(out, "answer", letter->answer);
        buffer_append_format(out, "%-13s ", "from");
        plain_append(out, slice_of(letter->topic), 0);
        buffer_append_format(out, ", partition %" PRId64 ", offset %" PRId64 "\n\n",
                             letter->from_partition, letter->from_offset);
        plain_append(out, letter->value, 0);
}

/* ---- lists ---- */

void letter_list_begin(struct letter_list *list, bool json, size_t count)
{
        static const char *const heading[] = { "LETTER", "LAST FAILED", "MUNICIPALITY",
                                               "EVENT",  "REASON",      "DETAIL" };

        *list = (struct letter_list){ .json = json, .count = count };
        table_init(&list->table, ARRAY_LENGTH(heading));
        table_add(&list->table, heading);
}

static void add_row(struct letter_list *list, const struct letter *letter)
{
        const char *texts[] = { NULL,         letter->last_failed_at, letter->municipality,
                                letter->uuid, letter->reason,         letter->detail };
        struct buffer cells[ARRAY_LENGTH(texts)] = { 0 };
        const char *row[ARRAY_LENGTH(texts)];
        char name[LETTER_NAME_BYTES];

        letter_name(letter, name);
        texts[0] = name;
        for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
                plain_append(&cells[i], slice_of(texts[i]), CELL_BYTES);
                row[i] = cells[i].data;
        }
        table_add(&list->table, row);
        for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
                buffer_deinit(&cells[i]);
}

void letter_list_add(struct letter_list *list, const struct letter *letter)
{
        if (!list->json) {
                add_row(list, letter);
        } else {
                if (list->listed > 0)
                        buffer_append_byte(&list->text, ',');
                letter_write_json(letter, false, &list->text);
        }
        list->listed++;
}

void letter_list_end(struct letter_list *list, struct buffer *out)
{
        if (list->json) {
                buffer_append_byte(out, '{');
                json_write_member_integer(out, "count", (int64_t)list->count);
                json_write_member(out, "dead_letters");
                buffer_append_format(out, "[%s]}\n", list->text.data ? list->text.data : "");
        } else if (list->count == 0) {
                buffer_append_text(out, "no dead letters wait\n");
        } else {
                table_format(&list->table, out);
                if (list->listed < list->count)
                        buffer_append_format(out, "the last %zu of %zu\n", list->listed,
                                             list->count);
        }
        table_deinit(&list->table);
        buffer_deinit(&list->text);
}
