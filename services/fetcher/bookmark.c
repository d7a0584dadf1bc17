/* services/fetcher/bookmark.c
 *
 * One text, so that it is read and written whole: half a bookmark (the validators of one list, the
 * digest of another) would tell the reconciler that a list stands which does not.
 */
#include "fetcher/bookmark.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"

struct member {
        const char *name;
        size_t offset;
};

#define NUMBER(name) { #name, offsetof(struct bookmark, name) }

static const struct member numbers[] = {
        NUMBER(fetch_seq), NUMBER(success_ms), NUMBER(full_ms), NUMBER(fresh_ms),
        NUMBER(paused_until_ms), NUMBER(failures), NUMBER(bytes), NUMBER(events), NUMBER(unreadable),
};

/* Milliseconds of the year 5138; every number here is smaller. */
static const int64_t number_max = INT64_C(100000000000000);

static int64_t *number_in(struct bookmark *bookmark, const struct member *member)
{
        return (int64_t *)((char *)bookmark + member->offset);
}

/* RFC 9110 5.5: visible characters, spaces and tabs; nothing that could end a header's line. */
static bool fit_for_header(const char *text)
{
        for (; *text; text++)
                if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
                        return false;
        return true;
}

static void take_validator(char place[BOOKMARK_TEXT_BYTES], const char *text)
{
        place[0] = '\0';
        if (text && strlen(text) < BOOKMARK_TEXT_BYTES && fit_for_header(text))
                memcpy(place, text, strlen(text) + 1);
}

void bookmark_take_validators(struct bookmark *bookmark, const char *etag, const char *last_modified)
{
        take_validator(bookmark->etag, etag);
        take_validator(bookmark->last_modified, last_modified);
}

void bookmark_drop_validators(struct bookmark *bookmark)
{
        bookmark_take_validators(bookmark, NULL, NULL);
}

void bookmark_write(const struct bookmark *bookmark, struct buffer *json)
{
        char source[17];

        snprintf(source, sizeof(source), "%016llx", (unsigned long long)bookmark->source);
        buffer_append_byte(json, '{');
        json_write_member_text(json, "etag", bookmark->etag);
        json_write_member_text(json, "last_modified", bookmark->last_modified);
        json_write_member_text(json, "digest", bookmark->digest);
        json_write_member_text(json, "source", source);
        for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
                const int64_t *number = number_in((struct bookmark *)bookmark, &numbers[i]);

                json_write_member_integer(json, numbers[i].name, *number);
        }
        buffer_append_byte(json, '}');
}

static bool read_numbers(struct bookmark *bookmark, const json_t *object)
{
        for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
                int64_t *number = number_in(bookmark, &numbers[i]);

                if (!json_member_integer(object, numbers[i].name, number) || *number < 0 ||
                    *number > number_max)
                        return false;
        }
        return true;
}

static bool is_hex(const char *text, size_t length)
{
        return strlen(text) == length && strspn(text, "0123456789abcdef") == length;
}

static bool read_texts(struct bookmark *bookmark, const json_t *object)
{
        const char *digest = json_member_text(object, "digest");
        const char *source = json_member_text(object, "source");

        if (!digest || !source || !is_hex(source, 16))
                return false;
        bookmark->source = strtoull(source, NULL, 16);
        if (digest[0] == '\0')
                return true; /* nothing was published: validators would stand for nothing */
        if (!is_hex(digest, SHA256_HEX_BYTES - 1))
                return false;
        memcpy(bookmark->digest, digest, SHA256_HEX_BYTES);
        bookmark_take_validators(bookmark, json_member_text(object, "etag"),
                                 json_member_text(object, "last_modified"));
        return true;
}

int bookmark_read(struct bookmark *bookmark, struct slice json, struct error *error)
{
        _cleanup_(json_decrefp) json_t *object = NULL;

        memset(bookmark, 0, sizeof(*bookmark));
        object = json_read(json.data, json.length, BOOKMARK_JSON_BYTES_MAX, error);
        if (!object)
                return -1;
        if (json_is_object(object) && read_numbers(bookmark, object) && read_texts(bookmark, object))
                return 0;
        memset(bookmark, 0, sizeof(*bookmark));
        return error_set(error, "not a bookmark: a member is missing or of another type");
}
