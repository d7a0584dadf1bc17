/* services/operator/message_text.c
 *
 * Messages in a line each: the words of the contract, in the order in which an operator reads them.
 */
#include "operator/message_text.h"

#include <inttypes.h>

#include "base/json_raw.h"
#include "model/change.h"
#include "model/control.h"
#include "model/origin.h"
#include "model/result.h"
#include "model/snapshot.h"
#include "operator/letter.h"
#include "operator/plain.h"

enum { TITLE_BYTES = 256, TITLE_SHOWN = 60, LINK_SHOWN = 80, DETAIL_SHOWN = 120 };

static void plain_text(struct buffer *out, const char *before, const char *text, size_t max_bytes)
{
        buffer_append_text(out, before);
        plain_append(out, slice_of(text), max_bytes);
}

static void describe_title(struct slice event, struct buffer *out)
{
        struct slice value;
        char title[TITLE_BYTES];

        if (json_raw_member(event, "title", &value) != 1 ||
            !json_raw_text(value, title, sizeof(title)))
                return;
        plain_text(out, " \"", title, TITLE_SHOWN);
        buffer_append_byte(out, '"');
}

static void describe_counts(const struct change *change, struct buffer *out)
{
        buffer_append_format(out,
                             " known %" PRId64 ", created %" PRId64 ", updated %" PRId64
                             ", deleted %" PRId64 ", held %" PRId64,
                             change->known, change->created, change->updated, change->deleted,
                             change->held);
}

static void describe_change(const struct change *change, struct buffer *out)
{
        buffer_append_text(out, change_op_name(change->op));
        if (change->op == CHANGE_DELETE)
                buffer_append_format(out, " %s", change_reason_name(change->reason));
        if (change->op == CHANGE_UPDATE && change->changed) {
                buffer_append_byte(out, ' ');
                event_write_changed(out, change->changed);
        }
        if (change->reassert)
                buffer_append_text(out, " reassert");
        if (change->event.data)
                describe_title(change->event, out);
        if (change->op == CHANGE_SNAPSHOT)
                describe_counts(change, out);
        buffer_append_format(out, " version %" PRIu64, change->version);
}

static void describe_link(struct buffer *out, const char *name, const char *url)
{
        buffer_append_format(out, " %s ", name);
        plain_append(out, slice_of(url ? url : "cleared"), LINK_SHOWN);
}

static void describe_update(const struct record *record, struct buffer *out)
{
        _cleanup_(update_deinit) struct update update = { 0 };
        struct slice header = headers_get(record->headers, "dplsync-origin");
        struct origin origin;

        if (update_read(&update, record->value, NULL) != UPDATE_OK) {
                buffer_append_text(out, "wish that cannot be accepted");
                return;
        }
        buffer_append_text(out, "wish");
        if (update.present[MEMBER_STATE])
                buffer_append_format(out, " %s", event_state_name(update.state));
        if (update.present[MEMBER_URL])
                describe_link(out, "url", update.url);
        if (update.present[MEMBER_ADMIN_URL])
                describe_link(out, "admin_url", update.admin_url);
        if (header.data && origin_read(&origin, header, NULL) == 0)
                plain_text(out, ", ", origin.cause, 0);
}

static void describe_result(const struct record *record, struct buffer *out)
{
        _cleanup_(result_deinit) struct result result = { 0 };

        if (result_read(&result, record->value, NULL) < 0) {
                buffer_append_text(out, "result that cannot be read");
                return;
        }
        buffer_append_text(out, result_outcome_name(result.outcome));
        if (result.present[MEMBER_STATE])
                buffer_append_format(out, " %s", event_state_name(result.state));
        if (result.present[MEMBER_URL] || result.present[MEMBER_ADMIN_URL])
                buffer_append_text(out, " links");
        if (result.status > 0)
                buffer_append_format(out, ", the site answered %ld", result.status);
        buffer_append_format(out, " version %" PRIu64, result.version);
}

static void describe_letter(const struct record *record, struct buffer *out)
{
        enum letter_fate fate;
        int64_t offset;

        if (letter_mark_read(record, &fate, &offset)) {
                buffer_append_format(out, "%s %" PRId32 "/%" PRId64, letter_fate_name(fate),
                                     record->partition, offset);
                return;
        }
        buffer_append_text(out, "dead ");
        plain_append(out, headers_get(record->headers, "dplsync-reason"), DETAIL_SHOWN);
        buffer_append_text(out, ": ");
        plain_append(out, headers_get(record->headers, "dplsync-detail"), DETAIL_SHOWN);
}

static void describe_control(const struct record *record, struct buffer *out)
{
        struct control control;

        if (control_read(&control, record->value, NULL) < 0) {
                buffer_append_text(out, "command that cannot be read");
                return;
        }
        buffer_append_text(out, control_command_name(control.command));
        if (control.full)
                buffer_append_text(out, " full");
        if (control.fresh)
                buffer_append_text(out, " fresh");
        if (control.hold[0])
                buffer_append_format(out, " %s with %" PRId64, control.hold, control.count);
        buffer_append_format(out, ", %s", control.id);
}

static void describe_snapshot(const struct record *record, struct buffer *out)
{
        struct snapshot_part part;

        if (snapshot_part_read(&part, record->headers, NULL) < 0) {
                buffer_append_text(out, "part of a list that cannot be read");
                return;
        }
        if (part.unchanged)
                buffer_append_text(out, "unchanged");
        else
                buffer_append_format(out, "part %" PRIu32 " of %" PRIu32, part.part, part.parts);
        buffer_append_format(out, ", %" PRIu32 " events%s%s", part.events,
                             part.fresh ? ", fresh" : "", part.complete ? "" : ", incomplete");
}

void message_describe(const struct record *record, struct buffer *out)
{
        struct change change;

        if (!record->value.data && record->topic != TOPIC_DEAD_LETTERS) {
                buffer_append_text(out, "forgotten");
                return;
        }
        switch (record->topic) {
        case TOPIC_SNAPSHOTS:
                describe_snapshot(record, out);
                break;
        case TOPIC_CHANGES:
                if (change_read(&change, record->value, NULL) == 0)
                        describe_change(&change, out);
                else
                        buffer_append_text(out, "change that cannot be read");
                break;
        case TOPIC_UPDATES:
                describe_update(record, out);
                break;
        case TOPIC_RESULTS:
                describe_result(record, out);
                break;
        case TOPIC_DEAD_LETTERS:
                describe_letter(record, out);
                break;
        default:
                describe_control(record, out);
                break;
        }
}
