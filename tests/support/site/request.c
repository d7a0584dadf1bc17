/* site/request.c
 *
 * Kept apart from the HTTP library, so that what the CMS does can be read without it.
 */
#include "site/request.h"

#include "base/memory.h"

#include <ctype.h>
#include <stdio.h>

static const char *const header_names[HEADER_COUNT] = {
        [HEADER_AUTHORIZATION] = "authorization",
        [HEADER_CONTENT_TYPE] = "content-type",
        [HEADER_IF_NONE_MATCH] = "if-none-match",
        [HEADER_IF_MODIFIED_SINCE] = "if-modified-since",
        [HEADER_ACCEPT_ENCODING] = "accept-encoding",
        [HEADER_IDEMPOTENCY_KEY] = "idempotency-key",
        [HEADER_USER_AGENT] = "user-agent",
        [HEADER_TRACEPARENT] = "traceparent",
};

static const char *const method_names[] = {
        [METHOD_GET] = "GET", [METHOD_PATCH] = "PATCH", [METHOD_POST] = "POST",
        [METHOD_PUT] = "PUT", [METHOD_DELETE] = "DELETE", [METHOD_OTHER] = "OTHER",
};

const char *request_header_name(enum request_header header)
{
        return header_names[header];
}

enum method method_parse(const char *text)
{
        enum method method = 0;

        while (method < METHOD_OTHER && strcmp(method_names[method], text) != 0)
                method++;
        return method;
}

const char *method_name(enum method method)
{
        return method_names[method];
}

void request_init(struct request *request, const char *url)
{
        *request = (struct request){ .url = memory_copy_text(url) };
        const char *mark = strchr(request->url, '?');

        request->query = mark ? mark + 1 : "";
        request->path =
                memory_copy(request->url, mark ? (size_t)(mark - request->url) : strlen(url));
}

void request_deinit(struct request *request)
{
        for (enum request_header header = 0; header < HEADER_COUNT; header++)
                free(request->headers[header]);
        free(request->url);
        free(request->path);
        buffer_deinit(&request->body);
}

bool request_accepts_gzip(const struct request *request)
{
        const char *accepted = request->headers[HEADER_ACCEPT_ENCODING];

        return accepted && strstr(accepted, "gzip");
}

static void percent_decode(const char *text, size_t length, char *value, size_t bytes)
{
        size_t out = 0;

        for (size_t i = 0; i < length && out + 1 < bytes; i++) {
                unsigned code;

                if (text[i] == '%' && i + 2 < length && isxdigit((unsigned char)text[i + 1]) &&
                    sscanf(text + i + 1, "%2x", &code) == 1) {
                        value[out++] = (char)code;
                        i += 2;
                } else {
                        value[out++] = text[i] == '+' ? ' ' : text[i];
                }
        }
        value[out] = '\0';
}

bool request_parameter(const struct request *request, const char *name, char *value, size_t bytes)
{
        size_t name_length = strlen(name);

        for (const char *at = request->query; *at;) {
                size_t length = strcspn(at, "&");

                if (strncmp(at, name, name_length) == 0 && at[name_length] == '=') {
                        percent_decode(at + name_length + 1, length - name_length - 1, value,
                                       bytes);
                        return true;
                }
                at += length + (at[length] == '&');
        }
        return false;
}

bool request_segment(const struct request *request, unsigned index, char *text, size_t bytes)
{
        const char *at = request->path;

        for (;; index--) {
                if (*at != '/')
                        return false;
                size_t length = strcspn(++at, "/");
                if (index == 0) {
                        if (length == 0 || length >= bytes)
                                return false;
                        memcpy(text, at, length);
                        text[length] = '\0';
                        return true;
                }
                at += length;
        }
}
