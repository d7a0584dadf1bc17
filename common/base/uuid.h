/* common/base/uuid.h
 *
 * An event's uuid as 16 bytes. Read in any case, written in lower case (CONTRACT.md, "Words").
 * Only the canonical form of RFC 9562, 8-4-4-4-12, is a uuid; any version and variant is.
 */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UUID_TEXT_BYTES = 37 }; /* 36 and a NUL */

struct uuid {
        uint8_t bytes[16];
};

bool uuid_parse(const char *text, size_t length, struct uuid *uuid);
void uuid_format(const struct uuid *uuid, char text[UUID_TEXT_BYTES]);
int uuid_compare(const struct uuid *a, const struct uuid *b); /* byte order = order of the texts */

#endif
