/* common/policy/idempotency.c
 *
 * The parts are joined by newlines, which none of them but the body can hold, and the body is last:
 * two different tuples never make the same bytes.
 */
#include "policy/idempotency.h"

#include <inttypes.h>

#include "base/digest.h"

void idempotency_key(const char *municipality, const struct uuid *uuid,
                     const uint64_t versions[MEMBER_COUNT], uint64_t serial, struct slice body,
                     char key[IDEMPOTENCY_KEY_BYTES])
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        char uuid_text[UUID_TEXT_BYTES], hex[SHA256_HEX_BYTES];

        uuid_format(uuid, uuid_text);
        buffer_append_format(&text, "%s\n%s\n", municipality, uuid_text);
        for (size_t member = 0; member < MEMBER_COUNT; member++)
                buffer_append_format(&text, "%" PRIu64 "\n", versions[member]);
        buffer_append_format(&text, "%" PRIu64 "\n", serial);
        buffer_append(&text, body.data, body.length);
        sha256_hex(text.data, text.length, hex);
        memcpy(key, hex, IDEMPOTENCY_KEY_BYTES - 1);
        key[IDEMPOTENCY_KEY_BYTES - 1] = '\0';
}
