/* site/members.c
 *
 * Values are encoded once, when they are set: an answer is then only put together from its pieces.
 */
#include "site/members.h"

#include "base/memory.h"
#include "site/php_json.h"

#include <stdint.h>
#include <utlist.h>

static const char *const names[MEMBER_COUNT] = {
        [MEMBER_UUID] = "uuid",
        [MEMBER_TITLE] = "title",
        [MEMBER_DESCRIPTION] = "description",
        [MEMBER_URL] = "url",
        [MEMBER_CREATED_AT] = "created_at",
        [MEMBER_UPDATED_AT] = "updated_at",
        [MEMBER_RELEVANCE] = "ticket_manager_relevance",
        [MEMBER_IMAGE] = "image",
        [MEMBER_TEASER_IMAGE] = "teaserImage",
        [MEMBER_STATE] = "state",
        [MEMBER_ALL_DAY] = "all_day",
        [MEMBER_DATE_TIME] = "date_time",
        [MEMBER_BRANCHES] = "branches",
        [MEMBER_ADDRESS] = "address",
        [MEMBER_CATEGORIES] = "categories",
        [MEMBER_TAGS] = "tags",
        [MEMBER_PARTNERS] = "partners",
        [MEMBER_TICKET_CATEGORIES] = "ticket_categories",
        [MEMBER_TICKET_CAPACITY] = "ticket_capacity",
        [MEMBER_SERIES] = "series",
        [MEMBER_BODY] = "body",
        [MEMBER_EXTERNAL_DATA] = "external_data",
        [MEMBER_SCREEN_NAMES] = "screen_names",
};

const char *member_name(enum member member)
{
        return names[member];
}

enum member member_find(const char *name)
{
        enum member member = 0;

        while (member < MEMBER_COUNT && strcmp(names[member], name) != 0)
                member++;
        return member;
}

static void slice_replace(struct slice *slot, struct slice raw)
{
        free((char *)(uintptr_t)slot->data);
        *slot = raw.data ? (struct slice){ memory_copy(raw.data, raw.length), raw.length }
                         : SLICE_NULL;
}

static void extra_free(struct members *members, struct extra_member *extra)
{
        LL_DELETE(members->extra, extra);
        slice_replace(&extra->raw, SLICE_NULL);
        free(extra->name);
        free(extra);
}

void members_deinit(struct members *members)
{
        for (enum member member = 0; member < MEMBER_COUNT; member++)
                slice_replace(&members->raw[member], SLICE_NULL);
        while (members->extra)
                extra_free(members, members->extra);
}

static void extra_set(struct members *members, const char *name, struct slice raw)
{
        struct extra_member *extra;

        LL_FOREACH(members->extra, extra) {
                if (strcmp(extra->name, name) == 0)
                        break;
        }
        if (extra && !raw.data) {
                extra_free(members, extra);
                return;
        }
        if (!raw.data)
                return;
        if (!extra) {
                extra = memory_new(sizeof(*extra));
                extra->name = memory_copy_text(name);
                LL_APPEND(members->extra, extra);
        }
        slice_replace(&extra->raw, raw);
}

void members_copy(struct members *members, const struct members *from)
{
        const struct extra_member *extra;

        for (enum member member = 0; member < MEMBER_COUNT; member++)
                slice_replace(&members->raw[member], from->raw[member]);
        LL_FOREACH(from->extra, extra)
                extra_set(members, extra->name, extra->raw);
}

void members_set_raw(struct members *members, const char *name, struct slice raw)
{
        enum member member = member_find(name);

        if (member == MEMBER_COUNT)
                extra_set(members, name, raw);
        else
                slice_replace(&members->raw[member], raw);
}

void members_set(struct members *members, const char *name, const json_t *value)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        if (json_is_null(value)) {
                members_set_raw(members, name, SLICE_NULL);
                return;
        }
        php_json_write(&text, value);
        members_set_raw(members, name, buffer_slice(&text));
}

void members_write(struct buffer *out, enum member member, struct slice raw)
{
        if (!raw.data)
                return;
        buffer_append_byte(out, '"');
        buffer_append_text(out, names[member]);
        buffer_append(out, "\":", 2);
        buffer_append(out, raw.data, raw.length);
        buffer_append_byte(out, ',');
}

void members_write_extra(struct buffer *out, const struct members *members)
{
        const struct extra_member *extra;

        LL_FOREACH(members->extra, extra) {
                php_json_write_text(out, extra->name, strlen(extra->name));
                buffer_append_byte(out, ':');
                buffer_append(out, extra->raw.data, extra->raw.length);
                buffer_append_byte(out, ',');
        }
}
