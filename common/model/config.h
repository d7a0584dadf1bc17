/* common/model/config.h
 *
 * The configuration of all programs: one JSON file (CONTRACT.md "Configuration"). All sections are
 * known to every program, so that an unknown key is an error everywhere, with the nearest known one.
 * schemas/config.schema.json is written from these tables (config_schema) and checked against them.
 *
 * Parsing is pure: io/config_file.h reads files and the environment.
 */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include "model/municipality.h"

struct config {
        json_t *kafka;                  /* properties of librdkafka, texts; owned */
        char *redis_url;                /* "redis.url" */
        int64_t redis_deadline_ms;      /* "redis.deadline": 5s */
        char *topics_prefix;            /* "dplsync." */
        int64_t topics_epoch;           /* 1 */
        int64_t topics_partitions;      /* 24 */
        char *credentials_dir;          /* "/etc/dplsync/credentials" */
        char *contact;                  /* for the User-Agent; required */
        char *municipalities_file;      /* instead of "municipalities"; relative to the configuration's folder */
        int log_format;                 /* enum log_format: "json|text" */
        int log_level;                  /* enum log_level: "debug|info|warn|error" */

        struct config_tracing {         /* OpenTelemetry; see io/tracer.h */
                char *endpoint;         /* NULL: spans go nowhere */
                char *headers;          /* "name=value,..."; may hold a secret */
                char *service_name;     /* NULL: "dplsync-" and the service */
                char *resource_attributes; /* "name=value,..." */
                int64_t sample_percent; /* 1: of the traces that begin here */
        } tracing;
        struct config_fetcher {
                char *admin_address;    /* 127.0.0.1:9101; in Kubernetes 0.0.0.0:9101 */
                int64_t max_transfers;  /* 64: sites read at the same time */
                int64_t max_memory;     /* 64MiB: bodies being read, of all sites */
        } fetcher;
        struct config_reconciler {
                char *admin_address;    /* 127.0.0.1:9102 */
                int64_t max_memory;     /* 128MiB: snapshots being assembled and worked on */
        } reconciler;
        struct config_writer {
                char *admin_address;    /* 127.0.0.1:9103 */
                int64_t max_transfers;  /* 64: PATCHes in flight, of all sites */
                int64_t max_attempts;   /* 3: after the first that counts (500, wrong echo, 409, 412, 423) */
                int64_t retry_base_ms;  /* 500ms */
                int64_t retry_cap_ms;   /* 5m */
                int64_t lease_ms;       /* 90s */
                int64_t seal_after_ms;  /* 5m */
                int64_t probe_every_ms; /* 90m: of a log-in that was rejected */
                int64_t unknown_municipality_wait_ms; /* 10m */
                int64_t half_unknown_wait_ms;         /* 1h */
                int64_t sweep_every_ms;               /* 12h */
                int64_t carry_every_ms;               /* 6h */
        } writer;
        struct config_console {
                char *address;          /* 127.0.0.1:9104 */
                bool actions;           /* false: the page only shows */
                char *origin;           /* "https://dplsync.vendor.example"; NULL: localhost alone */
                char *user_header;      /* of an authenticating proxy; NULL: none */
        } console;

        struct municipality *municipalities; /* sorted by id, unique */
        size_t municipality_count;
};

extern const struct setting config_settings[];
extern const size_t config_settings_count;

/* `municipalities` (the parsed municipalities_file) is NULL when there is none. Everything is checked
 * that can be without I/O. NULL and a reason on failure. */
struct config *config_read(const json_t *root, const json_t *municipalities, settings_environment_fn *get,
                           void *context, struct error *error);
/* The "municipalities_file" that `root` or the environment names, NULL if none: read it (an array as
 * "municipalities" has), then call config_read. The text lives as long as its source. */
const char *config_municipalities_file(const json_t *root, settings_environment_fn *get, void *context);
void config_free(struct config *config);
void config_freep(struct config **config);

const struct municipality *config_municipality(const struct config *config, const char *id);
const struct municipality *config_municipality_slice(const struct config *config, struct slice id);

/* JSON Schema 2020-12 of the whole file, as it stands in schemas/config.schema.json. */
void config_schema(struct buffer *out);
/* Settings that a program's --help shows: those of its section and the common ones. */
void config_help(const char *service, struct buffer *out);

#endif
