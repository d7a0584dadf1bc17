/* services/operator/letter_text.h
 *
 * Dead letters in words: one whole, for a person or as JSON, and lists of them.
 */
#ifndef OPERATOR_LETTER_TEXT_H
#define OPERATOR_LETTER_TEXT_H

#include "operator/letter.h"
#include "operator/table.h"

/* One JSON object. With `whole` also the message itself (`value`, as text) and the site's answer.
 */
void letter_write_json(const struct letter *letter, bool whole, struct buffer *out);

/* Everything, a line each, and the message behind it. Foreign texts are made plain. */
void letter_write_text(const struct letter *letter, struct buffer *out);

/* A table for people, or {"count":…,"dead_letters":[…]}. `count`: how many there are in all. */
struct letter_list {
        bool json;
        size_t count;
        size_t listed;
        struct table table;
        struct buffer text;
};
void letter_list_begin(struct letter_list *list, bool json, size_t count);
void letter_list_add(struct letter_list *list, const struct letter *letter);
/* Appends it to `out`; nothing of it is left. */
void letter_list_end(struct letter_list *list, struct buffer *out);

#endif
