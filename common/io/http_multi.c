/* common/io/http_multi.c
 *
 * Each socket's watch hangs at the socket inside of libcurl (curl_multi_assign), which says when it
 * is about to close it.
 */
#include "io/http_multi.h"

#include <poll.h>

#include "base/memory.h"

enum { CONNECTIONS_KEPT = 256 }; /* about two for each of a hundred sites */

struct http_socket {
        struct http_multi *multi;
        curl_socket_t fd;
        struct loop_watch *watch;
};

static void on_ready(void *context)
{
        const struct http_socket *http_socket = context;
        struct http_multi *multi = http_socket->multi;
        short events = loop_ready_events(multi->loop);
        int running;

        curl_multi_socket_action(multi->curl, http_socket->fd,
                                 (events & POLLIN ? CURL_CSELECT_IN : 0) |
                                         (events & POLLOUT ? CURL_CSELECT_OUT : 0),
                                 &running);
}

static short events_of(int what)
{
        return (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0));
}

static void forget(struct http_multi *multi, struct http_socket *http_socket)
{
        if (!http_socket)
                return;
        loop_unwatch(http_socket->watch);
        curl_multi_assign(multi->curl, http_socket->fd, NULL);
        free(http_socket);
}

static void watch(struct http_multi *multi, curl_socket_t fd, int what)
{
        struct http_socket *http_socket = memory_new(sizeof(*http_socket));

        http_socket->multi = multi;
        http_socket->fd = fd;
        http_socket->watch = loop_watch(multi->loop, fd, events_of(what), on_ready, http_socket);
        curl_multi_assign(multi->curl, fd, http_socket);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *of_socket)
{
        struct http_socket *http_socket = of_socket;

        (void)easy;
        if (what == CURL_POLL_REMOVE)
                forget(context, http_socket);
        else if (http_socket)
                loop_watch_events(http_socket->watch, events_of(what));
        else
                watch(context, fd, what);
        return 0;
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
