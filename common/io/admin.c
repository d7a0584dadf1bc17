/* common/io/admin.c
 *
 * libmicrohttpd brings an epoll of its own; the loop watches that one descriptor and a timer, so a
 * slow reader of /metrics costs no thread and holds nobody. The socket is opened here, so that a
 * port that is taken is said with its number.
 *
 * The port has no log-in and is meant for probes and scrapes: few connections, small requests, no
 * answer has anything in it that a person outside may not see.
 */
#include "io/admin.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"

enum {
        CONNECTIONS_MAX = 32,
        CONNECTION_TIMEOUT_S = 10,
        CONNECTION_MEMORY_BYTES = 8192,
        WAIT_WHEN_FULL_MS = 100,
        BACKLOG = 64,
};

struct admin {
        struct loop *loop;
        struct MHD_Daemon *server;
        struct loop_watch *watch;
        struct loop_timer timer;
        int port;

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
};

static const char plain_text[] = "text/plain; charset=utf-8";

/* Pages */

static void show_metrics(struct admin *admin, struct page *page)
{
        page->type = "text/plain; version=0.0.4; charset=utf-8";
        if (admin->collect)
                admin->collect(admin->context);
        metrics_render(admin->metrics, &page->text);
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

        size_t bytes = page.text.length;
        struct MHD_Response *response = MHD_create_response_from_buffer(
                bytes, buffer_take(&page.text), MHD_RESPMEM_MUST_FREE);

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

/* The loop's side */

static bool is_full(struct admin *admin)
{
        const union MHD_DaemonInfo *info =
                MHD_get_daemon_info(admin->server, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

        return info && info->num_connections >= CONNECTIONS_MAX;
}

/* At its limit libmicrohttpd stops listening, and listens again at the beginning of a run after the
 * one that closed a connection; neither its descriptor nor its timeout asks for that run. */
static void run_server(void *context)
{
        struct admin *admin = context;
        bool was_full = is_full(admin);
        MHD_UNSIGNED_LONG_LONG wait_ms = 0;

        MHD_run(admin->server);

        bool waits = MHD_get_timeout(admin->server, &wait_ms) == MHD_YES;

        if (was_full && (!waits || wait_ms > WAIT_WHEN_FULL_MS))
                wait_ms = WAIT_WHEN_FULL_MS;
        if (was_full || waits)
                loop_timer_set(admin->loop, &admin->timer,
                               loop_now_ms(admin->loop) + (int64_t)wait_ms);
        else
                loop_timer_stop(admin->loop, &admin->timer);
}

/* "host:port", "[::1]:port" or ":port" into its two halves. */
static int split_address(const char *address, char host[256], const char **port,
                         struct error *error)
{
        const char *colon = strrchr(address, ':');
        const char *start = address;
        size_t length = colon ? (size_t)(colon - address) : 0;

        if (!colon || colon[1] == '\0' || length >= 256)
                return error_set(error, "admin_address \"%.100s\" is not host:port", address);
        if (length >= 2 && start[0] == '[' && start[length - 1] == ']') {
                start++;
                length -= 2;
        }
        memcpy(host, start, length);
        host[length] = '\0';
        *port = colon + 1;
        return 0;
}

static int bind_and_listen(const struct addrinfo *at)
{
        int on = 1;
        int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return -1;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
                return fd;

        int reason = errno;

        close(fd);
        errno = reason;
        return -1;
}

static int open_socket(const char *address, struct error *error)
{
        char host[256];
        const char *port = NULL;
        struct addrinfo *at;
        const struct addrinfo hints = { .ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM };

        if (split_address(address, host, &port, error) < 0)
                return -1;

        int code = getaddrinfo(host[0] ? host : NULL, port, &hints, &at);

        if (code != 0)
                return error_set(error, "admin_address \"%s\": %s", address, gai_strerror(code));

        int fd = bind_and_listen(at);

        if (fd < 0)
                error_set(error, "admin_address %s cannot be listened on: %s", address,
                          strerror(errno));
        freeaddrinfo(at);
        return fd;
}

static int port_of(int fd)
{
        struct sockaddr_storage at;
        socklen_t bytes = sizeof(at);
        char port[NI_MAXSERV];

        if (getsockname(fd, (struct sockaddr *)&at, &bytes) < 0 ||
            getnameinfo((struct sockaddr *)&at, bytes, NULL, 0, port, sizeof(port),
                        NI_NUMERICSERV) != 0)
                return -1;
        return (int)strtol(port, NULL, 10);
}

static int start_server(struct admin *admin, const char *address, struct error *error)
{
        struct MHD_OptionItem options[] = {
                { MHD_OPTION_LISTEN_SOCKET, -1, NULL },
                { MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, NULL },
                { MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_TIMEOUT_S, NULL },
                { MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY_BYTES, NULL },
                { MHD_OPTION_END, 0, NULL },
        };
        int fd = open_socket(address, error);

        if (fd < 0)
                return -1;
        admin->port = port_of(fd);
        options[0].value = fd;
        admin->server = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, answer, admin,
                                         MHD_OPTION_ARRAY, options, MHD_OPTION_END);
        if (!admin->server) {
                close(fd);
                return error_set(error, "the admin port's server cannot be started");
        }

        const union MHD_DaemonInfo *info =
                MHD_get_daemon_info(admin->server, MHD_DAEMON_INFO_EPOLL_FD);

        if (!info)
                return error_set(error, "this libmicrohttpd has no epoll");
        admin->watch = loop_watch(admin->loop, info->epoll_fd, POLLIN, run_server, admin);
        return 0;
}

struct admin *admin_new(struct loop *loop, const char *address, const char *service,
                        struct metrics *metrics, admin_ready_fn *ready, admin_collect_fn *collect,
                        void *context, struct error *error)
{
        struct admin *admin = memory_new(sizeof(*admin));

        *admin = (struct admin){
                .loop = loop,
                .service = memory_copy_text(service),
                .metrics = metrics,
                .ready = ready,
                .collect = collect,
                .context = context,
        };
        admin->timer = (struct loop_timer){ .fn = run_server, .context = admin };
        if (start_server(admin, address, error) < 0) {
                admin_free(admin);
                return NULL;
        }
        return admin;
}

int admin_port(const struct admin *admin)
{
        return admin->port;
}

void admin_free(struct admin *admin)
{
        if (!admin)
                return;
        loop_unwatch(admin->watch);
        loop_timer_stop(admin->loop, &admin->timer);
        if (admin->server)
                MHD_stop_daemon(admin->server);
        free(admin->service);
        free(admin);
}
