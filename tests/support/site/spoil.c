/* site/spoil.c
 *
 * A client has to be right about an answer that is wrong in exactly one way.
 */
#include "site/spoil.h"

#include "base/json.h"
#include "site/php_json.h"

bool spoil_needs_text(enum fault_kind kind)
{
        return kind == FAULT_WRONG_ECHO || kind == FAULT_TRAILING || kind == FAULT_CUT ||
               kind == FAULT_TRUNCATE || kind == FAULT_DRIP;
}

static void replace_body(struct answer *answer, struct buffer *text)
{
        blob_unref(answer->body);
        answer->body = blob_take(text);
}

static void as_given(struct answer *answer, const struct fault *fault)
{
        const char *name;
        json_t *value;

        answer_set(answer, fault->status,
                   fault->content_type ? fault->content_type : "application/json",
                   blob_new(fault->body, fault->body_bytes));
        json_object_foreach(fault->headers, name, value)
                answer_header(answer, name, "%s",
                              json_is_string(value) ? json_string_value(value) : "");
}

static void echo_other(struct answer *answer, const struct fault *fault)
{
        _cleanup_(json_decrefp) json_t *event =
                json_loadb(answer->body->data, answer->body->length, 0, NULL);
        struct buffer text = BUFFER_NULL;

        if (!event || answer->status != 200)
                return;
        if (fault->echo) {
                json_object_update(event, fault->echo);
        } else {
                json_object_set_new(event, "state", json_string("TicketSaleNotOpen"));
                json_object_set_new(event, "external_data", json_object());
        }
        php_json_write(&text, event);
        replace_body(answer, &text);
}

static void append_given(struct answer *answer, const struct fault *fault)
{
        struct buffer text = BUFFER_NULL;

        buffer_append(&text, answer->body->data, answer->body->length);
        buffer_append(&text, fault->body, fault->body_bytes);
        replace_body(answer, &text);
}

/* Where the event number `events` of a list ends. */
static size_t end_of_event(const struct blob *list, int64_t events)
{
        bool quoted = false;
        int depth = 0;

        for (size_t i = 0; i < list->length; i++) {
                char byte = list->data[i];

                if (quoted) {
                        if (byte == '\\')
                                i++;
                        else if (byte == '"')
                                quoted = false;
                } else if (byte == '"') {
                        quoted = true;
                } else if (byte == '{' || byte == '[') {
                        depth++;
                } else if ((byte == '}' || byte == ']') && --depth == 1 && --events == 0) {
                        return i + 1;
                }
        }
        return list->length;
}

static void cut_list(struct answer *answer, const struct fault *fault)
{
        struct buffer text = BUFFER_NULL;

        buffer_append(&text, answer->body->data,
                      fault->events > 0 ? end_of_event(answer->body, fault->events) : 1);
        if (fault->closed)
                buffer_append_byte(&text, ']');
        replace_body(answer, &text);
}

void spoil_answer(struct answer *answer, const struct fault *fault)
{
        if (fault->kind == FAULT_STATUS) {
                as_given(answer, fault);
        } else if (fault->kind == FAULT_BOMB) {
                answer_set(answer, 200, "application/json",
                           blob_bomb(fault->bytes >= 0 ? (size_t)fault->bytes : (size_t)1 << 30));
                answer_header(answer, "Content-Encoding", "gzip");
        } else if (answer->body && fault->kind == FAULT_WRONG_ECHO) {
                echo_other(answer, fault);
        } else if (answer->body && fault->kind == FAULT_TRAILING) {
                append_given(answer, fault);
        } else if (answer->body && fault->kind == FAULT_CUT) {
                cut_list(answer, fault);
        }
}
