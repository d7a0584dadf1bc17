/* services/operator/form.c
 *
 * A field that stands twice is refused: two readers that take the first and the last of them are
 * how one thing is shown to a person and another one done.
 */
#include "operator/form.h"

#include "base/hex.h"

static const char *find(const struct form *form, const char *name)
{
        for (size_t i = 0; i < form->count; i++)
                if (strcmp(form->fields[i].name, name) == 0)
                        return form->fields[i].value;
        return NULL;
}

static bool ends_at(char byte, const char *ends)
{
        return byte != '\0' && strchr(ends, byte);
}

static bool put(struct form *form, char byte)
{
        if (form->used == FORM_BYTES_MAX)
                return false;
        form->text[form->used++] = byte;
        return true;
}

/* The byte at `*at`, decoded; '\0' where that cannot be. `*at` moves to its last byte. */
static char decode_byte(struct slice text, size_t *at)
{
        char byte = text.data[*at];

        if (byte == '+')
                return ' ';
        if (byte != '%')
                return byte;

        int high = *at + 2 < text.length ? hex_value(text.data[*at + 1]) : -1;
        int low = high >= 0 ? hex_value(text.data[*at + 2]) : -1;

        *at += 2;
        return low < 0 ? '\0' : (char)(high << 4 | low);
}

/* Decodes up to one of `ends`, or the end; NULL where it cannot. */
static const char *decode(struct form *form, struct slice text, size_t *at, const char *ends)
{
        const char *start = form->text + form->used;

        for (; *at < text.length && !ends_at(text.data[*at], ends); ++*at) {
                char byte = decode_byte(text, at);

                if (byte == '\0' || !put(form, byte))
                        return NULL;
        }
        return put(form, '\0') ? start : NULL;
}

static bool remember(struct form *form, const char *name, const char *value)
{
        if (form->count == FORM_FIELDS_MAX || find(form, name))
                return false;
        form->fields[form->count].name = name;
        form->fields[form->count++].value = value;
        return true;
}

bool form_read(struct form *form, struct slice text)
{
        form->count = form->used = 0;
        for (size_t at = 0; at < text.length; at++) {
                const char *name = decode(form, text, &at, "=&");

                if (!name)
                        return false;
                if (at < text.length && text.data[at] == '=')
                        at++;
                else if (name[0] == '\0')
                        continue;

                const char *value = decode(form, text, &at, "&");

                if (!value || !remember(form, name, value))
                        return false;
        }
        return true;
}

static const char *copy(struct form *form, const char *text)
{
        const char *start = form->text + form->used;

        for (const char *at = text; *at; at++)
                if (!put(form, *at))
                        return NULL;
        return put(form, '\0') ? start : NULL;
}

bool form_add(struct form *form, const char *name, const char *value)
{
        const char *own_name = copy(form, name), *own_value = own_name ? copy(form, value) : NULL;

        return own_value && remember(form, own_name, own_value);
}

const char *form_field(const struct form *form, const char *name)
{
        const char *value = find(form, name);

        return value ? value : "";
}
