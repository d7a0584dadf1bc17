/* common/io/redis_tls.c
 *
 * hiredis's own helper sends the host's name but does not compare it with the certificate, so the
 * OpenSSL objects are made here.
 */
#include "io/redis_tls.h"

#ifdef DPLSYNC_REDIS_TLS

#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/memory.h"

struct redis_tls {
        SSL_CTX *context;
        SSL *last; /* hiredis's, of the last connection */
};

static int openssl_reason(struct error *error, const char *what)
{
        const char *reason = ERR_reason_error_string(ERR_peek_last_error());

        ERR_clear_error();
        return error_set(error, "%s: %s", what, reason ? reason : "OpenSSL does not say why");
}

struct redis_tls *redis_tls_new(struct error *error)
{
        SSL_CTX *context = SSL_CTX_new(TLS_client_method());

        if (!context || SSL_CTX_set_default_verify_paths(context) != 1 ||
            SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) {
                openssl_reason(error, "redis.url: TLS cannot be set up");
                SSL_CTX_free(context);
                return NULL;
        }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);

        struct redis_tls *tls = memory_new(sizeof(*tls));

        tls->context = context;
        return tls;
}

void redis_tls_free(struct redis_tls *tls)
{
        if (!tls)
                return;
        SSL_CTX_free(tls->context);
        free(tls);
}

int redis_tls_start(struct redis_tls *tls, redisAsyncContext *connection, const char *host,
                    struct error *error)
{
        SSL *ssl = SSL_new(tls->context);

        if (!ssl || SSL_set1_host(ssl, host) != 1 || SSL_set_tlsext_host_name(ssl, host) != 1) {
                SSL_free(ssl);
                return openssl_reason(error, "TLS cannot be started");
        }
        /* Once it has begun, hiredis owns it. */
        if (redisInitiateSSL(&connection->c, ssl) != REDIS_OK) {
                SSL_free(ssl);
                return error_set(error, "TLS cannot be started: %s", connection->c.errstr);
        }
        tls->last = ssl;
        return 0;
}

const char *redis_tls_refusal(struct redis_tls *tls)
{
        long result = tls && tls->last ? SSL_get_verify_result(tls->last) : X509_V_OK;

        if (tls)
                tls->last = NULL;
        return result == X509_V_OK ? NULL : X509_verify_cert_error_string(result);
}

#else

struct redis_tls *redis_tls_new(struct error *error)
{
        error_set(error, "redis.url: rediss:// needs hiredis 1.0 or later, and this program was "
                         "built with an older one; "
                         "use redis://, or the container image");
        return NULL;
}

void redis_tls_free(struct redis_tls *tls)
{
        (void)tls;
}

int redis_tls_start(struct redis_tls *tls, redisAsyncContext *connection, const char *host,
                    struct error *error)
{
        (void)tls;
        (void)connection;
        return error_set(error, "no TLS to %s", host);
}

const char *redis_tls_refusal(struct redis_tls *tls)
{
        (void)tls;
        return NULL;
}

#endif
