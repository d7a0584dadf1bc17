/* services/operator/console_feed.h
 *
 * What the console knows, kept up to date on the loop: the overview from Redis, every two seconds;
 * the last outcomes and the dead letters from their topics, by a reader without a group; the
 * municipalities from the configuration's file, whenever it changes. Asks no service anything.
 *
 * All of it is bounded (outcomes.h, dead_letters.h); what stands still, because Redis or Kafka
 * cannot be reached, is shown with the reason.
 */
#ifndef OPERATOR_CONSOLE_FEED_H
#define OPERATOR_CONSOLE_FEED_H

#include "io/logger.h"
#include "operator/dead_letters.h"
#include "operator/desk.h"
#include "operator/outcomes.h"
#include "operator/overview.h"

struct console_feed;

/* `desk` is open; it and `logger` are borrowed. */
struct console_feed *console_feed_new(struct desk *desk, struct logger *logger,
                                      struct error *error);
void console_feed_free(struct console_feed *feed); /* NULL is fine */

/* The newest overview, judged; of no rows before the first. Valid until the loop turns. */
const struct overview *console_feed_overview(const struct console_feed *feed);
const struct outcomes *console_feed_outcomes(const struct console_feed *feed);
const struct dead_letters *console_feed_letters(const struct console_feed *feed);

/* Both topics were read to their end once. */
bool console_feed_caught_up(const struct console_feed *feed);
/* "", or why what is shown may be old: a sentence. */
const char *console_feed_trouble(const struct console_feed *feed);

/* The connection to Redis, for those who look at one municipality closely. */
struct redis *console_feed_redis(const struct console_feed *feed);

#endif
