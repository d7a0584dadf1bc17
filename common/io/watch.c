/* common/io/watch.c
 *
 * inotify tells soon, a fingerprint of the directory once a minute tells surely: of file systems
 * without inotify, of a directory that was not there or was replaced itself. The first event waits
 * a second for those that belong to it; later ones do not postpone it, so that a file that is
 * written all the time cannot hold a change back.
 */
#include "io/watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "base/memory.h"

enum {
        GATHER_MS = 1000,
        LOOK_EVERY_MS = 60000,
        EVENTS = IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE,
};

struct watch {
        struct loop *loop;
        char *directory;
        bool below;
        int fd;
        struct loop_watch *readable;
        struct loop_timer gathered;
        struct loop_timer look;
        uint64_t fingerprint;
        loop_fn *changed;
        void *context;
};

static uint64_t fingerprint(int parent, const char *path, bool below);

static uint64_t entry_fingerprint(int directory, const char *name, bool below)
{
        struct stat status;
        uint64_t inside;
        struct {
                uint64_t device, inode, bytes, seconds, nanoseconds;
        } facts;

        if (fstatat(directory, name, &status, 0) < 0)
                return 0;
        facts.device = (uint64_t)status.st_dev;
        facts.inode = (uint64_t)status.st_ino;
        facts.bytes = (uint64_t)status.st_size;
        facts.seconds = (uint64_t)status.st_mtim.tv_sec;
        facts.nanoseconds = (uint64_t)status.st_mtim.tv_nsec;
        inside = below && S_ISDIR(status.st_mode) ? fingerprint(directory, name, false) : 0;
        return hash64_seed(name, strlen(name), hash64_seed(&facts, sizeof(facts), inside));
}

static bool is_entry(const struct dirent *entry)
{
        return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static DIR *open_directory(int parent, const char *path)
{
        int fd = openat(parent, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *directory = fd < 0 ? NULL : fdopendir(fd);

        if (fd >= 0 && !directory)
                close(fd);
        return directory;
}

/* The sum, since a directory has no order. 0: it cannot be read. */
static uint64_t fingerprint(int parent, const char *path, bool below)
{
        DIR *directory = open_directory(parent, path);
        const struct dirent *entry;
        uint64_t sum = 0;

        if (!directory)
                return 0;
        while ((entry = readdir(directory)) != NULL)
                if (is_entry(entry))
                        sum += entry_fingerprint(dirfd(directory), entry->d_name, below);
        closedir(directory);
        return sum;
}

static uint64_t fingerprint_of(const struct watch *watch)
{
        return fingerprint(AT_FDCWD, watch->directory, watch->below);
}

/* Adding a watch again is nothing, unless another directory has taken the path. */
static void notify_of(const struct watch *watch, const char *directory)
{
        inotify_add_watch(watch->fd, directory, EVENTS | IN_ONLYDIR);
}

static void notify_below(const struct watch *watch)
{
        DIR *directory = open_directory(AT_FDCWD, watch->directory);
        _cleanup_(buffer_deinit) struct buffer path = BUFFER_NULL;
        const struct dirent *entry;

        if (!directory)
                return;
        while ((entry = readdir(directory)) != NULL) {
                if (!is_entry(entry))
                        continue;
                buffer_clear(&path);
                buffer_append_format(&path, "%s/%s", watch->directory, entry->d_name);
                notify_of(watch, path.data);
        }
        closedir(directory);
}

static void tell(void *context)
{
        struct watch *watch = context;

        watch->fingerprint = fingerprint_of(watch);
        watch->changed(watch->context);
}

static void gather(struct watch *watch)
{
        if (!loop_timer_is_set(&watch->gathered))
                loop_timer_set(watch->loop, &watch->gathered, loop_now_ms(watch->loop) + GATHER_MS);
}

static void read_events(void *context)
{
        struct watch *watch = context;
        char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));

        while (read(watch->fd, events, sizeof(events)) > 0)
                gather(watch);
}

static void look(void *context)
{
        struct watch *watch = context;

        notify_of(watch, watch->directory);
        if (watch->below)
                notify_below(watch);
        if (fingerprint_of(watch) != watch->fingerprint)
                gather(watch);
        loop_timer_set(watch->loop, &watch->look, loop_now_ms(watch->loop) + LOOK_EVERY_MS);
}

struct watch *watch_new(struct loop *loop, const char *directory, bool below, loop_fn *changed,
                        void *context, struct error *error)
{
        int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

        if (fd < 0) {
                error_set(error, "%s cannot be watched: %s", directory, strerror(errno));
                return NULL;
        }

        struct watch *watch = memory_new(sizeof(*watch));

        *watch = (struct watch){
                .loop = loop,
                .directory = memory_copy_text(directory),
                .below = below,
                .fd = fd,
                .changed = changed,
                .context = context,
        };
        watch->gathered = (struct loop_timer){ .fn = tell, .context = watch };
        watch->look = (struct loop_timer){ .fn = look, .context = watch };
        watch->readable = loop_watch(loop, fd, POLLIN, read_events, watch);
        watch->fingerprint = fingerprint_of(watch);
        look(watch);
        return watch;
}

void watch_free(struct watch *watch)
{
        if (!watch)
                return;
        loop_unwatch(watch->readable);
        loop_timer_stop(watch->loop, &watch->gathered);
        loop_timer_stop(watch->loop, &watch->look);
        close(watch->fd);
        free(watch->directory);
        free(watch);
}
