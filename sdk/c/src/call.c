// The three functions of the page contract: JSON in, JSON or the body out.

wisr_text wisr_param(const wisr_input *in, const char *name) { return wisr_as_text(wisr_get(in->params, name)); }

static void wisr_add(wisr_buffer *list, wisr_text json) {
    if (list->size) wisr_put(list, ",");
    wisr_write(list, json);
}

static wisr_text wisr_quoted(wisr_text text) {
    wisr_buffer b = {NULL, 0, 0};
    wisr_write_json(&b, text);
    return wisr_written(&b);
}

void wisr_add_path(wisr_paths *p, wisr_text path) { wisr_add(&p->list, wisr_quoted(path)); }

void wisr_add_params(wisr_paths *p, const wisr_buffer *params, wisr_text locale) {
    wisr_buffer one = {NULL, 0, 0};
    wisr_set_json(&one, "params", wisr_format("{{}}", wisr_written(params)));
    if (locale.size) wisr_set_text(&one, "locale", locale);
    wisr_add(&p->list, wisr_format("{{}}", wisr_written(&one)));
}

void wisr_tag(wisr_result *r, wisr_text tag) { wisr_add(&r->tags, wisr_quoted(tag)); }
void wisr_header(wisr_result *r, const char *name, wisr_text value) { wisr_set_text(&r->headers, name, value); }

static void wisr_encode_paths(wisr_paths *p, wisr_buffer *out) {
    static const char *const fallback[] = {"false", "true", "\"blocking\""};
    wisr_buffer all = {NULL, 0, 0};
    wisr_set_json(&all, "paths", wisr_format("[{}]", wisr_written(&p->list)));
    wisr_set_json(&all, "fallback", wisr_str(fallback[p->fallback]));
    if (p->cursor.size) wisr_set_text(&all, "cursor", p->cursor);
    wisr_write(out, wisr_format("{{}}", wisr_written(&all)));
}

// wisr_encode_result leaves it to wisr to check what it says: not_found beside a redirect, say.
static void wisr_encode_result(wisr_result *r, wisr_buffer *out) {
    wisr_buffer all = {NULL, 0, 0}, to = {NULL, 0, 0};
    if (r->not_found) wisr_set_bool(&all, "notFound", true);
    if (r->redirect.size) {
        wisr_set_text(&to, "destination", r->redirect);
        wisr_set_int(&to, "statusCode", r->status ? r->status : 307);
        wisr_set_json(&all, "redirect", wisr_format("{{}}", wisr_written(&to)));
    } else {
        if (!r->not_found) wisr_set_json(&all, "props", wisr_format("{{}}", wisr_written(&r->props)));
        if (r->status) wisr_set_int(&all, "status", r->status);
    }
    if (r->revalidate) wisr_set_int(&all, "revalidate", r->revalidate);
    if (r->expire) wisr_set_int(&all, "expire", r->expire);
    if (r->tags.size) wisr_set_json(&all, "tags", wisr_format("[{}]", wisr_written(&r->tags)));
    if (r->headers.size) wisr_set_json(&all, "headers", wisr_format("{{}}", wisr_written(&r->headers)));
    wisr_write(out, wisr_format("{{}}", wisr_written(&all)));
}

int wisr_call(const char *function, wisr_text input, wisr_buffer *output) {
    const wisr_page *page = &wisr_registered;
    const wisr_value *v;
    if (wisr_parse(input, &v)) return 1;
    wisr_input in;
    in.route = wisr_as_text(wisr_get(v, "route"));
    in.path = wisr_as_text(wisr_get(v, "path"));
    in.params = wisr_get(v, "params");
    in.locale = wisr_as_text(wisr_get(v, "locale"));
    in.locales = wisr_get(v, "locales");
    in.default_locale = wisr_as_text(wisr_get(v, "defaultLocale"));
    in.draft_mode = wisr_as_bool(wisr_get(v, "draftMode"));
    in.revalidate_reason = wisr_as_text(wisr_get(v, "revalidateReason"));
    in.is_fallback = wisr_as_bool(wisr_get(v, "isFallback"));
    in.cursor = wisr_as_text(wisr_get(v, "cursor"));

    wisr_fail_text(wisr_str("the function returned 1 without wisr_fail"));
    if (wisr_equal(wisr_str(function), "getStaticPaths")) {
        wisr_paths paths = {WISR_NOT_FOUND, {NULL, 0}, {NULL, 0, 0}};
        if (!page->paths)
            return wisr_fail("the route {} has parameters: give WISR_PAGE a function that tells which paths there are",
                             in.route);
        if (page->paths(&in, &paths)) return 1;
        wisr_encode_paths(&paths, output);
        return 0;
    }
    if (wisr_equal(wisr_str(function), "getStaticProps")) {
        wisr_result result;
        __builtin_memset(&result, 0, sizeof result);
        if (page->props && page->props(&in, &result)) return 1;
        wisr_encode_result(&result, output);
        return 0;
    }
    return page->render(&in, wisr_get(v, "props"), output);
}
