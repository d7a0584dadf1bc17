/* site/members.h
 *
 * The members of an event in the CMS's order, each kept as the bytes in which the list shows it.
 * Members that the CMS computes (uuid, dates, state, links ...) have a name here but are written by
 * site/event.c from what it knows; all others are carried as they were given.
 */
#ifndef SITE_MEMBERS_H
#define SITE_MEMBERS_H

#include "base/buffer.h"

#include <jansson.h>

enum member {
        MEMBER_UUID, MEMBER_TITLE, MEMBER_DESCRIPTION, MEMBER_URL, MEMBER_CREATED_AT,
        MEMBER_UPDATED_AT, MEMBER_RELEVANCE, MEMBER_IMAGE, MEMBER_TEASER_IMAGE, MEMBER_STATE,
        MEMBER_ALL_DAY, MEMBER_DATE_TIME, MEMBER_BRANCHES, MEMBER_ADDRESS, MEMBER_CATEGORIES,
        MEMBER_TAGS, MEMBER_PARTNERS, MEMBER_TICKET_CATEGORIES, MEMBER_TICKET_CAPACITY,
        MEMBER_SERIES, MEMBER_BODY, MEMBER_EXTERNAL_DATA, MEMBER_SCREEN_NAMES,
        MEMBER_COUNT,
};

/* A member that the CMS does not have (yet); written behind the others. */
struct extra_member {
        char *name;
        struct slice raw;
        struct extra_member *next;
};

struct members {
        struct slice raw[MEMBER_COUNT]; /* owned; {NULL, 0}: null, so it is left out */
        struct extra_member *extra;
};

const char *member_name(enum member member);
enum member member_find(const char *name); /* MEMBER_COUNT: none of the CMS's */

void members_deinit(struct members *members);
void members_copy(struct members *members, const struct members *from); /* into an empty one */

/* null takes a member away. */
void members_set(struct members *members, const char *name, const json_t *value);
void members_set_raw(struct members *members, const char *name, struct slice raw);

/* Appends `"name":value` and a comma; nothing for a value that is none. */
void members_write(struct buffer *out, enum member member, struct slice raw);
void members_write_extra(struct buffer *out, const struct members *members);

#endif
