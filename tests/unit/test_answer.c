/* tests/unit/test_answer.c */
#include "unit/support.h"

#include "base/cleanup.h"
#include "fetcher/answer.h"

static void test_judge(void **state)
{
        static const struct {
                const char *says;
                struct answer answer;
                const char *body;
                bool conditional;
                enum answer_outcome outcome;
                const char *reason;
                int64_t pause_s;
        } rows[] = {
                { "a whole 200 with a list", { .status = 200 }, "[]", false, ANSWER_LIST, "", 0 },
                { "a 304 to a conditional read", { .status = 304 }, "", true, ANSWER_SAME, "", 0 },
                { "a 304 to an unconditional one", { .status = 304 }, "", false, ANSWER_FAILED,
                  "unexpected-304", 0 },
                { "a 200 with HTML", { .status = 200, .content_type = "text/html" }, "<html>", false,
                  ANSWER_FAILED, "not-a-list", 0 },
                { "a 200 with nothing", { .status = 200 }, "", false, ANSWER_FAILED, "not-a-list", 0 },
                { "a 200 with an object", { .status = 200 }, "{\"message\":\"x\"}", false, ANSWER_FAILED,
                  "not-a-list", 0 },
                { "a list cut between two events", { .status = 200 }, "[{},{}", false, ANSWER_FAILED,
                  "truncated", 0 },
                { "bytes after the list", { .status = 200 }, "[{}]<!-- -->", false, ANSWER_FAILED,
                  "not-a-list", 0 },
                { "a body that broke off, though it looks whole",
                  { .status = 200, .transport = ANSWER_BROKEN, .error = "reset" }, "[{}]", false,
                  ANSWER_FAILED, "broken-off", 0 },
                { "stopped by us because it is no list", { .status = 200, .transport = ANSWER_STOPPED },
                  "<", false, ANSWER_FAILED, "not-a-list", 0 },
                { "longer than allowed", { .status = 200, .transport = ANSWER_TOO_LARGE }, "[", false,
                  ANSWER_FAILED, "too-large", 0 },
                { "not reached", { .transport = ANSWER_NOT_SENT, .error = "refused" }, "", false,
                  ANSWER_FAILED, "not-reached", 0 },
                { "Varnish's 503 with Retry-After", { .status = 503, .retry_after = "5" }, "", false,
                  ANSWER_FAILED, "unavailable", 5 },
                { "maintenance without", { .status = 503 }, "", true, ANSWER_FAILED, "unavailable", 0 },
                { "429 with a date", { .status = 429, .retry_after = "Sun, 06 Nov 1994 08:50:37 GMT" }, "",
                  false, ANSWER_FAILED, "busy", 60 },
                { "a pause of a day is an hour", { .status = 429, .retry_after = "86400" }, "", false,
                  ANSWER_FAILED, "busy", 3600 },
                { "a malformed Retry-After is none", { .status = 503, .retry_after = "later" }, "", false,
                  ANSWER_FAILED, "unavailable", 0 },
                { "400, from_date not taken", { .status = 400 }, "", false, ANSWER_FAILED, "refused", 0 },
                { "403", { .status = 403 }, "", false, ANSWER_FAILED, "forbidden", 0 },
                { "404", { .status = 404 }, "", false, ANSWER_FAILED, "not-found", 0 },
                { "500", { .status = 500 }, "", false, ANSWER_FAILED, "site-error", 0 },
                { "a redirect elsewhere", { .status = 302 }, "", false, ANSWER_FAILED, "redirect", 0 },
                { "206 is not the whole list", { .status = 206 }, "[]", false, ANSWER_FAILED,
                  "unexpected-status", 0 },
                { "204 neither", { .status = 204 }, "", false, ANSWER_FAILED, "unexpected-status", 0 },
        };
        static const int64_t now_ms = INT64_C(784111777000); /* Sun, 06 Nov 1994 08:49:37 GMT */

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(list_freep) struct list *list = list_new(1000);

                list_add(list, rows[i].body, strlen(rows[i].body));
                struct answer_verdict got =
                        answer_judge(&rows[i].answer, list, rows[i].conditional, now_ms);
                int64_t pause_s = got.pause_until_ms ? (got.pause_until_ms - now_ms) / 1000 : 0;

                if (got.outcome != rows[i].outcome || strcmp(got.reason, rows[i].reason) != 0 ||
                    pause_s != rows[i].pause_s)
                        fail_msg("%s: %d, %s, %s, pause %lld s", rows[i].says, got.outcome, got.reason,
                                 got.error.text, (long long)pause_s);
                if ((got.outcome == ANSWER_FAILED) != (got.error.text[0] != '\0'))
                        fail_msg("%s: \"%s\"", rows[i].says, got.error.text);
        }
}

static void test_age(void **state)
{
        static const struct {
                const char *says;
                const char *text;
                int64_t age_s;
        } rows[] = {
                { "seconds", "61", 61 },
                { "days are normal", "1209600", 1209600 },
                { "absent", NULL, 0 },
                { "empty", "", 0 },
                { "a sign is malformed", "-1", 0 },
                { "words are malformed", "5s", 0 },
                { "no more than ten years", "99999999999999999999999", INT64_C(10) * 366 * 86400 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
                if (answer_age_ms(rows[i].text) != rows[i].age_s * 1000)
                        fail_msg("%s: %lld", rows[i].says, (long long)answer_age_ms(rows[i].text));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_judge),
                cmocka_unit_test(test_age),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
