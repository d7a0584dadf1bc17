/* tests/unit/test_news.c */
#include "support.h"

#include "model/news.h"

#define BIT(field) (UINT32_C(1) << EVENT_FIELD_##field)

static const struct {
        const char *says;
        const char *names;
        uint32_t want;
        const char *reason; /* NULL: taken */
} rows[] = {
        { "none named: all", NULL, NEWS_ALL, NULL },
        { "empty takes back what defaults say", "", NEWS_ALL, NULL },
        { "one", "title", BIT(TITLE), NULL },
        { "commas, blanks, both", "title, date_time body,state",
          BIT(TITLE) | BIT(DATE_TIME) | BIT(BODY) | BIT(STATE), NULL },
        { "what this version does not know", "other", BIT(OTHER), NULL },
        { "a slip", "titel", 0,
          "news_fields: \"titel\" is no field of an event; did you mean \"title\"?" },
        { "something else", "title colour-of-hair", 0,
          "news_fields: \"colour-of-hair\" is no field of an event" },
        { "what we write ourselves", "updated_at", 0,
          "news_fields: updated_at is never news: our own writes change it" },
};

static void test_parse(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct error error = ERROR_NULL;
                uint32_t news;
                int result = news_parse(&news, rows[i].names, &error);

                check_text(result < 0 ? error.text : NULL, rows[i].reason, rows[i].says);
                if (result == 0)
                        check_number(news, rows[i].want, rows[i].says);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_parse) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
