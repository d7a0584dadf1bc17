/* site/control.h
 *
 * The control API under /_control/, JSON in and out, for tests and for a demonstration's script.
 * <site> stands for /_control/sites/<name>.
 *
 *     GET    /_control/              names of the sites
 *     PUT    <site>                  create, or begin anew: settings, and a seed:
 *                                    "seed": [events], or "seed_path": "file", or
 *                                    "generate": 5000 with "number": 1; then
 *                                    "shift_days": 14, or "future": true (whole weeks, until the
 *                                    first starts tomorrow)
 *     GET    <site>                  settings and counters
 *     PATCH  <site>                  settings: those of struct site_settings, and "username",
 *                                    "password", "may_patch", "flood_limit", "clock_offset_s",
 *                                    "now"
 *     DELETE <site>
 *     GET    <site>/events           as the CMS holds them, unpublished ones too: the members
 *                                    of the list, "published", and "own" state and links
 *     POST   <site>/events           {"event": {members}, "raw": {}, "published": bool}: what is
 *                                    left out is made up; answers the event
 *     PATCH  <site>/events           {"uuids": [], ...}: as below, several at once
 *     GET    <site>/events/<uuid>
 *     PATCH  <site>/events/<uuid>    {"event": {members}, "raw": {member: "JSON text"},
 *                                    "published": bool, "quiet": bool}: quiet neither purges nor
 *                                    moves updated_at
 *     DELETE <site>/events/<uuid>
 *     PATCH  <site>/series/<uuid>    {"event": {members}, "quiet": bool}
 *     POST   <site>/reschedule/<series uuid>   {"by_s": 3600}; answers the new uuids
 *     POST   <site>/faults           one of site/fault.h; answers its id
 *     DELETE <site>/faults[?method=GET]
 *     POST   <site>/cache            {"purge": true} or {"age_s": 3600}
 *     GET    /_control/ledger[?from=&limit=&site=&method=&uuid=]
 *     DELETE /_control/ledger
 */
#ifndef SITE_CONTROL_H
#define SITE_CONTROL_H

#include "site/answer.h"
#include "site/sites.h"

/* One request of the API in work. */
struct control {
        struct sites *sites;
        const struct request *request;
        json_t *body;      /* never NULL; {} if none was sent */
        struct site *site; /* NULL where the path names none */
        char name[LEDGER_SITE_BYTES];
        char item[64];     /* uuid, "" if the path has none */
        struct buffer out; /* JSON of the answer; empty: {} */
        struct error error;
};

void control_answer(struct sites *sites, const struct request *request, struct answer *answer);

/* The commands; -1 and control->error on failure. */
int control_site_create(struct control *control);
int control_site_show(struct control *control);
int control_site_change(struct control *control);
int control_events_list(struct control *control);
int control_events_change(struct control *control);
int control_event_create(struct control *control);
int control_event_show(struct control *control);
int control_event_change(struct control *control);
int control_event_delete(struct control *control);
int control_series_change(struct control *control);
int control_series_reschedule(struct control *control);

#endif
