/* common/io/http_transfer.c
 *
 * libcurl's options and callbacks for one request; DESIGN.md ("Libraries and their traps") has the
 * measurements behind them. Rules kept here:
 * - a request that is not a GET leaves once: libcurl would send it again, silently, when a reused
 *   connection dies under it, and nobody could tell how often the site executed it;
 * - the address is judged at every new socket, and again before every send, since a connection that
 *   was opened for a municipality that may reach private addresses can be found by one that may
 * not. Behind a proxy it is the proxy that resolves, so there is nothing to judge here;
 * - a log-in goes over http only where that is allowed.
 */
#include "io/http_transfer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "io/http_login.h"
#include "policy/address.h"

enum {
        HEADER_TEXT_MAX_BYTES = 1024, /* a longer one counts as absent: cut, it would be wrong */
        HEADERS_MAX_BYTES = 65536,    /* of all headers of an answer */
        REDIRECTS_MAX = 5,
};

static const char *const header_names[HTTP_HEADER_COUNT] = {
        [HTTP_AGE] = "Age",
        [HTTP_ETAG] = "ETag",
        [HTTP_LAST_MODIFIED] = "Last-Modified",
        [HTTP_RETRY_AFTER] = "Retry-After",
        [HTTP_CONTENT_TYPE] = "Content-Type",
        [HTTP_DATE] = "Date",
        [HTTP_VARNISH_CACHE] = "X-Varnish-Cache",
        [HTTP_LOCATION] = "Location",
};

/* The request */

static void add_header(struct http_transfer *transfer, const char *header)
{
        transfer->headers = curl_slist_append(transfer->headers, header);
        if (!transfer->headers)
                abort();
}

static void add_headers(struct http_transfer *transfer, const struct http_request *request)
{
        add_header(transfer, "Expect:"); /* no 100-continue */
        if (request->username) {
                char *login = http_login_header(request->username, request->password);

                add_header(transfer, login);
                http_login_free(login);
        }
        for (const char *const *header = request->headers; header && *header; header++)
                add_header(transfer, *header);
}

static void forget_request_headers(struct http_transfer *transfer)
{
        for (struct curl_slist *header = transfer->headers; header; header = header->next)
                explicit_bzero(header->data, strlen(header->data)); /* one may be the log-in */
        curl_slist_free_all(transfer->headers);
}

static void refuse(struct http_transfer *transfer, const char *why)
{
        text_copy(transfer->refused, sizeof(transfer->refused), why);
}

static void check_request(struct http_transfer *transfer)
{
        if (!http_origin_read(&transfer->origin, transfer->url))
                refuse(transfer, "the URL is not one of https or http");
        else if (transfer->has_login && !http_origin_is_https(&transfer->origin) &&
                 !transfer->allow_insecure_http)
                refuse(transfer, "a log-in is not sent over http without allow_insecure_http");
}

struct http_transfer *http_transfer_new(const struct http_request *request,
                                        const struct http_handlers *handlers, void *context)
{
        struct http_transfer *transfer = memory_new(sizeof(*transfer));

        transfer->handlers = *handlers;
        transfer->context = context;
        transfer->method = memory_copy_text(request->method);
        transfer->url = memory_copy_text(request->url);
        transfer->has_login = request->username != NULL;
        transfer->cacert = memory_copy_text(request->cacert);
        transfer->proxy = memory_copy_text(request->proxy);
        buffer_append(&transfer->request_body, request->body.data, request->body.length);
        add_headers(transfer, request);
        transfer->timeout_ms = request->timeout_ms;
        transfer->connect_timeout_ms = request->connect_timeout_ms;
        transfer->max_bytes = request->max_bytes;
        transfer->gzip = request->gzip;
        transfer->allow_insecure_http = request->allow_insecure_http;
        transfer->allow_private_addresses = request->allow_private_addresses;
        transfer->follow_redirects = request->follow_redirects;
        transfer->keep_body = request->keep_body;
        check_request(transfer);
        return transfer;
}

static void forget_headers(struct http_transfer *transfer)
{
        for (size_t i = 0; i < HTTP_HEADER_COUNT; i++) {
                free(transfer->header_texts[i]);
                transfer->header_texts[i] = NULL;
        }
}

void http_transfer_free(struct http_transfer *transfer)
{
        forget_headers(transfer);
        forget_request_headers(transfer);
        http_origin_deinit(&transfer->origin);
        buffer_deinit(&transfer->request_body);
        buffer_deinit(&transfer->body);
        free(transfer->method);
        free(transfer->url);
        free(transfer->cacert);
        free(transfer->proxy);
        free(transfer);
}

static bool is_get(const struct http_transfer *transfer)
{
        return strcmp(transfer->method, "GET") == 0;
}

/* Callbacks */

/* False, with the reason noted, where the municipality may not go. */
static bool address_allowed(struct http_transfer *transfer, const struct sockaddr *address,
                            size_t bytes, const char *text)
{
        const char *what;
        enum address_verdict verdict = address_judge(address, bytes, &what);

        if (verdict == ADDRESS_PUBLIC ||
            (verdict == ADDRESS_INTERNAL && transfer->allow_private_addresses))
                return true;
        snprintf(transfer->refused, sizeof(transfer->refused), "its address %s is %s%s", text, what,
                 verdict == ADDRESS_INTERNAL ? " and allow_private_addresses is not set" : "");
        return false;
}

static curl_socket_t on_open_socket(void *context, curlsocktype purpose,
                                    struct curl_sockaddr *address)
{
        struct http_transfer *transfer = context;
        char host[INET6_ADDRSTRLEN] = "?";
        const void *bytes =
                address->family == AF_INET6
                        ? (const void *)&((struct sockaddr_in6 *)(void *)&address->addr)->sin6_addr
                        : (const void *)&((struct sockaddr_in *)(void *)&address->addr)->sin_addr;

        (void)purpose;
        inet_ntop(address->family, bytes, host, sizeof(host));
        if (!transfer->proxy && !address_allowed(transfer, &address->addr, address->addrlen, host))
                return CURL_SOCKET_BAD;
        transfer->refused[0] = '\0'; /* of several addresses one is good */

        int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

        if (fd >= 0)
                http_connects(transfer, fd);
        return fd; /* CURL_SOCKET_BAD is -1 */
}

static bool connection_allowed(struct http_transfer *transfer, const char *peer)
{
        struct sockaddr_in in4 = { .sin_family = AF_INET };
        struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

        if (inet_pton(AF_INET6, peer, &in6.sin6_addr) == 1)
                return address_allowed(transfer, (struct sockaddr *)&in6, sizeof(in6), peer);
        if (inet_pton(AF_INET, peer, &in4.sin_addr) == 1)
                return address_allowed(transfer, (struct sockaddr *)&in4, sizeof(in4), peer);
        refuse(transfer, "its address cannot be told");
        return false;
}

static bool may_send(struct http_transfer *transfer, const char *peer)
{
        if (transfer->cancelled)
                return false;
        if (transfer->sends > 0 && !is_get(transfer)) {
                transfer->sends++;
                refuse(transfer, "the connection was lost after sending, and it is not sent twice");
                return false;
        }
        if (!transfer->proxy && !connection_allowed(transfer, peer))
                return false;
        if (transfer->handlers.before_send && !transfer->handlers.before_send(transfer->context)) {
                refuse(transfer, "held back at the last moment");
                return false;
        }
        transfer->sends++;
        return true;
}

static int on_before_request(void *context, char *peer, char *local, int peer_port, int local_port)
{
        (void)local;
        (void)peer_port;
        (void)local_port;
        return may_send(context, peer) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static void keep_header(struct http_transfer *transfer, const char *line, size_t length,
                        size_t name_length)
{
        const char *value = line + name_length + 1;
        size_t bytes = length - name_length - 1;

        while (bytes > 0 && (*value == ' ' || *value == '\t')) {
                value++;
                bytes--;
        }
        while (bytes > 0 && strchr(" \t\r\n", value[bytes - 1]))
                bytes--;
        if (bytes == 0 || bytes > HEADER_TEXT_MAX_BYTES || memchr(value, '\0', bytes))
                return;
        for (size_t i = 0; i < HTTP_HEADER_COUNT; i++) {
                if (strlen(header_names[i]) != name_length ||
                    strncasecmp(line, header_names[i], name_length) != 0)
                        continue;
                free(transfer->header_texts[i]);
                transfer->header_texts[i] = memory_copy(value, bytes);
        }
}

static size_t on_header(char *line, size_t size, size_t count, void *context)
{
        struct http_transfer *transfer = context;
        size_t length = size * count;
        const char *colon = memchr(line, ':', length);

        transfer->header_bytes += length;
        if (transfer->cancelled || transfer->header_bytes > HEADERS_MAX_BYTES) {
                refuse(transfer, "the answer's headers are longer than 64 KiB");
                return 0;
        }
        if (transfer->began) /* a trailer */
                return length;
        if (length >= 5 && memcmp(line, "HTTP/", 5) == 0)
                forget_headers(transfer); /* of a 103 before it */
        else if (colon)
                keep_header(transfer, line, length, (size_t)(colon - line));
        return length;
}

/* The first bytes of a body. */
static bool begin(struct http_transfer *transfer)
{
        struct http_answer answer;

        transfer->began = true;
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &transfer->status);
        if (transfer->status != 200 || !transfer->handlers.on_begin)
                return true;
        http_transfer_answer(transfer, CURLE_OK, &answer);
        return transfer->handlers.on_begin(transfer->context, &answer);
}

static bool take(struct http_transfer *transfer, const char *data, size_t bytes)
{
        if (transfer->max_bytes == 0)
                return true;
        if (transfer->keep_body)
                buffer_append(&transfer->body, data, bytes);
        else if (transfer->status == 200 && transfer->handlers.on_data)
                return transfer->handlers.on_data(transfer->context, data, bytes);
        return true;
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
        struct http_transfer *transfer = context;
        size_t bytes = size * count;
        size_t room = (size_t)(transfer->max_bytes - transfer->decoded_bytes);

        if (transfer->cancelled)
                return 0;
        if (transfer->moved && http_out_of_time(transfer))
                return CURL_WRITEFUNC_PAUSE;
        transfer->moved = true;
        if (!transfer->began && !begin(transfer)) {
                transfer->stopped = true;
                return 0;
        }
        if (transfer->max_bytes > 0 && bytes > room) {
                transfer->too_large = true;
                if (transfer->keep_body)
                        take(transfer, data, room);
                transfer->decoded_bytes = transfer->max_bytes;
                return 0;
        }
        transfer->decoded_bytes += (int64_t)bytes;
        transfer->stopped = !take(transfer, data, bytes);
        return transfer->stopped ? 0 : bytes;
}

/* Options */

static void set_request(struct http_transfer *transfer, CURL *easy)
{
        /* The text beside what was made of it: else libcurl would write it anew. */
        curl_easy_setopt(easy, CURLOPT_URL, transfer->url);
        curl_easy_setopt(easy, CURLOPT_CURLU, transfer->origin.url);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
        if (transfer->request_body.length > 0 || !is_get(transfer)) {
                curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                                 (curl_off_t)transfer->request_body.length);
                curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->request_body.data);
        }
        if (!is_get(transfer))
                curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, transfer->method);
        if (transfer->gzip)
                curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
}

static void set_limits(const struct http_transfer *transfer, CURL *easy)
{
        int64_t left_ms = transfer->timeout_ms - transfer->earlier_us / 1000;

        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(left_ms > 1 ? left_ms : 1));
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)transfer->connect_timeout_ms);
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https,http");
        curl_easy_setopt(easy, CURLOPT_PROXY, transfer->proxy ? transfer->proxy : "");
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
        curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

/* One file and no directory: only then libcurl parses it once and keeps it. */
static void set_trust(const struct http_transfer *transfer, CURL *easy, const char *default_cacert)
{
        const char *cacert = transfer->cacert ? transfer->cacert : default_cacert;

        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
        if (cacert)
                curl_easy_setopt(easy, CURLOPT_CAINFO, cacert);
}

static void set_callbacks(struct http_transfer *transfer, CURL *easy)
{
        curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->curl_error);
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
        curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_before_request);
        curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
}

void http_transfer_prepare(struct http_transfer *transfer, CURL *easy, const char *user_agent,
                           const char *default_cacert)
{
        transfer->easy = easy;
        curl_easy_setopt(easy, CURLOPT_USERAGENT, user_agent);
        set_request(transfer, easy);
        set_limits(transfer, easy);
        set_trust(transfer, easy, default_cacert);
        set_callbacks(transfer, easy);
}

/* The end */

static bool is_redirect(const struct http_transfer *transfer, CURLcode code)
{
        long status = 0;

        if (code != CURLE_OK || !transfer->follow_redirects || !is_get(transfer))
                return false;
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
        return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool http_transfer_follow(struct http_transfer *transfer, CURLcode code)
{
        struct http_origin origin;
        char *url = NULL;
        curl_off_t spent_us = 0;

        if (!is_redirect(transfer, code))
                return false;
        curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_URL, &url);
        if (!url || transfer->redirects == REDIRECTS_MAX || !http_origin_read(&origin, url)) {
                refuse(transfer, "it redirects to nowhere, or too often");
                return false;
        }
        if (!http_origin_may_lead_to(&transfer->origin, &origin)) {
                snprintf(transfer->refused, sizeof(transfer->refused),
                         "it redirects to %s://%.80s:%s", origin.scheme, origin.host, origin.port);
                http_origin_deinit(&origin);
                return false;
        }
        curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME_T, &spent_us);
        transfer->earlier_us += spent_us;
        transfer->redirects++;
        free(transfer->url);
        transfer->url = memory_copy_text(url);
        http_origin_deinit(&transfer->origin);
        transfer->origin = origin;
        forget_headers(transfer);
        buffer_clear(&transfer->body);
        transfer->began = false;
        transfer->header_bytes = 0;
        transfer->decoded_bytes = 0;
        return true;
}

static enum http_transport transport_of(const struct http_transfer *transfer, CURLcode code)
{
        if (transfer->too_large)
                return HTTP_TOO_LARGE;
        if (transfer->stopped)
                return HTTP_STOPPED;
        if (transfer->sends == 0)
                return HTTP_NOT_SENT;
        return code == CURLE_OK ? HTTP_ANSWERED : HTTP_BROKEN;
}

static void write_error(const struct http_transfer *transfer, CURLcode code,
                        struct http_answer *answer)
{
        const char *text = "";

        if (transfer->refused[0] != '\0')
                text = transfer->refused;
        else if (transfer->too_large)
                text = "the answer is longer than allowed";
        else if (transfer->stopped)
                text = "reading was stopped";
        else if (code != CURLE_OK)
                text = transfer->curl_error[0] != '\0' ? transfer->curl_error
                                                       : curl_easy_strerror(code);
        text_copy(answer->error, sizeof(answer->error), text);
}

void http_transfer_answer(const struct http_transfer *transfer, CURLcode code,
                          struct http_answer *answer)
{
        curl_off_t spent_us = 0;

        *answer = (struct http_answer){
                .transport = transport_of(transfer, code),
                .sends = transfer->sends,
                .age = transfer->header_texts[HTTP_AGE],
                .etag = transfer->header_texts[HTTP_ETAG],
                .last_modified = transfer->header_texts[HTTP_LAST_MODIFIED],
                .retry_after = transfer->header_texts[HTTP_RETRY_AFTER],
                .content_type = transfer->header_texts[HTTP_CONTENT_TYPE],
                .date = transfer->header_texts[HTTP_DATE],
                .varnish_cache = transfer->header_texts[HTTP_VARNISH_CACHE],
                .body = buffer_slice(&transfer->body),
                .decoded_bytes = transfer->decoded_bytes,
                .started_ms = transfer->started_ms,
        };
        if (transfer->easy) {
                curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &answer->status);
                curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME_T, &spent_us);
        }
        answer->duration_us = transfer->earlier_us + spent_us;
        write_error(transfer, code, answer);
}
