/* common/io/watch.h
 *
 * Tells that files of a directory were changed, whole: by an editor, by rename, or by Kubernetes'
 * symlink swap. Watches the directory (a watch on a file dies with the swap: DEPLOY.md 3.5), acts on
 * IN_CLOSE_WRITE, IN_MOVED_TO, IN_DELETE, waits 1 s for more, and polls every 60 s as a safety.
 * A directory that is not there yet is polled for. `changed` may free its own watch.
 *
 * `below`: files of its directories count, too, one level down: log-ins can lie in a directory for
 * each municipality (CONTRACT.md, Configuration). Not for a directory that others write in.
 */
#ifndef IO_WATCH_H
#define IO_WATCH_H

#include "io/loop.h"

struct watch;

struct watch *watch_new(struct loop *loop, const char *directory, bool below, loop_fn *changed,
                        void *context, struct error *error);
void watch_free(struct watch *watch);

#endif
