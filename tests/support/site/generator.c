/* site/generator.c
 *
 * The size of an event matters (bodies are HTML, Danish letters are six bytes each in the list),
 * and so does that instances of a series are alike; the words do not.
 */
#include "site/generator.h"

#include "base/buffer.h"
#include "base/uuid.h"
#include "site/catalogue.h"
#include "site/copenhagen.h"

#include <stdio.h>

static const char *const words[] = {
        "aften", "læsning", "børn", "hovedbiblioteket", "forfatter", "musik", "værksted", "for",
        "café", "og", "strik", "digte", "på", "scenen", "familie", "højtlæsning", "med", "kaffe",
        "om", "bøger", "rundvisning", "i", "samtale", "fællesskab", "teater", "hjælp", "til", "et",
        "nyt", "år", "møde", "ved", "åen", "spil", "sang", "efter", "lukketid",
};

static size_t pick(struct dice *dice, size_t count)
{
        return (size_t)(dice_next(dice) % count);
}

static void append_words(struct buffer *out, struct dice *dice, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                if (i > 0)
                        buffer_append_byte(out, ' ');
                buffer_append_text(out, words[pick(dice, ARRAY_LENGTH(words))]);
        }
}

static json_t *sentence(struct dice *dice, size_t count)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        append_words(&text, dice, count);
        if (text.data[0] >= 'a' && text.data[0] <= 'z')
                text.data[0] = (char)(text.data[0] - 'a' + 'A');
        return json_string(text.data);
}

static json_t *body(struct dice *dice)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        size_t paragraphs = 2 + pick(dice, 8);

        for (size_t i = 0; i < paragraphs; i++) {
                buffer_append_text(&text, i ? "\r\n\r\n<p>" : "<p>");
                append_words(&text, dice, 20 + pick(dice, 60));
                buffer_append_text(&text, ".</p>");
        }
        return json_string(text.data);
}

static json_t *image(const char *site, const char *style, unsigned number)
{
        return json_pack(
                "{s:o}", "url",
                json_sprintf("https://%s.bibliotek.test/sites/default/files/styles/%s/public/"
                             "arrangement_%u.jpg?h=%08x&itok=%07x",
                             site, style, number, number * 2654435761u, number * 40503u));
}

static json_t *tickets(struct dice *dice)
{
        char uuid[UUID_TEXT_BYTES];

        if (pick(dice, 2) == 0)
                return json_array();
        catalogue_uuid(dice, uuid);
        return json_pack("[{s:s, s:s, s:{s:s, s:f}}]", "uuid", uuid, "title", "Voksen", "price",
                         "currency", "DKK", "value", 25.0 * (double)(1 + pick(dice, 12)));
}

static json_t *address(unsigned number)
{
        static const char *const towns[] = { "Aarhus", "Viborg", "Rønne", "Sæby" };

        return json_pack("{s:s, s:o, s:i, s:s, s:s}", "locationType", "physical", "street",
                         json_sprintf("Møllegade %u", 1 + number % 120), "zip_code",
                         (int)(1000 + number % 9000), "city", towns[number % 4], "country", "DK");
}

/* What the instances of a series have in common. One throw a statement: arguments of a call have no
 * order of their own. */
static json_t *series_members(const char *site, struct dice *dice)
{
        unsigned number = (unsigned)pick(dice, 100000);
        json_t *members = json_pack(
                "{s:b, s:o, s:o, s:s, s:b, s:o, s:[s], s:[s], s:[], s:{}, s:[]}",
                "ticket_manager_relevance", (int)(number % 5 < 2),
                "image", image(site, "paragraph_wide", number),
                "teaserImage", image(site, "list_teaser_4_3", number),
                "state", "Active", "all_day", 0, "address", address(number),
                "categories", number % 3 ? "Voksne" : "Børn", "tags", "gratis", "partners",
                "external_data", "screen_names");
        char uuid[UUID_TEXT_BYTES];

        catalogue_uuid(dice, uuid);
        json_object_set_new(members, "series", json_pack("{s:s}", "uuid", uuid));
        json_object_set_new(members, "title", sentence(dice, 3 + number % 4));
        json_object_set_new(members, "description", sentence(dice, 8 + number % 12));
        json_object_set_new(members, "branches", json_pack("[o]", sentence(dice, 1)));
        json_object_set_new(members, "ticket_categories", tickets(dice));
        json_object_set_new(members, "body", body(dice));
        return members;
}

static void set_time(json_t *object, const char *name, int64_t seconds)
{
        char text[COPENHAGEN_TEXT_BYTES];

        copenhagen_format(seconds, text);
        json_object_set_new(object, name, json_string(text));
}

static json_t *instance(const char *site, json_t *members, struct dice *dice, int64_t start_s,
                        int64_t now_s)
{
        json_t *event = json_copy(members);
        char uuid[UUID_TEXT_BYTES];
        json_t *times = json_object();

        catalogue_uuid(dice, uuid);
        set_time(times, "start", start_s);
        set_time(times, "end", start_s + 2 * HOUR_S);
        json_object_set_new(event, "uuid", json_string(uuid));
        json_object_set_new(
                event, "url",
                json_sprintf("https://%s.bibliotek.test/arrangementer/%.8s", site, uuid));
        json_object_set_new(event, "date_time", times);
        set_time(event, "created_at", now_s - (int64_t)pick(dice, 60 * DAY_S));
        set_time(event, "updated_at", now_s - (int64_t)pick(dice, DAY_S));
        return event;
}

json_t *generator_events(const char *site, struct dice *dice, size_t count, int64_t now_s)
{
        json_t *events = json_array();

        while (json_array_size(events) < count) {
                json_t *members = series_members(site, dice);
                int64_t first_s = now_s - now_s % DAY_S + DAY_S * (1 + (int64_t)pick(dice, 120));
                size_t instances = 1 + pick(dice, 8);

                first_s += HOUR_S * (8 + (int64_t)pick(dice, 12));
                for (size_t i = 0; i < instances && json_array_size(events) < count; i++) {
                        int64_t start_s = copenhagen_add_days(first_s, 7 * (int64_t)i);

                        json_array_append_new(events,
                                              instance(site, members, dice, start_s, now_s));
                }
                json_decref(members);
        }
        return events;
}
