/* tests/sim/writer/cms.c
 *
 * The handler loads the entity, sets what it was sent, saves, and echoes what is shown.
 */
#include "sim/writer/cms.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/text.h"

void cms_init(struct cms *cms, struct sim *sim, const char *id)
{
        *cms = (struct cms){ .sim = sim, .latency_ms = 100 };
        text_copy(cms->id, sizeof(cms->id), id);
        for (size_t i = 0; i < CMS_EVENTS; i++) {
                struct cms_event *event = &cms->events[i];

                event->uuid.bytes[0] = (uint8_t)id[0];
                event->uuid.bytes[15] = (uint8_t)(i + 1);
                event->state = STATE_ACTIVE;
                event->start_ms = sim_now(sim) + sim_between(sim, 1, 400) * SIM_HOUR / 2;
                event->end_ms = event->start_ms + 2 * SIM_HOUR;
                if (sim_chance(sim, 300))
                        snprintf(event->series_url, CMS_URL_BYTES, "https://series.test/%zu", i);
                if (sim_chance(sim, 300)) /* an editor's, which nobody checked */
                        snprintf(event->url, CMS_URL_BYTES, "/node/%zu token=a lease_until=1", i);
                if (sim_chance(sim, 300))
                        snprintf(event->admin_url, CMS_URL_BYTES, "https://before.test/a%zu", i);
        }
}

struct cms_event *cms_find(struct cms *cms, const struct uuid *uuid)
{
        for (size_t i = 0; i < CMS_EVENTS; i++)
                if (uuid_compare(&cms->events[i].uuid, uuid) == 0)
                        return &cms->events[i];
        return NULL;
}

/* -- obeying -------------------------------------------------------------------------------------
 */

static void set_url(char own[CMS_URL_BYTES], const json_t *links, const char *name)
{
        const char *text = json_string_value(json_object_get(links, name));

        snprintf(own, CMS_URL_BYTES, "%s", text ? text : "");
}

void cms_obey(struct cms *cms, const struct uuid *uuid, struct slice body)
{
        _cleanup_(json_decrefp) json_t *root = json_loadb(body.data, body.length, 0, NULL);
        const char *state = json_string_value(json_object_get(root, "state"));
        const json_t *links = json_object_get(root, "external_data");
        struct cms_event *event = cms_find(cms, uuid);

        if (!event || event->deleted)
                return;
        if (state)
                event->state = event_state_parse(state);
        if (!links || json_is_null(links))
                return;
        set_url(event->url, links, "url"); /* both, whatever was sent */
        set_url(event->admin_url, links, "admin_url");
}

static void write_link(struct buffer *body, const char *name, const char *own, const char *series)
{
        const char *shown = own[0] ? own : series;

        if (shown[0])
                buffer_append_format(body, "\"%s\":\"%s\"", name, shown);
        else
                buffer_append_format(body, "\"%s\":null", name);
}

static void write_event(const struct cms_event *event, struct buffer *body)
{
        char uuid[UUID_TEXT_BYTES];

        uuid_format(&event->uuid, uuid);
        buffer_append_format(body, "{\"uuid\":\"%s\",\"state\":\"%s\",\"external_data\":{", uuid,
                             event_state_name(event->state));
        write_link(body, "url", event->url, event->series_url);
        buffer_append_byte(body, ',');
        write_link(body, "admin_url", event->admin_url, "");
        buffer_append_text(body, "}}");
}

/* -- answering -----------------------------------------------------------------------------------
 */

static void answer(struct cms_answer *answer, long status, const char *body)
{
        answer->status = status;
        buffer_append_text(&answer->body, body);
}

static void answer_pause(const struct cms *cms, struct cms_answer *told, long status)
{
        answer(told, status, "<html>later</html>");
        snprintf(told->retry_after, sizeof(told->retry_after), "%" PRId64,
                 sim_between(cms->sim, 0, 600));
}

/* It is done now, and so it is echoed; what comes in between is not shown. */
static void answer_echo(struct cms *cms, const struct uuid *uuid, struct slice body, bool wrongly,
                        struct cms_answer *told)
{
        struct cms_event shown = *cms_find(cms, uuid);
        struct cms_event *event = cms_find(cms, uuid);

        cms_obey(cms, uuid, body);
        if (!wrongly)
                shown = *event;
        else
                snprintf(shown.url, sizeof(shown.url), "https://other.test/");
        if (wrongly)
                shown.state = event->state == STATE_ACTIVE ? STATE_CANCELLED : STATE_ACTIVE;
        told->status = 200;
        write_event(&shown, &told->body);
}

static void do_it_perhaps(struct cms *cms, int64_t *done_ms)
{
        if (sim_chance(cms->sim, 500))
                *done_ms = sim_now(cms->sim);
}

static void be_silent(struct cms_answer *told, int64_t after_ms)
{
        told->none = true;
        told->after_ms = after_ms;
}

static void misbehave(struct cms *cms, const struct uuid *uuid, struct slice body,
                      struct cms_answer *told, int64_t *done_ms)
{
        int64_t now_ms = sim_now(cms->sim);

        switch (cms->manner) {
        case CMS_OBEYS_SILENTLY:
                *done_ms = now_ms;
                be_silent(told, sim_between(cms->sim, 1, 5 * SIM_SECOND));
                break;
        case CMS_OBEYS_LATE:
                *done_ms = now_ms + sim_between(cms->sim, 1, 240) * SIM_SECOND;
                be_silent(told, INT64_MAX);
                break;
        case CMS_RESETS:
                be_silent(told, sim_between(cms->sim, 1, 5 * SIM_SECOND));
                break;
        case CMS_HANGS:
                be_silent(told, INT64_MAX);
                break;
        case CMS_ECHOES_WRONGLY:
                answer_echo(cms, uuid, body, true, told);
                break;
        case CMS_MAINTENANCE:
                answer(told, 200, "<html>We will be back soon</html>");
                break;
        case CMS_FAILS:
                do_it_perhaps(cms, done_ms);
                answer(told, 500, "500 Service unavailable");
                break;
        case CMS_GATEWAY_FAILS:
                do_it_perhaps(cms, done_ms);
                answer(told, 502 + (long)sim_between(cms->sim, 0, 2), "<html>gateway</html>");
                break;
        case CMS_PAUSES:
                answer_pause(cms, told, 503);
                break;
        case CMS_THROTTLES:
                answer_pause(cms, told, 429);
                break;
        case CMS_IS_BUSY:
                answer(told, 408, "");
                break;
        case CMS_CONFLICTS:
                answer(told, 409, "{\"message\":\"conflict\"}");
                break;
        case CMS_MOVED:
                answer(told, 404, "<html>no such site</html>");
                break;
        case CMS_REDIRECTS:
                answer(told, 302, "");
                break;
        default:
                told->none = told->refused = true;
                break;
        }
}

void cms_take(struct cms *cms, const struct uuid *uuid, unsigned password, struct slice body,
              struct cms_answer *told, int64_t *done_ms)
{
        const struct cms_event *event = cms_find(cms, uuid);

        *told = (struct cms_answer){ .after_ms = cms->latency_ms };
        *done_ms = INT64_MAX;
        if (cms->manner != CMS_OBEYS && sim_chance(cms->sim, cms->per_mille) && event)
                misbehave(cms, uuid, body, told, done_ms);
        else if (password != cms->password)
                answer(told, 403,
                       "{\"message\":\"The 'restful patch event' permission is "
                       "required.\"}");
        else if (!event || event->deleted)
                answer(told, 404, "{\"message\":\"not found\"}");
        else
                answer_echo(cms, uuid, body, false, told);
}

/* -- moods ---------------------------------------------------------------------------------------
 */

void cms_upset(struct cms *cms)
{
        cms->manner = (enum cms_manner)sim_between(cms->sim, 1, CMS_MANNERS - 1);
        cms->per_mille = sim_between(cms->sim, 50, 1000);
        cms->latency_ms = sim_chance(cms->sim, 300) ? sim_between(cms->sim, 1, 50 * SIM_SECOND)
                                                    : sim_between(cms->sim, 1, 500);
}

void cms_heal(struct cms *cms)
{
        cms->manner = CMS_OBEYS;
        cms->latency_ms = 100;
}

void cms_cron(struct cms *cms)
{
        for (size_t i = 0; i < CMS_EVENTS; i++)
                if (cms->events[i].end_ms <= sim_now(cms->sim))
                        cms->events[i].state = STATE_OCCURRED;
}
