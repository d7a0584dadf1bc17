/* services/reconciler/rules.c
 *
 * See the header.
 */
#include "reconciler/rules.h"

#include "model/news.h"

enum { HASHES_VERSION = 3 }; /* goes up when events are hashed in another way */
enum { RELEVANT_ONLY_BIT = 32, VERSION_BIT = 40 };

uint64_t rules_of(const struct municipality *config)
{
        return (uint64_t)HASHES_VERSION << VERSION_BIT |
               (uint64_t)config->relevant_only << RELEVANT_ONLY_BIT | config->news;
}

struct rules rules_read(uint64_t number)
{
        uint32_t news = (uint32_t)number & NEWS_ALL;

        return (struct rules){
                .relevant_only = number >> RELEVANT_ONLY_BIT & 1,
                .news = news != 0 ? news : NEWS_ALL,
        };
}

uint64_t rules_in_force(const struct meta *meta, int64_t appended_ms)
{
        if (meta->next_rules != 0 && appended_ms >= meta->next_rules_at_ms)
                return meta->next_rules;
        return meta->rules;
}

void rules_begin(struct meta *meta, const struct municipality *config)
{
        meta->rules = rules_of(config);
}

void rules_applied(struct meta *meta, uint64_t number)
{
        meta->rules = number;
        if (meta->next_rules == number)
                meta->next_rules = 0;
}

void rules_announce(struct meta *meta, const struct municipality *config, int64_t now_ms)
{
        if (meta->next_rules != 0 || meta->rules == rules_of(config))
                return;
        meta->next_rules = rules_of(config);
        meta->next_rules_at_ms = now_ms + RULES_SETTLE_MS;
}
