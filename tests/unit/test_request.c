/* tests/unit/test_request.c */
#include "unit/support.h"

#include "base/cleanup.h"
#include "base/memory.h"
#include "model/version.h"
#include "writer/request.h"

#define UUID "0f1c0000-0000-4000-8000-000000000001"

enum { STATE_BIT = 1 << MEMBER_STATE, LINK_BITS = 1 << MEMBER_URL | 1 << MEMBER_ADMIN_URL };

/* State version 7, url 5, admin_url 6. */
static void wish_of(struct wish *wish, const char *url, const char *admin_url)
{
        wish_init(wish);
        wish->members[MEMBER_STATE] =
                (struct wish_value){ version_make(1, 7), WISH_OPEN, STATE_SOLD_OUT, NULL };
        wish->members[MEMBER_URL] = (struct wish_value){ version_make(1, 5), WISH_OPEN, STATE_NONE,
                                                         memory_copy_text(url) };
        wish->members[MEMBER_ADMIN_URL] =
                (struct wish_value){ version_make(1, 6), WISH_OPEN, STATE_NONE,
                                     memory_copy_text(admin_url) };
}

static void request_of(struct request *request, const char *municipality, const struct wish *wish,
                       unsigned members)
{
        struct uuid uuid;

        assert_true(uuid_parse(UUID, strlen(UUID), &uuid));
        request_init(request, municipality, &uuid, wish, members);
}

static void test_body(void **state)
{
        static const struct {
                const char *says, *url, *admin_url;
                unsigned members;
                const char *body;
        } rows[] = {
                { "a state alone leaves the links alone", "https://t.example/1", NULL, STATE_BIT,
                  "{\"state\":\"SoldOut\"}" },
                { "links go as a pair", "https://t.example/1", "https://t.example/a", LINK_BITS,
                  "{\"external_data\":{\"url\":\"https://t.example/1\","
                  "\"admin_url\":\"https://t.example/a\"}}" },
                { "what is cleared is null", NULL, "https://t.example/a", LINK_BITS,
                  "{\"external_data\":{\"url\":null,\"admin_url\":\"https://t.example/a\"}}" },
                { "all of it", NULL, NULL, STATE_BIT | LINK_BITS,
                  "{\"state\":\"SoldOut\",\"external_data\":{\"url\":null,\"admin_url\":null}}" },
                { "what needs an escape", "https://t.example/\"1\"", NULL, LINK_BITS,
                  "{\"external_data\":{\"url\":\"https://t.example/"
                  "\\\"1\\\"\",\"admin_url\":null}}" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(buffer_deinit) struct buffer body = BUFFER_NULL;
                struct request request;
                struct wish wish;

                wish_of(&wish, rows[i].url, rows[i].admin_url);
                request_of(&request, "aarhus", &wish, rows[i].members);
                request_body(&request, &body);
                check_text(body.data, rows[i].body, rows[i].says);
                check_number(request.versions[MEMBER_STATE],
                             rows[i].members & STATE_BIT ? version_make(1, 7) : VERSION_NONE,
                             rows[i].says);
                request_deinit(&request);
                wish_deinit(&wish);
        }
}

/* The same wish has the same key after every crash; whatever is another wish has another. */
static void test_key(void **state)
{
        static const struct {
                const char *says, *municipality, *url;
                unsigned members;
                uint64_t serial, version;
                bool same;
        } rows[] = {
                { "the same", "aarhus", "https://t.example/1", LINK_BITS, 0, 5, true },
                { "another municipality", "viborg", "https://t.example/1", LINK_BITS, 0, 5, false },
                { "another url", "aarhus", "https://t.example/2", LINK_BITS, 0, 5, false },
                { "other members", "aarhus", "https://t.example/1", STATE_BIT | LINK_BITS, 0, 5,
                  false },
                { "another serial: a seal", "aarhus", "https://t.example/1", LINK_BITS, 1, 5,
                  false },
                { "another version", "aarhus", "https://t.example/1", LINK_BITS, 0, 6, false },
        };
        struct request first;
        struct wish wish;

        (void)state;
        wish_of(&wish, "https://t.example/1", NULL);
        request_of(&first, "aarhus", &wish, LINK_BITS);
        wish_deinit(&wish);
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct request request;

                wish_of(&wish, rows[i].url, NULL);
                wish.serial = rows[i].serial;
                wish.members[MEMBER_URL].version = version_make(1, (int64_t)rows[i].version);
                request_of(&request, rows[i].municipality, &wish, rows[i].members);
                check_number(strcmp(first.key, request.key) == 0, rows[i].same, rows[i].says);
                request_deinit(&request);
                wish_deinit(&wish);
        }
        request_deinit(&first);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_body),
                cmocka_unit_test(test_key),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
