/* services/operator/console_web.h
 *
 * The console's addresses: which page each shows, the headers that all answers have, and the one
 * form that acts. Pages are rendered by page*.h; who may do what is decided by console_guard.h.
 */
#ifndef OPERATOR_CONSOLE_WEB_H
#define OPERATOR_CONSOLE_WEB_H

#include "operator/console_deeds.h"
#include "operator/console_search.h"

struct console_web;

struct console_parts { /* all borrowed */
        struct desk *desk;
        struct logger *logger;
        struct console_feed *feed;
        struct console_search *search;
        struct console_deeds *deeds;
};

struct console_web *console_web_new(const struct console_parts *parts, struct error *error);
int console_web_port(const struct console_web *web);
void console_web_free(struct console_web *web); /* NULL is fine */

#endif
