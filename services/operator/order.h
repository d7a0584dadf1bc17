/* services/operator/order.h
 *
 * What a person orders at the console: an action on one municipality, with what was seen when it
 * was decided: the hold's id and its count, or the number of dead letters and the time of the
 * newest. An order whose count is no longer so is refused, since it was given about something else.
 */
#ifndef OPERATOR_ORDER_H
#define OPERATOR_ORDER_H

#include "base/error.h"
#include "operator/control_command.h"
#include "operator/dead_letters.h"
#include "operator/form.h"
#include "operator/overview.h"

enum order_action {
        ORDER_REFRESH,
        ORDER_REASSERT,
        ORDER_APPROVE,
        ORDER_REJECT,
        ORDER_REPLAY,
        ORDER_DISCARD,
        ORDER_ACTIONS,
};

enum { ORDER_TEXT_BYTES = 64, ORDER_WHY_BYTES = 200, ORDER_SENTENCE_BYTES = 160 };

struct order {
        enum order_action action;
        char municipality[MUNICIPALITY_ID_BYTES];
        char hold[ORDER_TEXT_BYTES];   /* approve, reject */
        char letter[ORDER_TEXT_BYTES]; /* replay, discard: only those of this reason; "": all */
        int64_t until_ms;              /* replay, discard: the newest that was seen; 0: all */
        int64_t count;                 /* what was seen; 0 where there is nothing to count */
        char why[ORDER_WHY_BYTES];     /* in the person's words; may be "" */
};

const char *order_action_name(enum order_action action); /* "approve" */

/* From a form, or an address that leads to one. -1 and a reason that says what is missing. */
int order_read(struct order *order, const struct form *form, struct error *error);

/* Is it about what is there now? `overview` and `letters` are of now. -1 and what is different. */
int order_check(const struct order *order, const struct overview *overview,
                const struct dead_letters *letters, struct error *error);

/* The letters that a replay or a discard is about: those that wait. */
void order_letters(const struct order *order, struct letter_filter *filter);
int64_t order_count_letters(const struct order *order, const struct dead_letters *letters);

/* The command on `control` of the first four actions. */
void order_control(const struct order *order, struct control *control);

/* "approved 31 deletions" */
void order_say(const struct order *order, char said[ORDER_SENTENCE_BYTES]);

#endif
