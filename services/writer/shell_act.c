/* services/writer/shell_act.c
 *
 * The way out: actions as calls. A call that fails at once is answered like one that fails later.
 */
#include "writer/shell.h"

static void produce(struct shell *shell, const struct writer_action *action)
{
        const struct action_produce *produce = &action->produce;
        struct slice key = produce->has_key ? buffer_slice(&produce->key) : SLICE_NULL;
        struct slice value =
                produce->text.length > 0 ? buffer_slice(&produce->text) : produce->value;
        struct writer_input refused = { .type = INPUT_DELIVERED,
                                        .token = action->token,
                                        .delivered = { .ok = false } };

        if (kafka_produce(shell->links.producer, produce->topic, produce->partition, key, value,
                          produce->headers, action->token) < 0)
                shell_handle_later(shell, &refused);
}

void shell_act(struct shell *shell, const struct writer_action *action)
{
        switch (action->type) {
        case ACTION_READ_UPDATES:
                kafka_start(shell->links.consumer, TOPIC_UPDATES, action->place.partition,
                            action->place.offset);
                break;
        case ACTION_WANT_UPDATES:
                kafka_want(shell->links.consumer, action->room);
                break;
        case ACTION_READ_RESULTS:
                kafka_start(shell->reader, TOPIC_RESULTS, action->place.partition,
                            action->place.offset);
                break;
        case ACTION_WANT_RESULTS:
                kafka_want(shell->reader, action->room);
                break;
        case ACTION_STOP_RESULTS:
                kafka_stop(shell->reader, TOPIC_RESULTS, action->place.partition);
                break;
        case ACTION_STORE:
                kafka_store(shell->links.consumer, TOPIC_UPDATES, action->place.partition,
                            action->place.offset);
                break;
        case ACTION_PRODUCE:
                produce(shell, action);
                break;
        case ACTION_POSITION:
        case ACTION_NOTE:
        case ACTION_SEALS:
        case ACTION_LOAD:
        case ACTION_BEGIN:
        case ACTION_FINISH:
        case ACTION_MERGE:
        case ACTION_SWEEP:
        case ACTION_FORGET:
        case ACTION_STATUS:
                shell_redis(shell, action);
                break;
        case ACTION_PATCH:
                shell_patch(shell, action);
                break;
        case ACTION_REPORT:
                shell_report(shell, &action->report);
                break;
        case ACTION_DRAINED:
                daemon_drained(shell->links.daemon);
                break;
        case ACTION_FAIL:
                daemon_fail(shell->links.daemon, action->reason.text);
                break;
        }
}
