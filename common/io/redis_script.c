/* common/io/redis_script.c
 *
 * Redis names a script by the SHA-1 of its text. Loading it with SCRIPT LOAD, instead of trying and
 * being told NOSCRIPT, keeps the order of a pipeline; and what was loaded so, Redis does not evict.
 */
#include "io/redis_script.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"

struct redis_known_script {
        const char *text;
        char digest[SHA1_HEX_BYTES];
        uint64_t connection;
        UT_hash_handle hh;
};

static void sha1_hex(const char *text, char hex[SHA1_HEX_BYTES])
{
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned bytes = 0;

        EVP_Digest(text, strlen(text), digest, &bytes, EVP_sha1(), NULL);
        hex[0] = '\0';
        for (unsigned i = 0; i < bytes && 2 * i + 2 < SHA1_HEX_BYTES; i++)
                snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static struct redis_known_script *known_script(struct redis_scripts *scripts, const char *text)
{
        struct redis_known_script *known;

        HASH_FIND_PTR(scripts->known, &text, known);
        if (known)
                return known;
        known = memory_new(sizeof(*known));
        known->text = text;
        sha1_hex(text, known->digest);
        HASH_ADD_PTR(scripts->known, text, known);
        return known;
}

const char *redis_scripts_digest(struct redis_scripts *scripts, const struct redis_script *script,
                                 uint64_t connection, bool *is_new)
{
        struct redis_known_script *known = known_script(scripts, script->text);

        *is_new = known->connection != connection;
        known->connection = connection;
        return known->digest;
}

void redis_scripts_deinit(struct redis_scripts *scripts)
{
        struct redis_known_script *known, *next;

        HASH_ITER(hh, scripts->known, known, next) {
                HASH_DEL(scripts->known, known);
                free(known);
        }
}
