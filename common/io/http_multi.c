/* common/io/http_multi.c
 *
 * A connection's socket is watched from its first use until it is closed, whether a transfer uses
 * it or not: to tell epoll twice a PATCH would be a fifth of the writer's calls of the kernel.
 * libcurl has other sockets, those of its resolver; they are watched as long as it says.
 */
#include "io/http_multi.h"

#include <poll.h>
#include <unistd.h>

#include "base/map.h"
#include "base/memory.h"

enum { CONNECTIONS_KEPT = 256 }; /* about two for each of a hundred sites */

struct http_socket {
        struct http_multi *multi;
        curl_socket_t fd;
        struct loop_watch *watch;
        bool is_connection;
        bool is_used; /* by a transfer */
        UT_hash_handle hh;
};

/* What an idle connection has to say is that the site closed it: libcurl sees it before it would
 * be used again. */
static void on_ready(void *context)
{
        const struct http_socket *http_socket = context;
        struct http_multi *multi = http_socket->multi;
        short events = loop_ready_events(multi->loop);
        int running;

        if (!http_socket->is_used) {
                loop_watch_events(http_socket->watch, 0);
                return;
        }
        curl_multi_socket_action(multi->curl, http_socket->fd,
                                 (events & POLLIN ? CURL_CSELECT_IN : 0) |
                                         (events & POLLOUT ? CURL_CSELECT_OUT : 0),
                                 &running);
}

static short events_of(int what)
{
        return (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0));
}

static struct http_socket *find(const struct http_multi *multi, curl_socket_t fd)
{
        struct http_socket *http_socket;

        HASH_FIND_INT(multi->sockets, &fd, http_socket);
        return http_socket;
}

static struct http_socket *add(struct http_multi *multi, curl_socket_t fd)
{
        struct http_socket *http_socket = memory_new(sizeof(*http_socket));

        http_socket->multi = multi;
        http_socket->fd = fd;
        http_socket->watch = loop_watch(multi->loop, fd, 0, on_ready, http_socket);
        HASH_ADD_INT(multi->sockets, fd, http_socket);
        return http_socket;
}

static void forget(struct http_multi *multi, struct http_socket *http_socket)
{
        if (!http_socket)
                return;
        HASH_DEL(multi->sockets, http_socket);
        loop_unwatch(http_socket->watch);
        free(http_socket);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *multi, void *of_socket)
{
        struct http_socket *http_socket = find(multi, fd);

        (void)easy;
        (void)of_socket;
        if (what == CURL_POLL_REMOVE && http_socket && http_socket->is_connection) {
                http_socket->is_used = false;
        } else if (what == CURL_POLL_REMOVE) {
                forget(multi, http_socket);
        } else {
                if (!http_socket)
                        http_socket = add(multi, fd);
                http_socket->is_used = true;
                loop_watch_events(http_socket->watch, events_of(what));
        }
        return 0;
}

static int on_close(void *multi, curl_socket_t fd)
{
        forget(multi, find(multi, fd));
        return close(fd);
}

void http_multi_connects(struct http_multi *multi, curl_socket_t fd)
{
        add(multi, fd)->is_connection = true;
}

CURLMcode http_multi_add(struct http_multi *multi, CURL *easy)
{
        curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
        curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, multi);
        return curl_multi_add_handle(multi->curl, easy);
}

int http_multi_open(struct http_multi *multi, struct loop *loop, struct error *error)
{
        *multi = (struct http_multi){ .loop = loop };
        if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK)
                return error_set(error, "libcurl cannot be initialised");
        multi->curl = curl_multi_init();
        if (!multi->curl ||
            curl_multi_setopt(multi->curl, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT) ||
            curl_multi_setopt(multi->curl, CURLMOPT_SOCKETFUNCTION, on_socket) ||
            curl_multi_setopt(multi->curl, CURLMOPT_SOCKETDATA, multi)) {
                http_multi_close(multi);
                return error_set(error, "libcurl's multi handle cannot be made");
        }
        return 0;
}

void http_multi_close(struct http_multi *multi)
{
        curl_multi_cleanup(multi->curl);
        multi->curl = NULL;
        curl_global_cleanup();
}

void http_multi_work(struct http_multi *multi)
{
        long left_ms = -1;
        int running;

        curl_multi_timeout(multi->curl, &left_ms);
        if (left_ms == 0) {
                curl_multi_socket_action(multi->curl, CURL_SOCKET_TIMEOUT, 0, &running);
                curl_multi_timeout(multi->curl, &left_ms);
        }
        if (left_ms >= 0)
                loop_within(multi->loop, left_ms);
}

CURL *http_multi_ended(struct http_multi *multi, CURLcode *code)
{
        CURLMsg *message;
        int left;

        while ((message = curl_multi_info_read(multi->curl, &left)) != NULL) {
                CURL *easy = message->easy_handle;

                if (message->msg != CURLMSG_DONE)
                        continue;
                *code = message->data.result;
                curl_multi_remove_handle(multi->curl, easy);
                return easy;
        }
        return NULL;
}
