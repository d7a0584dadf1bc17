/* common/io/credentials.c
 *
 * Kubernetes swaps the files of a Secret by moving the link `..data` to a new directory and
 * removing the old one (DEPLOY.md 3.5). So all is read through a descriptor of the directory that
 * `..data` names, and read again if it names another one at the end: never a user name of yesterday
 * with a password of today.
 *
 * Texts lie in mapped pages of their own, so that they can be kept out of core dumps and wiped.
 */
#include "io/credentials.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/map.h"
#include "model/municipality.h"

enum {
        SECRET_MAX_BYTES = 4096,
        PAGES_BYTES = 65536,
        READS_MAX = 5, /* of a directory that is being swapped under us */
        NAME_BYTES = MUNICIPALITY_ID_BYTES + 16,
};

struct pages {
        struct pages *next;
        size_t used;
        char data[];
};

struct login {
        char id[MUNICIPALITY_ID_BYTES];
        const char *username; /* in pages; NULL: not there, see wrong */
        const char *password;
        char *wrong;
        UT_hash_handle hh;
};

struct credentials {
        struct login *logins;
        struct pages *pages;
};

static void closep(int *fd)
{
        if (*fd >= 0)
                close(*fd);
}

/* Pages */

static struct pages *pages_new(struct pages *next)
{
        struct pages *pages =
                mmap(NULL, PAGES_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (pages == MAP_FAILED)
                abort();
        madvise(pages, PAGES_BYTES, MADV_DONTDUMP);
        pages->next = next;
        return pages;
}

/* Room for a secret and its NUL; what is used of it is added to `used` by the caller. */
static char *pages_room(struct credentials *credentials)
{
        struct pages *pages = credentials->pages;

        if (!pages || PAGES_BYTES - sizeof(*pages) - pages->used < SECRET_MAX_BYTES + 2)
                pages = credentials->pages = pages_new(pages);
        return pages->data + pages->used;
}

static void pages_free(struct pages *pages)
{
        while (pages) {
                struct pages *next = pages->next;

                explicit_bzero(pages, PAGES_BYTES);
                munmap(pages, PAGES_BYTES);
                pages = next;
        }
}

/* One file */

/* Into `text`, which has SECRET_MAX_BYTES + 2. Returns the length, -1 with errno. One byte more
 * than allowed is read, to see that there is more. */
static ssize_t read_whole(int fd, char *text)
{
        ssize_t length = 0;

        while (length <= SECRET_MAX_BYTES) {
                ssize_t bytes = read(fd, text + length, (size_t)(SECRET_MAX_BYTES + 1 - length));

                if (bytes < 0 && errno == EINTR)
                        continue;
                if (bytes < 0)
                        return -1;
                if (bytes == 0)
                        break;
                length += bytes;
        }
        return length;
}

static size_t drop_newline(const char *text, size_t length)
{
        if (length > 0 && text[length - 1] == '\n')
                length--;
        if (length > 0 && text[length - 1] == '\r')
                length--;
        return length;
}

/* Basic auth cannot carry these; and whoever pasted a line break did not mean it. */
static const char *what_is_wrong(const char *text, size_t length)
{
        if (length == 0)
                return "is empty";
        if (length > SECRET_MAX_BYTES)
                return "is longer than 4,096 bytes";
        for (size_t i = 0; i < length; i++)
                if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
                        return "has a line break or another control character in it";
        return NULL;
}

/* -1 and a reason that names the file, never its content. */
static int read_secret(struct credentials *credentials, int directory, const char *name,
                       const char **secret, struct error *error)
{
        _cleanup_(closep) int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        char *text = pages_room(credentials);
        ssize_t length = fd < 0 ? -1 : read_whole(fd, text);

        if (length < 0 && errno == ENOENT)
                return error_set(error, "%s is missing", name);
        if (length < 0)
                return error_set(error, "%s cannot be read: %s", name, strerror(errno));

        size_t kept = drop_newline(text, (size_t)length);
        const char *wrong = what_is_wrong(text, kept);

        if (wrong)
                return error_set(error, "%s %s", name, wrong);
        text[kept] = '\0';
        credentials->pages->used += kept + 1;
        *secret = text;
        return 0;
}

/* One municipality */

static int check_username(const char *username, const char *name, struct error *error)
{
        if (strchr(username, ':'))
                return error_set(error, "%s has a colon in it, which basic auth does not allow",
                                 name);
        return 0;
}

static int read_pair(struct credentials *credentials, struct login *login, int directory,
                     const char *username_file, const char *password_file, struct error *error)
{
        const char *username, *password;

        if (read_secret(credentials, directory, username_file, &username, error) < 0 ||
            check_username(username, username_file, error) < 0 ||
            read_secret(credentials, directory, password_file, &password, error) < 0)
                return -1;
        login->username = username;
        login->password = password;
        return 0;
}

static bool exists(int directory, const char *name)
{
        return faccessat(directory, name, F_OK, 0) == 0;
}

/* The directory itself, or the one that its `..data` names now. */
static int open_generation(int parent, const char *name)
{
        int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (directory < 0)
                return -1;

        int generation = openat(directory, "..data", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (generation < 0)
                return directory;
        close(directory);
        return generation;
}

/* <id>/username and <id>/password */
static int read_own_directory(struct credentials *credentials, struct login *login, int directory,
                              struct error *error)
{
        _cleanup_(closep) int own = open_generation(directory, login->id);

        if (own < 0)
                return error_set(error, "%s cannot be read: %s", login->id, strerror(errno));
        if (read_pair(credentials, login, own, "username", "password", error) < 0)
                return error_wrap(error, "%s", login->id);
        return 0;
}

static void read_login(struct credentials *credentials, struct login *login, int directory)
{
        char username_file[NAME_BYTES], password_file[NAME_BYTES];
        struct error error = ERROR_NULL;
        int read;

        snprintf(username_file, sizeof(username_file), "%s.username", login->id);
        snprintf(password_file, sizeof(password_file), "%s.password", login->id);
        if (exists(directory, username_file) || exists(directory, password_file))
                read = read_pair(credentials, login, directory, username_file, password_file,
                                 &error);
        else
                read = read_own_directory(credentials, login, directory, &error);
        if (read < 0)
                login->wrong = memory_copy_text(error.text);
}

/* The directory */

/* "aarhus" for "aarhus.username", "aarhus.password" and a directory "aarhus"; else false. */
static bool id_of_entry(int directory, const char *name, char id[MUNICIPALITY_ID_BYTES])
{
        const char *dot = strchr(name, '.');
        size_t length = dot ? (size_t)(dot - name) : strlen(name);
        struct stat status;

        if (dot && strcmp(dot, ".username") != 0 && strcmp(dot, ".password") != 0)
                return false;
        if (!municipality_id_valid(name, length))
                return false;
        if (!dot && (fstatat(directory, name, &status, 0) < 0 || !S_ISDIR(status.st_mode)))
                return false;
        memcpy(id, name, length);
        id[length] = '\0';
        return true;
}

static void add_login(struct credentials *credentials, const char *id, int directory)
{
        struct login *login;

        HASH_FIND_STR(credentials->logins, id, login);
        if (login)
                return;
        login = memory_new(sizeof(*login));
        memcpy(login->id, id, strlen(id) + 1);
        HASH_ADD_STR(credentials->logins, id, login);
        read_login(credentials, login, directory);
}

static int read_directory(struct credentials *credentials, int directory, struct error *error)
{
        int listed = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *entries = listed < 0 ? NULL : fdopendir(listed);
        const struct dirent *entry;
        char id[MUNICIPALITY_ID_BYTES];

        if (!entries) {
                int reason = errno;

                closep(&listed);
                return error_set(error, "%s", strerror(reason));
        }
        while ((entry = readdir(entries)) != NULL)
                if (id_of_entry(directory, entry->d_name, id))
                        add_login(credentials, id, directory);
        closedir(entries);
        return 0;
}

static bool same_directory(int a, int b)
{
        struct stat first, second;

        return fstat(a, &first) == 0 && fstat(b, &second) == 0 && first.st_dev == second.st_dev &&
               first.st_ino == second.st_ino;
}

/* NULL: unreadable, with a reason; `swapped` tells that it was replaced meanwhile. */
static struct credentials *read_generation(const char *directory, bool *swapped,
                                           struct error *error)
{
        _cleanup_(closep) int generation = open_generation(AT_FDCWD, directory);

        *swapped = false;
        if (generation < 0) {
                error_set(error, "credentials_dir %s: %s", directory, strerror(errno));
                return NULL;
        }

        struct credentials *credentials = memory_new(sizeof(*credentials));

        if (read_directory(credentials, generation, error) < 0) {
                error_wrap(error, "credentials_dir %s", directory);
                credentials_free(credentials);
                return NULL;
        }

        _cleanup_(closep) int now = open_generation(AT_FDCWD, directory);

        *swapped = !same_directory(generation, now);
        return credentials;
}

struct credentials *credentials_load(const char *directory, struct error *error)
{
        struct credentials *credentials;
        bool swapped;

        if (!directory)
                return memory_new(sizeof(*credentials));
        for (int read = 1;; read++) {
                credentials = read_generation(directory, &swapped, error);
                if (!credentials || !swapped || read == READS_MAX)
                        return credentials;
                credentials_free(credentials);
        }
}

void credentials_free(struct credentials *credentials)
{
        struct login *login, *next;

        if (!credentials)
                return;
        HASH_ITER(hh, credentials->logins, login, next) {
                HASH_DEL(credentials->logins, login);
                free(login->wrong);
                free(login);
        }
        pages_free(credentials->pages);
        free(credentials);
}

static const struct login *find(const struct credentials *credentials, const char *municipality)
{
        struct login *login = NULL;

        if (credentials)
                HASH_FIND_STR(credentials->logins, municipality, login);
        return login;
}

bool credentials_get(const struct credentials *credentials, const char *municipality,
                     struct credential *credential, struct error *error)
{
        const struct login *login = find(credentials, municipality);

        if (!login) {
                error_set(error, "%s.username and %s.password are missing", municipality,
                          municipality);
                return false;
        }
        if (login->wrong) {
                error_set(error, "%s", login->wrong);
                return false;
        }
        *credential = (struct credential){ login->username, login->password };
        return true;
}

bool credentials_differ(const struct credentials *a, const struct credentials *b,
                        const char *municipality)
{
        struct credential first, second;
        bool has_first = credentials_get(a, municipality, &first, NULL);
        bool has_second = credentials_get(b, municipality, &second, NULL);

        if (!has_first || !has_second)
                return has_first != has_second;
        return strcmp(first.username, second.username) != 0 ||
               strcmp(first.password, second.password) != 0;
}

bool credentials_mark(const struct credentials *credentials, const char *municipality,
                      char mark[CREDENTIALS_MARK_BYTES])
{
        struct credential credential;
        char hex[SHA256_HEX_BYTES];

        mark[0] = '\0';
        if (!credentials_get(credentials, municipality, &credential, NULL))
                return false;

        _cleanup_(sha256_freep) struct sha256 *sha256 = sha256_new();

        sha256_update(sha256, municipality, strlen(municipality) + 1);
        sha256_update(sha256, credential.username, strlen(credential.username) + 1);
        sha256_update(sha256, credential.password, strlen(credential.password) + 1);
        sha256_final(sha256, hex);
        snprintf(mark, CREDENTIALS_MARK_BYTES, "%.2s", hex);
        return true;
}
