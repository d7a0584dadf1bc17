/* services/writer/script.h
 *
 * What has to happen in Redis in one piece. The scripts compare and set; what is compared and what
 * is set is decided in the core. A lease is measured by Redis's clock alone, and stands at the end
 * of the entry's line: ` token=… lease_until=…` (model/ledger_line.h).
 *
 * Keys of one municipality share a hash tag: {m}:w ledger, {m}:s and {m}:m what the reconciler
 * knows, {m}:seals uuids by the time their seal is due.
 */
#ifndef WRITER_SCRIPT_H
#define WRITER_SCRIPT_H

#include "io/redis.h"

/* KEYS w s m seals; ARGV uuid, uuid as 16 bytes, expected, fresh, token, lease ms, seal due.
 * MISSING | BUSY, ms left | STALE, current | SEND, known, whether a snapshot was ever applied */
extern const struct redis_script script_begin;

/* KEYS w seals; ARGV uuid, token, fresh, seal due or 0. OK | FENCED */
extern const struct redis_script script_finish;

/* KEYS w seals; ARGV uuid, expected, fresh, seal due or 0. OK | STALE, current */
extern const struct redis_script script_merge;

/* KEYS w status; ARGV mark. The field "@", and writer_probe_at and writer_rejected_login of the
 * status; "" where absent. */
extern const struct redis_script script_position;

/* KEYS w s; ARGV cursor, count. A page of the ledger: the next cursor, then uuid, entry and what
 * the reconciler knows ("": nothing) by turns. */
extern const struct redis_script script_sweep;

/* KEYS w seals; ARGV uuid, expected. OK | STALE, current */
extern const struct redis_script script_forget;

/* KEYS w; ARGV mark or "", epoch, offset, the field's text. OK (also if it was further) | MISSING
 */
extern const struct redis_script script_note;

#endif
