/* site/php_json.h
 *
 * JSON in the bytes of PHP's json_encode, as the CMS answers: no white space, `\/`, everything
 * beyond ASCII as `\uxxxx` in lower case with surrogate pairs, and 75.0 with its fraction.
 */
#ifndef SITE_PHP_JSON_H
#define SITE_PHP_JSON_H

#include "base/buffer.h"

#include <jansson.h>

void php_json_write(struct buffer *out, const json_t *value);
void php_json_write_text(struct buffer *out, const char *text, size_t bytes); /* UTF-8 */

#endif
