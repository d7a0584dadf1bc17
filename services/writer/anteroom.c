/* services/writer/anteroom.c
 *
 * Updates that get no lane: those of a municipality that is not in the configuration wait here for
 * a while, since a new site's first links arrive before every pod has read the new configuration;
 * those that were refused stay until Kafka has their dead letter. Both hold their offset back.
 *
 * They get no result. Without a lane nobody has read what stands of the event, and a result that
 * does not carry it would be, after compaction, the only one: of a municipality that left the
 * configuration and comes back, all would be lost that only `results` has. And nobody would ever
 * bury the key of one that does not exist.
 */
#include "writer/inside.h"

#include <utlist.h>

#include "base/text.h"

static struct letter *letter_new(struct writer_core *core, const struct intake *intake,
                                 const struct record *record)
{
        struct letter *letter = memory_new(sizeof(*letter));

        letter->due.kind = DUE_LETTER;
        letter->original = record_copy_new(record);
        letter->reason = intake->reason;
        letter->version = intake->version;
        letter->since_ms = core->now_ms;
        memcpy(letter->municipality, intake->update.municipality, sizeof(letter->municipality));
        memcpy(letter->detail, intake->detail.text, sizeof(letter->detail));
        if (intake->update.has_uuid)
                uuid_format(&intake->update.uuid, letter->uuid);
        return letter;
}

static void letter_free(struct letter *letter)
{
        free(letter->original);
        free(letter);
}

static void anteroom_tell(struct writer_core *core, struct letter *letter)
{
        DL_APPEND(core->letters, letter);
        telling_letter(core, letter);
}

void anteroom_refuse(struct writer_core *core, const struct intake *intake,
                     const struct record *record)
{
        anteroom_tell(core, letter_new(core, intake, record));
}

void anteroom_wait(struct writer_core *core, const struct intake *intake,
                   const struct record *record)
{
        struct letter *letter = letter_new(core, intake, record);
        size_t bytes = record_copy_bytes(letter->original);

        if (core->anteroom_count >= ANTEROOM_MAX ||
            core->anteroom_bytes + bytes > ANTEROOM_BYTES_MAX) {
                anteroom_tell(core, letter);
                return;
        }
        core->anteroom_count++;
        core->anteroom_bytes += bytes;
        DL_APPEND(core->anteroom, letter);
        agenda_set(&core->agenda, &letter->due,
                   core->now_ms + core->config->writer.unknown_municipality_wait_ms);
        core_report(core, REPORT_UNKNOWN_MUNICIPALITY, letter->municipality, NULL);
}

static void anteroom_leave(struct writer_core *core, struct letter *letter)
{
        agenda_drop(&core->agenda, &letter->due);
        DL_DELETE(core->anteroom, letter);
        core->anteroom_count--;
        core->anteroom_bytes -= record_copy_bytes(letter->original);
}

void anteroom_due(struct writer_core *core, struct letter *letter)
{
        anteroom_leave(core, letter);
        anteroom_tell(core, letter);
}

void anteroom_told(struct writer_core *core, struct letter *letter)
{
        struct writer_report *report =
                core_report(core, REPORT_DEAD_LETTER, letter->municipality, NULL);

        memcpy(report->uuid, letter->uuid, sizeof(report->uuid));
        memcpy(report->detail, letter->detail, sizeof(report->detail));
        text_copy(report->reason, sizeof(report->reason), letter->reason);
        core_done(core, letter->original);
        DL_DELETE(core->letters, letter);
        letter_free(letter);
}

void anteroom_open(struct writer_core *core)
{
        struct letter *letter, *other;

        DL_FOREACH_SAFE(core->anteroom, letter, other) {
                struct headers headers;
                struct record record;
                struct intake intake;

                record_copy_view(letter->original, &record, &headers);
                if (intake_read(&intake, &record, core->topics->epoch, core->config) ==
                    INTAKE_ACCEPT) {
                        anteroom_leave(core, letter);
                        core_accept(core, &intake, &record);
                        letter_free(letter);
                }
                intake_deinit(&intake);
        }
}

void anteroom_clear(struct writer_core *core)
{
        struct letter *letter, *other;

        DL_FOREACH_SAFE(core->anteroom, letter, other) {
                anteroom_leave(core, letter);
                letter_free(letter);
        }
        DL_FOREACH_SAFE(core->letters, letter, other) {
                DL_DELETE(core->letters, letter);
                letter_free(letter);
        }
}
