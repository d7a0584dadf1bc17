/* common/model/municipality.c
 *
 * A municipality's table of settings, and the checks that a table cannot say: the form of its id
 * and of its address. An address is never quoted when it could hold a password.
 */
#include "model/municipality.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/news.h"

enum { BASE_URL_MAX_BYTES = 512 };

#define DAY_MS     INT64_C(86400000)
#define AT(member) offsetof(struct municipality, member)

const struct setting municipality_settings[] = {
        { "base_url", SETTING_TEXT, AT(base_url), NULL, 0, 0, NULL, true,
          "Address of the site, such as https://www.aakb.dk." },
        { "api_version", SETTING_TEXT, AT(api_version), "v1", 0, 0, NULL, true,
          "Version of the site's API, as it stands in its paths." },
        { "relevant_only", SETTING_BOOLEAN, AT(relevant_only), "false", 0, 0, NULL, true,
          "Tell the vendor only of events that are marked as relevant for ticket managers." },
        { "cacert", SETTING_TEXT, AT(cacert), NULL, 0, 0, NULL, true,
          "PEM file of the authorities that may sign the site's certificate, instead of the "
          "system's." },
        { "proxy", SETTING_TEXT, AT(proxy), NULL, 0, 0, NULL, true,
          "Proxy on the way to the site, such as http://proxy:3128." },
        { "allow_insecure_http", SETTING_BOOLEAN, AT(allow_insecure_http), "false", 0, 0, NULL,
          true, "Allow http instead of https, although credentials are then readable on the way." },
        { "allow_private_addresses", SETTING_BOOLEAN, AT(allow_private_addresses), "false", 0, 0,
          NULL, true, "Allow a site on a loopback or private address." },
        { "poll_interval", SETTING_DURATION, AT(poll_interval_ms), "10m", 100, DAY_MS, NULL, true,
          "Time between two reads of the site's list." },
        { "full_every", SETTING_DURATION, AT(full_every_ms), "6h", 1000, 6 * DAY_MS, NULL, true,
          "Publish a full snapshot at least this often, changed or not." },
        { "fresh_every", SETTING_DURATION, AT(fresh_every_ms), "24h", 1000, 7 * DAY_MS, NULL, true,
          "Read past the site's cache at least this often; with read_auth basic every read does." },
        { "read_auth", SETTING_CHOICE, AT(read_auth), "anonymous", 0, 0, "anonymous|basic", true,
          "Read the list anonymously, or with the credentials." },
        { "from_date", SETTING_DURATION, AT(from_date_ms), "0", -3660 * DAY_MS, 0, NULL, true,
          "Read only events that start later than this, such as -14d; 0 reads all." },
        { "max_list", SETTING_SIZE, AT(max_list_bytes), "64MiB", 1024, 1 << 30, NULL, true,
          "Largest list that is taken, decoded." },
        { "read_timeout", SETTING_DURATION, AT(read_timeout_ms), "290s", 100, 3600000, NULL, true,
          "Longest time for one read; a site's cache may take three times 90 s to build a list." },
        { "guard_events", SETTING_INTEGER, AT(guard_events), "5", 0, 1000000, NULL, true,
          "Deletions within 24 h that are always told." },
        { "guard_percent", SETTING_INTEGER, AT(guard_percent), "20", 0, 100, NULL, true,
          "Share of the known events whose deletion within 24 h is told; more is held." },
        { "reassert_every", SETTING_DURATION, AT(reassert_every_ms), "24h", 1000, 29 * DAY_MS, NULL,
          true, "Tell the vendor every known event again at least this often." },
        { "news_fields", SETTING_TEXT, AT(news_fields), NULL, 0, 0, NULL, true,
          "Fields of an event whose change is told, such as \"title, date_time, state\"; empty: "
          "all." },
        { "write_in_flight", SETTING_INTEGER, AT(write_in_flight), "2", 1, 1000, NULL, true,
          "PATCHes that are sent to the site at the same time." },
        { "write_rate", SETTING_INTEGER, AT(write_rate), "2", 1, 100000, NULL, true,
          "PATCHes a second." },
        { "write_burst", SETTING_INTEGER, AT(write_burst), "4", 1, 100000, NULL, true,
          "PATCHes at once after a pause." },
        { "write_timeout", SETTING_DURATION, AT(write_timeout_ms), "60s", 100, 600000, NULL, true,
          "Longest time for one PATCH; the site's cache ends it after 60 s." },
        { "write_queue_events", SETTING_INTEGER, AT(write_queue_events), "20000", 1, 1000000, NULL,
          true, "Events with waiting updates; further ones become dead letters." },
};

const size_t municipality_settings_count = ARRAY_LENGTH(municipality_settings);

static bool is_lower_or_digit(char byte)
{
        return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
}

bool municipality_id_valid(const char *id, size_t length)
{
        if (length == 0 || length >= MUNICIPALITY_ID_BYTES || id[0] == '-')
                return false;
        for (size_t i = 0; i < length; i++)
                if (!is_lower_or_digit(id[i]) && id[i] != '-')
                        return false;
        return true;
}

static int read_id(struct municipality *municipality, const json_t *object, struct error *error)
{
        const char *id = json_member_text(object, "id");

        if (!json_is_object(object))
                return error_set(error, "expected is an object with \"id\" and \"base_url\"");
        if (!json_object_get(object, "id"))
                return error_set(error, "\"id\" is missing");
        if (!id)
                return error_set(error, "id: expected is a string");
        if (!municipality_id_valid(id, strlen(id)))
                return error_set(error,
                                 "id: \"%.64s\" is not an id; write up to 63 of a-z, 0-9 and -, "
                                 "such as \"aarhus\"",
                                 id);
        text_copy(municipality->id, sizeof(municipality->id), id);
        return 0;
}

/* Bytes that may stand in an address: visible ASCII, and of it not what RFC 3986 leaves out. */
static bool url_bytes_valid(const char *url)
{
        for (; *url; url++)
                if (*url <= ' ' || *url >= 0x7f || strchr("\"<>\\^`{|}", *url))
                        return false;
        return true;
}

/* ":8080" or nothing. */
static bool port_valid(const char *text, size_t length)
{
        int port = 0;

        if (length == 0)
                return true;
        if (*text != ':' || length < 2 || length > 6)
                return false;
        for (size_t i = 1; i < length; i++) {
                if (text[i] < '0' || text[i] > '9')
                        return false;
                port = port * 10 + (text[i] - '0');
        }
        return port >= 1 && port <= 65535;
}

static bool host_byte_valid(char byte)
{
        return is_lower_or_digit(byte) || (byte >= 'A' && byte <= 'Z') || strchr("-._", byte);
}

/* A name or an IPv4 address, or an IPv6 address in brackets; then a port. */
static bool authority_valid(const char *text, size_t length)
{
        size_t host = 0;

        if (length > 0 && text[0] == '[') {
                host = strspn(text + 1, "0123456789abcdefABCDEF:.") + 1;
                if (host < 3 || host >= length || text[host] != ']')
                        return false;
                host++;
        } else {
                while (host < length && host_byte_valid(text[host]))
                        host++;
                if (host == 0)
                        return false;
        }
        return port_valid(text + host, length - host);
}

static int check_url(const char *url, bool allow_insecure_http, struct error *error)
{
        bool https = strncmp(url, "https://", 8) == 0, http = strncmp(url, "http://", 7) == 0;
        const char *authority = url + (https ? 8 : 7);

        if (!https && !http)
                return error_set(error, "base_url: it does not begin with https://");
        if (strlen(url) > BASE_URL_MAX_BYTES)
                return error_set(error, "base_url: longer than %d bytes", BASE_URL_MAX_BYTES);

        size_t length = strcspn(authority, "/?#");

        if (memchr(authority, '@', length))
                return error_set(error, "base_url: it has a user name in it; credentials belong in "
                                        "files in credentials_dir");
        if (!url_bytes_valid(url))
                return error_set(error, "base_url: it has a character in it that no address has");
        if (authority[length + strcspn(authority + length, "?#")] != '\0')
                return error_set(error, "base_url: it has a query or a fragment; write only what "
                                        "stands before /api/");
        if (!authority_valid(authority, length))
                return error_set(error, "base_url: \"%.*s\" is not a host, such as www.aakb.dk",
                                 length > 100 ? 100 : (int)length, authority);
        if (http && !allow_insecure_http)
                return error_set(error,
                                 "base_url: http would show the credentials on the way; write "
                                 "https, or set allow_insecure_http");
        return 0;
}

static void trim_slashes(char *url)
{
        size_t length = strlen(url);

        while (length > 0 && url[length - 1] == '/')
                url[--length] = '\0';
}

static int check_version(const char *version, struct error *error)
{
        size_t length = strlen(version);

        for (size_t i = 0; i < length; i++)
                if (!is_lower_or_digit(version[i]) && !strchr("-._", version[i]))
                        length = 0;
        if (length == 0 || version[0] == '.')
                return error_set(error, "api_version: \"%.40s\" is not a version, such as v1",
                                 version);
        return 0;
}

/* "" in one municipality takes back what "defaults" says. */
static void drop_empty(char **text)
{
        if (!*text || **text != '\0')
                return;
        free(*text);
        *text = NULL;
}

static int read_settings(struct municipality *municipality, const json_t *object,
                         const json_t *defaults, struct error *error)
{
        static const char *const elsewhere[] = { "id", NULL };
        const struct setting *table = municipality_settings;
        size_t count = municipality_settings_count;

        settings_default(table, count, municipality);
        if (defaults && settings_read(table, count, "", defaults, NULL, municipality, error) < 0)
                return error_wrap(error, "defaults");
        if (settings_read(table, count, "", object, elsewhere, municipality, error) < 0)
                return -1;
        drop_empty(&municipality->cacert);
        drop_empty(&municipality->proxy);
        if (!municipality->base_url)
                return error_set(error,
                                 "\"base_url\" is missing; write \"base_url\": \"https://...\"");
        if (check_url(municipality->base_url, municipality->allow_insecure_http, error) < 0)
                return -1;
        trim_slashes(municipality->base_url);
        if (news_parse(&municipality->news, municipality->news_fields, error) < 0)
                return -1;
        return check_version(municipality->api_version, error);
}

int municipality_read(struct municipality *municipality, const json_t *object,
                      const json_t *defaults, struct error *error)
{
        *municipality = (struct municipality){ .base_url = NULL };
        if (read_id(municipality, object, error) < 0)
                return -1;
        if (read_settings(municipality, object, defaults, error) < 0) {
                error_wrap(error, "%s", municipality->id);
                municipality_deinit(municipality);
                return -1;
        }
        return 0;
}

void municipality_deinit(struct municipality *municipality)
{
        settings_deinit(municipality_settings, municipality_settings_count, municipality);
}

bool municipality_equal(const struct municipality *a, const struct municipality *b)
{
        return strcmp(a->id, b->id) == 0 &&
               settings_equal(municipality_settings, municipality_settings_count, a, b);
}

void municipality_list_url(const struct municipality *municipality, struct buffer *url)
{
        buffer_append_format(url, "%s/api/%s/events?_format=json", municipality->base_url,
                             municipality->api_version);
}

void municipality_event_url(const struct municipality *municipality, const char *uuid,
                            struct buffer *url)
{
        buffer_append_text(url, municipality->base_url);
        buffer_append_text(url, "/api/");
        buffer_append_text(url, municipality->api_version);
        buffer_append_text(url, "/events/");
        buffer_append_text(url, uuid);
        buffer_append_text(url, "?_format=json");
}

void municipality_server(const struct municipality *municipality,
                         struct municipality_server *server)
{
        const char *url = municipality->base_url;
        bool https = strncmp(url, "https://", 8) == 0;
        const char *host = url + (https ? 8 : 7);
        bool bracketed = *host == '[';
        size_t length;

        host += bracketed;
        length = strcspn(host, bracketed ? "]" : ":/");
        snprintf(server->address, sizeof(server->address), "%.*s", (int)length, host);
        host += length + bracketed;
        server->port = *host == ':' ? strtol(host + 1, NULL, 10) : https ? 443 : 80;
}
