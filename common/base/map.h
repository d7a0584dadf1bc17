/* common/base/map.h
 *
 * uthash with our allocation: it never fails, and never calls exit. Include this, not <uthash.h>.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdlib.h>

#include "base/memory.h"

#define uthash_malloc(bytes) memory_new(bytes)
#define uthash_free(pointer, bytes) free(pointer)
#define uthash_fatal(message) abort()

#include <uthash.h>

#endif
