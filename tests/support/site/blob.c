/* site/blob.c
 *
 * A list of thousands of events is megabytes; it is built and compressed once per change and then
 * only pointed to, so that the site is never what a benchmark measures.
 */
#include "site/blob.h"

#include "base/memory.h"

#include <stdint.h>
#include <zlib.h>

enum { GZIP_WINDOW_BITS = 15 + 16, RAW_WINDOW_BITS = -15, BOMB_BLOCK_BYTES = 1 << 20 };

static struct blob *blob_own(char *data, size_t bytes)
{
        struct blob *blob = memory_new(sizeof(*blob));

        blob->refs = 1;
        blob->length = bytes;
        blob->data = data;
        return blob;
}

struct blob *blob_new(const void *data, size_t bytes)
{
        return blob_own(memory_copy(data, bytes), bytes);
}

struct blob *blob_take(struct buffer *buffer)
{
        size_t bytes = buffer->length;

        return blob_own(buffer_take(buffer), bytes);
}

struct blob *blob_ref(struct blob *blob)
{
        blob->refs++;
        return blob;
}

void blob_unref(struct blob *blob)
{
        if (!blob || --blob->refs > 0)
                return;
        blob_unref(blob->packed);
        free(blob->data);
        free(blob);
}

static void deflate_into(struct buffer *out, int window_bits, const void *data, size_t bytes,
                         int flush)
{
        z_stream stream = { 0 };

        if (deflateInit2(&stream, 1, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
                abort();
        buffer_reserve(out, deflateBound(&stream, bytes) + 64);
        stream.next_in = (Bytef *)(uintptr_t)data;
        stream.avail_in = (uInt)bytes;
        stream.next_out = (Bytef *)out->data + out->length;
        stream.avail_out = (uInt)(out->capacity - out->length - 1);
        deflate(&stream, flush);
        out->length += stream.total_out;
        out->data[out->length] = '\0';
        deflateEnd(&stream);
}

struct blob *blob_gzip(struct blob *blob)
{
        if (!blob->packed) {
                struct buffer packed = BUFFER_NULL;

                deflate_into(&packed, GZIP_WINDOW_BITS, blob->data, blob->length, Z_FINISH);
                blob->packed = blob_take(&packed);
        }
        return blob->packed;
}

static void append_little_endian(struct buffer *out, unsigned long value)
{
        for (unsigned byte = 0; byte < 4; byte++)
                buffer_append_byte(out, (char)(value >> (8 * byte) & 0xff));
}

/* Every block is flushed in full, so one compressed block can be repeated without being compressed
 * again, and the checksum of the whole is combined from those of the blocks. */
struct blob *blob_bomb(size_t decoded_bytes)
{
        static const char header[10] = { 0x1f, (char)0x8b, 8, 0, 0, 0, 0, 0, 4, 3 };
        _cleanup_(buffer_deinit) struct buffer block = BUFFER_NULL;
        struct buffer out = BUFFER_NULL;
        char *blanks = memory_new(BOMB_BLOCK_BYTES);
        size_t blocks = (decoded_bytes + BOMB_BLOCK_BYTES - 1) / BOMB_BLOCK_BYTES;
        unsigned long sum = crc32(0, (const Bytef *)"[", 1);
        unsigned long block_sum;

        memset(blanks, ' ', BOMB_BLOCK_BYTES);
        block_sum = crc32(0, (const Bytef *)blanks, BOMB_BLOCK_BYTES);
        deflate_into(&block, RAW_WINDOW_BITS, blanks, BOMB_BLOCK_BYTES, Z_FULL_FLUSH);
        buffer_append(&out, header, sizeof(header));
        deflate_into(&out, RAW_WINDOW_BITS, "[", 1, Z_FULL_FLUSH);
        for (size_t i = 0; i < blocks; i++) {
                buffer_append(&out, block.data, block.length);
                sum = crc32_combine(sum, block_sum, BOMB_BLOCK_BYTES);
        }
        deflate_into(&out, RAW_WINDOW_BITS, "", 0, Z_FINISH);
        append_little_endian(&out, sum);
        append_little_endian(&out, 1 + blocks * BOMB_BLOCK_BYTES);
        free(blanks);
        return blob_take(&out);
}
