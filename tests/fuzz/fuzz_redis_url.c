/* tests/fuzz/fuzz_redis_url.c
 *
 * Where Redis is. What is taken leads somewhere; what is refused is refused without a word of what
 * stands where a password does: the sentence is the same whatever that is.
 */
#include "fuzz/fuzz.h"

#include "base/buffer.h"
#include "model/redis_url.h"

static void check_taken(const struct redis_url *url)
{
        fuzz_check((url->host[0] != '\0') + (url->path[0] != '\0') + (url->sentinel_count > 0) ==
                   1);
        fuzz_check((url->sentinel_count > 0) == (url->master[0] != '\0'));
        fuzz_check(!url->sentinel_user[0] || url->sentinel_password[0]);
        fuzz_check(url->port > 0 && url->port <= 65535 && url->database >= 0);
        fuzz_check(!url->user[0] || url->password[0]);
        fuzz_check(!url->path[0] || url->path[0] == '/');
}

/* Another password in its place, with the same faults: its letters and digits become "x". */
static void check_discreet(const char *text, const struct error *error)
{
        _cleanup_(buffer_deinit) struct buffer other = BUFFER_NULL;
        const char *start = strstr(text, "://"), *end = strrchr(text, '@');
        struct error other_error = ERROR_NULL;
        struct redis_url url;

        if (!start || !end || end < start + 3 || memchr(start + 3, '%', (size_t)(end - start) - 3))
                return;
        buffer_append_text(&other, text);
        for (char *at = other.data + (start - text) + 3; at < other.data + (end - text); at++)
                if (*at != ':')
                        *at = 'x';
        redis_url_parse(&url, other.data, &other_error);
        fuzz_check(strcmp(error->text, other_error.text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
        _cleanup_(freep) char *text = strndup((const char *)data, bytes);
        struct error error = ERROR_NULL;
        struct redis_url url;

        fuzz_check(text);
        if (redis_url_parse(&url, text, &error) == 0) {
                check_taken(&url);
                return 0;
        }
        fuzz_check(error.text[0]);
        check_discreet(text, &error);
        return 0;
}
