/* tests/fuzz/fuzz_form.c
 *
 * What a browser sends: read whole or refused; each field is a text in the form's own memory, and
 * no name is there twice.
 */
#include "fuzz/fuzz.h"

#include "operator/form.h"

static void check_text(const struct form *form, const char *text)
{
        fuzz_check(text >= form->text && text < form->text + FORM_BYTES_MAX);
        fuzz_check(memchr(text, '\0', (size_t)(form->text + FORM_BYTES_MAX - text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
        struct form form;

        if (!form_read(&form, fuzz_slice(data, bytes)))
                return 0;
        fuzz_check(form.count <= FORM_FIELDS_MAX);
        for (size_t i = 0; i < form.count; i++) {
                check_text(&form, form.fields[i].name);
                check_text(&form, form.fields[i].value);
                fuzz_check(form_field(&form, form.fields[i].name) == form.fields[i].value);
        }
        return 0;
}
