/* common/model/dead_letter.c
 *
 * The original stays replayable: its headers are kept as they were (`dplsync-origin` too, since it
 * is the update's version), and only those of an earlier dead letter give way to this one's.
 */
#include "model/dead_letter.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/timestamp.h"
#include "base/utf8.h"

static const char *const own_names[] = {
        "dplsync-reason",          "dplsync-detail",         "dplsync-topic",
        "dplsync-partition",       "dplsync-offset",         "dplsync-municipality",
        "dplsync-uuid",            "dplsync-version",        "dplsync-attempts",
        "dplsync-status",          "dplsync-first-failed-at", "dplsync-last-failed-at",
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

static void borrow_original(const struct headers *original, struct headers *out)
{
        for (size_t i = 0; i < original->count && out->count < HEADERS_MAX - OWN_HEADERS; i++)
                if (!is_own(original->items[i].name))
                        headers_borrow(out, original->items[i].name, original->items[i].value);
}

static void add_text(struct headers *out, const char *name, const char *text)
{
        if (text && text[0])
                headers_add(out, name, text);
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
        headers_clear(out);
        borrow_original(original, out);
        headers_add(out, "dplsync-reason", letter->reason);
        headers_add(out, "dplsync-detail", letter->detail);
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
