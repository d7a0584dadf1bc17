/* services/operator/console_guard.h
 *
 * Who may see the page, and who may act. A browser is a confused deputy: other pages can send
 * requests with it. So
 * - a request must be addressed to the name that the page has: `console.origin`, or a name of this
 *   machine; a foreign name that was made to point here is refused;
 * - a form must come from the page itself (Origin) and carry the token that belongs to the
 * session's cookie, which is SameSite=Strict and out of reach of scripts. Who the person is, only a
 * proxy in front can know (`console.user_header`).
 */
#ifndef OPERATOR_CONSOLE_GUARD_H
#define OPERATOR_CONSOLE_GUARD_H

#include "base/digest.h"
#include "base/error.h"
#include "model/config.h"

enum { CONSOLE_SESSION_BYTES = 33, CONSOLE_TOKEN_BYTES = SHA256_HEX_BYTES };
enum { CONSOLE_SECRET_BYTES = 32, CONSOLE_USER_BYTES = 64 };

struct console_guard {
        const char *origin;      /* of the configuration; NULL: this machine's names */
        const char *user_header; /* NULL: none */
        uint8_t secret[CONSOLE_SECRET_BYTES];
};

/* `config` is borrowed. */
void console_guard_init(struct console_guard *guard, const struct config *config);

/* Is a request with this Host header meant for us? NULL: it has none. */
bool console_guard_host(const struct console_guard *guard, const char *host);

/* A new session's name, and the token of one. */
void console_guard_session(char session[CONSOLE_SESSION_BYTES]);
void console_guard_token(const struct console_guard *guard, const char *session,
                         char token[CONSOLE_TOKEN_BYTES]);
/* The session of a Cookie header. False if there is none. */
bool console_guard_cookie(const char *cookies, char session[CONSOLE_SESSION_BYTES]);

/* May this form act? -1 and a sentence for the person. Any argument may be NULL: then it was not
 * sent. */
int console_guard_form(const struct console_guard *guard, const char *host, const char *origin,
                       const char *session, const char *token, struct error *error);

/* What the log calls the person: what the proxy says, else "local". Printable ASCII. */
void console_guard_user(const char *header, char user[CONSOLE_USER_BYTES]);

/* Is the page reached by https? Then its cookie is Secure. */
bool console_guard_is_secure(const struct console_guard *guard);

#endif
