// The page of testdata/languages in C.
#define WISR_IMPLEMENTATION
#include "wisr.h"

static int paths(const wisr_input *in, wisr_paths *out) {
    (void)in;
    wisr_buffer params = {0};
    wisr_add_path(out, wisr_str("/page/plain"));
    wisr_set_text(&params, "name", wisr_str("é ☃ 😀"));
    wisr_add_params(out, &params, wisr_str(""));
    out->fallback = WISR_BLOCKING;
    return 0;
}

static int props(const wisr_input *in, wisr_result *out) {
    wisr_text name = wisr_param(in, "name");
    wisr_log(WISR_INFO, "making page {}", name);
    if (wisr_equal(name, "missing")) {
        out->not_found = true;
        out->revalidate = 60;
        return 0;
    }
    if (wisr_equal(name, "moved")) {
        out->redirect = wisr_str("/page/plain");
        out->status = 308;
        return 0;
    }
    if (wisr_equal(name, "error")) return wisr_fail("the shelf is bare: é ☃ 😀");
    WISR_ASSERT(!wisr_equal(name, "crash"));

    wisr_request requests[] = {
        {.url = wisr_format("{}{}", wisr_config("titles"), in->path)},
        {.method = wisr_str("POST"), .url = wisr_format("{}/lines", wisr_config("lines")), .body = name},
    };
    wisr_response answers[2];
    const wisr_value *lines;
    wisr_set_text(&requests[1].headers, "Content-Type", wisr_str("text/plain; charset=utf-8"));
    if (wisr_fetch_all(requests, answers, 2) || wisr_parse(answers[1].body, &lines)) return 1;

    wisr_set_text(&out->props, "name", name);
    wisr_set_text(&out->props, "title", answers[0].body);
    wisr_set_json(&out->props, "lines", wisr_get(lines, "lines")->raw);
    wisr_set_text(&out->props, "greeting", wisr_config("greeting"));
    out->revalidate = 10;
    wisr_tag(out, wisr_str("languages"));
    wisr_tag(out, wisr_str("séite"));
    wisr_header(out, "Content-Security-Policy", wisr_str("default-src 'none'"));
    return 0;
}

static int render(const wisr_input *in, const wisr_value *props, wisr_buffer *out) {
    (void)in;
    wisr_text name = wisr_as_text(wisr_get(props, "name"));
    wisr_html(out, "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"/><title>{}</title></head><body>",
              wisr_as_text(wisr_get(props, "title")));
    wisr_html(out, "<h1 title=\"{}\">{}, {}</h1><ol>", name, wisr_as_text(wisr_get(props, "greeting")), name);
    for (const wisr_value *line = wisr_first(wisr_get(props, "lines")); line; line = wisr_next(line))
        wisr_html(out, "<li>{}</li>", wisr_as_text(line));
    wisr_html(out, "</ol><script type=\"application/json\">{\"name\":");
    wisr_write_json(out, name);
    wisr_html(out, "}</script></body></html>");
    return 0;
}

WISR_PAGE(paths, props, render)
