/* site/base64.c
 *
 * jansson reads text only, and a broken list is not always text.
 */
#include "site/base64.h"

#include <stdint.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct buffer *out, const char *data, size_t bytes)
{
        for (size_t i = 0; i < bytes; i += 3) {
                uint32_t group = 0;

                for (size_t j = 0; j < 3; j++)
                        group = group << 8 | (i + j < bytes ? (unsigned char)data[i + j] : 0);
                for (size_t j = 0; j < 4; j++)
                        buffer_append_byte(out, i + j > bytes ? '='
                                                              : digits[group >> (18 - 6 * j) & 63]);
        }
}

void base64_decode(struct buffer *out, const char *text)
{
        uint32_t group = 0;
        unsigned bits = 0;

        for (const char *digit; *text && (digit = strchr(digits, *text)); text++) {
                group = group << 6 | (uint32_t)(digit - digits);
                bits += 6;
                if (bits >= 8) {
                        bits -= 8;
                        buffer_append_byte(out, (char)(group >> bits & 0xff));
                }
        }
}
