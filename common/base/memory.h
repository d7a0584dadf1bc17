/* common/base/memory.h
 *
 * Allocation that never returns NULL: a process that cannot get a few kilobytes cannot keep its
 * promises either, so it aborts with a sentence and is restarted; versions make that harmless.
 * What foreign bytes can ask for is bounded by its reader before it gets here.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

void *memory_new(size_t bytes);                          /* zeroed */
void *memory_resize(void *old, size_t count, size_t size); /* aborts on overflow as well */
char *memory_copy_text(const char *text);                /* NULL gives NULL */
void *memory_copy(const void *data, size_t bytes);       /* one byte more, a NUL, is added behind */

#endif
