/* common/io/redis_script.h
 *
 * Which scripts a connection has been told of. A script is known by its text's address.
 *
 * Internal to common/io/redis*.c.
 */
#ifndef IO_REDIS_SCRIPT_H
#define IO_REDIS_SCRIPT_H

#include <stdint.h>

#include "io/redis.h"

enum { SHA1_HEX_BYTES = 41 };

struct redis_known_script;

struct redis_scripts {
        struct redis_known_script *known;
};

void redis_scripts_deinit(struct redis_scripts *scripts);

/* The script's digest as Redis has it. `is_new`: the connection numbered `connection` has not been
 * asked for it before, so it must be loaded first. */
const char *redis_scripts_digest(struct redis_scripts *scripts, const struct redis_script *script,
                                 uint64_t connection, bool *is_new);

#endif
