/* common/io/http.c
 *
 * When transfers run and end. libcurl may not be told to add or remove a handle from inside one of
 * its callbacks, and that is where shells act; so starting and cancelling only note it, and it is
 * done when the loop comes to its transfers, in the same turn if it can be. A transfer stands in
 * exactly one of four lists: waiting (to be added), running (libcurl has it), paused (likewise,
 * until the next turn), leaving (cancelled, to be removed).
 */
#include "io/http.h"

#include <assert.h>
#include <unistd.h>
#include <utlist.h>

#include "base/memory.h"
#include "io/http_multi.h"
#include "io/http_pool.h"
#include "io/http_transfer.h"

struct http {
        struct loop *loop;
        struct http_multi multi;
        char *user_agent;
        const char *cacert; /* the system's bundle */
        struct http_pool pool;
        struct http_transfer *waiting;
        struct http_transfer *running;
        struct http_transfer *paused;
        struct http_transfer *leaving;
};

/* Where Debian, Red Hat, Alpine and the BSDs have it, should libcurl not know. */
static const char *const bundles[] = {
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
};

static const char *find_bundle(void)
{
        const char *known = curl_version_info(CURLVERSION_NOW)->cainfo;

        if (known && access(known, R_OK) == 0)
                return known;
        for (size_t i = 0; i < ARRAY_LENGTH(bundles); i++)
                if (access(bundles[i], R_OK) == 0)
                        return bundles[i];
        return NULL;
}

static void move(struct http_transfer *transfer, struct http_transfer **list)
{
        if (transfer->list)
                DL_DELETE(*transfer->list, transfer);
        transfer->list = list;
        if (list)
                DL_APPEND(*list, transfer);
}

/* libcurl has let go of it. */
static void give_back_handle(struct http_transfer *transfer)
{
        struct http *http = transfer->http;

        if (transfer->easy)
                http_pool_give_back(&http->pool, transfer->easy,
                                    http_origin_hash(&transfer->origin));
        transfer->easy = NULL;
}

static void discard(struct http_transfer *transfer)
{
        move(transfer, NULL);
        give_back_handle(transfer);
        http_transfer_free(transfer);
}

static void finish(struct http_transfer *transfer, CURLcode code)
{
        struct http_answer answer;

        move(transfer, NULL);
        http_transfer_answer(transfer, code, &answer);
        give_back_handle(transfer);
        transfer->handlers.on_done(transfer->context, &answer);
        http_transfer_free(transfer);
}

static void run(struct http *http, struct http_transfer *transfer)
{
        http_transfer_prepare(transfer,
                              http_pool_take(&http->pool, http_origin_hash(&transfer->origin)),
                              http->user_agent, http->cacert);
        move(transfer, &http->running);

        if (http_multi_add(&http->multi, transfer->easy) != CURLM_OK)
                finish(transfer, CURLE_FAILED_INIT);
}

static void remove_leaving(struct http *http)
{
        while (http->leaving) {
                struct http_transfer *transfer = http->leaving;

                curl_multi_remove_handle(http->multi.curl, transfer->easy);
                discard(transfer);
        }
}

/* Those that are started meanwhile have their turn in the next one. */
static void add_waiting(struct http *http)
{
        size_t count;
        struct http_transfer *transfer;

        DL_COUNT(http->waiting, transfer, count);
        for (; count > 0 && http->waiting; count--) {
                transfer = http->waiting;
                if (transfer->refused[0] != '\0')
                        finish(transfer, CURLE_OK);
                else
                        run(http, transfer);
        }
}

bool http_out_of_time(struct http_transfer *transfer)
{
        struct http *http = transfer->http;

        if (loop_turn_us(http->loop) < LOOP_SLICE_US)
                return false;
        move(transfer, &http->paused);
        return true;
}

void http_connects(struct http_transfer *transfer, curl_socket_t fd)
{
        http_multi_connects(&transfer->http->multi, fd);
}

/* libcurl may hand over what it holds from inside of curl_easy_pause, and be paused again by it. */
static void resume_paused(struct http *http)
{
        struct http_transfer *transfer;
        size_t count;

        DL_COUNT(http->paused, transfer, count);
        for (; count > 0 && http->paused; count--) {
                transfer = http->paused;
                transfer->moved = false;
                move(transfer, &http->running);
                curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
        }
}

static void end(struct http *http, CURL *easy, CURLcode code)
{
        char *private = NULL;

        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);

        struct http_transfer *transfer = (struct http_transfer *)(void *)private;

        if (transfer->cancelled) {
                discard(transfer);
        } else if (http_transfer_follow(transfer, code)) {
                give_back_handle(transfer);
                run(http, transfer);
        } else {
                finish(transfer, code);
        }
}

static void work(struct http *http)
{
        CURL *easy;
        CURLcode code;

        add_waiting(http);
        http_multi_work(&http->multi);
        while ((easy = http_multi_ended(&http->multi, &code)) != NULL)
                end(http, easy, code);
}

static void on_transfers(void *context)
{
        struct http *http = context;

        remove_leaving(http);
        resume_paused(http);
        work(http);
        work(http); /* what was started by what has ended leaves in this turn, too */
        if (http->waiting || http->paused || http->leaving)
                loop_again(http->loop);
}

static char *name_agent(const char *contact)
{
        struct buffer name = BUFFER_NULL;

        buffer_append_text(&name, "dplsync/" DPLSYNC_VERSION);
        if (contact)
                buffer_append_format(&name, " (+%s)", contact);
        return buffer_take(&name);
}

struct http *http_new(struct loop *loop, const char *contact, struct error *error)
{
        struct http *http = memory_new(sizeof(*http));

        http->loop = loop;
        http->user_agent = name_agent(contact);
        http->cacert = find_bundle();
        if (http_multi_open(&http->multi, loop, error) < 0) {
                free(http->user_agent);
                free(http);
                return NULL;
        }
        loop_at(loop, LOOP_TRANSFERS, on_transfers, http);
        return http;
}

struct http_transfer *http_start(struct http *http, const struct http_request *request,
                                 const struct http_handlers *handlers, void *context)
{
        struct http_transfer *transfer = http_transfer_new(request, handlers, context);

        transfer->http = http;
        transfer->started_ms = loop_now_ms(http->loop);
        move(transfer, &http->waiting);
        loop_again(http->loop);
        return transfer;
}

void http_cancel(struct http_transfer *transfer)
{
        struct http *http = transfer->http;

        assert(transfer->list); /* not from its own on_done */
        if (transfer->list == &http->waiting) {
                discard(transfer);
                return;
        }
        transfer->cancelled = true;
        move(transfer, &http->leaving);
        loop_again(http->loop);
}

void http_free(struct http *http)
{
        if (!http)
                return;
        while (http->waiting)
                http_cancel(http->waiting);
        while (http->running)
                http_cancel(http->running);
        while (http->paused)
                http_cancel(http->paused);
        remove_leaving(http);
        loop_not_at(http->loop, LOOP_TRANSFERS, on_transfers, http);
        http_pool_deinit(&http->pool);
        http_multi_close(&http->multi);
        free(http->user_agent);
        free(http);
}
