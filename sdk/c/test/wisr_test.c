// Tests of wisr.h on the machine that builds it: make -C sdk/c test. It is C and C++ at once.
#define WISR_IMPLEMENTATION
#include "../wisr.h"

#include <stdio.h>
#include <string.h>

static int failed;

static void want(int line, const char *what, wisr_text got, const char *expected) {
    if (wisr_equal(got, expected)) return;
    fprintf(stderr, "wisr_test.c:%d: %s is\n  %.*s\nwant\n  %s\n", line, what, (int)got.size, got.at, expected);
    failed = 1;
}
#define WANT(got, expected) want(__LINE__, #got, got, expected)

// A page that does what its parameter "do" says.
static int paths(const wisr_input *in, wisr_paths *out) {
    if (wisr_equal(in->cursor, "")) {
        wisr_buffer params = {NULL, 0, 0};
        wisr_set_text(&params, "do", wisr_str("é \"☃\""));
        wisr_add_path(out, wisr_str("/do/plain"));
        wisr_add_params(out, &params, wisr_str("fr"));
        out->cursor = wisr_str("2");
        return 0;
    }
    out->fallback = WISR_SHELL;
    return 0;
}

static int props(const wisr_input *in, wisr_result *out) {
    wisr_text what = wisr_param(in, "do");
    if (wisr_equal(what, "fail")) return wisr_fail("no {} in {}", what, in->path);
    if (wisr_equal(what, "silent")) return 1;
    if (wisr_equal(what, "redirect")) out->redirect = wisr_str("/a?b=1&c"), out->status = 301;
    if (wisr_equal(what, "missing")) out->not_found = true, out->revalidate = 60;
    if (wisr_equal(what, "all")) {
        wisr_set_int(&out->props, "n", -42);
        wisr_set_bool(&out->props, "yes", in->draft_mode);
        wisr_set_text(&out->props, "why", in->revalidate_reason);
        out->status = 404, out->revalidate = 10, out->expire = 3600;
        wisr_tag(out, wisr_str("a"));
        wisr_tag(out, wisr_str("ü"));
        wisr_header(out, "X-A", wisr_str("b"));
    }
    if (wisr_equal(what, "fetch")) {
        wisr_request requests[3];
        wisr_response answers[3];
        memset(requests, 0, sizeof requests);
        requests[0].url = wisr_format("{}/1", wisr_config("api"));
        requests[1].url = wisr_str("http://hangup.example/?key=hunter2");
        requests[2].url = wisr_str("http://b.example/"), requests[2].method = wisr_str("POST");
        int bad = wisr_fetch_all(requests, answers, 3);
        wisr_set_text(&out->props, "first", answers[0].body);
        wisr_set_int(&out->props, "third", answers[2].status);
        wisr_log(WISR_WARN, "bad {}", wisr_error());
        return !bad;
    }
    return 0;
}

static int render(const wisr_input *in, const wisr_value *p, wisr_buffer *out) {
    wisr_html(out, in->is_fallback ? "shell" : "<p title=\"{}\">", wisr_as_text(wisr_get(p, "t")));
    return 0;
}

WISR_PAGE(paths, props, render)

static wisr_text logged;
static wisr_text config(const char *key) { return wisr_str(strcmp(key, "api") ? "" : "http://a.example"); }
static void note(enum wisr_level level, wisr_text text) {
    static const char *const names[] = {"debug", "info", "warn", "error"};
    logged = wisr_format("{} {}", wisr_str(names[level]), text);
}
static int answer(const wisr_request *r, wisr_response *a) {
    if (wisr_equal(r->url, "http://hangup.example/?key=hunter2")) return wisr_fail("it hung up");
    a->status = r->method.size ? 201 : 200;
    a->body = r->url;
    return 0;
}

static wisr_text call(const char *function, const char *input) {
    wisr_buffer out = {NULL, 0, 0};
    return wisr_call(function, wisr_str(input), &out) ? wisr_format("failed: {}", wisr_error()) : wisr_written(&out);
}

static wisr_text props_of(const char *what) {
    return call(
        "getStaticProps",
        wisr_format("{\"path\":\"/do/x\",\"draftMode\":true,\"revalidateReason\":\"stale\",\"params\":{\"do\":\"{}\"}}",
                    wisr_str(what))
            .at);
}

static void functions(void) {
    WANT(call("getStaticPaths", "{}"), "{\"paths\":[\"/do/plain\",{\"params\":{\"do\":\"é "
                                       "\\\"☃\\\"\"},\"locale\":\"fr\"}],\"fallback\":false,\"cursor\":\"2\"}");
    WANT(call("getStaticPaths", "{\"cursor\":\"2\"}"), "{\"paths\":[],\"fallback\":true}");
    WANT(props_of(""), "{\"props\":{}}");
    WANT(props_of("fail"), "failed: no fail in /do/x");
    WANT(props_of("silent"), "failed: the function returned 1 without wisr_fail");
    WANT(props_of("redirect"), "{\"redirect\":{\"destination\":\"/a?b=1\\u0026c\",\"statusCode\":301}}");
    WANT(props_of("missing"), "{\"notFound\":true,\"revalidate\":60}");
    WANT(props_of("all"),
         "{\"props\":{\"n\":-42,\"yes\":true,\"why\":\"stale\"},\"status\":404,\"revalidate\":10,\"expire\":3600,"
         "\"tags\":[\"a\",\"ü\"],\"headers\":{\"X-A\":\"b\"}}");
    WANT(props_of("fetch"), "{\"props\":{\"first\":\"http://a.example/1\",\"third\":201}}");
    WANT(logged, "warn bad fetch GET http://hangup.example/: it hung up");
    WANT(call("render", "{\"props\":{\"t\":\"<é ☃ 😀> & 'q' \\\"\"}}"),
         "<p title=\"&lt;é ☃ 😀&gt; &amp; &#39;q&#39; &#34;\">");
    WANT(call("render", "[1"), "failed: not JSON at byte 2");
}

static void logs(void) {
    wisr_log(WISR_DEBUG, "{}", wisr_str("é ☃"));
    WANT(logged, "debug é ☃");
    wisr_log(WISR_INFO, "{}", wisr_str("é ☃"));
    WANT(logged, "info é ☃");
    wisr_log(WISR_WARN, "{}", wisr_str("é ☃"));
    WANT(logged, "warn é ☃");
    wisr_log(WISR_ERROR, "{}", wisr_str("é ☃"));
    WANT(logged, "error é ☃");
}

static wisr_text parsed(const char *document) {
    const wisr_value *v;
    return wisr_parse(wisr_str(document), &v) ? wisr_error() : v->kind == WISR_STRING ? v->text : v->raw;
}

static void json(void) {
    WANT(parsed(" \"a\\u00e9\\u2603\\ud83d\\uDE00\\n\\\"\\/\" "), "aé☃😀\n\"/");
    WANT(parsed("\"\\ud83d\\ud83d\\ude00 \\udc00 \\ud800\""), "\xef\xbf\xbd😀 \xef\xbf\xbd \xef\xbf\xbd");
    WANT(parsed("[1, -0.5e+3, {\"a\": [true, null]}]"), "[1, -0.5e+3, {\"a\": [true, null]}]");
    static const char *const bad[] = {"",        "tru",    "[1,]", "{\"a\"}", "{a:1}",      "\"\\x\"",
                                      "\"\\u12", "\"open", "\"\\", "1 2",     "-",          "1.",
                                      "1e",      "\"\n\"", "[}",   "]",       "\"\\u12g4\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strncmp(parsed(bad[i]).at, "not JSON at byte ", 17)) fprintf(stderr, "%s is JSON\n", bad[i]), failed = 1;
    static char deep[100001];
    memset(deep, '[', 100000);
    WANT(parsed(deep), "not JSON at byte 201");

    const wisr_value *v;
    if (wisr_parse(wisr_str("{\"n\":-9223372036854775808,\"s\":\"x\",\"s\":\"y\",\"l\":[1,2]}"), &v)) failed = 1;
    if (wisr_as_int(wisr_get(v, "n")) != INT64_MIN || wisr_as_int(wisr_next(wisr_first(wisr_get(v, "l")))) != 2)
        failed = 1;
    WANT(wisr_as_text(wisr_get(v, "s")), "y");
    WANT(wisr_as_text(wisr_get(wisr_get(wisr_get(v, "s"), "t"), "u")), "");
}

static void buffers(void) {
    wisr_buffer b = {NULL, 0, 0};
    wisr_write_json(&b, wisr_str("</script>&\x01\t\"\\é"));
    WANT(wisr_written(&b), "\"\\u003c/script\\u003e\\u0026\\u0001\\t\\\"\\\\é\"");
    wisr_buffer large = {NULL, 0, 0};
    for (int i = 0; i < 100000; i++) wisr_write_int(&large, i % 10);
    for (size_t i = 0; i < large.size; i++)
        if (large.at[i] != (char)('0' + i % 10)) failed = 1;
    if (large.size != 100000) failed = 1;
}

int main(void) {
    wisr_host.config = config, wisr_host.fetch = answer, wisr_host.log = note;
    functions();
    logs();
    json();
    buffers();
    if (!failed) puts("ok");
    return failed;
}
