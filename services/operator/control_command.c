/* services/operator/control_command.c
 *
 * A command reaches the municipality's owner by its partition, like everything of a municipality.
 */
#include "operator/control_command.h"

#include <inttypes.h>
#include <stdio.h>

void control_command_id(struct control *control, const char *who, int64_t now_ms, struct dice *dice)
{
        snprintf(control->id, sizeof(control->id), "%.24s-%" PRId64 "-%08" PRIx32, who, now_ms,
                 (uint32_t)dice_next(dice));
}

void control_command_write(const struct control *control, const char *municipality,
                           const struct topics *topics, int64_t now_ms, struct outgoing *out)
{
        outgoing_begin(out, TOPIC_CONTROL, topics_partition(topics, municipality));
        buffer_append_text(&out->key, municipality);
        control_write(control, &out->value);
        headers_add_cloudevent(&out->headers, control->id, "dplsync-operator", "dk.dplsync.control",
                               municipality, now_ms);
}
