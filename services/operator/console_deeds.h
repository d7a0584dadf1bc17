/* services/operator/console_deeds.h
 *
 * Does what was ordered at the console, by the same records that the command line sends, and keeps
 * the last deeds for the page. Each order is one line of the log: who, what, where, how many, why.
 */
#ifndef OPERATOR_CONSOLE_DEEDS_H
#define OPERATOR_CONSOLE_DEEDS_H

#include "operator/console_feed.h"
#include "operator/order.h"
#include "operator/page.h"

struct console_deeds;

struct console_deeds *console_deeds_new(struct desk *desk, struct logger *logger,
                                        const struct console_feed *feed);
/* What is on its way to Kafka is given up, and says so in the log. NULL is fine. */
void console_deeds_free(struct console_deeds *deeds);

/* `user`: for the log. -1 and a sentence for the person when it is refused: nothing was sent. */
int console_deeds_do(struct console_deeds *deeds, const struct order *order, const char *user,
                     struct error *error);

/* Newest first. */
const struct page_deed *console_deeds_list(const struct console_deeds *deeds, size_t *count);

#endif
