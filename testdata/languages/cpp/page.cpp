// The page of testdata/languages in C++17, with its standard library.
#define WISR_IMPLEMENTATION
#include "wisr.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

wisr_text text(std::string_view s) { return {s.data(), s.size()}; }
std::string_view view(wisr_text t) { return {t.at, t.size}; }

int paths(const wisr_input *, wisr_paths *out) {
    wisr_buffer params{};
    wisr_add_path(out, text("/page/plain"));
    wisr_set_text(&params, "name", text("é ☃ 😀"));
    wisr_add_params(out, &params, text(""));
    out->fallback = WISR_BLOCKING;
    return 0;
}

int props(const wisr_input *in, wisr_result *out) {
    const auto name = view(wisr_param(in, "name"));
    wisr_log(WISR_INFO, "making page {}", text(name));
    if (name == "missing"sv) {
        out->not_found = true;
        out->revalidate = 60;
        return 0;
    }
    if (name == "moved"sv) {
        out->redirect = text("/page/plain");
        out->status = 308;
        return 0;
    }
    if (name == "error"sv) return wisr_fail("the shelf is bare: {}", text("é ☃ 😀"));
    if (name == "crash"sv) return std::vector<int>{}.at(name.size()); // without exceptions it aborts

    const auto url = std::string(view(wisr_config("titles"))) + std::string(view(in->path));
    std::array<wisr_request, 2> requests{};
    std::array<wisr_response, 2> answers{};
    requests[0].url = text(url);
    requests[1].method = text("POST");
    requests[1].url = wisr_format("{}/lines", wisr_config("lines"));
    requests[1].body = text(name);
    wisr_set_text(&requests[1].headers, "Content-Type", text("text/plain; charset=utf-8"));
    const wisr_value *lines;
    if (wisr_fetch_all(requests.data(), answers.data(), requests.size()) || wisr_parse(answers[1].body, &lines))
        return 1;

    wisr_set_text(&out->props, "name", text(name));
    wisr_set_text(&out->props, "title", answers[0].body);
    wisr_set_json(&out->props, "lines", wisr_get(lines, "lines")->raw);
    wisr_set_text(&out->props, "greeting", wisr_config("greeting"));
    out->revalidate = 10;
    for (const auto tag : {"languages"sv, "séite"sv}) wisr_tag(out, text(tag));
    wisr_header(out, "Content-Security-Policy", text("default-src 'none'"));
    return 0;
}

int render(const wisr_input *, const wisr_value *props, wisr_buffer *out) {
    const auto get = [props](const char *key) { return wisr_as_text(wisr_get(props, key)); };
    wisr_html(out, R"(<!doctype html><html lang="en"><head><meta charset="utf-8"/><title>{}</title></head><body>)",
              get("title"));
    wisr_html(out, R"(<h1 title="{}">{}, {}</h1><ol>)", get("name"), get("greeting"), get("name"));
    for (auto line = wisr_first(wisr_get(props, "lines")); line; line = wisr_next(line))
        wisr_html(out, "<li>{}</li>", wisr_as_text(line));
    wisr_html(out, R"(</ol><script type="application/json">{"name":)");
    wisr_write_json(out, get("name"));
    wisr_html(out, "}</script></body></html>");
    return 0;
}

} // namespace

WISR_PAGE(paths, props, render)
