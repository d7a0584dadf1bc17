/* services/fetcher/fetch_record.h
 *
 * What fetch.c, and nobody else, writes down about a fetch.
 */
#ifndef FETCHER_FETCH_RECORD_H
#define FETCHER_FETCH_RECORD_H

#include "fetcher/fetch.h"

/* fetch->report begins anew, with what is always said. */
void fetch_start_report(struct fetch *fetch, enum fetcher_report_type type);
void fetch_send_report(struct fetch *fetch, struct fetch_turn *turn);

/* A command on the key `{municipality}:key`; its further words are the caller's to add. */
struct fetcher_words *fetch_ask_redis(struct fetch *fetch, struct fetch_turn *turn, uint64_t token,
                                      const char *verb, const char *key);

void fetch_save_bookmark(struct fetch *fetch, struct fetch_turn *turn);
/* What an operator sees of the last read; the report has reason, sentence and status. */
void fetch_save_status(struct fetch *fetch, struct fetch_turn *turn, const char *outcome);

#endif
