/* common/model/ledger_line.h
 *
 * An entry of the ledger as text, read and written in one pass: a municipality has thousands, each
 * PATCH needs its own several times, and a person reads them with redis-cli.
 *
 *     1 c=1.627 state=SoldOut url=https://tickets.example/e/77 o=1.700 admin_url= serial=2
 *     sealed_at=1772355600000 done=3:1.690,1.640-1.644,1.688 told=1.695,1.700
 *     touched=1772355602117 token=pod-1:17-4 lease_until=1772355690000⏎
 *
 * One line, which ends in a line feed: a part of one is never taken for a whole. It begins with the
 * number of its layout, then words, each after one space; what has nothing to say is left out, and
 * a word that is not known is passed over. While pods are replaced, old and new ones share the
 * ledger, so another layout is first read by a release, and written only by the next.
 *
 *     o= c= e=       the members behind it, up to the next of these, were wished by this version
 *                    (epoch.offset), and are open, confirmed or ended
 *     state=         a state by its name
 *     url=           as it is; empty: cleared. One that could be taken for something else (empty,
 *                    with a space, a control character, or a backslash first) stands behind a
 *                    backslash, and in it these and every backslash are \ and two hex digits:
 *                    url=\a\20b. So for admin_url=
 *     serial=        of the wish
 *     sealed_at=     ms since 1970, as all times here
 *     done=          partition of `updates`, and up to where all was told; behind commas what was
 *                    not: versions, or the first and last of several
 *     told=          versions that were told one by one
 *     touched=       when it was last written, or its newest result
 *     token= lease_until=
 *                    a lease. Only together, and last: the scripts of the writer find them there
 *                    and put them there, by Redis's clock (writer/script.h)
 *
 * No value holds a space: neither an url as it stands here, nor a token. So no url can pretend to
 * be a lease.
 */
#ifndef MODEL_LEDGER_LINE_H
#define MODEL_LEDGER_LINE_H

#include "model/ledger.h"

void ledger_line_write(const struct ledger_entry *entry, struct buffer *out);

/* Into an entry that is empty. -1 and a reason if it cannot be read; what was read by then stands
 * in the entry, and is the caller's to free. */
int ledger_line_read(struct ledger_entry *entry, struct slice bytes, struct error *error);

#endif
