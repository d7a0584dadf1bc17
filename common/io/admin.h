/* common/io/admin.h
 *
 * The admin port: /metrics, /healthz (the loop turns), /readyz (Kafka, Redis and group membership;
 * never a site's state), /version. libmicrohttpd, driven by the loop. GET and HEAD only. /metrics comes
 * in pieces (io/scrape.h), compressed for who takes gzip.
 */
#ifndef IO_ADMIN_H
#define IO_ADMIN_H

#include "base/metrics.h"
#include "io/loop.h"

struct admin;

/* Ready: true. Not ready: false and why, which /readyz answers with 503. */
typedef bool admin_ready_fn(void *context, struct error *why);
/* Called before /metrics is rendered: set gauges that are cheaper computed on demand. May be NULL. */
typedef void admin_collect_fn(void *context);

/* `address` "127.0.0.1:9090"; port 0 takes a free one. */
struct admin *admin_new(struct loop *loop, const char *address, const char *service, struct metrics *metrics,
                        admin_ready_fn *ready, admin_collect_fn *collect, void *context, struct error *error);
int admin_port(const struct admin *admin);
void admin_free(struct admin *admin);

#endif
