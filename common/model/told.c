/* common/model/told.c
 *
 * Merging is a join of two sets of versions: what either knows as told, is. In order, the untold
 * ones of both are the gaps that they have in common, so gaps are intersected.
 */
#include "model/told.h"

#include <string.h>

#include "base/json.h"
#include "model/version.h"

static bool in_gap(const struct told *told, uint64_t version)
{
        for (size_t i = 0; i < told->gap_count; i++)
                if (version >= told->gaps[i].from && version <= told->gaps[i].to)
                        return true;
        return false;
}

bool told_is_empty(const struct told *told)
{
        return told->upto == VERSION_NONE && told->version_count == 0;
}

bool told_lists(const struct told *told, uint64_t version)
{
        for (size_t i = 0; i < told->version_count; i++)
                if (told->versions[i] == version)
                        return true;
        return false;
}

bool told_has(const struct told *told, uint64_t version)
{
        return told_lists(told, version) || (version <= told->upto && !in_gap(told, version));
}

/* ---- one by one ---- */

static void insert_version(struct told *told, uint64_t version)
{
        size_t at = told->version_count;

        while (at > 0 && told->versions[at - 1] > version)
                at--;
        memmove(told->versions + at + 1, told->versions + at,
                (told->version_count - at) * sizeof(version));
        told->versions[at] = version;
        told->version_count++;
}

static void list_version(struct told *told, uint64_t version)
{
        if (version == VERSION_NONE || told_lists(told, version))
                return;
        if (told->version_count == TOLD_VERSIONS) {
                if (version < told->versions[0])
                        return;
                memmove(told->versions, told->versions + 1,
                        --told->version_count * sizeof(version));
        }
        insert_version(told, version);
}

/* ---- gaps ---- */

/* The two neighbours that lie closest become one. */
static void join_closest(struct told_gap *gaps, size_t *count)
{
        size_t best = 0;

        for (size_t i = 1; i + 1 < *count; i++)
                if (gaps[i + 1].from - gaps[i].to < gaps[best + 1].from - gaps[best].to)
                        best = i;
        gaps[best].to = gaps[best + 1].to;
        memmove(gaps + best + 1, gaps + best + 2, (*count - best - 2) * sizeof(*gaps));
        (*count)--;
}

/* `gaps` has room for one more than TOLD_GAPS. */
static void insert_gap(struct told_gap *gaps, size_t *count, struct told_gap gap)
{
        size_t at = *count;

        while (at > 0 && gaps[at - 1].from > gap.from)
                at--;
        memmove(gaps + at + 1, gaps + at, (*count - at) * sizeof(*gaps));
        gaps[at] = gap;
        if (++*count > TOLD_GAPS)
                join_closest(gaps, count);
}

static void set_gaps(struct told *told, const struct told_gap *gaps, size_t count)
{
        memcpy(told->gaps, gaps, count * sizeof(*gaps));
        told->gap_count = count;
}

void told_except(struct told *told, uint64_t version)
{
        struct told_gap gaps[TOLD_GAPS + 1];
        size_t count = told->gap_count;

        if (version > told->upto || in_gap(told, version))
                return;
        memcpy(gaps, told->gaps, sizeof(told->gaps));
        insert_gap(gaps, &count, (struct told_gap){ version, version });
        set_gaps(told, gaps, count);
}

/* Without that version, a gap is what lies on either side of it. */
static void split_gap(struct told *told, uint64_t version)
{
        struct told_gap gaps[TOLD_GAPS + 1];
        size_t count = 0;

        for (size_t i = 0; i < told->gap_count; i++) {
                struct told_gap gap = told->gaps[i];

                if (version < gap.from || version > gap.to) {
                        insert_gap(gaps, &count, gap);
                        continue;
                }
                if (gap.from < version)
                        insert_gap(gaps, &count, (struct told_gap){ gap.from, version - 1 });
                if (gap.to > version)
                        insert_gap(gaps, &count, (struct told_gap){ version + 1, gap.to });
        }
        set_gaps(told, gaps, count);
}

void told_add(struct told *told, uint64_t version)
{
        if (version > told->upto)
                list_version(told, version);
        else
                split_gap(told, version);
}

void told_list(struct told *told, uint64_t version)
{
        split_gap(told, version);
        list_version(told, version);
}

static uint64_t least(uint64_t a, uint64_t b)
{
        return a < b ? a : b;
}

static uint64_t greatest(uint64_t a, uint64_t b)
{
        return a > b ? a : b;
}

/* Where both are silent. The one that reaches less far is silent of all that lies beyond. */
static void intersect_gaps(struct told *told, const struct told *far, const struct told *near)
{
        struct told_gap silent[TOLD_GAPS + 1], gaps[TOLD_GAPS + 1];
        size_t count = 0;

        memcpy(silent, near->gaps, sizeof(near->gaps));
        silent[near->gap_count] = (struct told_gap){ near->upto + 1, UINT64_MAX };
        for (size_t i = 0; i < far->gap_count; i++)
                for (size_t j = 0; j <= near->gap_count; j++) {
                        struct told_gap gap = { greatest(far->gaps[i].from, silent[j].from),
                                                least(far->gaps[i].to, silent[j].to) };

                        if (gap.from <= gap.to)
                                insert_gap(gaps, &count, gap);
                }
        set_gaps(told, gaps, count);
}

void told_merge(struct told *told, const struct told *other)
{
        struct told mine = *told;

        for (size_t i = 0; i < other->version_count; i++)
                list_version(told, other->versions[i]);
        if (other->upto == VERSION_NONE ||
            (mine.upto != VERSION_NONE && mine.partition != other->partition))
                return;
        told->partition = other->partition;
        told->upto = greatest(mine.upto, other->upto);
        if (mine.upto >= other->upto)
                intersect_gaps(told, &mine, other);
        else
                intersect_gaps(told, other, &mine);
}

/* ---- JSON ---- */

static void write_gaps(const struct told *told, struct buffer *out)
{
        json_write_member(out, "but");
        buffer_append_byte(out, '[');
        for (size_t i = 0; i < told->gap_count; i++) {
                buffer_append_text(out, i > 0 ? ",[" : "[");
                buffer_append_unsigned(out, told->gaps[i].from);
                buffer_append_byte(out, ',');
                buffer_append_unsigned(out, told->gaps[i].to);
                buffer_append_byte(out, ']');
        }
        buffer_append_byte(out, ']');
}

static void write_versions(const struct told *told, struct buffer *out)
{
        json_write_member(out, "told");
        buffer_append_byte(out, '[');
        for (size_t i = 0; i < told->version_count; i++) {
                if (i > 0)
                        buffer_append_byte(out, ',');
                buffer_append_unsigned(out, told->versions[i]);
        }
        buffer_append_byte(out, ']');
}

void told_write(const struct told *told, struct buffer *out)
{
        if (told->upto > VERSION_NONE) {
                json_write_member_integer(out, "done", (int64_t)told->upto);
                json_write_member_integer(out, "partition", told->partition);
                if (told->gap_count > 0)
                        write_gaps(told, out);
        }
        if (told->version_count > 0)
                write_versions(told, out);
}

static bool read_version(const json_t *value, uint64_t *version)
{
        json_int_t number = json_integer_value(value);

        *version = (uint64_t)number;
        return number > 0 && (uint64_t)number <= VERSION_MAX;
}

static void read_versions(struct told *told, const json_t *list)
{
        uint64_t version;

        for (size_t i = 0; i < json_array_size(list); i++)
                if (read_version(json_array_get(list, i), &version))
                        list_version(told, version);
}

/* A gap that cannot be read may stand for anything: false, and nothing is known in order. */
static bool read_gaps(struct told *told, const json_t *list)
{
        uint64_t before = VERSION_NONE;

        if (json_array_size(list) > TOLD_GAPS)
                return false;
        for (size_t i = 0; i < json_array_size(list); i++) {
                const json_t *pair = json_array_get(list, i);
                struct told_gap gap;

                if (json_array_size(pair) != 2 ||
                    !read_version(json_array_get(pair, 0), &gap.from) ||
                    !read_version(json_array_get(pair, 1), &gap.to) || gap.from <= before ||
                    gap.from > gap.to || gap.to > told->upto)
                        return false;
                told->gaps[told->gap_count++] = gap;
                before = gap.to;
        }
        return true;
}

static void read_order(struct told *told, const json_t *object)
{
        const json_t *gaps = json_object_get(object, "but");
        int64_t partition;

        if (!read_version(json_object_get(object, "done"), &told->upto) ||
            !json_member_integer(object, "partition", &partition) || partition < 0 ||
            partition > INT32_MAX || (gaps && !json_is_array(gaps)) || !read_gaps(told, gaps)) {
                *told = (struct told)TOLD_NULL;
                return;
        }
        told->partition = (int32_t)partition;
}

void told_read(struct told *told, const json_t *object)
{
        *told = (struct told)TOLD_NULL;
        read_order(told, object);
        read_versions(told, json_object_get(object, "told"));
}
