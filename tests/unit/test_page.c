/* The console's pages: structs become HTML, nothing foreign becomes markup, and only who may act
 * gets a form. Pieces are compared as they stand, so that a change of the page is seen here. */
#include "support.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "operator/page_order.h"
#include "operator/page_row.h"
#include "operator/page_rows.h"
#include "operator/page_trail.h"

#define NOW  INT64_C(1772355600000) /* 2026-03-01T09:00:00Z */
#define MIN  (60 * INT64_C(1000))
#define HOUR (60 * MIN)
#define UUID "0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b"

/* odense holds deletions, fano has no log-in, aarhus is well. */
static struct overview_row rows[] = {
        { .id = "odense",
          .marks = OVERVIEW_HELD,
          .success_ms = NOW - MIN,
          .known = 412,
          .held = 31,
          .hold = "9f3c01d277ab4a52",
          .interval_ms = 10 * MIN },
        { .id = "fano",
          .marks = OVERVIEW_CREDENTIALS,
          .success_ms = NOW - 3 * MIN,
          .known = 80,
          .credentials_rejected = true,
          .waiting = 12,
          .oldest_ms = NOW - 3 * HOUR,
          .interval_ms = 10 * MIN },
        { .id = "aarhus",
          .success_ms = NOW - 5 * MIN,
          .known = 700,
          .interval_ms = 10 * MIN,
          .last_outcome = "applied",
          .last_outcome_ms = NOW - 2 * MIN,
          .hours = { { NOW / HOUR - 24, 703 } } },
};
static const struct overview overview = { .rows = rows,
                                          .count = ARRAY_LENGTH(rows),
                                          .sums = { .fresh = 3, .breaker = 1, .held = 1 },
                                          .now_ms = NOW };
static struct outcomes outcomes;
static struct dead_letters letters;

static struct page_data data_of(const char *address, bool actions)
{
        struct page_data data = { .overview = &overview,
                                  .outcomes = &outcomes,
                                  .letters = &letters,
                                  .trouble = "",
                                  .caught_up = true,
                                  .now_ms = NOW,
                                  .reader = { actions, actions ? "token" : "" } };
        struct form form;

        check(form_read(&form, slice_of(address)), address);
        page_view_read(&data.view, &form);
        return data;
}

static void check_has(const struct buffer *page, const char *piece)
{
        if (!strstr(page->data, piece))
                fail_msg("not there: %s\nin: %s", piece, page->data);
}

static void check_has_not(const struct buffer *page, const char *piece)
{
        if (strstr(page->data, piece))
                fail_msg("there, and must not be: %s\nin: %s", piece, page->data);
}

static void test_view(void **state)
{
        static const struct {
                const char *says, *address, *again;
        } cases[] = {
                { "all", "", "" },
                { "a part, sorted", "show=held&sort=read", "?show=held&amp;sort=read" },
                { "one municipality", "municipality=aarhus", "?municipality=aarhus" },
                { "a filter is encoded", "filter=%22%3E%3Cb", "?filter=%22%3E%3Cb" },
                { "what is unknown is left out", "show=x&sort=y&municipality=A+B&z=1", "" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                _cleanup_(buffer_deinit) struct buffer address = BUFFER_NULL;
                struct page_data data = data_of(cases[i].address, false);

                buffer_append_text(&address, "");
                page_view_address(&address, &data.view);
                check_text(address.data, cases[i].again, cases[i].says);
        }
}

static void test_numbers(void **state)
{
        _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;
        struct page_data data = data_of("show=held", false);

        (void)state;
        page_numbers(&out, &data);
        check_text(out.data,
                   "<nav class=\"numbers\" aria-label=\"The state of all\">\n"
                   "<a class=\"good\" href=\"/?show=fresh\"><b>3</b> fresh</a>\n"
                   "<a class=\"none\" href=\"/?show=stale\"><b>0</b> stale</a>\n"
                   "<a class=\"none\" href=\"/?show=paused\"><b>0</b> paused</a>\n"
                   "<a class=\"bad\" href=\"/?show=breaker\"><b>1</b> not writable</a>\n"
                   "<a class=\"decide chosen\" href=\"/\" aria-current=\"true\"><b>1</b> deletions "
                   "held</a>\n"
                   "<a class=\"none\" href=\"/?show=dead-letters\"><b>0</b> dead letters</a>\n"
                   "</nav>\n",
                   "six numbers, each a link to its rows, the chosen one a link back");
}

/* Letters come between two looks at Redis: what the rows do not count yet is not nobody's. */
static void test_strays(void **state)
{
        _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;
        struct page_data data = data_of("", false);
        struct dead_letters just_come = { .count = 1, .waiting = 1 };
        struct overview with_strays = overview;

        (void)state;
        data.letters = &just_come;
        page_live(&out, &data);
        check_has_not(&out, "of no municipality");
        buffer_clear(&out);
        with_strays.strays = 1;
        data.overview = &with_strays;
        page_live(&out, &data);
        check_has(&out, "<a href=\"/dead-letters\">1 dead letter</a> of no municipality");
}

static void test_rows(void **state)
{
        _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;
        struct page_data data = data_of("", false);

        (void)state;
        page_rows(&out, &data);
        check_has(&out,
                  "<details class=\"good\" id=\"m-aarhus\"><summary><b>aarhus</b>"
                  "<span class=\"marks\"></span><span><i>read</i>5 min</span>"
                  "<span><i>events</i>700<small> −3</small></span><span><i>waiting</i>0</span>"
                  "<span><i>last</i>applied<small>, 2 min</small></span></summary>\n"
                  "<p><a href=\"/?municipality=aarhus\">All about aarhus</a></p></details>\n");
        check_has(&out, "<em class=\"decide\">31 deletions held</em>");
        check_has(&out, "12<small> for 3 h</small>");
        check(strstr(out.data, "m-odense") < strstr(out.data, "m-fano") &&
                      strstr(out.data, "m-fano") < strstr(out.data, "m-aarhus"),
              "in the overview's order");
        buffer_clear(&out);
        data = data_of("sort=events&filter=o", false);
        page_rows(&out, &data);
        check(strstr(out.data, "m-odense") < strstr(out.data, "m-fano"),
              "by events, of those with o");
        check_has_not(&out, "m-aarhus");
}

static void test_troubles(void **state)
{
        _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;
        struct page_data data = data_of("", false);

        (void)state;
        page_row_inside(&out, &data, &rows[0], false);
        check_has(&out, "31 of 412 known events are missing from the site’s list");
        check_has(&out, "<a class=\"button\" href=\"/hold?municipality=odense\">Look</a>");
        check_has_not(&out, "Fetch now");
        buffer_clear(&out);
        data = data_of("", true);
        page_row_inside(&out, &data, &rows[1], true);
        check_has(&out, "The site rejects the log-in");
        check_has(&out, "<code>fano.password</code>");
        check_has(&out, "href=\"/confirm?action=refresh&amp;municipality=fano\">Fetch now</a>");
        check_has(&out, "<p>None yet.</p>");
}

static void test_foreign_texts(void **state)
{
        _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;
        struct overview_row row = { .id = "samso",
                                    .marks = OVERVIEW_STALE,
                                    .success_ms = NOW - 5 * HOUR,
                                    .attempt_ms = NOW - MIN,
                                    .interval_ms = 10 * MIN,
                                    .fetch_error = "<script>alert(1)</script>",
                                    .fetch_outcome = "\"><u>",
                                    .last_outcome = "<i>" };
        struct page_data data = data_of("filter=%3Cscript%3E%22", true);

        (void)state;
        page_row_inside(&out, &data, &row, true);
        page_front(&out, &data);
        data.trouble = "<script>alert(2)</script>";
        page_live(&out, &data);
        check_has_not(&out, "<script>");
        check_has_not(&out, "\"><u>");
        check_has(&out, "<q><bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi></q>");
        check_has(&out, "value=\"&lt;script&gt;&quot;\"");
        check_has(&out, "role=\"alert\"><bdi>&lt;script&gt;alert(2)");
}

static void test_forms(void **state)
{
        static const struct page_choice choice = { ORDER_APPROVE, "Delete these", true };
        _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;
        struct page_data data = data_of("", true);
        const struct order order = {
                .action = ORDER_APPROVE, .municipality = "odense", .hold = "\"9f3c", .count = 1031
        };

        (void)state;
        page_order_form(&out, &data.reader, &order, &choice, 1);
        check_text(out.data,
                   "<form class=\"order\" method=\"post\" action=\"/act\">"
                   "<input type=\"hidden\" name=\"token\" value=\"token\">"
                   "<input type=\"hidden\" name=\"municipality\" value=\"odense\">"
                   "<input type=\"hidden\" name=\"hold\" value=\"&quot;9f3c\">"
                   "<input type=\"hidden\" name=\"count\" value=\"1031\">"
                   "<label>Why <small>(for the log, may be empty)</small> <input name=\"why\" "
                   "maxlength=\"199\" autocomplete=\"off\"></label>\n"
                   "<button class=\"danger\" name=\"action\" value=\"approve\">Delete these "
                   "1,031</button>\n</form>\n",
                   "what was seen goes back with the button");
        buffer_clear(&out);
        buffer_append_text(&out, "");
        data = data_of("", false);
        page_order_form(&out, &data.reader, &order, &choice, 1);
        check_text(out.data, "", "without the right to act there is no form");
        page_confirm(&out, &data,
                     &(struct order){ .action = ORDER_REASSERT, .municipality = "odense" });
        check_has(&out, "<b>412 known events</b> of odense");
        check_has(&out, "This console only shows");
        check_has_not(&out, "<form");
}

static void test_documents(void **state)
{
        _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;
        struct page_data data = data_of("municipality=odense", false);

        (void)state;
        page_front(&out, &data);
        check(strncmp(out.data, "<!DOCTYPE html>\n<html lang=\"en\">", 32) == 0, "a document");
        check_has(&out, "<title>odense · dplsync</title>");
        check_has(&out, "<details class=\"decide\" id=\"m-odense\" open>");
        check_has_not(&out, "{{");
        check_has_not(&out, "http-equiv");
        buffer_clear(&out);
        page_document(&out, "a & b", slice_of("<p>m</p>"), 2);
        check_has(&out, "<meta http-equiv=\"refresh\" content=\"2\">\n<title>a &amp; b</title>");
        buffer_clear(&out);
        page_message(&out, "Not found", "No <such> page.");
        check_has(&out, "<p>No &lt;such&gt; page.</p>");
}

static void test_trail(void **state)
{
        _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;
        struct trail_entry entry = {
                .kind = TRAIL_TOLD, .at_ms = NOW, .text = "create <b>", .trace = "4bf9", .bad = true
        };
        const struct trail trail = { .municipality = "aarhus",
                                     .uuid_text = UUID,
                                     .title = "<i>Rim",
                                     .entries = &entry,
                                     .count = 1 };

        (void)state;
        page_trail(&out, &trail, 812, false, NOW);
        check_has(&out, "<h1><bdi>&lt;i&gt;Rim</bdi></h1>");
        check_has(&out, "812 records read, more to come");
        check_has(&out, "http-equiv=\"refresh\"");
        check_has(&out,
                  "<li class=\"told bad\"><time datetime=\"2026-03-01T09:00:00.000Z\">09:00:00 UTC"
                  "</time> <b>to the vendor</b> <span><bdi>create &lt;b&gt;</bdi></span> "
                  "<code title=\"trace\">4bf9</code></li>\n");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_view),          cmocka_unit_test(test_numbers),
                cmocka_unit_test(test_rows),          cmocka_unit_test(test_troubles),
                cmocka_unit_test(test_foreign_texts), cmocka_unit_test(test_forms),
                cmocka_unit_test(test_documents),     cmocka_unit_test(test_trail),
                cmocka_unit_test(test_strays),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
