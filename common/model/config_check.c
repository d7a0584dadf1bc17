/* common/model/config_check.c
 *
 * What the table of settings cannot say: the forms of some texts, and where two settings must
 * agree.
 */
#include "model/config_parts.h"

#include <string.h>

#include "model/redis_url.h"
#include "model/topics.h"
#include "model/update.h"

/* "127.0.0.1:9101", "[::]:9101"; port 0 takes a free one. */
static int check_address(const char *setting, const char *address, struct error *error)
{
        const char *colon = strrchr(address, ':');
        size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;
        bool bracketed = address[0] == '[' && colon && colon[-1] == ']';

        if (digits >= 1 && digits <= 5 && colon[1 + digits] == '\0' && colon > address &&
            (bracketed || memchr(address, ':', (size_t)(colon - address)) == NULL) &&
            strtol(colon + 1, NULL, 10) <= 65535)
                return 0;
        return error_set(error, "%s: \"%.64s\" is not an address; write \"0.0.0.0:9101\"", setting,
                         address);
}

/* As browsers send it: scheme, host and port only. */
static int check_origin(const char *origin, struct error *error)
{
        static const char allowed[] =
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:[]-";

        if (!origin)
                return 0;

        size_t scheme = strncmp(origin, "https://", 8) == 0  ? 8
                        : strncmp(origin, "http://", 7) == 0 ? 7
                                                             : 0;

        if (scheme > 0 && origin[scheme] != '\0' &&
            strspn(origin + scheme, allowed) == strlen(origin + scheme))
                return 0;
        return error_set(error,
                         "console.origin: \"%.64s\" is not scheme, host and port only; write "
                         "\"https://dplsync.vendor.example\"",
                         origin);
}

/* The URL may hold a password: it is not quoted. */
static int check_redis(const char *text, struct error *error)
{
        struct redis_url url;

        if (!text)
                return error_set(error, "redis: \"url\" is missing; write \"redis\": "
                                        "{\"url\": \"redis://host:6379/0\"}");
        if (redis_url_parse(&url, text, error) < 0)
                return error_wrap(error, "redis.url");
        return 0;
}

/* It becomes a comment in the User-Agent header, in parentheses. */
static int check_contact(const char *contact, struct error *error)
{
        if (!contact || contact[0] == '\0')
                return error_set(error,
                                 "\"contact\" is missing; write a mail or web address that the "
                                 "sites' operators can turn to");
        for (const char *at = contact; *at; at++)
                if (*at < ' ' || *at >= 0x7f || strchr("()\\", *at))
                        return error_set(error,
                                         "contact: only printable ASCII without parentheses and "
                                         "backslashes can be sent to the sites");
        return 0;
}

/* It is not quoted: somebody may have put a log-in into it. */
static int check_tracing(const struct config *config, struct error *error)
{
        const char *endpoint = config->tracing.endpoint;

        if (!endpoint || update_url_valid(endpoint, strlen(endpoint)))
                return 0;
        return error_set(error, "tracing.endpoint: expected is an address such as "
                                "http://collector:4318, without user name and password");
}

int config_check(const struct config *config, struct error *error)
{
        struct topics topics;

        if (check_redis(config->redis_url, error) < 0 ||
            check_contact(config->contact, error) < 0 || check_tracing(config, error) < 0 ||
            check_address("fetcher.admin_address", config->fetcher.admin_address, error) < 0 ||
            check_address("reconciler.admin_address", config->reconciler.admin_address, error) <
                    0 ||
            check_address("writer.admin_address", config->writer.admin_address, error) < 0 ||
            check_address("console.address", config->console.address, error) < 0 ||
            check_origin(config->console.origin, error) < 0)
                return -1;
        if (!topics_init(&topics, config->topics_prefix, (int32_t)config->topics_partitions,
                         (uint32_t)config->topics_epoch))
                return error_set(
                        error,
                        "topics.prefix: \"%.64s\" cannot begin a topic's name; write up to "
                        "200 of a-z, A-Z, 0-9, '.', '_' and '-'",
                        config->topics_prefix);
        if (config->writer.retry_cap_ms < config->writer.retry_base_ms)
                return error_set(error, "writer.retry_cap: it is less than writer.retry_base");
        return 0;
}
