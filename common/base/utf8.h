/* common/base/utf8.h
 *
 * UTF-8 (RFC 3629) as far as we need it: is this a character, and where may a text be cut.
 * Overlong forms, surrogates and code points above U+10FFFF are not characters.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at the start of `data` (1 to 4), 0 if there is none. */
size_t utf8_character(const char *data, size_t length);

/* The code point of a character of so many bytes, as utf8_character found it. */
uint32_t utf8_code_point(const char *character, size_t bytes);

/* Nobody sees it, and it may change how others look: control characters, marks of direction, what
 * has no width, tags. The joiners U+200C and U+200D are in ordinary writing and are not among them.
 */
bool utf8_is_hidden(uint32_t code_point);

/* The longest length <= max_bytes that cuts no character in two. */
size_t utf8_cut(const char *data, size_t length, size_t max_bytes);

#endif
