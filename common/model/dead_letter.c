/* common/model/dead_letter.c
 *
 * The original stays replayable: its headers are kept as they were (`dplsync-origin` too, since it
 * is the update's version), and only those of an earlier dead letter give way to this one's.
 */
#include "model/dead_letter.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "base/utf8.h"

static const char *const own_names[] = {
        "dplsync-reason",    "dplsync-detail",          "dplsync-topic",
        "dplsync-partition", "dplsync-offset",          "dplsync-municipality",
        "dplsync-uuid",      "dplsync-version",         "dplsync-attempts",
        "dplsync-status",    "dplsync-first-failed-at", "dplsync-last-failed-at",
        "dplsync-answer",
};

/* Places that the original's headers must leave free. */
enum { OWN_HEADERS = ARRAY_LENGTH(own_names) };

static bool is_own(const char *name)
{
        for (size_t i = 0; i < OWN_HEADERS; i++)
                if (strcmp(name, own_names[i]) == 0)
                        return true;
        return false;
}

/* How many did not fit, or had not fitted when it was read. */
static size_t borrow_original(const struct headers *original, struct headers *out)
{
        size_t left_out = original->dropped;

        for (size_t i = 0; i < original->count; i++) {
                if (is_own(original->items[i].name))
                        continue;
                if (out->count < HEADERS_MAX - OWN_HEADERS)
                        headers_borrow(out, original->items[i].name, original->items[i].value);
                else
                        left_out++;
        }
        return left_out;
}

static void add_text(struct headers *out, const char *name, const char *text)
{
        if (text && text[0])
                headers_add(out, name, text);
}

/* A sentence that is too long gives way to the remark. */
static void add_detail(const char *detail, size_t left_out, struct headers *out)
{
        char number[DECIMAL_BYTES], remark[64], text[ERROR_TEXT_BYTES];
        size_t length;

        if (left_out == 0) {
                headers_add(out, "dplsync-detail", detail);
                return;
        }
        decimal_format_unsigned(left_out, number);
        TEXT_JOIN(remark, "; ", number, " of its headers did not fit");
        length = utf8_cut(detail, strlen(detail), sizeof(text) - 1 - strlen(remark));
        memcpy(text, detail, length);
        text_copy(text + length, sizeof(text) - length, remark);
        headers_add(out, "dplsync-detail", text);
}

static void add_time(struct headers *out, const char *name, int64_t ms)
{
        char text[TIMESTAMP_TEXT_BYTES];

        timestamp_format(ms, text);
        headers_add(out, name, text);
}

static void add_source(const struct dead_letter *letter, struct headers *out)
{
        add_text(out, "dplsync-topic", letter->topic);
        headers_add_number(out, "dplsync-partition", letter->partition);
        headers_add_number(out, "dplsync-offset", letter->offset);
        add_text(out, "dplsync-municipality", letter->municipality);
        add_text(out, "dplsync-uuid", letter->uuid);
        if (letter->version > 0)
                headers_add_number(out, "dplsync-version", (int64_t)letter->version);
}

static void add_answer(struct slice answer, struct headers *out)
{
        if (answer.length == 0)
                return;
        answer.length = utf8_cut(answer.data, answer.length, DEAD_LETTER_ANSWER_BYTES);
        headers_borrow(out, "dplsync-answer", answer);
}

void dead_letter_headers(const struct dead_letter *letter, const struct headers *original,
                         struct headers *out)
{
        size_t left_out;

        headers_clear(out);
        left_out = borrow_original(original, out);
        headers_add(out, "dplsync-reason", letter->reason);
        add_detail(letter->detail, left_out, out);
        add_source(letter, out);
        headers_add_number(out, "dplsync-attempts", letter->attempts);
        if (letter->status > 0)
                headers_add_number(out, "dplsync-status", letter->status);
        add_time(out, "dplsync-first-failed-at", letter->first_failed_ms);
        add_time(out, "dplsync-last-failed-at", letter->last_failed_ms);
        add_answer(letter->answer, out);
}

void dead_letter_original(const struct headers *letter, struct headers *out)
{
        headers_clear(out);
        borrow_original(letter, out);
}
