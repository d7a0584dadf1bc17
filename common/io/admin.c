/* common/io/admin.c
 *
 * The port has no log-in and is meant for probes and scrapes: few connections, small requests, no
 * answer has anything in it that a person outside may not see.
 */
#include "io/admin.h"

#include <string.h>

#include "base/memory.h"
#include "io/scrape.h"
#include "io/web_server.h"

enum { CONNECTIONS_MAX = 32, REQUEST_BYTES = 8192 };

struct admin {
        struct web_server *server;
        char *service;
        struct metrics *metrics;
        admin_ready_fn *ready;
        admin_collect_fn *collect;
        void *context;
};

struct page {
        unsigned status;
        const char *type;
        struct buffer text;
        bool metrics; /* instead of the text */
};

static const char plain_text[] = "text/plain; charset=utf-8";

/* Pages */

static void show_metrics(struct admin *admin, struct page *page)
{
        page->type = "text/plain; version=0.0.4; charset=utf-8";
        if (admin->collect)
                admin->collect(admin->context);
        page->metrics = true;
}

/* That it is answered is the answer. */
static void show_health(struct admin *admin, struct page *page)
{
        (void)admin;
        buffer_append_text(&page->text, "ok\n");
}

static void show_readiness(struct admin *admin, struct page *page)
{
        struct error why = ERROR_NULL;

        if (admin->ready(admin->context, &why)) {
                buffer_append_text(&page->text, "ready\n");
                return;
        }
        page->status = MHD_HTTP_SERVICE_UNAVAILABLE;
        buffer_append_format(&page->text, "%s\n", why.text);
}

static void show_version(struct admin *admin, struct page *page)
{
        page->type = "application/json";
        buffer_append_format(&page->text, "{\"service\":\"dplsync-%s\",\"version\":\"%s\"}\n",
                             admin->service, DPLSYNC_VERSION);
}

static const struct {
        const char *path;
        void (*show)(struct admin *admin, struct page *page);
} pages[] = {
        { "/metrics", show_metrics },
        { "/healthz", show_health },
        { "/readyz", show_readiness },
        { "/version", show_version },
};

static void fill_page(struct admin *admin, const char *method, const char *path, struct page *page)
{
        *page = (struct page){ .status = MHD_HTTP_OK, .type = plain_text };
        if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
                page->status = MHD_HTTP_METHOD_NOT_ALLOWED;
                buffer_append_text(&page->text, "only GET and HEAD\n");
                return;
        }
        for (size_t i = 0; i < ARRAY_LENGTH(pages); i++) {
                if (strcmp(path, pages[i].path) == 0) {
                        pages[i].show(admin, page);
                        return;
                }
        }
        page->status = MHD_HTTP_NOT_FOUND;
        buffer_append_text(&page->text, "here are /metrics, /healthz, /readyz and /version\n");
}

static struct MHD_Response *respond(const struct admin *admin, struct MHD_Connection *connection,
                                    struct page *page)
{
        size_t bytes = page->text.length;

        if (page->metrics)
                return scrape_response(admin->metrics,
                                       scrape_accepts_gzip(MHD_lookup_connection_value(
                                               connection, MHD_HEADER_KIND,
                                               MHD_HTTP_HEADER_ACCEPT_ENCODING)));
        return MHD_create_response_from_buffer(bytes, buffer_take(&page->text),
                                               MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_bytes, void **request)
{
        struct page page;

        (void)version;
        (void)upload;
        (void)upload_bytes;
        (void)request;
        fill_page(context, method, path, &page);

        struct MHD_Response *response = respond(context, connection, &page);

        if (!response)
                return MHD_NO;
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, page.type);
        MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
        if (page.status == MHD_HTTP_METHOD_NOT_ALLOWED)
                MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");

        enum MHD_Result queued = MHD_queue_response(connection, page.status, response);

        MHD_destroy_response(response);
        return queued;
}

struct admin *admin_new(struct loop *loop, const char *address, const char *service,
                        struct metrics *metrics, admin_ready_fn *ready, admin_collect_fn *collect,
                        void *context, struct error *error)
{
        struct admin *admin = memory_new(sizeof(*admin));

        *admin = (struct admin){
                .service = memory_copy_text(service),
                .metrics = metrics,
                .ready = ready,
                .collect = collect,
                .context = context,
        };
        admin->server = web_server_new(loop,
                                       &(struct web_server_setup){
                                               .address = address,
                                               .setting = "admin_address",
                                               .connections_max = CONNECTIONS_MAX,
                                               .request_bytes = REQUEST_BYTES,
                                               .answer = answer,
                                               .context = admin,
                                       },
                                       error);
        if (!admin->server) {
                admin_free(admin);
                return NULL;
        }
        return admin;
}

int admin_port(const struct admin *admin)
{
        return web_server_port(admin->server);
}

void admin_free(struct admin *admin)
{
        if (!admin)
                return;
        web_server_free(admin->server);
        free(admin->service);
        free(admin);
}
