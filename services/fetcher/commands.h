/* services/fetcher/commands.h
 *
 * Bookkeeping over `control`: which records are open, which offset may be stored, and the bad ones on
 * their way to the dead letters. An offset is stored only when all before it are done too.
 *
 * At most COMMANDS_LETTERS_MAX dead letters are under way; beyond that no records are taken until
 * Kafka has answered. One that Kafka did not take is read again a second later: everything else that
 * is read twice then is harmless.
 */
#ifndef FETCHER_COMMANDS_H
#define FETCHER_COMMANDS_H

#include "fetcher/actions.h"
#include "policy/watermark.h"

enum { COMMANDS_LETTERS_MAX = 16 };

/* A record of `control`; all of it is borrowed. */
struct command {
        int32_t partition;
        int64_t offset;
        int64_t timestamp_ms;
        struct slice key;
        struct slice value;
        const struct headers *headers;
};

struct commands_letter {
        uint64_t token;    /* 0: Kafka refused it */
        int64_t again_ms;  /* then it is read again at that moment */
        int32_t partition;
        int64_t offset;
};

struct commands {
        const struct topics *topics;
        struct watermark *marks; /* by partition; owned */
        struct commands_letter letters[COMMANDS_LETTERS_MAX];
        size_t letter_count;
        bool waiting; /* for room: no records are taken */
};

void commands_init(struct commands *commands, const struct topics *topics);
void commands_deinit(struct commands *commands);

/* Forgets all partitions and the dead letters of them: whoever owns them next reads those again. */
void commands_revoked(struct commands *commands, struct fetcher_actions *actions);

void commands_open(struct commands *commands, int32_t partition, int64_t offset);
void commands_done(struct commands *commands, int32_t partition, int64_t offset,
                   struct fetcher_actions *actions);

/* Sends it to the dead letters under `token`; it is done when Kafka has acknowledged that. */
void commands_refuse(struct commands *commands, const struct command *command, const char *reason,
                     const char *detail, uint64_t token, int64_t now_ms,
                     struct fetcher_actions *actions);
void commands_delivered(struct commands *commands, uint64_t token, bool acknowledged, int64_t now_ms,
                        struct fetcher_actions *actions);

void commands_tick(struct commands *commands, int64_t now_ms, struct fetcher_actions *actions);
int64_t commands_next_ms(const struct commands *commands);

#endif
