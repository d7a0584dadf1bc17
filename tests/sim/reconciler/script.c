/* tests/sim/reconciler/script.c
 *
 * The services' scripts are Lua inside Redis; these are the same sentences in C.
 */
#include "sim/reconciler/script.h"

#include <inttypes.h>
#include <stdio.h>

static bool is_number(struct slice text)
{
        size_t at = text.length > 0 && text.data[0] == '-' ? 1 : 0;

        if (at == text.length)
                return false;
        for (; at < text.length; at++)
                if (text.data[at] < '0' || text.data[at] > '9')
                        return false;
        return true;
}

static bool is_value(struct slice text, int64_t value)
{
        char wanted[24];

        snprintf(wanted, sizeof(wanted), "%" PRId64, value);
        return slice_is(text, wanted);
}

bool script_apply_expects(const struct store *store, const struct apply *apply)
{
        char key[STORE_KEY_BYTES];

        store_key(key, apply->municipality, "m");

        struct slice epoch = store_get(store, key, slice_of("epoch"));
        struct slice offset = store_get(store, key, slice_of("offset"));

        if (!is_number(epoch) || !is_number(offset))
                return !apply->exists;
        return apply->exists && is_value(epoch, apply->epoch) && is_value(offset, apply->offset);
}

void script_apply_write(struct store *store, const struct apply *apply)
{
        char meta[STORE_KEY_BYTES], events[STORE_KEY_BYTES];

        store_key(meta, apply->municipality, "m");
        store_key(events, apply->municipality, "s");
        if (apply->wipe) {
                store_delete(store, meta);
                store_delete(store, events);
        }
        for (size_t i = 0; i < apply->write_count; i++) {
                const struct write *write = &apply->writes[i];
                struct slice name = { (const char *)write->uuid.bytes, sizeof(write->uuid.bytes) };

                if (write->packed.data)
                        store_put(store, events, name, write->packed);
                else
                        store_remove(store, events, name);
        }
        for (size_t i = 0; apply->meta && i < apply->meta->count; i++)
                store_put(store, meta, slice_of(apply->meta->items[i].name),
                          slice_of(apply->meta->items[i].value));
        store_end_command(store);
}
