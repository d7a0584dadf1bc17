/* common/io/config_file.c
 *
 * The one place where the environment is read for settings.
 */
#include "io/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 16 * 1024 * 1024, READ_BYTES = 64 * 1024 };

static void closep(int *fd)
{
        if (*fd >= 0)
                close(*fd);
}

static int read_all(int fd, struct buffer *text, struct error *error)
{
        for (;;) {
                buffer_reserve(text, READ_BYTES);

                ssize_t bytes = read(fd, text->data + text->length, READ_BYTES);

                if (bytes < 0 && errno == EINTR)
                        continue;
                if (bytes < 0)
                        return error_set(error, "cannot be read: %s", strerror(errno));
                if (bytes == 0)
                        return 0;
                text->length += (size_t)bytes;
                if (text->length > FILE_MAX_BYTES)
                        return error_set(error, "is larger than 16 MiB");
        }
}

static json_t *read_json(const char *path, struct error *error)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        _cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
        json_t *root = NULL;

        if (fd < 0)
                error_set(error, "cannot be opened: %s", strerror(errno));
        else if (read_all(fd, &text, error) == 0)
                root = json_read(text.data, text.length, FILE_MAX_BYTES, error);
        if (!root)
                error_wrap(error, "%s", path);
        return root;
}

static const char *from_environment(const char *name, void *context)
{
        (void)context;
        return getenv(name);
}

/* `name` as seen from the folder that `path` is in. */
static void beside(const char *path, const char *name, struct buffer *whole)
{
        const char *slash = strrchr(path, '/');

        if (name[0] != '/' && slash)
                buffer_append(whole, path, (size_t)(slash - path) + 1);
        buffer_append_text(whole, name);
}

struct config *config_file_load(const char *path, struct error *error)
{
        _cleanup_(json_decrefp) json_t *root = read_json(path, error);
        _cleanup_(json_decrefp) json_t *municipalities = NULL;
        _cleanup_(buffer_deinit) struct buffer municipalities_path = BUFFER_NULL;

        if (!root)
                return NULL;

        const char *name = config_municipalities_file(root, from_environment, NULL);

        if (name) {
                beside(path, name, &municipalities_path);
                municipalities = read_json(municipalities_path.data, error);
                if (!municipalities) {
                        error_wrap(error, "%s: municipalities_file", path);
                        return NULL;
                }
        }

        struct config *config = config_read(root, municipalities, from_environment, NULL, error);

        if (!config)
                error_wrap(error, "%s", path);
        return config;
}
