/* site/exchange.h
 *
 * One request from its first byte to the end of its answer, and to its execution if that comes
 * later. Everything happens in the one thread of the loop; what has to wait is a timer, and the
 * connection is suspended meanwhile.
 */
#ifndef SITE_EXCHANGE_H
#define SITE_EXCHANGE_H

#include "site/sites.h"
#include "site/timers.h"

#include <microhttpd.h>

struct exchanges {
        struct sites *sites;
        struct timers timers;
        struct exchange *open; /* all of them */
        bool closing;          /* nothing waits any longer */
};

/* Let all that waits go on and end, before the daemon is stopped. */
void exchanges_close(struct exchanges *exchanges);

/* Callbacks for the daemon; `context` is struct exchanges. */
void *exchange_new(void *context, const char *uri, struct MHD_Connection *connection);
enum MHD_Result exchange_handle(void *context, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *data,
                                size_t *bytes, void **state);
void exchange_completed(void *context, struct MHD_Connection *connection, void **state,
                        enum MHD_RequestTerminationCode code);

#endif
