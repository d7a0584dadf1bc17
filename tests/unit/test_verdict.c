/* tests/unit/test_verdict.c
 *
 * DESIGN.md "Outcome of an attempt", a row for every line and every transport.
 */
#include "unit/support.h"

#include "base/cleanup.h"
#include "writer/verdict.h"

#define UUID       "0f1c0000-0000-4000-8000-000000000001"
#define ECHO(rest) "{\"uuid\":\"" UUID "\",\"title\":\"x\"," rest "}"
#define MESSAGE    "{\"message\":\"No.\"}"
#define PAGE       "<!DOCTYPE html><html></html>"

enum sent { STATE, LINKS, CLEAR, ALL };

static const struct {
        const char *says;
        enum transport transport;
        unsigned sends;
        long status;
        const char *body;
        enum sent sent;
        bool in_snapshot;
        enum verdict want;
} rows[] = {
        { "refused, DNS, TLS: nothing left", TRANSPORT_NOT_SENT, 0, 0, "", STATE, true,
          VERDICT_NOT_SENT },
        { "we held it back", TRANSPORT_REFUSED, 0, 0, "", STATE, true, VERDICT_REFUSED },
        { "timeout or reset after sending", TRANSPORT_BROKEN, 1, 0, "", STATE, true,
          VERDICT_UNKNOWN },
        { "an empty reply after sending", TRANSPORT_BROKEN, 1, 0, "", LINKS, true,
          VERDICT_UNKNOWN },
        { "a truncated 200", TRANSPORT_BROKEN, 1, 200, ECHO("\"state\":\"SoldOut\""), STATE, true,
          VERDICT_UNKNOWN },
        { "libcurl's own resend was stopped", TRANSPORT_BROKEN, 2, 0, "", STATE, true,
          VERDICT_UNKNOWN },
        { "broken before anything left", TRANSPORT_BROKEN, 0, 0, "", STATE, true,
          VERDICT_NOT_SENT },
        { "an answer that is too large to be the echo", TRANSPORT_TOO_LARGE, 1, 200, "{", STATE,
          true, VERDICT_DOUBTFUL },
        { "an answer without a status", TRANSPORT_ANSWERED, 1, 0, "", STATE, true,
          VERDICT_UNKNOWN },

        { "the echo of a state", TRANSPORT_ANSWERED, 1, 200, ECHO("\"state\":\"SoldOut\""), STATE,
          true, VERDICT_APPLIED },
        { "the echo, escaped as PHP does", TRANSPORT_ANSWERED, 1, 200,
          ECHO("\"external_data\":{\"url\":\"https:\\/\\/t.example\\/1\",\"admin_url\":\"https:\\/"
               "\\/t.example\\/a\"}"),
          LINKS, true, VERDICT_APPLIED },
        { "the uuid in capitals", TRANSPORT_ANSWERED, 1, 200,
          "{\"uuid\":\"0F1C0000-0000-4000-8000-000000000001\",\"state\":\"SoldOut\"}", STATE, true,
          VERDICT_APPLIED },
        { "201 with the echo", TRANSPORT_ANSWERED, 1, 201, ECHO("\"state\":\"SoldOut\""), STATE,
          true, VERDICT_APPLIED },
        { "state and links", TRANSPORT_ANSWERED, 1, 200,
          ECHO("\"state\":\"SoldOut\",\"external_data\":{\"url\":\"https://t.example/"
               "1\",\"admin_url\":\"https://t.example/a\"}"),
          ALL, true, VERDICT_APPLIED },
        { "the links are right, the state is not", TRANSPORT_ANSWERED, 1, 200,
          ECHO("\"state\":\"Active\",\"external_data\":{\"url\":\"https://t.example/"
               "1\",\"admin_url\":\"https://t.example/a\"}"),
          ALL, true, VERDICT_DOUBTFUL },
        { "cleared links, absent in the echo", TRANSPORT_ANSWERED, 1, 200,
          ECHO("\"external_data\":{}"), CLEAR, true, VERDICT_APPLIED },
        { "cleared links, external_data absent", TRANSPORT_ANSWERED, 1, 200,
          ECHO("\"state\":\"Active\""), CLEAR, true, VERDICT_APPLIED },
        { "a cleared url comes back as the series'", TRANSPORT_ANSWERED, 1, 200,
          ECHO("\"external_data\":{\"url\":\"https://series.example\"}"), CLEAR, true,
          VERDICT_APPLIED },
        { "an old url is not what was sent", TRANSPORT_ANSWERED, 1, 200,
          ECHO("\"external_data\":{\"url\":\"https://old.example\",\"admin_url\":\"https://"
               "t.example/a\"}"),
          LINKS, true, VERDICT_DOUBTFUL },
        { "a lost admin_url", TRANSPORT_ANSWERED, 1, 200,
          ECHO("\"external_data\":{\"url\":\"https://t.example/1\"}"), LINKS, true,
          VERDICT_DOUBTFUL },
        { "no state in the echo", TRANSPORT_ANSWERED, 1, 200, ECHO("\"title\":\"y\""), STATE, true,
          VERDICT_DOUBTFUL },
        { "the echo of another event", TRANSPORT_ANSWERED, 1, 200,
          "{\"uuid\":\"0f1c0000-0000-4000-8000-000000000002\",\"state\":\"SoldOut\"}", STATE, true,
          VERDICT_DOUBTFUL },
        { "200 with a maintenance page", TRANSPORT_ANSWERED, 1, 200, PAGE, STATE, true,
          VERDICT_DOUBTFUL },
        { "200 with half an echo", TRANSPORT_ANSWERED, 1, 200,
          "{\"uuid\":\"" UUID "\",\"state\":\"Sold", STATE, true, VERDICT_DOUBTFUL },
        { "200 with an array", TRANSPORT_ANSWERED, 1, 200, "[]", STATE, true, VERDICT_DOUBTFUL },
        { "204 without a body", TRANSPORT_ANSWERED, 1, 204, "", STATE, true, VERDICT_DOUBTFUL },

        { "502", TRANSPORT_ANSWERED, 1, 502, PAGE, STATE, true, VERDICT_UNKNOWN },
        { "503 of Varnish", TRANSPORT_ANSWERED, 1, 503, PAGE, STATE, true, VERDICT_UNKNOWN },
        { "504", TRANSPORT_ANSWERED, 1, 504, PAGE, STATE, true, VERDICT_UNKNOWN },
        { "a proxy that lost the site", TRANSPORT_ANSWERED, 1, 522, PAGE, STATE, true,
          VERDICT_UNKNOWN },
        { "408", TRANSPORT_ANSWERED, 1, 408, MESSAGE, STATE, true, VERDICT_THROTTLED },
        { "425", TRANSPORT_ANSWERED, 1, 425, MESSAGE, STATE, true, VERDICT_THROTTLED },
        { "429", TRANSPORT_ANSWERED, 1, 429, MESSAGE, STATE, true, VERDICT_THROTTLED },
        { "500", TRANSPORT_ANSWERED, 1, 500, "The website encountered an unexpected error.", STATE,
          true, VERDICT_DOUBTFUL },
        { "501", TRANSPORT_ANSWERED, 1, 501, "", STATE, true, VERDICT_DOUBTFUL },
        { "401", TRANSPORT_ANSWERED, 1, 401, MESSAGE, STATE, true, VERDICT_UNAUTHORIZED },
        { "403", TRANSPORT_ANSWERED, 1, 403, MESSAGE, STATE, true, VERDICT_UNAUTHORIZED },

        { "404 of the CMS, and no snapshot has the event", TRANSPORT_ANSWERED, 1, 404, MESSAGE,
          STATE, false, VERDICT_GONE },
        { "404 of the CMS, but the snapshot has it", TRANSPORT_ANSWERED, 1, 404, MESSAGE, STATE,
          true, VERDICT_MISPLACED },
        { "404 of somebody else", TRANSPORT_ANSWERED, 1, 404, PAGE, STATE, false,
          VERDICT_MISPLACED },
        { "404 with other JSON", TRANSPORT_ANSWERED, 1, 404, "{\"message\":7}", STATE, false,
          VERDICT_MISPLACED },
        { "404 without a body", TRANSPORT_ANSWERED, 1, 404, "", STATE, false, VERDICT_MISPLACED },
        { "301", TRANSPORT_ANSWERED, 1, 301, "", STATE, true, VERDICT_MISPLACED },
        { "302 to a log-in page", TRANSPORT_ANSWERED, 1, 302, PAGE, STATE, true,
          VERDICT_MISPLACED },
        { "308", TRANSPORT_ANSWERED, 1, 308, "", STATE, true, VERDICT_MISPLACED },

        { "400", TRANSPORT_ANSWERED, 1, 400, MESSAGE, STATE, true, VERDICT_REJECTED },
        { "405", TRANSPORT_ANSWERED, 1, 405, MESSAGE, STATE, true, VERDICT_REJECTED },
        { "406", TRANSPORT_ANSWERED, 1, 406, MESSAGE, STATE, true, VERDICT_REJECTED },
        { "413", TRANSPORT_ANSWERED, 1, 413, PAGE, STATE, true, VERDICT_REJECTED },
        { "415", TRANSPORT_ANSWERED, 1, 415, MESSAGE, STATE, true, VERDICT_REJECTED },
        { "422", TRANSPORT_ANSWERED, 1, 422, MESSAGE, STATE, true, VERDICT_REJECTED },
        { "409", TRANSPORT_ANSWERED, 1, 409, MESSAGE, STATE, true, VERDICT_CONFLICT },
        { "412", TRANSPORT_ANSWERED, 1, 412, MESSAGE, STATE, true, VERDICT_CONFLICT },
        { "423", TRANSPORT_ANSWERED, 1, 423, MESSAGE, STATE, true, VERDICT_CONFLICT },
        { "a 4xx that nobody expected is tried a few times", TRANSPORT_ANSWERED, 1, 418, MESSAGE,
          STATE, true, VERDICT_CONFLICT },
};

static void request_sent(struct request *request, enum sent sent)
{
        static char url[] = "https://t.example/1", admin_url[] = "https://t.example/a";

        memset(request, 0, sizeof(*request));
        check(uuid_parse(UUID, strlen(UUID), &request->uuid), "a uuid");
        request->state = STATE_SOLD_OUT;
        request->present[MEMBER_STATE] = sent == STATE || sent == ALL;
        request->present[MEMBER_URL] = request->present[MEMBER_ADMIN_URL] = sent != STATE;
        request->url = sent == CLEAR ? NULL : url;
        request->admin_url = sent == CLEAR ? NULL : admin_url;
}

static void test_table(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct answer answer = {
                        rows[i].transport,     rows[i].sends, rows[i].status, NULL, "",
                        slice_of(rows[i].body)
                };
                struct request request;

                request_sent(&request, rows[i].sent);
                check_text(verdict_name(verdict_of(&answer, &request, rows[i].in_snapshot)),
                           verdict_name(rows[i].want), rows[i].says);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_table) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
