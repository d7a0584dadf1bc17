/* common/model/news.h
 *
 * Of which fields a change is news to a vendor: a bit per event_field (model/event.h), made of the
 * setting `news_fields`. What is no news is still told whenever something else is.
 */
#ifndef MODEL_NEWS_H
#define MODEL_NEWS_H

#include "base/error.h"
#include "model/event.h"

#define NEWS_ALL ((UINT32_C(1) << EVENT_FIELD_COUNT) - 1)

/* `names` are those of the fields, with commas or blanks between; "other" stands for all that this
 * version does not know. NULL or "": all fields. The reason names what is none, and the nearest
 * that is one. */
int news_parse(uint32_t *news, const char *names, struct error *error);

#endif
