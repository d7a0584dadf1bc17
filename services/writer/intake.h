/* services/writer/intake.h
 *
 * What becomes of a record of `updates` at the door: accepted with the versions of its members, put
 * aside because its municipality is not in the configuration (yet), or refused with a reason that
 * names the field. Pure and without memory: the same record gives the same answer.
 */
#ifndef WRITER_INTAKE_H
#define WRITER_INTAKE_H

#include "model/config.h"
#include "model/origin.h"
#include "model/record.h"

enum intake_next {
        INTAKE_ACCEPT,
        INTAKE_WAIT,   /* the municipality is unknown: a new site's first links arrive before every
                          pod has read the new configuration */
        INTAKE_REFUSE, /* dead letter with `reason` and `detail` */
        INTAKE_DEAD,   /* likewise, with a result: event and municipality are known */
};

struct intake {
        enum intake_next next;
        struct update update;            /* what could be read of it, also when refused */
        uint64_t version;                /* of the record, or of its origin */
        uint64_t versions[MEMBER_COUNT]; /* VERSION_NONE for what it does not carry */
        bool has_origin;    /* dplsync wrote it: its versions are not those of its offset */
        bool carried;       /* its own earlier record, carried forward */
        uint64_t serial;    /* of the origin; 0 for a vendor's record */
        int64_t since_ms;   /* when the vendor's record was appended; -1 unknown */
        const char *reason; /* a stable code; static */
        struct error detail;
};

/* intake_deinit is due in every case. */
enum intake_next intake_read(struct intake *intake, const struct record *record, uint32_t epoch,
                             const struct config *config);
void intake_deinit(struct intake *intake);

#endif
