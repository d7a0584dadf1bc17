/* services/operator/console_answer.h
 *
 * An answer of the console on its way to a browser. Sent in one place, so that no page can leave
 * out a header that keeps it in: its policy, no sniffing, no frames, nothing stored.
 */
#ifndef OPERATOR_CONSOLE_ANSWER_H
#define OPERATOR_CONSOLE_ANSWER_H

#include <microhttpd.h>

#include "base/buffer.h"
#include "base/timestamp.h"
#include "model/municipality.h"

struct console_answer {
        struct MHD_Connection *connection;
        unsigned status;
        const char *type;
        bool tagged; /* may be answered with 304 where the browser has it already */
        char location[MUNICIPALITY_ID_BYTES + 32]; /* of a redirect; "": none */
        char as_of[TIMESTAMP_TEXT_BYTES];          /* of what moment it speaks; "": none */
        char cookie[160];                          /* to be set; "": none */
        struct buffer text;
};

/* A header of the request; NULL if it was not sent. */
const char *console_answer_asked(const struct console_answer *answer, const char *header);

/* Takes the text. */
enum MHD_Result console_answer_send(struct console_answer *answer);

#endif
