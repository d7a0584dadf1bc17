/* common/model/ledger_line.c
 *
 * The words in the order in which they are written; read in any. Numbers have one form, so that an
 * entry has one.
 */
#include "model/ledger_line.h"

#include "base/hex.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "model/version.h"

#define LAYOUT "1"
#define ESCAPE '\\'

/* ---- writing ---- */

static void write_version(struct buffer *out, uint64_t version)
{
        buffer_append_unsigned(out, version_epoch(version));
        buffer_append_byte(out, '.');
        buffer_append_unsigned(out, (uint64_t)version_offset(version));
}

static void write_name(struct buffer *out, const char *name)
{
        buffer_append_byte(out, ' ');
        buffer_append_text(out, name);
        buffer_append_byte(out, '=');
}

static void write_time(struct buffer *out, const char *name, int64_t ms)
{
        if (ms <= 0)
                return;
        write_name(out, name);
        buffer_append_unsigned(out, (uint64_t)ms);
}

/* Neither ends the word nor acts on a terminal. */
static bool url_byte_is_plain(char byte)
{
        return (unsigned char)byte > ' ' && byte != 0x7f;
}

static bool url_is_plain(const char *url)
{
        if (url[0] == '\0' || url[0] == ESCAPE)
                return false;
        while (*url && url_byte_is_plain(*url))
                url++;
        return *url == '\0';
}

static void write_escaped(struct buffer *out, const char *url)
{
        buffer_append_byte(out, ESCAPE);
        for (; *url; url++) {
                if (url_byte_is_plain(*url) && *url != ESCAPE) {
                        buffer_append_byte(out, *url);
                        continue;
                }
                buffer_append_byte(out, ESCAPE);
                buffer_append_byte(out, hex_digit((unsigned char)*url >> 4));
                buffer_append_byte(out, hex_digit((unsigned char)*url));
        }
}

static void write_value(struct buffer *out, enum wish_member member, const struct wish_value *value)
{
        write_name(out, wish_member_name(member));
        if (member == MEMBER_STATE)
                buffer_append_text(out, event_state_name(value->state));
        else if (value->url && url_is_plain(value->url))
                buffer_append_text(out, value->url);
        else if (value->url)
                write_escaped(out, value->url);
}

static void write_wish(struct buffer *out, const struct wish *wish)
{
        static const char *const standing[] = {
                [WISH_OPEN] = "o", [WISH_CONFIRMED] = "c", [WISH_ENDED] = "e"
        };
        struct wish_value said = { .version = VERSION_NONE };

        for (size_t i = 0; i < MEMBER_COUNT; i++) {
                const struct wish_value *value = &wish->members[i];

                if (value->version == VERSION_NONE)
                        continue;
                if (value->version != said.version || value->status != said.status) {
                        write_name(out, standing[value->status]);
                        write_version(out, value->version);
                        said = *value;
                }
                write_value(out, (enum wish_member)i, value);
        }
        if (wish->serial > 0) {
                write_name(out, "serial");
                buffer_append_unsigned(out, wish->serial);
        }
        write_time(out, "sealed_at", wish->sealed_at_ms);
}

static void write_done(struct buffer *out, const struct told *told)
{
        if (told->upto == VERSION_NONE)
                return;
        write_name(out, "done");
        buffer_append_unsigned(out, (uint64_t)told->partition);
        buffer_append_byte(out, ':');
        write_version(out, told->upto);
        for (size_t i = 0; i < told->gap_count; i++) {
                buffer_append_byte(out, ',');
                write_version(out, told->gaps[i].from);
                if (told->gaps[i].to == told->gaps[i].from)
                        continue;
                buffer_append_byte(out, '-');
                write_version(out, told->gaps[i].to);
        }
}

static void write_told(struct buffer *out, const struct told *told)
{
        for (size_t i = 0; i < told->version_count; i++) {
                if (i == 0)
                        write_name(out, "told");
                else
                        buffer_append_byte(out, ',');
                write_version(out, told->versions[i]);
        }
}

void ledger_line_write(const struct ledger_entry *entry, struct buffer *out)
{
        buffer_append_text(out, LAYOUT);
        write_wish(out, &entry->wish);
        write_done(out, &entry->told);
        write_told(out, &entry->told);
        write_time(out, "touched", entry->touched_ms);
        if (entry->token[0]) {
                write_name(out, "token");
                buffer_append_text(out, entry->token);
                write_name(out, "lease_until");
                buffer_append_unsigned(out, (uint64_t)entry->lease_until_ms);
        }
        buffer_append_byte(out, '\n');
}

/* ---- reading ---- */

/* Of one value. What is taken from it is checked; what is left over, at its end. */
struct reader {
        const char *at, *end;
};

static bool take_byte(struct reader *value, char byte)
{
        if (value->at == value->end || *value->at != byte)
                return false;
        value->at++;
        return true;
}

static bool take_number(struct reader *value, uint64_t max, uint64_t *number)
{
        const char *start = value->at;

        for (*number = 0; value->at < value->end; value->at++) {
                unsigned digit = (unsigned)(unsigned char)*value->at - '0';

                if (digit > 9)
                        break;
                if (*number > (max - digit) / 10)
                        return false;
                *number = *number * 10 + digit;
        }
        return value->at > start && (*start != '0' || value->at == start + 1);
}

static bool take_version(struct reader *value, uint64_t *version)
{
        uint64_t epoch, offset;

        if (!take_number(value, EPOCH_MAX, &epoch) || !take_byte(value, '.') ||
            !take_number(value, VERSION_MIN - 1, &offset))
                return false;
        *version = epoch << VERSION_OFFSET_BITS | offset;
        return *version != VERSION_NONE;
}

/* The line so far. */
struct line {
        struct ledger_entry *entry;
        uint64_t version; /* of the members to come; VERSION_NONE: not said yet */
        enum wish_status status;
};

static bool read_standing(struct line *line, struct reader *value, unsigned status)
{
        line->status = (enum wish_status)status;
        return take_version(value, &line->version);
}

/* The member, once: NULL if it was there, or nothing is said of it. */
static struct wish_value *wished(const struct line *line, unsigned member)
{
        struct wish_value *wished = &line->entry->wish.members[member];

        if (line->version == VERSION_NONE || wished->version != VERSION_NONE)
                return NULL;
        wished->version = line->version;
        wished->status = line->status;
        return wished;
}

static struct slice take_rest(struct reader *value)
{
        struct slice rest = { value->at, (size_t)(value->end - value->at) };

        value->at = value->end;
        return rest;
}

static bool read_state(struct line *line, struct reader *value, unsigned member)
{
        struct slice name = take_rest(value);
        struct wish_value *state = wished(line, member);

        for (int i = STATE_NONE + 1; state && i <= STATE_OCCURRED; i++)
                if (slice_is(name, event_state_name((enum event_state)i))) {
                        state->state = (enum event_state)i;
                        return true;
                }
        return false;
}

static bool take_escape(struct reader *value, struct buffer *url)
{
        bool whole = value->end - value->at >= 2;
        int high = whole ? hex_value(value->at[0]) : -1;
        int low = whole ? hex_value(value->at[1]) : -1;

        if (high < 0 || low < 0)
                return false;
        value->at += 2;
        buffer_append_byte(url, (char)(high << 4 | low));
        return true;
}

/* NULL if it is none. */
static char *take_escaped(struct reader *value)
{
        _cleanup_(buffer_deinit) struct buffer url = BUFFER_NULL;

        while (value->at < value->end) {
                if (!take_byte(value, ESCAPE))
                        buffer_append_byte(&url, *value->at++);
                else if (!take_escape(value, &url))
                        return NULL;
        }
        return wish_url_valid(url.data, url.length) ? buffer_take(&url) : NULL;
}

static char *take_plain(struct reader *value)
{
        struct slice text = take_rest(value);

        return wish_url_valid(text.data, text.length) ? memory_copy(text.data, text.length) : NULL;
}

static bool read_url(struct line *line, struct reader *value, unsigned member)
{
        struct wish_value *url = wished(line, member);

        if (!url || value->at == value->end)
                return url;
        url->url = take_byte(value, ESCAPE) ? take_escaped(value) : take_plain(value);
        return url->url;
}

static bool read_serial(struct line *line, struct reader *value, unsigned unused)
{
        (void)unused;
        return take_number(value, VERSION_MAX, &line->entry->wish.serial);
}

static bool take_time(struct reader *value, int64_t *ms)
{
        uint64_t number;

        if (!take_number(value, (uint64_t)TIMESTAMP_LAST, &number))
                return false;
        *ms = (int64_t)number;
        return true;
}

static bool read_sealed(struct line *line, struct reader *value, unsigned unused)
{
        (void)unused;
        return take_time(value, &line->entry->wish.sealed_at_ms);
}

static bool take_gap(struct reader *value, struct told_gap *gap)
{
        if (!take_version(value, &gap->from))
                return false;
        gap->to = gap->from;
        return !take_byte(value, '-') || (take_version(value, &gap->to) && gap->to > gap->from);
}

static bool read_done(struct line *line, struct reader *value, unsigned unused)
{
        struct told *told = &line->entry->told;
        uint64_t partition, before = VERSION_NONE;

        (void)unused;
        if (!take_number(value, INT32_MAX, &partition) || !take_byte(value, ':') ||
            !take_version(value, &told->upto))
                return false;
        told->partition = (int32_t)partition;
        for (told->gap_count = 0; take_byte(value, ',');) {
                struct told_gap gap;

                if (told->gap_count == TOLD_GAPS || !take_gap(value, &gap) || gap.from <= before ||
                    gap.to > told->upto)
                        return false;
                told->gaps[told->gap_count++] = gap;
                before = gap.to;
        }
        return true;
}

static bool read_told(struct line *line, struct reader *value, unsigned unused)
{
        struct told *told = &line->entry->told;
        uint64_t before = VERSION_NONE;

        (void)unused;
        told->version_count = 0;
        do {
                if (told->version_count == TOLD_VERSIONS ||
                    !take_version(value, &told->versions[told->version_count]) ||
                    told->versions[told->version_count] <= before)
                        return false;
                before = told->versions[told->version_count++];
        } while (take_byte(value, ','));
        return true;
}

static bool read_touched(struct line *line, struct reader *value, unsigned unused)
{
        (void)unused;
        return take_time(value, &line->entry->touched_ms);
}

static bool read_token(struct line *line, struct reader *value, unsigned unused)
{
        struct slice token = take_rest(value);

        (void)unused;
        if (token.length == 0 || token.length >= LEDGER_TOKEN_BYTES ||
            memchr(token.data, '\0', token.length))
                return false;
        memcpy(line->entry->token, token.data, token.length);
        line->entry->token[token.length] = '\0';
        return true;
}

static bool read_lease_until(struct line *line, struct reader *value, unsigned unused)
{
        (void)unused;
        return take_time(value, &line->entry->lease_until_ms);
}

static const struct word {
        const char *name;
        bool (*read)(struct line *line, struct reader *value, unsigned which);
        unsigned which; /* status or member */
} words[] = {
        { "o", read_standing, WISH_OPEN },
        { "c", read_standing, WISH_CONFIRMED },
        { "e", read_standing, WISH_ENDED },
        { "state", read_state, MEMBER_STATE },
        { "url", read_url, MEMBER_URL },
        { "admin_url", read_url, MEMBER_ADMIN_URL },
        { "serial", read_serial, 0 },
        { "sealed_at", read_sealed, 0 },
        { "done", read_done, 0 },
        { "told", read_told, 0 },
        { "touched", read_touched, 0 },
        { "token", read_token, 0 },
        { "lease_until", read_lease_until, 0 },
};

static bool read_word(struct line *line, struct slice text)
{
        const char *equals = memchr(text.data, '=', text.length);

        if (!equals)
                return false;

        struct slice name = { text.data, (size_t)(equals - text.data) };
        struct reader value = { equals + 1, text.data + text.length };

        for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
                if (slice_is(name, words[i].name))
                        return words[i].read(line, &value, words[i].which) && value.at == value.end;
        return true;
}

static int read_words(struct line *line, struct reader rest, struct error *error)
{
        for (size_t number = 1; take_byte(&rest, ' '); number++) {
                const char *space = memchr(rest.at, ' ', (size_t)(rest.end - rest.at));
                const char *end = space ? space : rest.end;

                if (!read_word(line, (struct slice){ rest.at, (size_t)(end - rest.at) }))
                        return error_set(error, "its word %zu is damaged", number);
                rest.at = end;
        }
        if (rest.at != rest.end)
                return error_set(error, "of a layout that is not known");
        return 0;
}

int ledger_line_read(struct ledger_entry *entry, struct slice bytes, struct error *error)
{
        struct line line = { .entry = entry };
        const char *end = bytes.length > 0 && bytes.length <= LEDGER_BYTES_MAX
                                  ? memchr(bytes.data, '\n', bytes.length)
                                  : NULL;

        if (!end || end + 1 != bytes.data + bytes.length)
                return error_set(error, "not one line of at most %d bytes", LEDGER_BYTES_MAX);
        if (bytes.data[0] != LAYOUT[0])
                return error_set(error, "of a layout that is not known");
        return read_words(&line, (struct reader){ bytes.data + 1, end }, error);
}
