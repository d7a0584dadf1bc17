/* common/policy/retry.c
 *
 * Full jitter spreads the tries of tenants that failed together over the whole wait, instead of
 * bringing all of them back at its end. Retry-After is RFC 9110 10.2.3: whole seconds or an
 * HTTP-date; a site that asks for more than the caller allows is asked again when that has passed.
 */
#include "policy/retry.h"

#include <string.h>

#include "base/timestamp.h"

/* base * 2^(failures - 1), at most the cap, without overflow. */
static int64_t longest_wait_ms(const struct retry_policy *policy, unsigned failures)
{
        int64_t wait_ms = policy->base_ms;

        for (unsigned i = 1; i < failures && wait_ms < policy->cap_ms; i++)
                wait_ms = wait_ms > policy->cap_ms / 2 ? policy->cap_ms : wait_ms * 2;
        return wait_ms < policy->cap_ms ? wait_ms : policy->cap_ms;
}

int64_t retry_wait_ms(const struct retry_policy *policy, unsigned failures, struct dice *dice)
{
        int64_t wait_ms = dice_below(dice, longest_wait_ms(policy, failures) + 1);

        return wait_ms > policy->floor_ms ? wait_ms : policy->floor_ms;
}

/* Digits only; what does not fit is the largest number, since the caller clamps. */
static bool parse_seconds(const char *text, size_t length, int64_t *seconds)
{
        *seconds = 0;
        for (size_t i = 0; i < length; i++) {
                if (text[i] < '0' || text[i] > '9')
                        return false;
                if (*seconds < INT64_MAX / 100000)
                        *seconds = *seconds * 10 + (text[i] - '0');
        }
        return length > 0;
}

static int64_t clamp_moment(int64_t at_ms, int64_t now_ms, int64_t max_ms)
{
        if (at_ms < now_ms)
                return now_ms;
        return at_ms > now_ms + max_ms ? now_ms + max_ms : at_ms;
}

bool retry_after_parse(const char *text, int64_t now_ms, int64_t max_ms, int64_t *at_ms)
{
        int64_t value;
        size_t length;

        if (!text)
                return false;
        text += strspn(text, " \t");
        length = strlen(text);
        while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
                length--;
        if (parse_seconds(text, length, &value)) {
                *at_ms = value > max_ms / 1000 ? now_ms + max_ms : now_ms + value * 1000;
                return true;
        }
        if (!timestamp_parse_http(text, length, now_ms, &value))
                return false;
        *at_ms = clamp_moment(value, now_ms, max_ms);
        return true;
}
