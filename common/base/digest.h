/* common/base/digest.h
 *
 * SHA-256 (libcrypto) where others must be able to compute the same: list digests, idempotency
 * keys. XXH3 where only we compare: raw events, fields.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32, SHA256_HEX_BYTES = 65 }; /* 64 hex digits and a NUL */

/* Incremental SHA-256. new never returns NULL; free takes NULL. final writes lower-case hex and
 * leaves the object ready for another run. */
struct sha256;
struct sha256 *sha256_new(void);
void sha256_update(struct sha256 *sha256, const void *data, size_t bytes);
void sha256_final(struct sha256 *sha256, char hex[SHA256_HEX_BYTES]);
void sha256_free(struct sha256 *sha256);
void sha256_freep(struct sha256 **sha256);

void sha256_hex(const void *data, size_t bytes, char hex[SHA256_HEX_BYTES]);

uint64_t hash64(const void *data, size_t bytes);
uint64_t hash64_seed(const void *data, size_t bytes, uint64_t seed); /* chain fields with it */

#endif
