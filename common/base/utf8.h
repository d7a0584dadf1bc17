/* common/base/utf8.h
 *
 * UTF-8 (RFC 3629) as far as we need it: is this a character, and where may a text be cut.
 * Overlong forms, surrogates and code points above U+10FFFF are not characters.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* Bytes of the character at the start of `data` (1 to 4), 0 if there is none. */
size_t utf8_character(const char *data, size_t length);

/* The longest length <= max_bytes that cuts no character in two. */
size_t utf8_cut(const char *data, size_t length, size_t max_bytes);

#endif
