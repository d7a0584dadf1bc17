/* services/fetcher/actions.c
 *
 * See the header.
 */
#include "fetcher/actions.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

void fetcher_words_add_slice(struct fetcher_words *words, struct slice word)
{
        if (words->count == FETCHER_WORDS_MAX)
                return;
        buffer_append(&words->text, word.data, word.length);
        words->ends[words->count++] = words->text.length;
}

void fetcher_words_add(struct fetcher_words *words, const char *format, ...)
{
        char text[512];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);
        fetcher_words_add_slice(words, slice_of(text));
}

struct slice fetcher_words_get(const struct fetcher_words *words, size_t index)
{
        size_t begin = index > 0 ? words->ends[index - 1] : 0;

        return (struct slice){ words->text.data + begin, words->ends[index] - begin };
}

struct fetcher_action *fetcher_actions_add(struct fetcher_actions *actions,
                                           enum fetcher_action_type type, uint64_t token)
{
        struct fetcher_action *action;

        if (actions->count == actions->capacity) {
                actions->capacity = actions->capacity ? actions->capacity * 2 : 8;
                actions->items =
                        memory_resize(actions->items, actions->capacity, sizeof(*actions->items));
        }
        action = &actions->items[actions->count++];
        memset(action, 0, sizeof(*action));
        action->type = type;
        action->token = token;
        return action;
}

static void action_deinit(struct fetcher_action *action)
{
        switch (action->type) {
        case FETCHER_REDIS:
                buffer_deinit(&action->redis.text);
                break;
        case FETCHER_READ:
                reading_deinit(&action->read.reading);
                break;
        case FETCHER_PRODUCE:
                buffer_deinit(&action->produce.key);
                buffer_deinit(&action->produce.value);
                free(action->produce.headers);
                break;
        default:
                break;
        }
}

void fetcher_actions_clear(struct fetcher_actions *actions)
{
        for (size_t i = 0; i < actions->count; i++)
                action_deinit(&actions->items[i]);
        actions->count = 0;
}

void fetcher_actions_deinit(struct fetcher_actions *actions)
{
        fetcher_actions_clear(actions);
        free(actions->items);
        memset(actions, 0, sizeof(*actions));
}
