/* common/model/control.h
 *
 * A record of `control`: a command of an operator (or the reconciler's request for a read). Keyed
 * by the municipality (CONTRACT.md "control").
 */
#ifndef MODEL_CONTROL_H
#define MODEL_CONTROL_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

enum control_command {
        CONTROL_REFRESH,
        CONTROL_APPROVE_DELETIONS,
        CONTROL_REJECT_DELETIONS,
        CONTROL_REASSERT
};
enum { CONTROL_TEXT_BYTES = 64 };

struct control {
        enum control_command command;
        char id[CONTROL_TEXT_BYTES];
        bool full;                      /* refresh: publish whole, whatever is unchanged */
        bool fresh;                     /* refresh: past the site's cache */
        char hold[CONTROL_TEXT_BYTES];  /* approve, reject */
        int64_t count;
};

const char *control_command_name(enum control_command command);
int control_read(struct control *control, struct slice value, struct error *error);
void control_write(const struct control *control, struct buffer *value);

#endif
