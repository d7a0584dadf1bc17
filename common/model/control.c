/* common/model/control.c
 *
 * Commands decide over deletions, so a slip in one is refused rather than guessed.
 */
#include "model/control.h"

#include <string.h>

#include "base/json_raw.h"
#include "model/fields.h"

static const char *const command_names[] = { "refresh", "approve-deletions", "reject-deletions",
                                             "reassert" };

enum { VALUE_BYTES_MAX = 4096 };

const char *control_command_name(enum control_command command)
{
        return command_names[command];
}

static bool names_hold(const struct control *control)
{
        return control->command == CONTROL_APPROVE_DELETIONS ||
               control->command == CONTROL_REJECT_DELETIONS;
}

static int read_hold(struct control *control, const json_t *object, struct error *error)
{
        if (fields_token(object, "hold", control->hold, sizeof(control->hold), error) < 0)
                return -1;
        return fields_integer(object, "count", 0, UINT32_MAX, &control->count, error);
}

static int read_refresh(struct control *control, const json_t *object, struct error *error)
{
        if (fields_boolean(object, "full", &control->full, error) < 0)
                return -1;
        return fields_boolean(object, "fresh", &control->fresh, error);
}

int control_read(struct control *control, struct slice value, struct error *error)
{
        static const char *const names[] = {
                "command", "id", "full", "fresh", "hold", "count", NULL
        };
        _cleanup_(json_decrefp) json_t *object =
                json_raw_read(value, names, VALUE_BYTES_MAX, error);
        int command;

        memset(control, 0, sizeof(*control));
        if (!object)
                return -1;
        command =
                fields_choice(object, "command", command_names, ARRAY_LENGTH(command_names), error);
        if (command < 0 || fields_token(object, "id", control->id, sizeof(control->id), error) < 0)
                return -1;
        control->command = (enum control_command)command;
        if (names_hold(control))
                return read_hold(control, object, error);
        if (control->command == CONTROL_REFRESH)
                return read_refresh(control, object, error);
        return 0;
}

void control_write(const struct control *control, struct buffer *value)
{
        buffer_append_byte(value, '{');
        json_write_member_text(value, "command", command_names[control->command]);
        json_write_member_text(value, "id", control->id);
        if (names_hold(control)) {
                json_write_member_text(value, "hold", control->hold);
                json_write_member_integer(value, "count", control->count);
        } else if (control->command == CONTROL_REFRESH) {
                json_write_member_boolean(value, "full", control->full);
                json_write_member_boolean(value, "fresh", control->fresh);
        }
        buffer_append_byte(value, '}');
}
