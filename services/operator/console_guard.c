/* services/operator/console_guard.c
 *
 * A token is a keyed digest of the session's name, so nothing has to be remembered and a token of
 * one session is worth nothing in another. The key is made at the start: a restart asks people to
 * load the page again.
 */
#include "operator/console_guard.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define COOKIE "dplsync-session="

static void random_bytes(void *data, size_t bytes)
{
        if (getrandom(data, bytes, 0) != (ssize_t)bytes)
                abort();
}

static void to_hex(const uint8_t *data, size_t bytes, char *hex)
{
        for (size_t i = 0; i < bytes; i++)
                snprintf(hex + 2 * i, 3, "%02x", data[i]);
}

void console_guard_init(struct console_guard *guard, const struct config *config)
{
        guard->origin = config->console.origin;
        guard->user_header = config->console.user_header;
        random_bytes(guard->secret, sizeof(guard->secret));
}

/* "localhost", "127.0.0.1" or "[::1]", with any port: a forwarded one has its own. */
static bool is_this_machine(const char *host)
{
        static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                size_t bytes = strlen(names[i]);

                if (strncmp(host, names[i], bytes) == 0 &&
                    (host[bytes] == '\0' || host[bytes] == ':'))
                        return true;
        }
        return false;
}

static const char *host_of(const char *origin)
{
        return strstr(origin, "://") + 3;
}

bool console_guard_host(const struct console_guard *guard, const char *host)
{
        if (!host)
                return false;
        return is_this_machine(host) ||
               (guard->origin && strcmp(host, host_of(guard->origin)) == 0);
}

static bool is_own_origin(const struct console_guard *guard, const char *host, const char *origin)
{
        static const char scheme[] = "http://";

        if (guard->origin && strcmp(origin, guard->origin) == 0)
                return true;
        return is_this_machine(host) && strncmp(origin, scheme, sizeof(scheme) - 1) == 0 &&
               strcmp(origin + sizeof(scheme) - 1, host) == 0;
}

void console_guard_session(char session[CONSOLE_SESSION_BYTES])
{
        uint8_t bytes[(CONSOLE_SESSION_BYTES - 1) / 2];

        random_bytes(bytes, sizeof(bytes));
        to_hex(bytes, sizeof(bytes), session);
}

void console_guard_token(const struct console_guard *guard, const char *session,
                         char token[CONSOLE_TOKEN_BYTES])
{
        uint8_t digest[SHA256_BYTES];
        unsigned bytes = sizeof(digest);

        HMAC(EVP_sha256(), guard->secret, sizeof(guard->secret), (const uint8_t *)session,
             strlen(session), digest, &bytes);
        to_hex(digest, sizeof(digest), token);
}

bool console_guard_cookie(const char *cookies, char session[CONSOLE_SESSION_BYTES])
{
        const char *at = cookies ? strstr(cookies, COOKIE) : NULL;

        if (!at)
                return false;
        at += strlen(COOKIE);
        if (strspn(at, "0123456789abcdef") != CONSOLE_SESSION_BYTES - 1)
                return false;
        memcpy(session, at, CONSOLE_SESSION_BYTES - 1);
        session[CONSOLE_SESSION_BYTES - 1] = '\0';
        return true;
}

int console_guard_form(const struct console_guard *guard, const char *host, const char *origin,
                       const char *session, const char *token, struct error *error)
{
        char right[CONSOLE_TOKEN_BYTES];

        if (!host || !origin || !is_own_origin(guard, host, origin))
                return error_set(error, "this form does not come from the console's own page; "
                                        "nothing was done");
        if (!session || !token || strlen(token) != CONSOLE_TOKEN_BYTES - 1)
                return error_set(error, "the session's token is missing; load the page again and "
                                        "repeat it. Nothing was done");
        console_guard_token(guard, session, right);
        if (CRYPTO_memcmp(right, token, CONSOLE_TOKEN_BYTES - 1) != 0)
                return error_set(error, "the token is of another session; load the page again and "
                                        "repeat it. Nothing was done");
        return 0;
}

void console_guard_user(const char *header, char user[CONSOLE_USER_BYTES])
{
        size_t length = 0;

        for (; header && *header && length < CONSOLE_USER_BYTES - 1; header++)
                user[length++] = *header > ' ' && *header < 0x7f ? *header : '?';
        user[length] = '\0';
        if (length == 0)
                snprintf(user, CONSOLE_USER_BYTES, "local");
}

bool console_guard_is_secure(const struct console_guard *guard)
{
        return guard->origin && strncmp(guard->origin, "https://", 8) == 0;
}
