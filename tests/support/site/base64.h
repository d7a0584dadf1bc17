/* site/base64.h
 *
 * Base64 (RFC 4648, section 4), for basic auth and for fault bodies of any bytes.
 */
#ifndef SITE_BASE64_H
#define SITE_BASE64_H

#include "base/buffer.h"

void base64_encode(struct buffer *out, const char *data, size_t bytes);

/* Decodes up to the first character that is no digit. */
void base64_decode(struct buffer *out, const char *text);

#endif
