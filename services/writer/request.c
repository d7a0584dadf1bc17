/* services/writer/request.c
 *
 * Body and key depend only on the wish, so that a redelivery after a crash sends the same.
 */
#include "writer/request.h"

#include "base/json.h"
#include "base/memory.h"
#include "model/version.h"
#include "policy/idempotency.h"

static void request_take(struct request *request, const struct wish *wish, enum wish_member member)
{
        const struct wish_value *value = &wish->members[member];

        request->present[member] = true;
        request->versions[member] = value->version;
        if (member == MEMBER_STATE)
                request->state = value->state;
        else if (member == MEMBER_URL)
                request->url = memory_copy_text(value->url);
        else
                request->admin_url = memory_copy_text(value->url);
}

void request_init(struct request *request, const char *municipality, const struct uuid *uuid,
                  const struct wish *wish, unsigned members)
{
        _cleanup_(buffer_deinit) struct buffer body = BUFFER_NULL;

        memset(request, 0, sizeof(*request));
        request->uuid = *uuid;
        request->serial = wish->serial;
        for (size_t member = 0; member < MEMBER_COUNT; member++)
                if (members & 1U << member)
                        request_take(request, wish, (enum wish_member)member);
        request_body(request, &body);
        idempotency_key(municipality, uuid, request->versions, request->serial, buffer_slice(&body),
                        request->key);
}

void request_deinit(struct request *request)
{
        free(request->url);
        free(request->admin_url);
        request->url = request->admin_url = NULL;
}

void request_body(const struct request *request, struct buffer *body)
{
        buffer_append_byte(body, '{');
        if (request->present[MEMBER_STATE])
                json_write_member_text(body, "state", event_state_name(request->state));
        if (request->present[MEMBER_URL]) {
                json_write_member(body, "external_data");
                buffer_append_byte(body, '{');
                json_write_member_text(body, "url", request->url);
                json_write_member_text(body, "admin_url", request->admin_url);
                buffer_append_byte(body, '}');
        }
        buffer_append_byte(body, '}');
}

void request_url(const struct municipality *municipality, const struct uuid *uuid,
                 struct buffer *url)
{
        char text[UUID_TEXT_BYTES];

        uuid_format(uuid, text);
        municipality_event_url(municipality, text, url);
}
