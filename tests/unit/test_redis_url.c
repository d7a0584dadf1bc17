/* tests/unit/test_redis_url.c */
#include "model/redis_url.h"

#include <stdlib.h>

#include "support.h"

static const struct {
        const char *says;
        const char *text;
        struct redis_url want;
} good[] = {
        { "host and all else left out", "redis://redis", { .host = "redis", .port = 6379 } },
        { "a slash at the end", "redis://redis/", { .host = "redis", .port = 6379 } },
        { "port and database",
          "redis://127.0.0.1:6380/15",
          { .host = "127.0.0.1", .port = 6380, .database = 15 } },
        { "user and password",
          "redis://app:geheim@redis:6379/0",
          { .host = "redis", .port = 6379, .user = "app", .password = "geheim" } },
        { "a password without a user",
          "redis://:geheim@redis",
          { .host = "redis", .port = 6379, .password = "geheim" } },
        { "what stands alone is the password, as redis-cli has it",
          "redis://geheim@redis",
          { .host = "redis", .port = 6379, .password = "geheim" } },
        { "percent-encoding",
          "redis://a%40b:p%3aq%2F%25@redis/1",
          { .host = "redis", .port = 6379, .user = "a@b", .password = "p:q/%", .database = 1 } },
        { "a password with a colon and an @",
          "redis://:p:q@r@redis",
          { .host = "redis", .port = 6379, .password = "p:q@r" } },
        { "TLS",
          "rediss://redis.example:6380/2",
          { .tls = true, .host = "redis.example", .port = 6380, .database = 2 } },
        { "IPv6", "redis://[::1]:6380/0", { .host = "::1", .port = 6380 } },
        { "IPv6 alone", "redis://[fe80::1]", { .host = "fe80::1", .port = 6379 } },
        { "a socket", "unix:///run/redis.sock", { .path = "/run/redis.sock", .port = 6379 } },
        { "a socket with all there is",
          "unix://app:geheim@/run/my%20redis.sock?db=3",
          { .path = "/run/my redis.sock",
            .port = 6379,
            .user = "app",
            .password = "geheim",
            .database = 3 } },
};

static const struct {
        const char *says;
        const char *text;
        const char *reason; /* a piece of it */
} bad[] = {
        { "nothing", "", "redis://[user" },
        { "no scheme", "redis:6379", "redis://[user" },
        { "another scheme", "http://redis", "redis://[user" },
        { "sentinels without a master", "redis+sentinel://a,b", "master's name is missing" },
        { "a sentinel without a host", "redis+sentinel://a,,b/main", "host is missing" },
        { "no sentinel", "redis+sentinel:///main", "host is missing" },
        { "too many sentinels", "redis+sentinel://a,b,c,d,e,f,g,h,i/main", "more than 8" },
        { "a sentinel's other parameter", "redis+sentinel://a/main?hidden=1", "only parameters" },
        { "a sentinel's user without a password", "redis+sentinel://a/main?sentinel_user=hidden",
          "without a sentinel_password" },
        { "TLS to sentinels", "rediss+sentinel://a/main", "redis://[user" },
        { "no host", "redis://", "host is missing" },
        { "no host behind a password", "redis://:hidden@", "host is missing" },
        { "no host before a port", "redis://:6379", "host is missing" },
        { "a port that is none", "redis://redis:port", "port" },
        { "port 0", "redis://redis:0", "port" },
        { "port too large", "redis://redis:65536", "port" },
        { "port empty", "redis://redis:", "port" },
        { "a database that is none", "redis://redis/main", "number" },
        { "a negative database", "redis://redis/-1", "number" },
        { "parameters", "redis://redis/0?ssl=1", "parameters" },
        { "a bracket too few", "redis://[::1:6379", "no ]" },
        { "something behind the bracket", "redis://[::1]6379", "behind the ]" },
        { "half an escape", "redis://:hidden%2@redis", "%25" },
        { "no hexadecimal digits", "redis://:hidden%zz@redis", "%25" },
        { "a NUL", "redis://:hidden%00@redis", "%25" },
        { "a user without a password", "redis://hidden:@redis", "without a password" },
        { "a socket's relative path", "unix://redis.sock", "begin with /" },
        { "a socket's other parameter", "unix:///run/redis.sock?hidden=1", "?db=N" },
};

static void test_good(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
                struct redis_url url;
                struct error error = ERROR_NULL;

                check_number(redis_url_parse(&url, good[i].text, &error), 0, good[i].says);
                check_text(url.host, good[i].want.host, good[i].says);
                check_text(url.path, good[i].want.path, good[i].says);
                check_text(url.user, good[i].want.user, good[i].says);
                check_text(url.password, good[i].want.password, good[i].says);
                check_number(url.port, good[i].want.port, good[i].says);
                check_number(url.database, good[i].want.database, good[i].says);
                check_number(url.tls, good[i].want.tls, good[i].says);
        }
}

static void test_bad(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                struct redis_url url;
                struct error error = ERROR_NULL;

                check_number(redis_url_parse(&url, bad[i].text, &error), -1, bad[i].says);
                if (!strstr(error.text, bad[i].reason))
                        fail_msg("%s: the reason is: %s", bad[i].says, error.text);
                check(!strstr(error.text, "hidden"), bad[i].says);
        }
}

static void test_sentinels(void **state)
{
        (void)state;
        struct redis_url url;

        check_number(redis_url_parse(&url, "redis+sentinel://one/main", NULL), 0, "the least");
        check_number(url.sentinel_count, 1, "one sentinel");
        check_text(url.sentinels[0].host, "one", "its host");
        check_number(url.sentinels[0].port, 26379, "its port");
        check_text(url.master, "main", "the master's name");
        check_text(url.host, "", "where Redis is, they say");

        check_number(redis_url_parse(&url,
                                     "redis+sentinel://app:geheim@one:1,[::1]:2,three/the%20main/4"
                                     "?sentinel_user=s&sentinel_password=x%26y?%40/",
                                     NULL),
                     0, "all there is");
        check_number(url.sentinel_count, 3, "three sentinels");
        check_text(url.sentinels[1].host, "::1", "IPv6");
        check_number(url.sentinels[1].port, 2, "with a port");
        check_text(url.user, "app", "Redis's own user");
        check_text(url.password, "geheim", "and password");
        check_text(url.sentinel_user, "s", "and the sentinels'");
        check_text(url.sentinel_password, "x&y?@/", "with marks in it");
        check_text(url.master, "the main", "a name with a blank");
        check_number(url.database, 4, "the database");
}

static void test_bounds(void **state)
{
        struct redis_url url;
        struct error error = ERROR_NULL;
        char text[2 * REDIS_URL_PART_BYTES];

        (void)state;
        memcpy(text, "redis://", 8);
        memset(text + 8, 'h', REDIS_URL_PART_BYTES - 1);
        text[8 + REDIS_URL_PART_BYTES - 1] = '\0';
        check_number(redis_url_parse(&url, text, &error), 0, "a host as long as it may be");
        text[8 + REDIS_URL_PART_BYTES - 1] = 'h';
        text[8 + REDIS_URL_PART_BYTES] = '\0';
        check_number(redis_url_parse(&url, text, &error), -1, "one byte more");
        check(strstr(error.text, "longer than 511 bytes") != NULL, error.text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_good),
                cmocka_unit_test(test_bad),
                cmocka_unit_test(test_sentinels),
                cmocka_unit_test(test_bounds),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
