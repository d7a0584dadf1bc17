/* common/model/topic_settings.c
 *
 * Demanded is what our promises hang on: a compacted `changes` is what a vendor rebuilds itself
 * from, a compacted `updates` would lose wishes, `snapshots` is ordered by the broker's clock. How
 * long something is kept is the operator's to decide; less than ours is said.
 */
#include "model/topic_settings.h"

#include <errno.h>
#include <stdlib.h>

#include "base/duration.h"

enum { QUOTED_BYTES = 40 };

const struct topic_setting topic_settings[] = {
        { TOPIC_SNAPSHOTS, "cleanup.policy", "delete", TOPIC_SETTING_EXACT, false },
        { TOPIC_SNAPSHOTS, "message.timestamp.type", "LogAppendTime", TOPIC_SETTING_EXACT, false },
        { TOPIC_SNAPSHOTS, "max.message.bytes", "1048588", TOPIC_SETTING_AT_LEAST, false },
        { TOPIC_SNAPSHOTS, "retention.ms", "604800000", TOPIC_SETTING_AT_LEAST, true },
        { TOPIC_CHANGES, "cleanup.policy", "compact", TOPIC_SETTING_EXACT, false },
        { TOPIC_CHANGES, "max.message.bytes", "1048588", TOPIC_SETTING_AT_LEAST, false },
        { TOPIC_CHANGES, "min.compaction.lag.ms", "86400000", TOPIC_SETTING_AT_LEAST, true },
        { TOPIC_UPDATES, "cleanup.policy", "delete", TOPIC_SETTING_EXACT, false },
        { TOPIC_UPDATES, "retention.ms", "2592000000", TOPIC_SETTING_AT_LEAST, true },
        { TOPIC_RESULTS, "cleanup.policy", "compact", TOPIC_SETTING_EXACT, false },
        /* Until then the ledger has what a record of it says of others (writer/carry.c). */
        { TOPIC_RESULTS, "min.compaction.lag.ms", "86400000", TOPIC_SETTING_AT_LEAST, true },
        { TOPIC_DEAD_LETTERS, "cleanup.policy", "delete", TOPIC_SETTING_EXACT, false },
        { TOPIC_DEAD_LETTERS, "retention.ms", "2592000000", TOPIC_SETTING_AT_LEAST, true },
        /* A dead letter is its original and some headers more. */
        { TOPIC_DEAD_LETTERS, "max.message.bytes", "2097152", TOPIC_SETTING_AT_LEAST, true },
        { TOPIC_CONTROL, "cleanup.policy", "delete", TOPIC_SETTING_EXACT, false },
        { TOPIC_CONTROL, "retention.ms", "86400000", TOPIC_SETTING_AT_LEAST, true },
};
const size_t topic_settings_count = ARRAY_LENGTH(topic_settings);

static bool number_of(const char *text, int64_t *number)
{
        char *end;

        errno = 0;
        *number = strtoll(text, &end, 10);
        return errno == 0 && end != text && *end == '\0';
}

static bool is_right(const struct topic_setting *setting, const char *value)
{
        int64_t is, least;

        if (setting->rule == TOPIC_SETTING_EXACT)
                return strcmp(value, setting->value) == 0;
        if (!number_of(value, &is) || !number_of(setting->value, &least))
                return false;
        return is == -1 || is >= least;
}

/* "86400000 (1d)" */
static void append_value(struct buffer *said, const struct topic_setting *setting,
                         const char *value)
{
        size_t name_bytes = strlen(setting->name);
        char duration[DURATION_TEXT_BYTES];
        int64_t number;

        buffer_append_format(said, "%.*s", QUOTED_BYTES, value);
        if (name_bytes < 3 || strcmp(setting->name + name_bytes - 3, ".ms") != 0 ||
            !number_of(value, &number) || number <= 0)
                return;
        duration_format(number, duration);
        buffer_append_format(said, " (%s)", duration);
}

static void say(struct buffer *said, const struct topic_setting *setting, const char *value)
{
        const char *verb = setting->advised ? "advised" : "needed";

        if (said->length > 0)
                buffer_append_text(said, "; ");
        buffer_append_format(said, "%s is ", setting->name);
        append_value(said, setting, value);
        buffer_append_format(said, ", %s%s ", verb,
                             setting->rule == TOPIC_SETTING_AT_LEAST ? " is at least" : " is");
        append_value(said, setting, setting->value);
}

void topic_settings_check(enum topic topic, topic_settings_get_fn *get, void *context,
                          struct buffer *wrong, struct buffer *advice)
{
        for (size_t i = 0; i < topic_settings_count; i++) {
                const struct topic_setting *setting = &topic_settings[i];
                const char *value = setting->topic == topic ? get(context, setting->name) : NULL;

                if (value && !is_right(setting, value))
                        say(setting->advised ? advice : wrong, setting, value);
        }
}
