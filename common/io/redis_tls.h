/* common/io/redis_tls.h
 *
 * TLS of a Redis connection: the server's certificate is verified against the system's authorities
 * (SSL_CERT_FILE of the environment, as OpenSSL has it) and must name the host. Without
 * DPLSYNC_REDIS_TLS (hiredis before 1.0) redis_tls_new fails with a sentence.
 *
 * Internal to common/io/redis*.c.
 */
#ifndef IO_REDIS_TLS_H
#define IO_REDIS_TLS_H

#include <hiredis/async.h>

#include "base/error.h"

struct redis_tls;

struct redis_tls *redis_tls_new(struct error *error);
void redis_tls_free(struct redis_tls *tls);

/* To be called before the connection is established. */
int redis_tls_start(struct redis_tls *tls, redisAsyncContext *connection, const char *host,
                    struct error *error);

/* Why the last connection's certificate was refused, NULL if it was not. To be asked once, at the
 * end of that connection and before hiredis frees it: hiredis itself only knows that it failed. */
const char *redis_tls_refusal(struct redis_tls *tls);

#endif
