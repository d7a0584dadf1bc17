/* site/control.c
 *
 * Which command a request is, and the commands that need no file of their own.
 */
#include "site/control.h"

#include "base/json.h"
#include "base/memory.h"
#include "site/clock.h"

#include <stdlib.h>

static int sites_list(struct control *control)
{
        struct site *site;

        buffer_append_text(&control->out, "{\"sites\":[");
        for (site = control->sites->by_name; site; site = site->hh.next) {
                json_write_string(&control->out, site->name, strlen(site->name));
                if (site->hh.next)
                        buffer_append_byte(&control->out, ',');
        }
        buffer_append_text(&control->out, "]}");
        return 0;
}

static int site_delete(struct control *control)
{
        sites_remove(control->sites, control->site);
        return 0;
}

static int faults_create(struct control *control)
{
        uint64_t id = faults_add(&control->site->faults, control->body, &control->error);

        buffer_append_format(&control->out, "{\"id\":%llu}", (unsigned long long)id);
        return id ? 0 : -1;
}

static int faults_delete(struct control *control)
{
        char method[16];

        if (!request_parameter(control->request, "method", method, sizeof(method)))
                method[0] = '\0';
        faults_clear(&control->site->faults, method_parse(method));
        return 0;
}

static int cache_change(struct control *control)
{
        int64_t age_s;

        if (json_member_boolean(control->body, "purge", false)) {
                int64_t now_us = site_now_us(control->site);

                varnish_purge_at(&control->site->varnish, now_us, now_us);
        }
        if (json_member_integer(control->body, "age_s", &age_s))
                varnish_age(&control->site->varnish, age_s * SECOND_US);
        return 0;
}

static int ledger_show(struct control *control)
{
        char site[LEDGER_SITE_BYTES], uuid[UUID_TEXT_BYTES], method[16], number[24];
        struct ledger_filter filter = { .method = METHOD_OTHER, .limit = 10000 };
        const struct request *request = control->request;

        if (request_parameter(request, "site", site, sizeof(site)))
                filter.site = site;
        if (request_parameter(request, "uuid", uuid, sizeof(uuid)))
                filter.uuid = uuid;
        if (request_parameter(request, "method", method, sizeof(method)))
                filter.method = method_parse(method);
        if (request_parameter(request, "from", number, sizeof(number)))
                filter.from = strtoull(number, NULL, 10);
        if (request_parameter(request, "limit", number, sizeof(number)))
                filter.limit = strtoull(number, NULL, 10);
        ledger_write(&control->out, &control->sites->ledger, &filter);
        return 0;
}

static int ledger_delete(struct control *control)
{
        ledger_clear(&control->sites->ledger);
        return 0;
}

/* The site itself has no noun; `item` says whether the path goes on behind the noun. */
static const struct command {
        enum method method;
        const char *noun;
        bool item;
        int (*run)(struct control *control);
} site_commands[] = {
        { METHOD_GET, "", false, control_site_show },
        { METHOD_PATCH, "", false, control_site_change },
        { METHOD_DELETE, "", false, site_delete },
        { METHOD_GET, "events", false, control_events_list },
        { METHOD_POST, "events", false, control_event_create },
        { METHOD_PATCH, "events", false, control_events_change },
        { METHOD_GET, "events", true, control_event_show },
        { METHOD_PATCH, "events", true, control_event_change },
        { METHOD_DELETE, "events", true, control_event_delete },
        { METHOD_PATCH, "series", true, control_series_change },
        { METHOD_POST, "reschedule", true, control_series_reschedule },
        { METHOD_POST, "faults", false, faults_create },
        { METHOD_DELETE, "faults", false, faults_delete },
        { METHOD_POST, "cache", false, cache_change },
};

static int run_site_command(struct control *control)
{
        const struct request *request = control->request;
        char noun[16] = "";

        if (!request_segment(request, 2, control->name, sizeof(control->name)))
                return error_set(&control->error, "the path names no site");
        request_segment(request, 3, noun, sizeof(noun));
        request_segment(request, 4, control->item, sizeof(control->item));
        if (request->method == METHOD_PUT && !noun[0])
                return control_site_create(control);
        control->site = sites_find(control->sites, control->name);
        if (!control->site)
                return error_set(&control->error, "there is no site %s", control->name);
        for (size_t i = 0; i < ARRAY_LENGTH(site_commands); i++) {
                const struct command *command = &site_commands[i];

                if (command->method == request->method && strcmp(command->noun, noun) == 0 &&
                    command->item == (control->item[0] != '\0'))
                        return command->run(control);
        }
        return error_set(&control->error, "no such command: %s %s", method_name(request->method),
                         request->path);
}

static int run_command(struct control *control)
{
        const struct request *request = control->request;
        char noun[16] = "";

        request_segment(request, 1, noun, sizeof(noun));
        if (strcmp(noun, "sites") == 0)
                return run_site_command(control);
        if (strcmp(noun, "ledger") == 0 && request->method == METHOD_GET)
                return ledger_show(control);
        if (strcmp(noun, "ledger") == 0 && request->method == METHOD_DELETE)
                return ledger_delete(control);
        if (!noun[0])
                return sites_list(control);
        return error_set(&control->error, "no such command: %s", request->path);
}

static int read_body(struct control *control)
{
        const struct buffer *body = &control->request->body;
        json_error_t reason;

        control->body =
                body->length ? json_loadb(body->data, body->length, 0, &reason) : json_object();
        if (json_is_object(control->body))
                return 0;
        return error_set(&control->error, "the body is no JSON object");
}

void control_answer(struct sites *sites, const struct request *request, struct answer *answer)
{
        struct control control = { .sites = sites, .request = request };

        if (read_body(&control) < 0 || run_command(&control) < 0) {
                answer_set_message(answer, 400, control.error.text);
                buffer_deinit(&control.out);
        } else {
                if (control.out.length == 0)
                        buffer_append_text(&control.out, "{}");
                answer_set(answer, 200, "application/json", blob_take(&control.out));
        }
        json_decref(control.body);
}
