/* services/operator/delivery.c
 *
 * One producer a run: a run ends with everything acknowledged or with a reason, and then nothing of
 * it is left to wait for.
 *
 * The rate is that of a bucket that holds a tenth of a second: at 200 a second, 20 go at once and
 * the others follow evenly.
 */
#include "operator/delivery.h"

#include "base/memory.h"

enum { UNDER_WAY_MAX = 100, AGAIN_MS = 20, CLOSE_MS = 1000, SLICES_A_SECOND = 10 };

/* An item under way. It is filled in where it stays: headers point into themselves. */
struct place {
        bool used;
        bool written;              /* its first record */
        struct delivery_item item; /* has_then: its second record is still to be sent */
};

struct delivery {
        struct loop *loop;
        struct kafka_producer *producer;
        const struct delivery_handlers *handlers;
        void *context;
        unsigned per_second;

        struct place places[UNDER_WAY_MAX];
        struct place *filled; /* and not yet taken by the producer; NULL: none */
        bool exhausted;
        size_t under_way;
        size_t count;     /* items acknowledged */
        int64_t slice_ms; /* since then `slice_sent` items went out */
        unsigned slice_sent;
        struct loop_timer work;
        bool ended;
        struct error reason; /* "": all is well */
};

static void work_at(struct delivery *delivery, int64_t at_ms)
{
        loop_timer_set(delivery->loop, &delivery->work, at_ms);
}

static void work_now(struct delivery *delivery)
{
        work_at(delivery, loop_now_ms(delivery->loop));
}

static void delivery_free(struct delivery *delivery)
{
        kafka_producer_free(delivery->producer, CLOSE_MS);
        for (size_t i = 0; i < UNDER_WAY_MAX; i++) {
                outgoing_deinit(&delivery->places[i].item.record);
                outgoing_deinit(&delivery->places[i].item.then);
        }
        loop_timer_stop(delivery->loop, &delivery->work);
        free(delivery);
}

static void end(struct delivery *delivery)
{
        const char *reason = delivery->reason.text[0] ? delivery->reason.text : NULL;

        delivery->ended = true;
        delivery->handlers->done(delivery->context, delivery->count, reason);
        delivery_free(delivery);
}

static void fail(struct delivery *delivery, const char *reason)
{
        if (delivery->reason.text[0] == '\0')
                error_set(&delivery->reason, "%s", reason);
        work_now(delivery);
}

/* ---- sending ---- */

static int produce(struct delivery *delivery, const struct outgoing *outgoing, uint64_t token)
{
        return kafka_produce(delivery->producer, outgoing->topic, outgoing->partition,
                             buffer_slice(&outgoing->key), outgoing_value(outgoing),
                             &outgoing->headers, token);
}

static struct place *free_place(struct delivery *delivery)
{
        struct place *place = delivery->places;

        while (place->used)
                place++;
        return place;
}

static bool rate_allows(struct delivery *delivery)
{
        int64_t now_ms = loop_now_ms(delivery->loop);
        unsigned a_slice = (delivery->per_second + SLICES_A_SECOND - 1) / SLICES_A_SECOND;

        if (delivery->per_second == 0)
                return true;
        if (now_ms - delivery->slice_ms >= 1000 * (int64_t)a_slice / delivery->per_second) {
                delivery->slice_ms = now_ms;
                delivery->slice_sent = 0;
        }
        return delivery->slice_sent < a_slice;
}

static bool have_item(struct delivery *delivery)
{
        struct place *place;

        if (delivery->filled || delivery->exhausted)
                return delivery->filled != NULL;
        place = free_place(delivery);
        place->item.has_then = false;
        delivery->exhausted = !delivery->handlers->next(delivery->context, &place->item);
        delivery->filled = delivery->exhausted ? NULL : place;
        return delivery->filled != NULL;
}

/* False when the producer has no room. */
static bool send_item(struct delivery *delivery)
{
        struct place *place = delivery->filled;

        if (produce(delivery, &place->item.record, (uint64_t)(place - delivery->places)) < 0)
                return false;
        place->used = true;
        place->written = false;
        delivery->filled = NULL;
        delivery->under_way++;
        delivery->slice_sent++;
        return true;
}

static void work(void *context)
{
        struct delivery *delivery = context;
        bool blocked = false;

        while (!blocked && delivery->reason.text[0] == '\0' &&
               delivery->under_way < UNDER_WAY_MAX && rate_allows(delivery) && have_item(delivery))
                blocked = !send_item(delivery);
        if (delivery->under_way == 0 && (delivery->exhausted || delivery->reason.text[0]))
                end(delivery);
        else if (blocked || !rate_allows(delivery))
                work_at(delivery, loop_now_ms(delivery->loop) + AGAIN_MS);
}

static void on_delivered(void *context, uint64_t token, int64_t offset, const char *error)
{
        struct delivery *delivery = context;
        struct place *place = &delivery->places[token];

        if (delivery->ended)
                return;
        if (!error && !place->written && delivery->handlers->placed)
                delivery->handlers->placed(delivery->context, offset);
        place->written = true;
        if (!error && place->item.has_then) {
                place->item.has_then = false;
                if (produce(delivery, &place->item.then, token) == 0)
                        return;
                error = "the queue to Kafka is full";
        }
        place->used = false;
        delivery->under_way--;
        if (error) {
                fail(delivery, error);
                return;
        }
        delivery->count++;
        if (delivery->handlers->progress)
                delivery->handlers->progress(delivery->context, delivery->count);
        work_now(delivery);
}

static void on_failed(void *context, const char *reason, bool fatal)
{
        struct delivery *delivery = context;

        if (fatal)
                fail(delivery, reason);
}

/* ---- life ---- */

struct delivery *delivery_start(struct loop *loop, const struct kafka_cluster *cluster,
                                unsigned per_second, const struct delivery_handlers *handlers,
                                void *context, struct error *error)
{
        struct delivery *delivery = memory_new(sizeof(*delivery));

        delivery->loop = loop;
        delivery->handlers = handlers;
        delivery->context = context;
        delivery->per_second = per_second;
        delivery->work = (struct loop_timer){ .fn = work, .context = delivery };
        delivery->producer =
                kafka_producer_new(loop, cluster, on_delivered, on_failed, delivery, error);
        if (!delivery->producer) {
                free(delivery);
                return NULL;
        }
        work_now(delivery);
        return delivery;
}

void delivery_cancel(struct delivery *delivery, const char *reason)
{
        error_set(&delivery->reason, "%s", reason);
        end(delivery);
}
