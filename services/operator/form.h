/* services/operator/form.h
 *
 * What a browser sends: the fields of a form or of an address, `application/x-www-form-urlencoded`.
 * Foreign bytes: bounded in number and size; what is too much, or not encoded as it should be,
 * makes the whole unreadable rather than half understood.
 */
#ifndef OPERATOR_FORM_H
#define OPERATOR_FORM_H

#include "base/slice.h"

enum { FORM_FIELDS_MAX = 16, FORM_BYTES_MAX = 4096 };

struct form {
        size_t count;
        size_t used; /* of `text` */
        struct {
                const char *name, *value; /* into `text` */
        } fields[FORM_FIELDS_MAX];
        char text[FORM_BYTES_MAX];
};

/* Encoded text. False: too much, a bad escape, a NUL, or a name that stands twice. */
bool form_read(struct form *form, struct slice text);

/* One field that was decoded already, into a zeroed form or behind others. False as above. */
bool form_add(struct form *form, const char *name, const char *value);

/* "" where there is no such field. */
const char *form_field(const struct form *form, const char *name);

#endif
