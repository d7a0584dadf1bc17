/* services/reconciler/core_records.c
 *
 * A record is done when all that hangs on it is: a part with its snapshot, a command when it was
 * applied, what nobody can use with its dead letter, everything else at once.
 */
#include "reconciler/core_inside.h"

static void give_up(struct reconciler_core *core, struct snapshot *snapshot)
{
        action_report(core->world.actions, REPORT_ABANDONED, snapshot->municipality,
                      "its parts did not all come");
        partition_done_snapshot(core->partitions[snapshot->partition], snapshot,
                                core->world.actions);
        snapshot_free(snapshot);
}

void core_abandon(struct reconciler_core *core, int32_t partition, int64_t now_ms)
{
        struct snapshot *snapshot;

        while ((snapshot = assemble_abandoned(&core->assemble, partition, now_ms)))
                give_up(core, snapshot);
}

/* True if the record can be seen to be done by its place alone. */
static bool is_done_before(const struct reconciler_core *core, const struct site *site,
                           const struct snapshot_part *head, const struct reconciler_record *record)
{
        return site->met && head->parts == 1 &&
               judge_place(core->world.epoch, record->offset, record->appended_ms, &site->meta) ==
                       JUDGE_DONE;
}

/* Nobody can use it: a person is to see why. It is done when its dead letter is. */
static void refuse(struct reconciler_core *core, const char *municipality,
                   const struct reconciler_record *record, const char *detail)
{
        struct letters_original original = {
                .topic = core->settings.topics.names[record->topic],
                .partition = record->partition,
                .offset = record->offset,
                .key = record->key,
                .value = record->value,
                .headers = record->headers,
        };

        action_report(core->world.actions, REPORT_REFUSED, municipality, detail);
        letters_add(&core->letters, &original, detail, core->world.now_ms, core->world.actions);
}

/* False where nothing of it stays open. */
static bool take_part(struct reconciler_core *core, struct site *site,
                      const struct reconciler_record *record)
{
        struct error reason = ERROR_NULL;
        struct snapshot_part head;

        if (!record->value.data) {
                refuse(core, site->id, record, "the record has no value");
                return true;
        }
        if (snapshot_part_read(&head, record->headers, &reason) < 0) {
                refuse(core, site->id, record, reason.text);
                return true;
        }
        if (is_done_before(core, site, &head, record))
                return false;

        const char *refused;
        struct snapshot *whole =
                assemble_add(&core->assemble, site->id, record->partition, record->offset,
                             record->appended_ms, &head, record->headers, record->value, &refused);

        if (refused)
                refuse(core, site->id, record, refused);
        if (whole)
                site_add_snapshot(site, whole, &core->world);
        return true;
}

static bool take_control(struct reconciler_core *core, struct site *site,
                         const struct reconciler_record *record)
{
        struct control control;

        if (!record->value.data)
                return false;
        /* What cannot be read, the fetcher puts among the dead letters. */
        if (control_read(&control, record->value, NULL) < 0 || control.command == CONTROL_REFRESH)
                return false;
        site_add_command(site, &control, record->offset, &core->world);
        return true;
}

void core_take_record(struct reconciler_core *core, const struct reconciler_record *record)
{
        struct partition *partition = core->partitions[record->partition];
        const struct municipality *config = config_municipality_slice(core->config, record->key);
        struct site *site = config ? sites_by_id(&core->sites, config->id) : NULL;
        bool snapshots = record->topic == TOPIC_SNAPSHOTS;

        if (!partition)
                return;
        partition->at_end = partition->at_end && !snapshots;
        partition_add(partition, record->topic, record->offset);
        if (site)
                sites_activate(&core->sites, site);
        if (snapshots)
                core_abandon(core, record->partition, record->appended_ms);
        if (snapshots && !municipality_id_valid(record->key.data, record->key.length)) {
                refuse(core, "", record, "the key is not a municipality's id");
                return;
        }
        if (site && site->partition == partition &&
            (snapshots ? take_part(core, site, record) : take_control(core, site, record)))
                return;
        partition_done(partition, record->topic, record->offset, core->world.actions);
}
