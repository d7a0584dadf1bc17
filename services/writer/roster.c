/* services/writer/roster.c
 *
 * Which municipalities there are, as the configuration says, and whether each has a log-in.
 */
#include "writer/inside.h"

#include <stdio.h>

/* Nobody may have looked at its ledger while it was not configured: read up to now, with the others
 * of its partition. */
static void roster_catch_up(struct writer_core *core, const struct site *site)
{
        struct partition *partition = &core->partitions[site->partition];

        if (partition->view != VIEW_NONE)
                catchup_start(core, partition);
}

static void roster_add(struct writer_core *core)
{
        for (size_t i = 0; i < core->config->municipality_count; i++) {
                const struct municipality *municipality = &core->config->municipalities[i];
                struct site *site;

                if (core_site(core, municipality->id))
                        continue;
                site = writer_site_new(municipality,
                                       topics_partition(core->topics, municipality->id),
                                       core->now_ms);
                HASH_ADD_STR(core->sites, id, site);
                sweep_later(core, site);
                roster_catch_up(core, site);
        }
}

void roster_drop(struct writer_core *core, struct site *site)
{
        for (const struct ticket *ticket = core->tickets; ticket; ticket = ticket->hh.next)
                if (ticket->site == site)
                        return;
        for (const struct lane *lane = core->orphans; lane; lane = lane->next)
                if (lane->site == site)
                        return;
        if (site->lanes)
                return;
        core_report(core, REPORT_LEFT, site->id, NULL);
        turn_leave(core, site);
        HASH_DELETE(hh, core->sites, site);
        writer_site_free(site);
}

void roster_configure(struct writer_core *core, const struct config *config)
{
        struct site *site, *other;

        core->config = config;
        core->retry = (struct retry_policy){ config->writer.retry_base_ms,
                                             config->writer.retry_cap_ms, 0 };
        HASH_ITER(hh, core->sites, site, other) {
                writer_site_configure(site, config_municipality(config, site->id));
                if (site->municipality)
                        continue;
                leave_site(core, site);
                roster_drop(core, site);
        }
        roster_add(core);
        anteroom_open(core);
}

static void roster_login_missing(struct writer_core *core, struct site *site)
{
        struct writer_report *report;

        if (site->login == LOGIN_MISSING)
                return;
        site->login = LOGIN_MISSING;
        report = core_report(core, REPORT_CREDENTIALS_MISSING, site->id, NULL);
        snprintf(report->detail, sizeof(report->detail), "create %s/%s.username and %s/%s.password",
                 core->config->credentials_dir, site->id, core->config->credentials_dir, site->id);
}

void roster_credentials(struct writer_core *core, const struct writer_input *input)
{
        struct site *site = core_site(core, input->credentials.municipality);

        if (!site)
                return;
        site->status_due = true;
        if (!input->credentials.present) {
                roster_login_missing(core, site);
        } else if (site->login == LOGIN_MISSING) {
                site->login = LOGIN_PRESENT;
        } else if (site->login == LOGIN_REJECTED && input->credentials.changed) {
                site->probe_at_ms = core->now_ms;
        }
}
