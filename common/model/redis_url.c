/* common/model/redis_url.c
 *
 * An address holds a password, so no reason quotes it: the reasons name the part that is wrong.
 */
#include "model/redis_url.h"

#include <string.h>

#include "base/hex.h"
#include "base/slice.h"

enum {
        PORT_DEFAULT = 6379,
        SENTINEL_PORT_DEFAULT = 26379,
        PORT_MAX = 65535,
        DATABASE_MAX = 1000000
};

/* Percent-decodes `from` into `to`. */
static int decode(struct slice from, char to[REDIS_URL_PART_BYTES], const char *what,
                  struct error *error)
{
        size_t used = 0;

        for (size_t i = 0; i < from.length; i++) {
                char byte = from.data[i];

                if (byte == '%') {
                        int high = i + 2 < from.length ? hex_value(from.data[i + 1]) : -1;
                        int low = i + 2 < from.length ? hex_value(from.data[i + 2]) : -1;

                        if (high < 0 || low < 0 || high + low == 0)
                                return error_set(
                                        error,
                                        "the %s has a %% without two hexadecimal digits behind it; "
                                        "write a %% itself as %%25",
                                        what);
                        byte = (char)(high * 16 + low);
                        i += 2;
                }
                if (used + 1 >= REDIS_URL_PART_BYTES)
                        return error_set(error, "the %s is longer than %d bytes", what,
                                         REDIS_URL_PART_BYTES - 1);
                to[used++] = byte;
        }
        to[used] = '\0';
        return 0;
}

static bool number_of(struct slice text, int most, int *number)
{
        if (text.length == 0 || text.length > 7)
                return false;
        *number = 0;
        for (size_t i = 0; i < text.length; i++) {
                if (text.data[i] < '0' || text.data[i] > '9')
                        return false;
                *number = *number * 10 + (text.data[i] - '0');
        }
        return *number <= most;
}

/* Take what is before the first (or last) `mark` off `rest`, and the mark. False: there is none. */
static bool take_before(struct slice *rest, char mark, bool last, struct slice *before)
{
        const char *at = rest->length == 0 ? NULL
                         : last            ? memrchr(rest->data, mark, rest->length)
                                           : memchr(rest->data, mark, rest->length);

        if (!at)
                return false;
        *before = (struct slice){ rest->data, (size_t)(at - rest->data) };
        rest->length -= before->length + 1;
        rest->data = at + 1;
        return true;
}

/* "user:password", ":password" or "password" */
static int read_log_in(struct redis_url *url, struct slice log_in, struct error *error)
{
        struct slice user = SLICE_NULL;

        take_before(&log_in, ':', false, &user);
        if (decode(user, url->user, "user", error) < 0 ||
            decode(log_in, url->password, "password", error) < 0)
                return -1;
        if (url->user[0] && !url->password[0])
                return error_set(error, "there is a user without a password");
        return 0;
}

static int read_database(struct redis_url *url, struct slice text, struct error *error)
{
        if (!number_of(text, DATABASE_MAX, &url->database))
                return error_set(error,
                                 "the database behind the host must be a number, such as /0");
        return 0;
}

/* "host", "host:port", "[::1]:port" */
static int read_host(struct redis_url *url, struct slice text, struct error *error)
{
        struct slice host = text, port = SLICE_NULL, inside;

        if (text.length > 0 && text.data[0] == '[') {
                port = (struct slice){ text.data + 1, text.length - 1 };
                if (!take_before(&port, ']', false, &inside))
                        return error_set(error, "the host begins with [ and has no ]");
                host = inside;
                if (port.length > 0 && port.data[0] != ':')
                        return error_set(
                                error,
                                "behind the ] of the host there must be :port, / or nothing");
        } else if (take_before(&text, ':', false, &host)) {
                port = (struct slice){ text.data - 1, text.length + 1 };
        }
        if (host.length == 0)
                return error_set(error, "the host is missing");
        if (port.length > 0 &&
            (!number_of((struct slice){ port.data + 1, port.length - 1 }, PORT_MAX, &url->port) ||
             url->port == 0))
                return error_set(error, "the port must be a number from 1 to %d", PORT_MAX);
        return decode(host, url->host, "host", error);
}

/* One of the hosts before the master's name. */
static int read_sentinel(struct redis_url *url, struct slice text, struct error *error)
{
        struct redis_sentinel_place *place = &url->sentinels[url->sentinel_count];

        if (url->sentinel_count == REDIS_SENTINELS_MAX)
                return error_set(error, "there are more than %d sentinels", REDIS_SENTINELS_MAX);
        url->port = SENTINEL_PORT_DEFAULT;
        if (read_host(url, text, error) < 0)
                return -1;
        memcpy(place->host, url->host, sizeof(place->host));
        place->port = url->port;
        url->sentinel_count++;
        return 0;
}

static int read_parameter(struct redis_url *url, struct slice text, struct error *error)
{
        struct slice name;

        if (!take_before(&text, '=', false, &name))
                name = text;
        if (slice_is(name, "sentinel_user"))
                return decode(text, url->sentinel_user, "sentinel_user", error);
        if (slice_is(name, "sentinel_password"))
                return decode(text, url->sentinel_password, "sentinel_password", error);
        return error_set(error, "the only parameters here are sentinel_user and sentinel_password");
}

static int read_parameters(struct redis_url *url, struct slice rest, struct error *error)
{
        struct slice one;

        while (rest.length > 0) {
                if (!take_before(&rest, '&', false, &one)) {
                        one = rest;
                        rest.length = 0;
                }
                if (read_parameter(url, one, error) < 0)
                        return -1;
        }
        if (url->sentinel_user[0] && !url->sentinel_password[0])
                return error_set(error, "there is a sentinel_user without a sentinel_password");
        return 0;
}

/* Behind the hosts: "master", "master/db" */
static int read_master(struct redis_url *url, struct slice rest, struct error *error)
{
        struct slice master;

        if (!take_before(&rest, '/', false, &master)) {
                master = rest;
                rest.length = 0;
        }
        if (rest.length > 0 && read_database(url, rest, error) < 0)
                return -1;
        if (master.length == 0)
                return error_set(error, "the master's name is missing, as in "
                                        "redis+sentinel://sentinel:26379/mymaster");
        return decode(master, url->master, "master's name", error);
}

static int read_sentinels(struct redis_url *url, struct slice rest, struct error *error)
{
        struct slice hosts, log_in, before, one;

        if (take_before(&rest, '@', true, &log_in) && read_log_in(url, log_in, error) < 0)
                return -1;
        if (take_before(&rest, '?', false, &before)) {
                if (read_parameters(url, rest, error) < 0)
                        return -1;
                rest = before;
        }
        if (!take_before(&rest, '/', false, &hosts)) {
                hosts = rest;
                rest.length = 0;
        }
        while (take_before(&hosts, ',', false, &one))
                if (read_sentinel(url, one, error) < 0)
                        return -1;
        if (read_sentinel(url, hosts, error) < 0)
                return -1;
        url->host[0] = '\0';
        url->port = PORT_DEFAULT;
        return read_master(url, rest, error);
}

static int read_network(struct redis_url *url, struct slice rest, struct error *error)
{
        struct slice host, log_in;

        if (take_before(&rest, '@', true, &log_in) && read_log_in(url, log_in, error) < 0)
                return -1;
        if (memchr(rest.data, '?', rest.length) || memchr(rest.data, '#', rest.length))
                return error_set(error, "parameters (? or #) are not known here");
        if (!take_before(&rest, '/', false, &host)) {
                host = rest;
                rest.length = 0;
        }
        if (rest.length > 0 && read_database(url, rest, error) < 0)
                return -1;
        return read_host(url, host, error);
}

static int read_socket(struct redis_url *url, struct slice rest, struct error *error)
{
        struct slice path, log_in;

        if (take_before(&rest, '@', true, &log_in) && read_log_in(url, log_in, error) < 0)
                return -1;
        if (take_before(&rest, '?', false, &path)) {
                if (rest.length < 3 || memcmp(rest.data, "db=", 3) != 0)
                        return error_set(error, "the only parameter of a socket is ?db=N");
                if (read_database(url, (struct slice){ rest.data + 3, rest.length - 3 }, error) < 0)
                        return -1;
        } else {
                path = rest;
        }
        if (path.length == 0 || path.data[0] != '/')
                return error_set(error,
                                 "the path of a socket must begin with /: unix:///run/redis.sock");
        return decode(path, url->path, "path", error);
}

int redis_url_parse(struct redis_url *url, const char *text, struct error *error)
{
        static const char form[] = "redis://[user:password@]host:port/db";
        const char *colon = strstr(text, "://");
        struct slice scheme = { text, colon ? (size_t)(colon - text) : 0 };
        struct slice rest = colon ? slice_of(colon + 3) : SLICE_NULL;

        memset(url, 0, sizeof(*url));
        url->port = PORT_DEFAULT;
        if (slice_is(scheme, "redis") || slice_is(scheme, "rediss")) {
                url->tls = slice_is(scheme, "rediss");
                return read_network(url, rest, error);
        }
        if (slice_is(scheme, "unix"))
                return read_socket(url, rest, error);
        if (slice_is(scheme, "redis+sentinel"))
                return read_sentinels(url, rest, error);
        return error_set(
                error,
                "it must begin with redis://, rediss://, redis+sentinel:// or unix://, as in %s",
                form);
}
