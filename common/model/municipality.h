/* common/model/municipality.h
 *
 * One CMS site, one tenant, as configured. Every setting here can stand in the configuration's
 * "defaults" or in one municipality; municipality_settings is their table.
 */
#ifndef MODEL_MUNICIPALITY_H
#define MODEL_MUNICIPALITY_H

#include "base/settings.h"

enum { MUNICIPALITY_ID_BYTES = 64 }; /* 63 and a NUL */
enum { MUNICIPALITY_HOST_BYTES = 256 }; /* a name of DNS has 253 at most */

enum read_auth { READ_ANONYMOUS, READ_BASIC };

struct municipality {
        char id[MUNICIPALITY_ID_BYTES];
        char *base_url;                 /* "https://www.aakb.dk", without a slash at the end */
        char *api_version;              /* "v1" */
        bool relevant_only;             /* only events with ticket_manager_relevance are told */
        char *cacert;                   /* PEM bundle for this site; NULL: the system's */
        char *proxy;                    /* NULL: none */
        bool allow_insecure_http;
        bool allow_private_addresses;

        /* reading */
        int64_t poll_interval_ms;       /* 10m */
        int64_t full_every_ms;          /* 6h: a full snapshot at least that often */
        int64_t fresh_every_ms;         /* 24h: a read past the cache at least that often (each does with read_auth basic) */
        int read_auth;                  /* enum read_auth; "anonymous|basic" */
        int64_t from_date_ms;           /* "-14d": relative, <= 0; 0: no from_date is sent */
        int64_t max_list_bytes;         /* 64MiB, decoded */
        int64_t read_timeout_ms;        /* 290s: the site's Varnish may take 3 x 90 s */

        /* telling */
        int64_t guard_events;           /* 5: deletions within 24 h that are always allowed */
        int64_t guard_percent;          /* 20 */
        int64_t reassert_every_ms;      /* 24h */
        char *news_fields;              /* NULL: all */
        uint32_t news;                  /* the same, read: model/news.h */

        /* writing */
        int64_t write_in_flight;        /* 2 */
        int64_t write_rate;             /* 2: PATCHes a second */
        int64_t write_burst;            /* 4 */
        int64_t write_timeout_ms;       /* 60s: Varnish closes then without an answer */
        int64_t write_queue_events;     /* 20000 */
};

extern const struct setting municipality_settings[]; /* without "id" */
extern const size_t municipality_settings_count;

/* [a-z0-9][a-z0-9-]{0,62} */
bool municipality_id_valid(const char *id, size_t length);

/* `object` is one entry of "municipalities", over `defaults` (an object or NULL). The reason names the
 * municipality. base_url must be http(s), without userinfo, query or fragment. */
int municipality_read(struct municipality *municipality, const json_t *object, const json_t *defaults,
                      struct error *error);
void municipality_deinit(struct municipality *municipality);
bool municipality_equal(const struct municipality *a, const struct municipality *b);

/* "<base_url>/api/<api_version>/events?_format=json" and "<base_url>/api/<v>/events/<uuid>?_format=json" */
void municipality_list_url(const struct municipality *municipality, struct buffer *url);
void municipality_event_url(const struct municipality *municipality, const char *uuid, struct buffer *url);

/* Where base_url leads, as OpenTelemetry's attributes server.address and server.port have it: the host, an
 * IPv6 address without its brackets; the port, or the scheme's own. */
struct municipality_server {
        char address[MUNICIPALITY_HOST_BYTES]; /* cut */
        int64_t port;
};
void municipality_server(const struct municipality *municipality, struct municipality_server *server);

#endif
