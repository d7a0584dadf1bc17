/* services/operator/console_answer.c
 *
 * The policy allows the page's own style, script and forms and nothing else: a text that became
 * markup in spite of all escaping still could not run, load or send anything.
 */
#include "operator/console_answer.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/digest.h"

enum { TAG_BYTES = 24 };

static const struct {
        const char *name, *value;
} fixed_headers[] = {
        { MHD_HTTP_HEADER_CACHE_CONTROL, "no-store" },
        { "Content-Security-Policy",
          "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
          "form-action 'self'; frame-ancestors 'none'; base-uri 'none'" },
        { "X-Content-Type-Options", "nosniff" },
        { "X-Frame-Options", "DENY" },
        /* Not no-referrer: with that, browsers send forms with the origin "null". */
        { "Referrer-Policy", "same-origin" },
        { "Cross-Origin-Opener-Policy", "same-origin" },
        { "Cross-Origin-Resource-Policy", "same-origin" },
};

const char *console_answer_asked(const struct console_answer *answer, const char *header)
{
        return MHD_lookup_connection_value(answer->connection, MHD_HEADER_KIND, header);
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
        if (value[0] != '\0')
                MHD_add_response_header(response, name, value);
}

/* "" where the answer has no tag. */
static void tag_of(const struct console_answer *answer, char tag[TAG_BYTES])
{
        tag[0] = '\0';
        if (answer->tagged && answer->status == MHD_HTTP_OK)
                snprintf(tag, TAG_BYTES, "\"%016" PRIx64 "\"",
                         hash64(answer->text.data, answer->text.length));
}

static bool is_known(const struct console_answer *answer, const char *tag)
{
        const char *has = console_answer_asked(answer, MHD_HTTP_HEADER_IF_NONE_MATCH);

        return tag[0] != '\0' && has && strcmp(has, tag) == 0;
}

enum MHD_Result console_answer_send(struct console_answer *answer)
{
        char tag[TAG_BYTES];

        tag_of(answer, tag);
        if (is_known(answer, tag)) {
                answer->status = MHD_HTTP_NOT_MODIFIED;
                buffer_clear(&answer->text);
        }

        size_t bytes = answer->text.length;
        struct MHD_Response *response = MHD_create_response_from_buffer(
                bytes, buffer_take(&answer->text), MHD_RESPMEM_MUST_FREE);

        if (!response)
                return MHD_NO;
        for (size_t i = 0; i < ARRAY_LENGTH(fixed_headers); i++)
                add_header(response, fixed_headers[i].name, fixed_headers[i].value);
        add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
        add_header(response, MHD_HTTP_HEADER_ETAG, tag);
        add_header(response, MHD_HTTP_HEADER_LOCATION, answer->location);
        add_header(response, "Dplsync-As-Of", answer->as_of);
        add_header(response, MHD_HTTP_HEADER_SET_COOKIE, answer->cookie);

        enum MHD_Result queued = MHD_queue_response(answer->connection, answer->status, response);

        MHD_destroy_response(response);
        return queued;
}
