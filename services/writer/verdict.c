/* services/writer/verdict.c
 *
 * A status alone proves little: a maintenance page is a 200, a moved domain a 404. So a success is
 * only what echoes the event as it was sent, and "gone" only what the CMS itself says of an event
 * that the last list does not show either.
 */
#include "writer/verdict.h"

#include "base/json_raw.h"

/* What was sent as null may be echoed as the series' url (CMS-API.md "Writing"). */
static bool echo_has_url(struct slice value, const char *sent)
{
        char echoed[EVENT_URL_BYTES_MAX + 1];

        if (!sent)
                return true;
        return json_raw_text(value, echoed, sizeof(echoed)) && strcmp(echoed, sent) == 0;
}

static bool echo_has_links(struct slice external_data, const struct request *request)
{
        static const char *const names[] = { "url", "admin_url", NULL };
        struct slice values[ARRAY_LENGTH(names)];

        if (json_raw_members(external_data, names, values) < 0)
                return !request->url && !request->admin_url;
        return echo_has_url(values[0], request->url) && echo_has_url(values[1], request->admin_url);
}

static bool echo_has_state(struct slice state, enum event_state sent)
{
        char echoed[64];

        return json_raw_text(state, echoed, sizeof(echoed)) && event_state_parse(echoed) == sent;
}

static bool echo_has_uuid(struct slice uuid, const struct uuid *sent)
{
        char echoed[UUID_TEXT_BYTES];
        struct uuid parsed;

        return json_raw_text(uuid, echoed, sizeof(echoed)) &&
               uuid_parse(echoed, strlen(echoed), &parsed) && uuid_compare(&parsed, sent) == 0;
}

static bool is_echo(struct slice body, const struct request *request)
{
        static const char *const names[] = { "uuid", "state", "external_data", NULL };
        struct slice values[ARRAY_LENGTH(names)];

        if (json_raw_members(body, names, values) < 0 || !echo_has_uuid(values[0], &request->uuid))
                return false;
        if (request->present[MEMBER_STATE] && !echo_has_state(values[1], request->state))
                return false;
        return !request->present[MEMBER_URL] || echo_has_links(values[2], request);
}

bool verdict_is_cms_404(const struct answer *answer)
{
        struct slice message;

        return answer->transport == TRANSPORT_ANSWERED && answer->status == 404 &&
               json_raw_member(answer->body, "message", &message) == 1 && message.data[0] == '"';
}

static enum verdict verdict_of_4xx(const struct answer *answer, bool in_snapshot)
{
        switch (answer->status) {
        case 401:
        case 403:
                return VERDICT_UNAUTHORIZED;
        case 404:
                return verdict_is_cms_404(answer) && !in_snapshot ? VERDICT_GONE
                                                                  : VERDICT_MISPLACED;
        case 408:
        case 425:
        case 429:
                return VERDICT_THROTTLED;
        case 400:
        case 405:
        case 406:
        case 413:
        case 415:
        case 422:
                return VERDICT_REJECTED;
        default: /* 409, 412, 423, and what the CMS is not known to answer */
                return VERDICT_CONFLICT;
        }
}

/* 502 to 504 and what proxies make of a silent site (520 and up) say nothing about the request. */
static enum verdict verdict_of_5xx(long status)
{
        return (status >= 502 && status <= 504) || status >= 520 ? VERDICT_UNKNOWN
                                                                 : VERDICT_DOUBTFUL;
}

static enum verdict verdict_of_status(const struct answer *answer, const struct request *request,
                                      bool in_snapshot)
{
        if (answer->status >= 200 && answer->status < 300)
                return is_echo(answer->body, request) ? VERDICT_APPLIED : VERDICT_DOUBTFUL;
        if (answer->status >= 300 && answer->status < 400)
                return VERDICT_MISPLACED;
        if (answer->status >= 400 && answer->status < 500)
                return verdict_of_4xx(answer, in_snapshot);
        return answer->status >= 500 ? verdict_of_5xx(answer->status) : VERDICT_UNKNOWN;
}

enum verdict verdict_of(const struct answer *answer, const struct request *request,
                        bool in_snapshot)
{
        switch (answer->transport) {
        case TRANSPORT_NOT_SENT:
                return VERDICT_NOT_SENT;
        case TRANSPORT_REFUSED:
                return VERDICT_REFUSED;
        case TRANSPORT_BROKEN:
                return answer->sends == 0 ? VERDICT_NOT_SENT : VERDICT_UNKNOWN;
        case TRANSPORT_TOO_LARGE:
        case TRANSPORT_ANSWERED:
                break;
        }
        return verdict_of_status(answer, request, in_snapshot);
}

const char *verdict_name(enum verdict verdict)
{
        static const char *const names[] = {
                [VERDICT_APPLIED] = "applied",           [VERDICT_NOT_SENT] = "not sent",
                [VERDICT_REFUSED] = "held back",         [VERDICT_UNKNOWN] = "unknown",
                [VERDICT_THROTTLED] = "throttled",       [VERDICT_DOUBTFUL] = "doubtful",
                [VERDICT_UNAUTHORIZED] = "unauthorized", [VERDICT_GONE] = "gone",
                [VERDICT_MISPLACED] = "misplaced",       [VERDICT_REJECTED] = "rejected",
                [VERDICT_CONFLICT] = "conflict",
        };

        return names[verdict];
}
