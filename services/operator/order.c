/* services/operator/order.c
 *
 * The reconciler checks a hold's id and count again, and a replay of what was replayed already does
 * no harm; the check here is there so that a person is told at once.
 */
#include "operator/order.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"

static const char *const names[ORDER_ACTIONS] = {
        "refresh", "reassert", "approve", "reject", "replay", "discard",
};

const char *order_action_name(enum order_action action)
{
        return names[action];
}

static bool is_of_hold(const struct order *order)
{
        return order->action == ORDER_APPROVE || order->action == ORDER_REJECT;
}

static bool is_of_letters(const struct order *order)
{
        return order->action == ORDER_REPLAY || order->action == ORDER_DISCARD;
}

static int read_number(const struct form *form, const char *name, int64_t *number,
                       struct error *error)
{
        const char *text = form_field(form, name);
        char *end;

        if (*text == '\0')
                return 0;
        *number = strtoll(text, &end, 10);
        if (*end != '\0' || *number < 0)
                return error_set(error, "%s: it is no whole number", name);
        return 0;
}

int order_read(struct order *order, const struct form *form, struct error *error)
{
        const char *action = form_field(form, "action");
        const char *municipality = form_field(form, "municipality");
        unsigned i = 0;

        *order = (struct order){ .count = 0 };
        while (i < ORDER_ACTIONS && strcmp(action, names[i]) != 0)
                i++;
        if (i == ORDER_ACTIONS)
                return error_set(error, "there is no such action");
        order->action = (enum order_action)i;
        if (!municipality_id_valid(municipality, strlen(municipality)))
                return error_set(error, "the municipality is missing");
        text_copy(order->municipality, sizeof(order->municipality), municipality);
        text_copy(order->hold, sizeof(order->hold), form_field(form, "hold"));
        text_copy(order->letter, sizeof(order->letter), form_field(form, "letter"));
        text_copy(order->why, sizeof(order->why), form_field(form, "why"));
        if (read_number(form, "until", &order->until_ms, error) < 0)
                return -1;
        return read_number(form, "count", &order->count, error);
}

static int check_hold(const struct order *order, const struct overview_row *row,
                      struct error *error)
{
        if (row->hold[0] == '\0')
                return error_set(error, "nothing is held at %s any more: nothing was sent",
                                 row->id);
        if (strcmp(row->hold, order->hold) != 0 || row->held != order->count)
                return error_set(error,
                                 "the hold of %s has changed: %" PRId64 " deletions are held now, "
                                 "not the %" PRId64 " that you saw. Nothing was sent; look at them "
                                 "again",
                                 row->id, row->held, order->count);
        return 0;
}

void order_letters(const struct order *order, struct letter_filter *filter)
{
        *filter = (struct letter_filter){
                .municipality = order->municipality,
                .reason = order->letter[0] != '\0' ? order->letter : NULL,
                .to_ms = order->until_ms > 0 ? order->until_ms + 1 : 0,
        };
}

int64_t order_count_letters(const struct order *order, const struct dead_letters *letters)
{
        struct letter_filter filter;
        int64_t count = 0;

        order_letters(order, &filter);
        for (const struct letter *letter = letters->oldest; letter; letter = letter->next)
                count += letter_matches(letter, &filter);
        return count;
}

static int check_letters(const struct order *order, const struct dead_letters *letters,
                         struct error *error)
{
        int64_t count = order_count_letters(order, letters);

        if (count == order->count && count > 0)
                return 0;
        return error_set(error,
                         "%" PRId64 " dead letters wait now, not the %" PRId64 " that you saw. "
                         "Nothing was sent; look at them again",
                         count, order->count);
}

int order_check(const struct order *order, const struct overview *overview,
                const struct dead_letters *letters, struct error *error)
{
        const struct overview_row *row = overview_find(overview, order->municipality);

        if (!row)
                return error_set(error, "%s is not in the configuration", order->municipality);
        if (is_of_hold(order))
                return check_hold(order, row, error);
        return is_of_letters(order) ? check_letters(order, letters, error) : 0;
}

void order_control(const struct order *order, struct control *control)
{
        static const enum control_command commands[] = {
                [ORDER_REFRESH] = CONTROL_REFRESH,
                [ORDER_REASSERT] = CONTROL_REASSERT,
                [ORDER_APPROVE] = CONTROL_APPROVE_DELETIONS,
                [ORDER_REJECT] = CONTROL_REJECT_DELETIONS,
        };

        *control = (struct control){
                .command = commands[order->action],
                .fresh = order->action == ORDER_REFRESH,
                .count = order->count,
        };
        text_copy(control->hold, sizeof(control->hold), order->hold);
}

void order_say(const struct order *order, char said[ORDER_SENTENCE_BYTES])
{
        static const struct {
                const char *did, *one, *many;
        } words[ORDER_ACTIONS] = {
                [ORDER_REFRESH] = { "asked for a read now, past the site's cache", NULL, NULL },
                [ORDER_REASSERT] = { "asked to tell the vendor all events again", NULL, NULL },
                [ORDER_APPROVE] = { "approved", "deletion", "deletions" },
                [ORDER_REJECT] = { "rejected", "deletion", "deletions" },
                [ORDER_REPLAY] = { "replayed", "dead letter", "dead letters" },
                [ORDER_DISCARD] = { "discarded", "dead letter", "dead letters" },
        };

        if (!words[order->action].one)
                snprintf(said, ORDER_SENTENCE_BYTES, "%s", words[order->action].did);
        else
                snprintf(said, ORDER_SENTENCE_BYTES, "%s %" PRId64 " %s", words[order->action].did,
                         order->count,
                         order->count == 1 ? words[order->action].one : words[order->action].many);
}
