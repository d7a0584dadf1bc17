/* services/fetcher/splitter.h
 *
 * Finds the events in a list while it arrives: a JSON array of objects, fed in any pieces. It is fed
 * foreign bytes and trusts none: the whole text is checked against RFC 8259 (numbers, literals,
 * escapes, UTF-8), so that a broken event cannot pass as two, and a list that is cut off, or goes on
 * behind its end, is not a list. What it accepts, jansson frames alike; what jansson accepts, it
 * accepts, but for events nested deeper than SPLITTER_DEPTH_MAX, and a NUL byte behind a number, which
 * jansson overlooks. It is wider than jansson where only the content of one event is concerned
 * (`\u0000`, lone surrogates, huge integers, members that stand twice): such an event is still one
 * event (DESIGN.md, "Reconciler" 3).
 *
 * It keeps no bytes: of each piece it says which belong to an event.
 *
 *         struct slice rest = { data, bytes };
 *         struct splitter_piece piece;
 *
 *         while (splitter_next(&splitter, &rest, &piece) == SPLITTER_PIECE)
 *                 ... append piece.bytes; if piece.ends, the event is whole ...
 */
#ifndef FETCHER_SPLITTER_H
#define FETCHER_SPLITTER_H

#include "base/error.h"
#include "base/json.h"
#include "base/slice.h"
#include "base/uuid.h"

/* An event deeper than the first cannot be read on: it stands in a part's array, and in a change
 * that a reader may find in something of its own, and those are read to JSON_DEPTH_MAX. It is an
 * event all the same; beyond the second it is not looked at any more, and the list is refused. */
enum { SPLITTER_EVENT_DEPTH_MAX = JSON_DEPTH_MAX - 2, SPLITTER_DEPTH_MAX = 512 };

enum splitter_outcome {
        SPLITTER_PIECE,  /* `piece` is filled in; there may be more in `rest` */
        SPLITTER_HUNGRY, /* all of `rest` was read */
        SPLITTER_FAILED, /* not a list; stays so */
};

enum splitter_fault {
        SPLITTER_SOUND,
        SPLITTER_NOT_ARRAY,  /* something else than "[" begins the text */
        SPLITTER_NOT_OBJECT, /* an element is no object */
        SPLITTER_NOT_JSON,   /* broken between or inside of events */
        SPLITTER_TOO_DEEP,   /* an event is nested deeper than SPLITTER_DEPTH_MAX */
        SPLITTER_TRAILING,   /* something follows the array */
        SPLITTER_TRUNCATED,  /* the text ended before the array did (splitter_end) */
};

struct splitter_piece {
        struct slice bytes; /* of one event, borrowed from what was fed */
        bool begins;        /* its first bytes */
        bool ends;          /* its last bytes: what follows is known */
        bool has_uuid;      /* exactly one member "uuid" at its top, and that is one */
        struct uuid uuid;
        bool deep;          /* deeper than SPLITTER_EVENT_DEPTH_MAX */
        size_t length;      /* of the whole event */
};

/* Longest spelling of a uuid, every character as a \u escape, and what is longer than any. */
enum { SPLITTER_TOKEN_BYTES = 6 * 36 + 1 };

/* All of it is the splitter's own; it lies open only so that it can be embedded. */
struct splitter {
        unsigned place;
        enum splitter_fault fault;
        uint64_t position;   /* bytes read */
        unsigned depth;      /* open brackets of the event */
        bool deep;           /* they were more than SPLITTER_EVENT_DEPTH_MAX */
        uint64_t arrays[SPLITTER_DEPTH_MAX / 64]; /* a bit per level: is it an array? */
        bool in_key;         /* the string being read is a member's name */
        const char *literal; /* what is left of true, false, null */
        unsigned digits_left; /* of \uXXXX */
        unsigned continuations; /* bytes left of a UTF-8 character */
        unsigned char least;    /* bounds of its next byte */
        unsigned char most;
        bool capturing;         /* the string goes to `token`, as it is spelt */
        size_t token_length;
        char token[SPLITTER_TOKEN_BYTES];
        bool uuid_next;         /* the next value is that of the top-level member "uuid" */
        unsigned uuid_members;
        bool has_uuid;
        struct uuid uuid;
        size_t length;          /* of the event so far */
};

void splitter_init(struct splitter *splitter);

/* Reads from `rest`, which is moved on. */
enum splitter_outcome splitter_next(struct splitter *splitter, struct slice *rest,
                                    struct splitter_piece *piece);

/* The text has ended. Was it a list? */
enum splitter_fault splitter_end(struct splitter *splitter);

/* Why the text is not a list, as a sentence with the position. Always returns -1. */
int splitter_explain(const struct splitter *splitter, struct error *error);

#endif
