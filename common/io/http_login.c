/* common/io/http_login.c
 *
 * See the header.
 */
#include "io/http_login.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"

static const char scheme[] = "Authorization: Basic ";

void http_login_free(char *header)
{
        if (header)
                explicit_bzero(header, strlen(header));
        free(header);
}

char *http_login_header(const char *username, const char *password)
{
        struct buffer login = BUFFER_NULL;

        buffer_reserve(&login, strlen(username) + strlen(password ? password : "") + 1);
        buffer_append_text(&login, username);
        buffer_append_byte(&login, ':');
        buffer_append_text(&login, password ? password : "");

        size_t room = sizeof(scheme) + 4 * ((login.length + 2) / 3);
        char *header = memory_new(room);

        memcpy(header, scheme, sizeof(scheme) - 1);
        EVP_EncodeBlock((unsigned char *)header + sizeof(scheme) - 1,
                        (const unsigned char *)login.data, (int)login.length);
        http_login_free(buffer_take(&login));
        return header;
}
