/* tests/sim/writer/script.h
 *
 * What the writer's Lua scripts and commands do (services/writer/script.h), on the store.
 */
#ifndef SIM_WRITER_SCRIPT_H
#define SIM_WRITER_SCRIPT_H

#include "sim/store.h"
#include "writer/core.h"

enum { SCRIPT_SEALS_MAX = 64 };

struct script_reply {
        struct writer_input input; /* borrows from the rest */
        struct buffer first, second;
        struct input_seal seals[SCRIPT_SEALS_MAX];
};

/* `input` gets its type and the reply. `leases` false: nobody's lease counts. */
void script_run(struct store *store, const struct writer_action *action, int64_t now_ms,
                bool leases, struct script_reply *reply);
/* The reply that is lost. */
void script_lose(const struct writer_action *action, struct script_reply *reply);
void script_reply_deinit(struct script_reply *reply);

#endif
