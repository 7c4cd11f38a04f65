#define WISR_IMPLEMENTATION
#include "wisr.h"

static int paths(const wisr_input *in, wisr_paths *out) {
    wisr_add_path(out, wisr_str("/hello/ann"));
    out->fallback = WISR_BLOCKING;
    return 0;
}

static int props(const wisr_input *in, wisr_result *out) {
    wisr_request request = {.url = wisr_format("{}{}", wisr_config("api"), in->path)};
    wisr_response answer;
    const wisr_value *person;
    if (wisr_fetch_all(&request, &answer, 1)) return 1; // the reason is kept
    out->revalidate = 10;
    if (answer.status == 404) return out->not_found = true, 0;
    if (wisr_parse(answer.body, &person)) return 1;
    wisr_set_text(&out->props, "name", wisr_as_text(wisr_get(person, "name")));
    wisr_set_text(&out->props, "town", wisr_as_text(wisr_get(person, "town")));
    return 0;
}

static int render(const wisr_input *in, const wisr_value *props, wisr_buffer *out) {
    wisr_text name = wisr_as_text(wisr_get(props, "name")), town = wisr_as_text(wisr_get(props, "town"));
    wisr_html(out, "<!doctype html><html lang=\"en\"><head><title>{}</title></head>", name);
    wisr_html(out, "<body><h1>Hello, {} in {}!</h1></body></html>", name, town);
    return 0;
}

WISR_PAGE(paths, props, render)
