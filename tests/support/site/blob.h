/* site/blob.h
 *
 * Bytes that many answers share: counted references, never changed after blob_new. Its gzip form is
 * made at first use and lives as long as the blob.
 */
#ifndef SITE_BLOB_H
#define SITE_BLOB_H

#include "base/buffer.h"

struct blob {
        unsigned refs;
        size_t length;
        char *data;
        struct blob *packed; /* gzip form, NULL until asked for */
};

struct blob *blob_new(const void *data, size_t bytes);
struct blob *blob_take(struct buffer *buffer); /* takes the buffer's bytes; the buffer is as new */
struct blob *blob_ref(struct blob *blob);
void blob_unref(struct blob *blob); /* NULL is fine */

/* The gzip form; it belongs to the blob. */
struct blob *blob_gzip(struct blob *blob);

/* A gzip stream of a few kilobytes a megabyte that decodes to '[' and then only blanks. */
struct blob *blob_bomb(size_t decoded_bytes);

#endif
