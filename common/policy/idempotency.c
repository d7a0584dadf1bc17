/* common/policy/idempotency.c
 *
 * The parts are joined by newlines, which none of them but the body can hold, and the body is last:
 * two different tuples never make the same bytes.
 */
#include "policy/idempotency.h"

#include "base/digest.h"

static void append_text(struct buffer *out, const char *text)
{
        buffer_append_text(out, text);
        buffer_append_byte(out, '\n');
}

static void append_number(struct buffer *out, uint64_t number)
{
        buffer_append_unsigned(out, number);
        buffer_append_byte(out, '\n');
}

void idempotency_key(const char *municipality, const struct uuid *uuid,
                     const uint64_t versions[MEMBER_COUNT], uint64_t serial, struct slice body,
                     char key[IDEMPOTENCY_KEY_BYTES])
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        char uuid_text[UUID_TEXT_BYTES], hex[SHA256_HEX_BYTES];

        uuid_format(uuid, uuid_text);
        append_text(&text, municipality);
        append_text(&text, uuid_text);
        for (size_t member = 0; member < MEMBER_COUNT; member++)
                append_number(&text, versions[member]);
        append_number(&text, serial);
        buffer_append(&text, body.data, body.length);
        sha256_hex(text.data, text.length, hex);
        memcpy(key, hex, IDEMPOTENCY_KEY_BYTES - 1);
        key[IDEMPOTENCY_KEY_BYTES - 1] = '\0';
}
