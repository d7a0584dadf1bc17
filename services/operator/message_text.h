/* services/operator/message_text.h
 *
 * What a record of any topic says, for a person.
 */
#ifndef OPERATOR_MESSAGE_TEXT_H
#define OPERATOR_MESSAGE_TEXT_H

#include "base/buffer.h"
#include "model/record.h"

/* One line, without its line break: "update [title] \"Børnerim\" version 1099511631899". Foreign
 * texts are made plain. */
void message_describe(const struct record *record, struct buffer *out);

#endif
