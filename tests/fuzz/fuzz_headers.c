/* tests/fuzz/fuzz_headers.c
 *
 * The headers of a site's answer. Lines: Age, Retry-After, ETag, Last-Modified, the status; the
 * rest is a bookmark as Redis might hold it. Whatever they say, times stay within their bounds, and
 * what is kept of them is fit to be sent back.
 */
#include "fuzz/fuzz.h"

#include "fetcher/answer.h"
#include "base/json.h"
#include "fetcher/bookmark.h"
#include "policy/retry.h"

static const int64_t now_ms = INT64_C(1772355602117), hour_ms = INT64_C(3600000),
                     ten_years_ms = INT64_C(10) * 366 * 86400 * 1000;

static void check_age(const char *text)
{
        int64_t age_ms = answer_age_ms(text);

        fuzz_check(age_ms >= 0 && age_ms <= ten_years_ms);
        if (text && text[0] && strspn(text, "0123456789") == strlen(text) && strlen(text) < 9)
                fuzz_check(age_ms == strtoll(text, NULL, 10) * 1000);
}

static void check_retry_after(const char *text)
{
        int64_t at_ms = -1;
        bool understood = retry_after_parse(text, now_ms, hour_ms, &at_ms);

        if (understood)
                fuzz_check(at_ms >= now_ms && at_ms <= now_ms + hour_ms);
        else
                fuzz_check(!text || !text[0] || strspn(text, "0123456789") != strlen(text));
}

static bool one_line(const char *text)
{
        return !strpbrk(text, "\r\n") && strlen(text) < BOOKMARK_TEXT_BYTES;
}

static void check_same(const struct bookmark *a, const struct bookmark *b)
{
        fuzz_check(strcmp(a->etag, b->etag) == 0);
        fuzz_check(strcmp(a->last_modified, b->last_modified) == 0);
        fuzz_check(strcmp(a->digest, b->digest) == 0);
        fuzz_check(a->source == b->source && a->fetch_seq == b->fetch_seq);
        fuzz_check(a->paused_until_ms == b->paused_until_ms && a->unreadable == b->unreadable);
}

/* What one fetcher writes, the next one reads. */
static void check_handed_over(const struct bookmark *bookmark)
{
        _cleanup_(buffer_deinit) struct buffer json = BUFFER_NULL;
        struct bookmark next;

        bookmark_write(bookmark, &json);
        fuzz_check(bookmark_read(&next, buffer_slice(&json), NULL) == 0);
        check_same(bookmark, &next);
}

static bool is_utf8_text(const char *text)
{
        json_t *string = json_string(text);

        json_decref(string);
        return string != NULL;
}

static void check_validators(const char *etag, const char *last_modified)
{
        struct bookmark bookmark = { .digest = "" };

        memset(bookmark.digest, 'a', sizeof(bookmark.digest) - 1);
        bookmark_take_validators(&bookmark, etag, last_modified);
        fuzz_check(one_line(bookmark.etag) && one_line(bookmark.last_modified));
        fuzz_check(!bookmark.etag[0] || strcmp(bookmark.etag, etag) == 0);
        if (is_utf8_text(bookmark.etag) && is_utf8_text(bookmark.last_modified))
                check_handed_over(&bookmark);
}

static void check_bookmark(struct slice json)
{
        struct bookmark bookmark;
        struct error error = ERROR_NULL;

        if (bookmark_read(&bookmark, json, &error) == 0) {
                check_handed_over(&bookmark);
                return;
        }
        fuzz_check(error.text[0] && !bookmark.etag[0] && !bookmark.digest[0]);
        fuzz_check(bookmark.fetch_seq == 0);
}

static void check_verdict(const struct answer *answer)
{
        struct list *list = list_new(1024);
        struct answer_verdict verdict;

        list_add(list, "[]", 2);
        verdict = answer_judge(answer, list, true, now_ms);
        fuzz_check((verdict.outcome == ANSWER_LIST) == (answer->status == 200));
        fuzz_check((verdict.outcome == ANSWER_SAME) == (answer->status == 304));
        fuzz_check((verdict.outcome == ANSWER_FAILED) == (verdict.reason[0] != '\0'));
        fuzz_check(verdict.pause_until_ms == 0 || verdict.pause_until_ms >= now_ms);
        list_free(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
        struct slice input = fuzz_slice(data, bytes);
        _cleanup_(freep) char *age = fuzz_take_line(&input);
        _cleanup_(freep) char *retry_after = fuzz_take_line(&input);
        _cleanup_(freep) char *etag = fuzz_take_line(&input);
        _cleanup_(freep) char *last_modified = fuzz_take_line(&input);
        _cleanup_(freep) char *status = fuzz_take_line(&input);
        struct answer answer = { .transport = ANSWER_WHOLE,
                                 .status = status ? strtol(status, NULL, 10) : 0,
                                 .age = age,
                                 .etag = etag,
                                 .last_modified = last_modified,
                                 .retry_after = retry_after };

        check_age(age);
        check_retry_after(retry_after);
        check_validators(etag, last_modified);
        check_verdict(&answer);
        check_bookmark(input);
        return 0;
}
