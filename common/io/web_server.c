/* common/io/web_server.c
 *
 * libmicrohttpd brings an epoll of its own; the loop watches that one descriptor and a timer.
 */
#include "io/web_server.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"

enum { CONNECTION_TIMEOUT_S = 10, WAIT_WHEN_FULL_MS = 100, BACKLOG = 64, HOST_BYTES = 256 };

struct web_server {
        struct loop *loop;
        struct MHD_Daemon *daemon;
        struct loop_watch *watch;
        struct loop_timer timer;
        unsigned connections_max;
        int port;
};

static bool is_full(struct web_server *server)
{
        const union MHD_DaemonInfo *info =
                MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

        return info && info->num_connections >= server->connections_max;
}

/* At its limit libmicrohttpd stops listening, and listens again at the beginning of a run after the
 * one that closed a connection; neither its descriptor nor its timeout asks for that run. */
static void run(void *context)
{
        struct web_server *server = context;
        bool was_full = is_full(server);
        MHD_UNSIGNED_LONG_LONG wait_ms = 0;

        MHD_run(server->daemon);

        bool waits = MHD_get_timeout(server->daemon, &wait_ms) == MHD_YES;

        if (was_full && (!waits || wait_ms > WAIT_WHEN_FULL_MS))
                wait_ms = WAIT_WHEN_FULL_MS;
        if (was_full || waits)
                loop_timer_set(server->loop, &server->timer,
                               loop_now_ms(server->loop) + (int64_t)wait_ms);
        else
                loop_timer_stop(server->loop, &server->timer);
}

/* "host:port", "[::1]:port" or ":port" into its two halves. */
static int split_address(const struct web_server_setup *setup, char host[HOST_BYTES],
                         const char **port, struct error *error)
{
        const char *start = setup->address, *colon = strrchr(start, ':');
        size_t length = colon ? (size_t)(colon - start) : 0;

        if (!colon || colon[1] == '\0' || length >= HOST_BYTES)
                return error_set(error, "%s \"%.100s\" is not host:port", setup->setting,
                                 setup->address);
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

static int open_socket(const struct web_server_setup *setup, struct error *error)
{
        char host[HOST_BYTES];
        const char *port = NULL;
        struct addrinfo *at;
        const struct addrinfo hints = { .ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM };

        if (split_address(setup, host, &port, error) < 0)
                return -1;

        int code = getaddrinfo(host[0] ? host : NULL, port, &hints, &at);

        if (code != 0)
                return error_set(error, "%s \"%s\": %s", setup->setting, setup->address,
                                 gai_strerror(code));

        int fd = bind_and_listen(at);

        if (fd < 0)
                error_set(error, "%s %s cannot be listened on: %s", setup->setting, setup->address,
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

static int start(struct web_server *server, const struct web_server_setup *setup,
                 struct error *error)
{
        struct MHD_OptionItem options[] = {
                { MHD_OPTION_LISTEN_SOCKET, -1, NULL },
                { MHD_OPTION_CONNECTION_LIMIT, setup->connections_max, NULL },
                { MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_TIMEOUT_S, NULL },
                { MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)setup->request_bytes, NULL },
                { MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)setup->completed, setup->context },
                { MHD_OPTION_END, 0, NULL },
        };
        int fd = open_socket(setup, error);

        if (fd < 0)
                return -1;
        server->port = port_of(fd);
        options[0].value = fd;
        server->daemon =
                MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, setup->answer, setup->context,
                                 MHD_OPTION_ARRAY, options, MHD_OPTION_END);
        if (!server->daemon) {
                close(fd);
                return error_set(error, "the server of %s cannot be started", setup->setting);
        }

        const union MHD_DaemonInfo *info =
                MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);

        if (!info)
                return error_set(error, "this libmicrohttpd has no epoll");
        server->watch = loop_watch(server->loop, info->epoll_fd, POLLIN, run, server);
        return 0;
}

struct web_server *web_server_new(struct loop *loop, const struct web_server_setup *setup,
                                  struct error *error)
{
        struct web_server *server = memory_new(sizeof(*server));

        *server = (struct web_server){ .loop = loop, .connections_max = setup->connections_max };
        server->timer = (struct loop_timer){ .fn = run, .context = server };
        if (start(server, setup, error) < 0) {
                web_server_free(server);
                return NULL;
        }
        return server;
}

int web_server_port(const struct web_server *server)
{
        return server->port;
}

void web_server_free(struct web_server *server)
{
        if (!server)
                return;
        loop_unwatch(server->watch);
        loop_timer_stop(server->loop, &server->timer);
        if (server->daemon)
                MHD_stop_daemon(server->daemon);
        free(server);
}
