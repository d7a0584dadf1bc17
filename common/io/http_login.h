/* common/io/http_login.h
 *
 * A log-in as the header that carries it (RFC 7617). libcurl would do the same, and set both names
 * into its URL before, at a twentieth of what a whole PATCH costs. Internal to io/http.
 */
#ifndef IO_HTTP_LOGIN_H
#define IO_HTTP_LOGIN_H

/* The whole header line, to be given back to http_login_free. NULL stands for an empty password. */
char *http_login_header(const char *username, const char *password);

/* Wiped first: it is as good as the password. NULL is fine. */
void http_login_free(char *header);

#endif
