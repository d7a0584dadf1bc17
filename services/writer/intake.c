/* services/writer/intake.c
 *
 * The version of what dplsync itself wrote to `updates` (carried forward, replayed, sent again) is
 * that of its origin: its new offset would make an old wish the newest.
 */
#include "writer/intake.h"

#include "model/version.h"

/* Whose it is can be told if those two members could be read. */
static enum intake_next refuse(struct intake *intake, const char *reason, bool addressed,
                               const struct config *config)
{
        addressed = addressed && config_municipality(config, intake->update.municipality);
        memset(intake->versions, 0, sizeof(intake->versions));
        intake->reason = reason;
        return intake->next = addressed ? INTAKE_DEAD : INTAKE_REFUSE;
}

static bool fault_is_inside(enum update_fault fault)
{
        return fault != UPDATE_NOT_JSON && fault != UPDATE_INVALID_MUNICIPALITY &&
               fault != UPDATE_INVALID_UUID;
}

static void take_own_version(struct intake *intake, const struct record *record, uint32_t epoch)
{
        intake->version = version_make(epoch, record->offset);
        intake->since_ms = record->timestamp_ms;
        for (size_t member = 0; member < MEMBER_COUNT; member++)
                if (intake->update.present[member])
                        intake->versions[member] = intake->version;
}

static int take_origin(struct intake *intake, struct slice header)
{
        struct origin origin;

        if (origin_read(&origin, header, &intake->detail) < 0)
                return error_wrap(&intake->detail, "dplsync-origin");
        intake->has_origin = true;
        intake->carried = strcmp(origin.cause, ORIGIN_CARRIED) == 0;
        intake->version = version_make(origin.epoch, origin.offset);
        intake->since_ms = origin.first_record_ms;
        intake->serial = origin.serial;
        for (size_t member = 0; member < MEMBER_COUNT; member++) {
                if (!intake->update.present[member])
                        continue;
                if (origin.versions[member] == VERSION_NONE)
                        return error_set(
                                &intake->detail,
                                "dplsync-origin: versions: %s is missing, which the update carries",
                                wish_member_name((enum wish_member)member));
                intake->versions[member] = origin.versions[member];
        }
        return 0;
}

enum intake_next intake_read(struct intake *intake, const struct record *record, uint32_t epoch,
                             const struct config *config)
{
        struct slice origin = headers_get(record->headers, "dplsync-origin");
        enum update_fault fault;

        memset(intake, 0, sizeof(*intake));
        fault = update_read(&intake->update, record->value, &intake->detail);
        take_own_version(intake, record, epoch);
        if (fault != UPDATE_OK)
                return refuse(intake, update_fault_code(fault), fault_is_inside(fault), config);
        if (origin.data && take_origin(intake, origin) < 0)
                return refuse(intake, "invalid-origin", true, config);
        if (config_municipality(config, intake->update.municipality))
                return intake->next = INTAKE_ACCEPT;
        error_set(&intake->detail, "municipality: '%s' is not in the configuration",
                  intake->update.municipality);
        intake->reason = "unknown-municipality";
        return intake->next = INTAKE_WAIT;
}

void intake_deinit(struct intake *intake)
{
        update_deinit(&intake->update);
}
