/* services/reconciler/judge.c
 *
 * fetch_seq and as_of are a fetcher's clock. One that was ahead must not shut out those that come
 * after it, so the log's append time bounds both.
 */
#include "reconciler/judge.h"

#include "base/text.h"
#include "model/version.h"

enum judgement judge_place(uint32_t epoch, int64_t offset, int64_t appended_ms,
                           const struct meta *meta)
{
        uint64_t version = version_make(epoch, offset);
        uint64_t handled = meta_handled(meta);

        if (meta->exists && (int64_t)epoch < meta->epoch)
                return JUDGE_EPOCH;
        if (version > handled && version > meta->version)
                return JUDGE_WORK;
        if (appended_ms > meta->version_at_ms + JUDGE_CLOCKS_MS)
                return JUDGE_RECREATED;
        return version <= handled ? JUDGE_DONE : JUDGE_WORK;
}

static bool is_fetched_before(const struct snapshot *snapshot, const struct meta *meta)
{
        return snapshot->head.fetch_seq < meta->fetch_seq &&
               meta->fetch_seq <= snapshot->appended_ms;
}

/* A fresh read is never too old: what the site's cache shows meanwhile says nothing against it. */
static bool shows_older(const struct snapshot *snapshot, const struct meta *meta)
{
        return !snapshot->head.fresh && snapshot_as_of_ms(snapshot) < meta->as_of_ms;
}

/* Equal digests confirm, however long the site's cache has held that copy. */
static bool confirms(const struct snapshot *snapshot, const struct meta *meta, uint64_t rules)
{
        return snapshot->head.unchanged && strcmp(snapshot->head.sha256, meta->digest) == 0 &&
               meta->rules == rules && !meta->foreign[0];
}

enum judgement judge_snapshot(const struct snapshot *snapshot, const struct meta *meta,
                              uint32_t epoch, uint64_t rules)
{
        enum judgement place =
                judge_place(epoch, snapshot_offset(snapshot), snapshot->appended_ms, meta);

        if (place != JUDGE_WORK)
                return place;
        if (snapshot->broken)
                return JUDGE_BROKEN;
        if (is_fetched_before(snapshot, meta))
                return JUDGE_OLD;
        if (confirms(snapshot, meta, rules))
                return JUDGE_CONFIRM;
        if (shows_older(snapshot, meta))
                return JUDGE_OLD;
        if (!snapshot->head.unchanged)
                return JUDGE_WORK;
        return meta->foreign[0] && strcmp(snapshot->head.sha256, meta->foreign) == 0 ? JUDGE_FOREIGN
                                                                                     : JUDGE_ASK;
}

void judge_handled(struct meta *meta, const struct snapshot *snapshot, uint32_t epoch)
{
        uint64_t version = version_make(epoch, snapshot_offset(snapshot));

        meta->exists = true;
        meta->epoch = epoch;
        meta->offset = snapshot_offset(snapshot);
        if (version <= meta->version)
                return;
        meta->version = version;
        meta->version_at_ms = snapshot->appended_ms;
}

void judge_applied(struct meta *meta, const struct snapshot *snapshot)
{
        int64_t as_of_ms = snapshot_as_of_ms(snapshot);

        if (snapshot->head.fetch_seq <= snapshot->appended_ms)
                meta->fetch_seq = snapshot->head.fetch_seq;
        if (as_of_ms > meta->as_of_ms)
                meta->as_of_ms = as_of_ms;
        meta->applied_at_ms = snapshot->appended_ms;
        meta->foreign[0] = '\0';
        text_copy(meta->digest, sizeof(meta->digest), snapshot->head.sha256);
}
