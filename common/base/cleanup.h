/* common/base/cleanup.h
 *
 * Cleanup is declared where a resource is born, and handed over with TAKE_PTR.
 *
 *         _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
 *         _cleanup_(json_decrefp) json_t *root = NULL;
 *         ...
 *         return TAKE_PTR(root);
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdlib.h>

#define _cleanup_(function) __attribute__((cleanup(function)))
#define _printf_(text, first) __attribute__((format(printf, text, first)))
#define _mustcheck_ __attribute__((warn_unused_result))

#define TAKE_PTR(pointer)                                                                          \
        ({                                                                                         \
                __typeof__(pointer) *taken_from_ = &(pointer);                                     \
                __typeof__(pointer) taken_ = *taken_from_;                                         \
                *taken_from_ = NULL;                                                               \
                taken_;                                                                            \
        })

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static inline void freep(void *pointer)
{
        free(*(void **)pointer);
}

#endif
