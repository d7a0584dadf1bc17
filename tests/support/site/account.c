/* site/account.c
 *
 * Both sides of a log-in can be seen here: that wrong ones are counted also where they are answered
 * as anonymous, and that nothing but waiting ends a block.
 */
#include "site/account.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "site/base64.h"

#include <stdio.h>

static char *basic_header(const char *username, const char *password)
{
        _cleanup_(buffer_deinit) struct buffer pair = BUFFER_NULL;
        _cleanup_(buffer_deinit) struct buffer header = BUFFER_NULL;

        buffer_append_format(&pair, "%s:%s", username, password);
        buffer_append_text(&header, "Basic ");
        base64_encode(&header, pair.data, pair.length);
        return buffer_take(&header);
}

void account_init(struct account *account, const char *username, const char *password)
{
        *account = (struct account){ .may_patch = true, .flood_limit = ACCOUNT_FLOOD_LIMIT };
        account_set(account, username, password);
}

void account_deinit(struct account *account)
{
        free(account->username);
        free(account->password);
        free(account->expected);
        *account = (struct account){ 0 };
}

void account_set(struct account *account, const char *username, const char *password)
{
        char *name = memory_copy_text(username), *secret = memory_copy_text(password);

        free(account->username);
        free(account->password);
        free(account->expected);
        account->username = name;
        account->password = secret;
        account->expected = basic_header(name, secret);
}

enum account_verdict account_check(struct account *account, const char *authorization,
                                   int64_t now_s)
{
        if (!authorization)
                return ACCOUNT_ANONYMOUS;
        if (now_s - account->window_s >= ACCOUNT_FLOOD_WINDOW_S) {
                account->window_s = now_s;
                account->failed = 0;
        }
        if (account->failed >= account->flood_limit)
                return ACCOUNT_BLOCKED;
        if (strcmp(authorization, account->expected) == 0) {
                account->failed = 0;
                return ACCOUNT_OK;
        }
        if (account->failed == 0)
                account->window_s = now_s;
        account->failed++;
        account->failed_ever++;
        return ACCOUNT_WRONG;
}

void account_user(const char *authorization, char *user, size_t bytes)
{
        _cleanup_(buffer_deinit) struct buffer pair = BUFFER_NULL;

        if (authorization && strncmp(authorization, "Basic ", 6) == 0)
                base64_decode(&pair, authorization + 6);
        buffer_append_byte(&pair, ':');
        snprintf(user, bytes, "%.*s", (int)strcspn(pair.data, ":"), pair.data);
}
