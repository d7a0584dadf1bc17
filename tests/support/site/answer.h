/* site/answer.h
 *
 * One HTTP answer before it is sent.
 */
#ifndef SITE_ANSWER_H
#define SITE_ANSWER_H

#include "base/cleanup.h"
#include "site/blob.h"

struct answer {
        unsigned status;
        struct blob *body;     /* owned reference; NULL: empty */
        struct buffer headers; /* name NUL value NUL ... */
        const char *cache;     /* what the ledger says of it: "hit", "miss", "pass", "" */
        bool closes;           /* the connection ends with it */
        bool drupal_500; /* with the CMS's own reason phrase, which the library cannot write */
};

void answer_deinit(struct answer *answer);

void answer_header(struct answer *answer, const char *name, const char *format, ...) _printf_(3, 4);

/* Make it an answer of this status, type and body, dropping what it was. `body`'s reference is
 * taken. */
void answer_set(struct answer *answer, unsigned status, const char *content_type,
                struct blob *body);
void answer_set_text(struct answer *answer, unsigned status, const char *content_type,
                     const char *text);

/* {"message":"..."}, as Drupal answers an error. */
void answer_set_message(struct answer *answer, unsigned status, const char *message);

#endif
