/* common/model/news.c
 *
 * See the header.
 */
#include "model/news.h"

#include <stdio.h>
#include <string.h>

#include "base/settings.h"

enum { NAME_BYTES = 64 };

static int unknown_field(const char *name, struct error *error)
{
        const char *names[EVENT_FIELD_COUNT + 1] = { NULL };

        for (size_t field = 0; field < EVENT_FIELD_COUNT; field++)
                names[field] = event_field_name((enum event_field)field);
        if (strcmp(name, "updated_at") == 0 || strcmp(name, "external_data") == 0)
                return error_set(error, "news_fields: %s is never news: our own writes change it",
                                 name);

        const char *nearest = settings_nearest(name, names);

        return error_set(error, "news_fields: \"%s\" is no field of an event%s%s%s", name,
                         nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                         nearest ? "\"?" : "");
}

static int add_field(uint32_t *news, const char *at, size_t length, struct error *error)
{
        char name[NAME_BYTES];

        snprintf(name, sizeof(name), "%.*s", (int)(length < NAME_BYTES ? length : NAME_BYTES - 1),
                 at);
        for (size_t field = 0; field < EVENT_FIELD_COUNT; field++) {
                if (strcmp(name, event_field_name((enum event_field)field)) != 0)
                        continue;
                *news |= UINT32_C(1) << field;
                return 0;
        }
        return unknown_field(name, error);
}

int news_parse(uint32_t *news, const char *names, struct error *error)
{
        static const char between[] = ", \t\n";

        *news = 0;
        for (const char *at = names ? names : ""; *(at += strspn(at, between));) {
                size_t length = strcspn(at, between);

                if (add_field(news, at, length, error) < 0)
                        return -1;
                at += length;
        }
        if (*news == 0)
                *news = NEWS_ALL;
        return 0;
}
