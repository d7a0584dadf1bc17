/* common/model/redis_key.c
 *
 * See the header. Without printf: each PATCH needs a dozen.
 */
#include "model/redis_key.h"

#include <assert.h>
#include <string.h>

const char *redis_key(char key[REDIS_KEY_BYTES], const char *municipality, const char *what)
{
        size_t length = strnlen(municipality, MUNICIPALITY_ID_BYTES - 1);
        size_t what_length = strlen(what);

        assert(what_length <= REDIS_KEY_WHAT_MAX);
        key[0] = '{';
        memcpy(key + 1, municipality, length);
        memcpy(key + 1 + length, "}:", 2);
        memcpy(key + 3 + length, what, what_length + 1);
        return key;
}
