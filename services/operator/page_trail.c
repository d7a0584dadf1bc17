/* services/operator/page_trail.c
 *
 * Four voices, each with its own side and its own word: the reader sees who said what to whom, and
 * where the conversation stopped.
 */
#include "operator/page_trail.h"

#include "operator/page_text.h"

static const struct {
        const char *kind, *voice;
} voices[] = {
        [TRAIL_SHOWN] = { "shown", "the site" },
        [TRAIL_TOLD] = { "told", "to the vendor" },
        [TRAIL_WISHED] = { "wished", "the vendor wishes" },
        [TRAIL_ENDED] = { "ended", "at the site" },
        [TRAIL_DEAD] = { "dead", "dead letter" },
};

static void trail_line(struct buffer *out, const struct trail_entry *entry, int64_t now_ms)
{
        buffer_append_format(out, "<li class=\"%s%s\">", voices[entry->kind].kind,
                             entry->bad ? " bad" : "");
        page_moment(out, entry->at_ms, now_ms);
        buffer_append_format(out, " <b>%s</b> <span>", voices[entry->kind].voice);
        page_foreign(out, slice_of(entry->text), TRAIL_TEXT_BYTES);
        buffer_append_text(out, "</span>");
        if (entry->trace[0] != '\0')
                buffer_append_format(out, " <code title=\"trace\">%s</code>", entry->trace);
        buffer_append_text(out, "</li>\n");
}

static void trail_state(struct buffer *out, const struct trail *trail, int64_t read, bool done)
{
        buffer_append_text(out, "<p class=\"note\" role=\"status\">");
        if (!done) {
                page_count(out, read, "record", "records");
                buffer_append_text(out, " read, more to come …");
        } else if (trail->count == 0) {
                buffer_append_text(out, "Nothing on the topics is about this event. They keep "
                                        "snapshots for 7 days and updates for 30.");
        } else {
                page_count(out, (int64_t)trail->count, "entry", "entries");
                buffer_append_text(out, ", oldest first; of the site’s lists only what changed.");
        }
        if (trail->left_out > 0) {
                buffer_append_text(out, " ");
                page_number(out, (int64_t)trail->left_out);
                buffer_append_text(out, " older ones are left out.");
        }
        buffer_append_text(out, "</p>\n");
}

void page_trail(struct buffer *out, const struct trail *trail, int64_t read, bool done,
                int64_t now_ms)
{
        _cleanup_(buffer_deinit) struct buffer main = BUFFER_NULL;

        buffer_append_format(&main,
                             "<p class=\"crumb\"><a href=\"/?municipality=%s\">%s</a></p>\n<h1>",
                             trail->municipality, trail->municipality);
        if (trail->title[0] != '\0')
                page_foreign(&main, slice_of(trail->title), PAGE_TITLE_CHARACTERS);
        else
                buffer_append_text(&main, "An event’s trail");
        buffer_append_format(&main, "</h1>\n<p><code>%s</code></p>\n", trail->uuid_text);
        trail_state(&main, trail, read, done);
        buffer_append_text(&main, "<ol class=\"trail\">\n");
        for (size_t i = 0; i < trail->count; i++)
                trail_line(&main, &trail->entries[i], now_ms);
        buffer_append_text(&main, "</ol>\n");
        page_document(out, "Trail · dplsync", buffer_slice(&main), done ? 0 : 1);
}
