/* common/policy/idempotency.h
 *
 * The Idempotency-Key of a PATCH: the first 32 hex digits of SHA-256 over (municipality, uuid, the
 * members' versions, serial, body). The same after redelivery, rebalance and restart; another one
 * when an equal wish is sent again on purpose (the serial rises).
 */
#ifndef POLICY_IDEMPOTENCY_H
#define POLICY_IDEMPOTENCY_H

#include "model/result.h"

/* `versions` are VERSION_NONE for members that the body does not have. */
void idempotency_key(const char *municipality, const struct uuid *uuid,
                     const uint64_t versions[MEMBER_COUNT], uint64_t serial, struct slice body,
                     char key[IDEMPOTENCY_KEY_BYTES]);

#endif
