/* services/writer/shell_patch.c
 *
 * The PATCH itself (CONTRACT.md "The PATCH"). The lease is checked when the request's bytes are
 * about to leave, by CLOCK_BOOTTIME: whatever held the process until then, a stopped machine
 * included, a request whose lease could run out under it is not sent.
 */
#include <time.h>
#include <utlist.h>

#include "base/memory.h"
#include "base/text.h"
#include "writer/shell.h"

enum {
        HEADER_BYTES = 128,
        HEADERS_COUNT = 5,
        ANSWER_BYTES_MAX = 2 * 1024 * 1024,
        CONNECT_MS = 10000
};

struct shell_patch {
        struct shell *shell;
        uint64_t token;
        int64_t lease_until_boot_ms;
        int64_t timeout_ms;
        struct http_transfer *transfer;
        bool refused;
        struct shell_patch *prev, *next;
};

int64_t shell_boot_ms(void)
{
        struct timespec time;

        clock_gettime(CLOCK_BOOTTIME, &time);
        return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static bool before_send(void *context)
{
        struct shell_patch *patch = context;

        patch->refused = patch->lease_until_boot_ms != INT64_MAX &&
                         shell_boot_ms() + patch->timeout_ms > patch->lease_until_boot_ms;
        return !patch->refused;
}

static enum transport transport_of(const struct shell_patch *patch,
                                   const struct http_answer *answer)
{
        switch (answer->transport) {
        case HTTP_ANSWERED:
                return TRANSPORT_ANSWERED;
        case HTTP_NOT_SENT:
                return patch->refused ? TRANSPORT_REFUSED : TRANSPORT_NOT_SENT;
        case HTTP_TOO_LARGE:
                return TRANSPORT_TOO_LARGE;
        case HTTP_BROKEN:
        case HTTP_STOPPED:
                break;
        }
        return TRANSPORT_BROKEN;
}

static void on_done(void *context, const struct http_answer *answer)
{
        struct shell_patch *patch = context;
        struct shell *shell = patch->shell;
        struct writer_input input = {
                .type = INPUT_ANSWERED,
                .token = patch->token,
                .answered = {
                        .answer = {
                                .transport = transport_of(patch, answer),
                                .sends = answer->sends,
                                .status = answer->status,
                                .retry_after = answer->retry_after,
                                .error = answer->error,
                                .body = answer->body,
                        },
                        .duration_ms = answer->duration_us / 1000,
                },
        };

        DL_DELETE(shell->patches, patch);
        free(patch);
        shell_handle(shell, &input);
}

static void start(struct shell *shell, const struct writer_action *action,
                  const struct credential *credential)
{
        static const struct http_handlers handlers = { .before_send = before_send,
                                                       .on_done = on_done };
        const struct municipality *municipality = action->patch.municipality;
        char key[HEADER_BYTES], trace[HEADER_BYTES], traceparent[TRACEPARENT_BYTES];
        const char *headers[HEADERS_COUNT] = { "Content-Type: application/json",
                                               "Accept: application/json" };
        size_t count = 2;
        struct shell_patch *patch = memory_new(sizeof(*patch));

        if (action->patch.key[0]) {
                TEXT_JOIN(key, "Idempotency-Key: \"", action->patch.key, "\"");
                headers[count++] = key;
        }
        trace_write(&action->patch.trace, traceparent);
        if (traceparent[0]) {
                TEXT_JOIN(trace, "traceparent: ", traceparent);
                headers[count++] = trace;
        }
        *patch = (struct shell_patch){
                .shell = shell,
                .token = action->token,
                .lease_until_boot_ms = action->patch.lease_until_boot_ms,
                .timeout_ms = municipality->write_timeout_ms,
        };
        DL_APPEND(shell->patches, patch);
        patch->transfer =
                http_start(shell->http,
                           &(struct http_request){
                                   .method = "PATCH",
                                   .url = action->patch.url.data,
                                   .headers = headers,
                                   .body = buffer_slice(&action->patch.body),
                                   .username = credential->username,
                                   .password = credential->password,
                                   .cacert = municipality->cacert,
                                   .proxy = municipality->proxy,
                                   .timeout_ms = municipality->write_timeout_ms,
                                   .connect_timeout_ms = CONNECT_MS,
                                   .max_bytes = ANSWER_BYTES_MAX,
                                   .allow_insecure_http = municipality->allow_insecure_http,
                                   .allow_private_addresses = municipality->allow_private_addresses,
                                   .keep_body = true,
                           },
                           &handlers, patch);
}

void shell_patch(struct shell *shell, const struct writer_action *action)
{
        struct credential credential;

        if (credentials_get(shell->links.daemon->credentials, action->municipality, &credential,
                            NULL)) {
                start(shell, action, &credential);
                return;
        }
        shell_handle_later(shell,
                           &(struct writer_input){
                                   .type = INPUT_ANSWERED,
                                   .token = action->token,
                                   .answered.answer = { .transport = TRANSPORT_REFUSED,
                                                        .error = "there is no log-in for it" },
                           });
}

void shell_free_patches(struct shell *shell)
{
        while (shell->patches) {
                struct shell_patch *patch = shell->patches;

                DL_DELETE(shell->patches, patch);
                http_cancel(patch->transfer);
                free(patch);
        }
}
