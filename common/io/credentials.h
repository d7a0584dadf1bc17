/* common/io/credentials.h
 *
 * The log-ins of the sites, from files (CONTRACT.md "Configuration"): <dir>/<municipality>.username
 * and .password, or <dir>/<municipality>/username and password. One trailing newline is dropped;
 * bounded to 4,096 bytes. Secrets are wiped before their memory goes, kept out of core dumps
 * (MADV_DONTDUMP) and never logged.
 */
#ifndef IO_CREDENTIALS_H
#define IO_CREDENTIALS_H

#include <stdbool.h>

#include "base/error.h"

struct credentials;

struct credential {
        const char *username;
        const char *password;
};

/* Reads all of the directory; a directory of NULL has none. NULL and a reason if it cannot be read. */
struct credentials *credentials_load(const char *directory, struct error *error);
void credentials_free(struct credentials *credentials);

/* False where there are none (or only half: then `error` says which half is missing, and where). */
bool credentials_get(const struct credentials *credentials, const char *municipality,
                     struct credential *credential, struct error *error);

/* Did a reload change this municipality's log-in? Either may be NULL. */
bool credentials_differ(const struct credentials *a, const struct credentials *b, const char *municipality);

enum { CREDENTIALS_MARK_BYTES = 3 }; /* 2 hex digits and a NUL */

/* A mark by which a log-in can be seen to have changed over a restart, fit to be kept in Redis: the
 * first 8 bits of SHA-256 over municipality and log-in, always the same for the same one. So few
 * that they say next to nothing of a password; one change in 256 goes unseen. False: no log-in. */
bool credentials_mark(const struct credentials *credentials, const char *municipality,
                      char mark[CREDENTIALS_MARK_BYTES]);

#endif
