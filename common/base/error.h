/* common/base/error.h
 *
 * The reason of a failure, as a sentence for a person. It is set where the failure is seen, gains
 * context on the way up ("aarhus: credentials: ...") and is logged once, at the top.
 *
 * Functions that can fail take a `struct error *` last and return -1 on failure (or NULL, or false,
 * as their header says). NULL is allowed: then the reason is dropped. Texts are cut at the end of
 * the array and never contain secrets; whoever quotes foreign bytes quotes a bounded piece.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/cleanup.h"

enum { ERROR_TEXT_BYTES = 512 };

struct error {
        char text[ERROR_TEXT_BYTES];
};

#define ERROR_NULL { "" }

/* Set the reason. Always returns -1, so that `return error_set(error, ...)` reads well. */
int error_set(struct error *error, const char *format, ...) _printf_(2, 3);

/* Put "<context>: " before the reason that is there. Always returns -1. */
int error_wrap(struct error *error, const char *format, ...) _printf_(2, 3);

#endif
