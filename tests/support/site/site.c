/* site/site.c
 *
 * Jobs and purges are carried out when a request comes that could see them, so a site that nobody
 * asks costs nothing, and a clock that is set forward a week has all of that week's effects.
 */
#include "site/site.h"

#include "base/memory.h"
#include "site/clock.h"

struct site *site_new(const char *name)
{
        struct site *site = memory_new(sizeof(*site));

        site->refs = 1;
        site->name = memory_copy_text(name);
        account_init(&site->account, "external-system", "secret");
        site->settings = (struct site_settings){
                .unpublish_after_s = 6 * 3600,
                .pipe_timeout_ms = 60000,
                .first_byte_timeout_ms = 90000,
        };
        return site;
}

struct site *site_ref(struct site *site)
{
        site->refs++;
        return site;
}

void site_unref(struct site *site)
{
        if (!site || --site->refs > 0)
                return;
        catalogue_deinit(&site->catalogue);
        varnish_deinit(&site->varnish);
        account_deinit(&site->account);
        faults_deinit(&site->faults);
        free(site->name);
        free(site);
}

int64_t site_now_us(const struct site *site)
{
        return clock_wall_us() + site->settings.clock_offset_us;
}

void site_settle(struct site *site)
{
        int64_t now_s = site_now_us(site) / SECOND_US, cron_s = site->settings.cron_s;

        if (cron_s > 0) {
                now_s -= now_s % cron_s;
                if (now_s == site->last_cron_s)
                        return;
                site->last_cron_s = now_s;
        }
        if (catalogue_run_jobs(&site->catalogue, now_s, site->settings.unpublish_after_s))
                site_saved(site);
}

void site_saved(struct site *site)
{
        int64_t now_us = site_now_us(site);

        catalogue_saved(&site->catalogue);
        varnish_purge_at(&site->varnish, now_us + site->settings.purge_delay_ms * 1000, now_us);
}
