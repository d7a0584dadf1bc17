/* site/answer.c
 *
 * What is to be said, apart from how it is sent (site/exchange.c) and spoilt (site/fault.c).
 */
#include "site/answer.h"

#include "site/php_json.h"

#include <stdarg.h>
#include <stdio.h>

void answer_deinit(struct answer *answer)
{
        blob_unref(answer->body);
        buffer_deinit(&answer->headers);
        *answer = (struct answer){ .cache = "" };
}

void answer_header(struct answer *answer, const char *name, const char *format, ...)
{
        char value[1024];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(value, sizeof(value), format, arguments);
        va_end(arguments);
        buffer_append(&answer->headers, name, strlen(name) + 1);
        buffer_append(&answer->headers, value, strlen(value) + 1);
}

void answer_set(struct answer *answer, unsigned status, const char *content_type, struct blob *body)
{
        answer_deinit(answer);
        answer->status = status;
        answer->body = body;
        if (content_type)
                answer_header(answer, "Content-Type", "%s", content_type);
}

void answer_set_text(struct answer *answer, unsigned status, const char *content_type,
                     const char *text)
{
        answer_set(answer, status, content_type, blob_new(text, strlen(text)));
}

void answer_set_message(struct answer *answer, unsigned status, const char *message)
{
        struct buffer text = BUFFER_NULL;

        buffer_append_text(&text, "{\"message\":");
        php_json_write_text(&text, message, strlen(message));
        buffer_append_byte(&text, '}');
        answer_set(answer, status, "application/json", blob_take(&text));
}
