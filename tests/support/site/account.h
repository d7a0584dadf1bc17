/* site/account.h
 *
 * The external system's user of one site: basic auth, its role, and Drupal's flood control, which
 * refuses even the right password after too many wrong ones.
 */
#ifndef SITE_ACCOUNT_H
#define SITE_ACCOUNT_H

#include "base/slice.h"

#include <stdint.h>

enum { ACCOUNT_FLOOD_LIMIT = 50000, ACCOUNT_FLOOD_WINDOW_S = 6 * 3600 };

enum account_verdict {
        ACCOUNT_ANONYMOUS, /* no Authorization */
        ACCOUNT_OK,
        ACCOUNT_WRONG,     /* a failed log-in */
        ACCOUNT_BLOCKED,   /* by flood control; not counted once more */
};

struct account {
        char *username, *password;
        char *expected;     /* the whole header that is right */
        bool may_patch;     /* has the role */
        unsigned failed;    /* log-ins within the window */
        int64_t window_s;   /* its start */
        unsigned flood_limit;
        uint64_t failed_ever;
};

void account_init(struct account *account, const char *username, const char *password);
void account_deinit(struct account *account);

/* Other credentials; flood control forgets nothing. */
void account_set(struct account *account, const char *username, const char *password);

enum account_verdict account_check(struct account *account, const char *authorization,
                                   int64_t now_s);

/* The user's name in a basic Authorization header, cut to `bytes`; "" if it is none. */
void account_user(const char *authorization, char *user, size_t bytes);

#endif
