/* common/io/scrape.c
 *
 * See the header. Families are rendered at different moments; each is of one, and no rule of
 * Prometheus ties them together.
 */
#include "io/scrape.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "base/memory.h"

enum { PIECE_BYTES = 16384, GZIP_WINDOW_BITS = 15 + 16 };

struct scrape {
        const struct metrics *metrics;
        size_t family; /* to be rendered next */
        struct buffer text;
        size_t sent; /* of the text */
        bool gzip;
        bool finished; /* compressing */
        z_stream stream;
};

static void scrape_free(void *context)
{
        struct scrape *scrape = context;

        if (scrape->gzip)
                deflateEnd(&scrape->stream);
        buffer_deinit(&scrape->text);
        free(scrape);
}

/* False when all has been sent. */
static bool refill(struct scrape *scrape)
{
        while (scrape->sent == scrape->text.length) {
                if (scrape->family == metrics_families(scrape->metrics))
                        return false;
                buffer_clear(&scrape->text);
                scrape->sent = 0;
                metrics_render_family(scrape->metrics, scrape->family++, &scrape->text);
        }
        return true;
}

static ssize_t read_text(void *context, uint64_t position, char *room, size_t most)
{
        struct scrape *scrape = context;
        size_t bytes;

        (void)position;
        if (!refill(scrape))
                return MHD_CONTENT_READER_END_OF_STREAM;
        bytes = scrape->text.length - scrape->sent;
        bytes = bytes < most ? bytes : most;
        memcpy(room, scrape->text.data + scrape->sent, bytes);
        scrape->sent += bytes;
        return (ssize_t)bytes;
}

static int compress_text(struct scrape *scrape)
{
        z_stream *stream = &scrape->stream;
        int code;

        if (!refill(scrape))
                return deflate(stream, Z_FINISH);
        stream->next_in = (Bytef *)scrape->text.data + scrape->sent;
        stream->avail_in = (uInt)(scrape->text.length - scrape->sent);
        code = deflate(stream, Z_NO_FLUSH);
        scrape->sent = scrape->text.length - stream->avail_in;
        stream->avail_in = 0;
        return code;
}

static ssize_t read_gzip(void *context, uint64_t position, char *room, size_t most)
{
        struct scrape *scrape = context;

        (void)position;
        if (scrape->finished)
                return MHD_CONTENT_READER_END_OF_STREAM;
        scrape->stream.next_out = (Bytef *)room;
        scrape->stream.avail_out = (uInt)most;
        while (scrape->stream.avail_out > 0 && !scrape->finished) {
                int code = compress_text(scrape);

                if (code != Z_OK && code != Z_STREAM_END)
                        return MHD_CONTENT_READER_END_WITH_ERROR;
                scrape->finished = code == Z_STREAM_END;
        }
        return (ssize_t)(most - scrape->stream.avail_out);
}

struct MHD_Response *scrape_response(const struct metrics *metrics, bool gzip)
{
        struct scrape *scrape = memory_new(sizeof(*scrape));
        struct MHD_Response *response;

        scrape->metrics = metrics;
        scrape->gzip = gzip && deflateInit2(&scrape->stream, Z_BEST_SPEED, Z_DEFLATED,
                                            GZIP_WINDOW_BITS, 8, Z_DEFAULT_STRATEGY) == Z_OK;
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE_BYTES,
                                                     scrape->gzip ? read_gzip : read_text, scrape,
                                                     scrape_free);
        if (!response) {
                scrape_free(scrape);
                return NULL;
        }
        if (scrape->gzip)
                MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
        MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);
        return response;
}

/* RFC 9110 12.5.3: codings with commas between, each with a weight or without. */
bool scrape_accepts_gzip(const char *accept_encoding)
{
        const char *at = accept_encoding;

        while (at && *at) {
                size_t length = strcspn(at, ",");
                const char *weight = memmem(at, length, "q=", 2);

                if (strncasecmp(at, "gzip", 4) == 0 && strchr(",; \t", at[4]))
                        return !weight || strtod(weight + 2, NULL) > 0;
                at += length;
                at += strspn(at, ", \t");
        }
        return false;
}
