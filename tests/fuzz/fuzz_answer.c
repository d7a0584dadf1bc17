/* tests/fuzz/fuzz_answer.c
 *
 * The answer to a PATCH: a line with the status, one with Retry-After, and the body. "Applied" is
 * said of exactly those answers in which jansson finds what was sent.
 */
#include "fuzz/fuzz.h"

#include "fuzz/jansson.h"
#include "policy/retry.h"
#include "writer/verdict.h"

#define UUID "0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b"
#define LINK "https://tickets.example/e/77"

enum { REQUESTS = 3 }; /* a state, links, and both with one half cleared */

static struct request request_of(int number)
{
        struct request request = { .state = STATE_SOLD_OUT, .url = (char *)LINK };

        uuid_parse(UUID, sizeof(UUID) - 1, &request.uuid);
        request.present[MEMBER_STATE] = number != 1;
        request.present[MEMBER_URL] = request.present[MEMBER_ADMIN_URL] = number != 0;
        if (number == 1)
                request.admin_url = (char *)LINK;
        return request;
}

static bool has_text(const json_t *object, const char *name, const char *text)
{
        const char *value = json_member_text(object, name);

        return !text || (value && strcmp(value, text) == 0);
}

static bool is_echo(const json_t *event, const struct request *request)
{
        const char *text = json_member_text(event, "uuid");
        const json_t *links = json_object_get(event, "external_data");
        struct uuid uuid;

        if (!text || !uuid_parse(text, strlen(text), &uuid) ||
            uuid_compare(&uuid, &request->uuid) != 0)
                return false;
        if (request->present[MEMBER_STATE] && !has_text(event, "state", "SoldOut"))
                return false;
        return !request->present[MEMBER_URL] || (has_text(links, "url", request->url) &&
                                                 has_text(links, "admin_url", request->admin_url));
}

/* jansson refuses members that stand twice anywhere; the reader only minds those that it reads. So
 * an answer that jansson takes is judged in both directions. */
static void check_verdict(const struct answer *answer, const struct request *request,
                          const json_t *event)
{
        enum verdict verdict = verdict_of(answer, request, false);
        bool success = answer->status >= 200 && answer->status < 300;

        fuzz_check(verdict_name(verdict)[0]);
        fuzz_check(success || verdict != VERDICT_APPLIED);
        fuzz_check(verdict != VERDICT_GONE || answer->status == 404);
        if (success && event)
                fuzz_check((verdict == VERDICT_APPLIED) == is_echo(event, request));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
        struct slice input = fuzz_slice(data, bytes);
        _cleanup_(freep) char *status = fuzz_take_line(&input);
        _cleanup_(freep) char *retry_after = fuzz_take_line(&input);
        _cleanup_(json_decrefp) json_t *event = NULL;
        json_error_t reason;
        int64_t at_ms;
        struct answer answer = { .transport = TRANSPORT_ANSWERED,
                                 .sends = 1,
                                 .status = status ? strtol(status, NULL, 10) : 0,
                                 .retry_after = retry_after,
                                 .error = "",
                                 .body = input };

        event = jansson_read(input, JSON_REJECT_DUPLICATES, &reason);
        if (event && jansson_depth(event) > JSON_DEPTH_MAX) {
                json_decref(event);
                event = NULL;
        }
        for (int i = 0; i < REQUESTS; i++) {
                struct request request = request_of(i);

                check_verdict(&answer, &request, event);
        }
        if (verdict_is_cms_404(&answer))
                fuzz_check(answer.status == 404 && input.length > 0);
        retry_after_parse(retry_after, 0, 3600000, &at_ms);
        return 0;
}
