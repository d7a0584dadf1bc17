/* services/operator/cli_scan.h
 *
 * Reads to the present end of topics (scan.h), with a bar that shows how far it is.
 */
#ifndef OPERATOR_CLI_SCAN_H
#define OPERATOR_CLI_SCAN_H

#include "operator/scan.h"

/* `what` is what the bar says: "reading dead letters". -1 and a reason. */
int cli_scan(struct desk *desk, const char *what, const struct scan_range *ranges, size_t count,
             scan_fn *take, void *context, struct error *error);

#endif
