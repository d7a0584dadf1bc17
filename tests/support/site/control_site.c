/* site/control_site.c
 *
 * Creating a site, and its settings, as one table for reading and writing.
 */
#include "base/json.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "site/clock.h"
#include "site/control.h"
#include "site/copenhagen.h"
#include "site/generator.h"

#include <stddef.h>

/* Plain numbers and switches of struct site_settings. */
static const struct setting {
        const char *name;
        size_t offset;
        bool is_switch;
} settings[] = {
        { "cron_s", offsetof(struct site_settings, cron_s), false },
        { "unpublish_after_s", offsetof(struct site_settings, unpublish_after_s), false },
        { "purge_delay_ms", offsetof(struct site_settings, purge_delay_ms), false },
        { "build_ms", offsetof(struct site_settings, build_ms), false },
        { "pipe_timeout_ms", offsetof(struct site_settings, pipe_timeout_ms), false },
        { "first_byte_timeout_ms", offsetof(struct site_settings, first_byte_timeout_ms), false },
        { "keep_alive", offsetof(struct site_settings, keep_alive), true },
        { "etag_collisions", offsetof(struct site_settings, etag_collisions), true },
};

static bool set_plain(struct site *site, const char *name, const json_t *value)
{
        for (size_t i = 0; i < ARRAY_LENGTH(settings); i++) {
                char *field = (char *)&site->settings + settings[i].offset;

                if (strcmp(settings[i].name, name) != 0)
                        continue;
                if (settings[i].is_switch)
                        *(bool *)(void *)field = json_is_true(value);
                else
                        *(int64_t *)(void *)field = json_integer_value(value);
                site->catalogue.jobs_unknown = true;
                return true;
        }
        return false;
}

static int set_clock(struct site *site, const char *name, const json_t *value, struct error *error)
{
        const char *text = json_string_value(value);
        int64_t now_ms;

        if (strcmp(name, "clock_offset_s") == 0) {
                site->settings.clock_offset_us = json_integer_value(value) * SECOND_US;
                return 0;
        }
        if (!text || !timestamp_parse(text, strlen(text), &now_ms))
                return error_set(error, "now is not a date-time");
        site->settings.clock_offset_us = now_ms * 1000 - clock_wall_us();
        return 0;
}

static int set_account(struct account *account, const char *name, const json_t *value,
                       struct error *error)
{
        const char *text = json_string_value(value);

        if (strcmp(name, "may_patch") == 0)
                account->may_patch = json_is_true(value);
        else if (strcmp(name, "flood_limit") == 0)
                account->flood_limit = (unsigned)json_integer_value(value);
        else if (strcmp(name, "username") == 0 && text)
                account_set(account, text, account->password);
        else if (strcmp(name, "password") == 0 && text)
                account_set(account, account->username, text);
        else
                return error_set(error, "%s: no such setting", name);
        return 0;
}

static bool is_seed(const char *name)
{
        static const char *const names[] = { "seed",   "seed_path",  "generate",
                                             "number", "shift_days", "future" };

        for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
                if (strcmp(names[i], name) == 0)
                        return true;
        }
        return false;
}

static int apply_settings(struct site *site, const json_t *body, struct error *error)
{
        const char *name;
        json_t *value;

        json_object_foreach((json_t *)(uintptr_t)body, name, value) {
                if (is_seed(name) || set_plain(site, name, value))
                        continue;
                bool clock = strcmp(name, "now") == 0 || strcmp(name, "clock_offset_s") == 0;
                if ((clock ? set_clock(site, name, value, error)
                           : set_account(&site->account, name, value, error)) < 0)
                        return -1;
        }
        return 0;
}

/* ---- seed ---- */

/* The list to begin with; NULL and a reason, or an empty one if none is asked for. */
static json_t *read_seed(struct control *control, struct site *site)
{
        const json_t *body = control->body;
        const char *path = json_member_text(body, "seed_path");
        json_t *seed = json_object_get(body, "seed");
        json_error_t reason;
        int64_t count, number = 1;

        if (seed)
                return json_incref(seed);
        if (json_member_integer(body, "generate", &count)) {
                json_member_integer(body, "number", &number);
                struct dice dice = { (uint64_t)number };
                return generator_events(site->name, &dice, (size_t)count,
                                        site_now_us(site) / SECOND_US);
        }
        if (!path)
                return json_array();
        seed = json_load_file(path, 0, &reason);
        if (!seed)
                error_set(&control->error, "%s: %s", path, reason.text);
        return seed;
}

static int plant(struct site *site, const json_t *seed, struct error *error)
{
        int64_t now_s = site_now_us(site) / SECOND_US;

        if (!json_is_array(seed))
                return error_set(error, "a seed is an array of events");
        for (size_t i = 0; i < json_array_size(seed); i++) {
                if (!catalogue_add(&site->catalogue, json_array_get(seed, i), now_s, error))
                        return error_wrap(error, "seed, event %zu", i);
        }
        return 0;
}

static void shift(struct site *site, const json_t *body)
{
        int64_t now_s = site_now_us(site) / SECOND_US, days = 0;
        int64_t first_s = catalogue_first_start_s(&site->catalogue);

        json_member_integer(body, "shift_days", &days);
        if (json_member_boolean(body, "future", false) && first_s != CATALOGUE_NEVER_S) {
                while (first_s + days * DAY_S < now_s + DAY_S)
                        days += 7;
        }
        if (days != 0)
                catalogue_shift(&site->catalogue, days, now_s);
}

int control_site_create(struct control *control)
{
        _cleanup_(json_decrefp) json_t *seed = NULL;
        struct site *site;

        for (const char *at = control->name; *at; at++) {
                if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-", *at))
                        return error_set(&control->error, "%s is no name for a site",
                                         control->name);
        }
        site = site_new(control->name);
        if (apply_settings(site, control->body, &control->error) < 0 ||
            !(seed = read_seed(control, site)) || plant(site, seed, &control->error) < 0) {
                site_unref(site);
                return -1;
        }
        shift(site, control->body);
        sites_add(control->sites, site);
        control->site = site;
        return control_site_show(control);
}

int control_site_change(struct control *control)
{
        if (apply_settings(control->site, control->body, &control->error) < 0)
                return -1;
        return control_site_show(control);
}

/* ---- showing ---- */

static void write_settings(struct buffer *out, const struct site *site)
{
        for (size_t i = 0; i < ARRAY_LENGTH(settings); i++) {
                const char *field = (const char *)&site->settings + settings[i].offset;

                if (settings[i].is_switch)
                        json_write_member_boolean(out, settings[i].name, *(const bool *)field);
                else
                        json_write_member_integer(out, settings[i].name,
                                                  *(const int64_t *)(const void *)field);
        }
        json_write_member_integer(out, "clock_offset_s",
                                  site->settings.clock_offset_us / SECOND_US);
        json_write_member_time(out, "now", site_now_us(site) / 1000);
        json_write_member_text(out, "username", site->account.username);
        json_write_member_integer(out, "flood_limit", site->account.flood_limit);
}

static void write_counters(struct buffer *out, const struct site *site)
{
        const struct site_counters *counters = &site->counters;
        const struct { const char *name; uint64_t value; } rows[] = {
                { "gets", counters->gets },
                { "hits", counters->hits },
                { "misses", counters->misses },
                { "passes", counters->passes },
                { "not_modified", counters->not_modified },
                { "patches", counters->patches },
                { "executed", counters->executed },
                { "changed", counters->changed },
                { "faults", counters->faults },
                { "failed_logins", site->account.failed_ever },
                { "cached_objects", HASH_COUNT(site->varnish.objects) },
                { "events", site->catalogue.count },
        };

        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
                json_write_member_integer(out, rows[i].name, (int64_t)rows[i].value);
}

int control_site_show(struct control *control)
{
        site_settle(control->site);
        buffer_append_byte(&control->out, '{');
        json_write_member_text(&control->out, "name", control->site->name);
        write_settings(&control->out, control->site);
        write_counters(&control->out, control->site);
        buffer_append_byte(&control->out, '}');
        return 0;
}
