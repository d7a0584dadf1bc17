/* common/base/digest.c
 *
 * Thin names over libcrypto and xxHash, so that both can be replaced in one place. libcrypto fails
 * here only when it cannot allocate, which ends the process as in memory.h.
 */
#include "base/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <xxhash.h>

#include "base/hex.h"
#include "base/memory.h"

struct sha256 {
        EVP_MD_CTX *context;
};

static void must(int ok)
{
        if (ok != 1)
                abort();
}

static void write_hex(const unsigned char digest[SHA256_BYTES], char hex[SHA256_HEX_BYTES])
{
        for (size_t i = 0; i < SHA256_BYTES; i++) {
                *hex++ = hex_digit(digest[i] >> 4);
                *hex++ = hex_digit(digest[i]);
        }
        *hex = '\0';
}

struct sha256 *sha256_new(void)
{
        struct sha256 *sha256 = memory_new(sizeof(*sha256));

        sha256->context = EVP_MD_CTX_new();
        must(sha256->context != NULL);
        must(EVP_DigestInit_ex(sha256->context, EVP_sha256(), NULL));
        return sha256;
}

void sha256_update(struct sha256 *sha256, const void *data, size_t bytes)
{
        must(EVP_DigestUpdate(sha256->context, data, bytes));
}

void sha256_final(struct sha256 *sha256, char hex[SHA256_HEX_BYTES])
{
        unsigned char digest[SHA256_BYTES];

        must(EVP_DigestFinal_ex(sha256->context, digest, NULL));
        must(EVP_DigestInit_ex(sha256->context, EVP_sha256(), NULL));
        write_hex(digest, hex);
}

void sha256_free(struct sha256 *sha256)
{
        if (!sha256)
                return;
        EVP_MD_CTX_free(sha256->context);
        free(sha256);
}

void sha256_freep(struct sha256 **sha256)
{
        sha256_free(*sha256);
}

void sha256_hex(const void *data, size_t bytes, char hex[SHA256_HEX_BYTES])
{
        unsigned char digest[SHA256_BYTES];

        must(EVP_Digest(data, bytes, digest, NULL, EVP_sha256(), NULL));
        write_hex(digest, hex);
}

uint64_t hash64(const void *data, size_t bytes)
{
        return XXH3_64bits(data, bytes);
}

uint64_t hash64_seed(const void *data, size_t bytes, uint64_t seed)
{
        return XXH3_64bits_withSeed(data, bytes, seed);
}
