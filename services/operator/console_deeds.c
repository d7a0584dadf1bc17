/* services/operator/console_deeds.c
 *
 * The answer to a person does not wait for Kafka: the deed stands on the page as "on its way" until
 * Kafka has acknowledged it. A replay is bound to a rate, as with the command line, so that a site
 * that has just come back is not run over by what it missed.
 */
#include "operator/console_deeds.h"

#include <stdio.h>

#include "base/memory.h"
#include "io/links.h"
#include "operator/delivery.h"
#include "operator/replay.h"

enum { ERRANDS_MAX = 8, REPLAYS_A_SECOND = 50, NOT_SENT_BYTES = 128 };

/* One deed under way. */
struct errand {
        struct console_deeds *deeds;
        uint64_t number; /* of its deed */
        struct order order;
        struct delivery *delivery;
        struct replay replay;
        bool control_sent;
        struct place { /* of the letters, which may leave the ring meanwhile */
                int32_t partition;
                int64_t offset;
        } * places;
        size_t place_count;
        size_t next_place;
        size_t refused; /* letters that cannot be sent again */
        char refusal[NOT_SENT_BYTES];
};

struct console_deeds {
        struct desk *desk;
        struct logger *logger;
        const struct console_feed *feed;
        struct dice dice;
        struct errand *errands[ERRANDS_MAX];
        struct page_deed deeds[PAGE_DEEDS_KEPT]; /* newest first */
        size_t count;
        uint64_t number; /* of the newest */
};

static struct page_deed *deed_of(struct console_deeds *deeds, uint64_t number)
{
        uint64_t age = deeds->number - number;

        return age < deeds->count ? &deeds->deeds[age] : NULL;
}

static void errand_free(struct errand *errand)
{
        for (size_t i = 0; i < ERRANDS_MAX; i++)
                if (errand->deeds->errands[i] == errand)
                        errand->deeds->errands[i] = NULL;
        free(errand->places);
        free(errand);
}

/* What is sent */

static bool next_letter(struct errand *errand, struct delivery_item *item)
{
        const struct dead_letters *letters = console_feed_letters(errand->deeds->feed);
        struct error error = ERROR_NULL;

        while (errand->next_place < errand->place_count) {
                struct place *place = &errand->places[errand->next_place++];
                struct letter *letter = dead_letters_find(letters, place->partition, place->offset);

                if (!letter || letter->fate != LETTER_WAITS)
                        continue;
                if (errand->order.action == ORDER_DISCARD) {
                        letter_mark(letter, LETTER_DISCARDED, errand->replay.now_ms, &item->record);
                        return true;
                }
                if (replay_letter(&errand->replay, letter, &item->record, &error) == 0) {
                        letter_mark(letter, LETTER_REPLAYED, errand->replay.now_ms, &item->then);
                        item->has_then = true;
                        return true;
                }
                errand->refused++;
                snprintf(errand->refusal, sizeof(errand->refusal), "%.*s", NOT_SENT_BYTES - 1,
                         error.text);
        }
        return false;
}

static bool next_item(void *context, struct delivery_item *item)
{
        struct errand *errand = context;
        struct console_deeds *deeds = errand->deeds;
        struct control control;

        if (errand->places)
                return next_letter(errand, item);
        if (errand->control_sent)
                return false;
        errand->control_sent = true;
        order_control(&errand->order, &control);
        control_command_id(&control, "console", errand->replay.now_ms, &deeds->dice);
        control_command_write(&control, errand->order.municipality, &deeds->desk->topics,
                              errand->replay.now_ms, &item->record);
        return true;
}

static void on_done(void *context, size_t count, const char *reason)
{
        struct errand *errand = context;
        struct page_deed *deed = deed_of(errand->deeds, errand->number);

        (void)count;
        if (deed) {
                size_t length = strlen(deed->said), room = sizeof(deed->said) - length;

                deed->state = reason ? PAGE_DEED_FAILED : PAGE_DEED_DONE;
                if (reason)
                        snprintf(deed->said + length, room, ": %s", reason);
                else if (errand->refused > 0)
                        snprintf(deed->said + length, room, ", but for %zu that cannot be: %s",
                                 errand->refused, errand->refusal);
        }
        if (reason)
                logger_say(errand->deeds->logger, LOG_WARN, "an action failed",
                           FIELD_TEXT("municipality", errand->order.municipality),
                           FIELD_TEXT("action", order_action_name(errand->order.action)),
                           FIELD_TEXT("error.message", reason));
        errand_free(errand);
}

/* What is ordered */

static void collect_places(struct errand *errand)
{
        const struct dead_letters *letters = console_feed_letters(errand->deeds->feed);
        struct letter_filter filter;

        errand->places = memory_new((letters->count + 1) * sizeof(*errand->places));
        order_letters(&errand->order, &filter);
        for (const struct letter *letter = letters->oldest; letter; letter = letter->next)
                if (letter_matches(letter, &filter))
                        errand->places[errand->place_count++] =
                                (struct place){ letter->partition, letter->offset };
}

static struct errand *errand_new(struct console_deeds *deeds, const struct order *order)
{
        size_t i = 0;

        while (i < ERRANDS_MAX && deeds->errands[i])
                i++;
        if (i == ERRANDS_MAX)
                return NULL;

        struct errand *errand = memory_new(sizeof(*errand));
        int64_t now_ms = loop_now_ms(deeds->desk->loop);

        errand->deeds = deeds;
        errand->order = *order;
        errand->replay = (struct replay){ .topics = &deeds->desk->topics,
                                          .run = (uint64_t)now_ms,
                                          .now_ms = now_ms };
        if (order->action == ORDER_REPLAY || order->action == ORDER_DISCARD)
                collect_places(errand);
        deeds->errands[i] = errand;
        return errand;
}

static void remember(struct console_deeds *deeds, struct errand *errand)
{
        struct page_deed deed = { .at_ms = errand->replay.now_ms, .state = PAGE_DEED_SENT };

        memcpy(deed.municipality, errand->order.municipality, sizeof(deed.municipality));
        order_say(&errand->order, deed.said);
        memmove(&deeds->deeds[1], &deeds->deeds[0], (PAGE_DEEDS_KEPT - 1) * sizeof(deed));
        deeds->deeds[0] = deed;
        deeds->count += deeds->count < PAGE_DEEDS_KEPT;
        errand->number = ++deeds->number;
}

static void log_order(const struct console_deeds *deeds, const struct order *order,
                      const char *user, const char *refusal)
{
        logger_say(deeds->logger, refusal ? LOG_WARN : LOG_INFO,
                   refusal ? "an action was refused" : "an action was taken",
                   FIELD_TEXT("user", user), FIELD_TEXT("municipality", order->municipality),
                   FIELD_TEXT("action", order_action_name(order->action)),
                   FIELD_NUMBER("count", order->count), FIELD_TEXT("hold", order->hold),
                   FIELD_TEXT("dead_letter_reason", order->letter),
                   FIELD_TEXT("reason", order->why), FIELD_TEXT("error.message", refusal));
}

static int start(struct console_deeds *deeds, const struct order *order, struct error *error)
{
        static const struct delivery_handlers handlers = { .next = next_item, .done = on_done };
        struct errand *errand;
        unsigned rate = order->action == ORDER_REPLAY ? REPLAYS_A_SECOND : 0;

        if (order_check(order, console_feed_overview(deeds->feed),
                        console_feed_letters(deeds->feed), error) < 0)
                return -1;
        errand = errand_new(deeds, order);
        if (!errand)
                return error_set(error, "%d actions are on their way already; wait for one of them",
                                 ERRANDS_MAX);
        errand->delivery = delivery_start(deeds->desk->loop, &deeds->desk->cluster, rate, &handlers,
                                          errand, error);
        if (!errand->delivery) {
                errand_free(errand);
                return -1;
        }
        remember(deeds, errand);
        return 0;
}

int console_deeds_do(struct console_deeds *deeds, const struct order *order, const char *user,
                     struct error *error)
{
        struct error refusal = ERROR_NULL;
        int result = start(deeds, order, &refusal);

        log_order(deeds, order, user, result < 0 ? refusal.text : NULL);
        return result < 0 ? error_set(error, "%s", refusal.text) : 0;
}

/* Life */

struct console_deeds *console_deeds_new(struct desk *desk, struct logger *logger,
                                        const struct console_feed *feed)
{
        struct console_deeds *deeds = memory_new(sizeof(*deeds));

        deeds->desk = desk;
        deeds->logger = logger;
        deeds->feed = feed;
        deeds->dice.state = links_seed();
        return deeds;
}

void console_deeds_free(struct console_deeds *deeds)
{
        if (!deeds)
                return;
        for (size_t i = 0; i < ERRANDS_MAX; i++)
                if (deeds->errands[i])
                        delivery_cancel(deeds->errands[i]->delivery, "the console was stopped");
        free(deeds);
}

const struct page_deed *console_deeds_list(const struct console_deeds *deeds, size_t *count)
{
        *count = deeds->count;
        return deeds->deeds;
}
