/// The page of testdata/languages in D (-betterC). Below it is wisr.h of sdk/c,
/// whose functions are declared here as far as the page calls them.
module page;

extern (C) @nogc nothrow:

struct Text
{
    const(char)* at;
    size_t size;
}

struct Buffer
{
    char* at;
    size_t size, room;
}

struct Value
{
    int kind;
    Text raw, text, key;
    const(Value)* first, next;
}

struct Input
{
    Text route, path;
    const(Value)* params;
    Text locale;
    const(Value)* locales;
    Text defaultLocale;
    bool draftMode;
    Text revalidateReason;
    bool isFallback;
    Text cursor;
}

struct Paths
{
    int fallback;
    Text cursor;
    Buffer list;
}

struct Result
{
    Buffer props;
    bool notFound;
    Text redirect;
    int status;
    long revalidate, expire;
    Buffer tags, headers;
}

struct Request
{
    Text method, url, body_;
    Buffer headers;
}

struct Response
{
    int status;
    const(Value)* headers;
    Text body_, error;
}

struct Page
{
    int function(const Input*, Paths*) @nogc nothrow paths;
    int function(const Input*, Result*) @nogc nothrow props;
    int function(const Input*, const Value*, Buffer*) @nogc nothrow render;
}

void wisr_write(Buffer*, Text);
void wisr_write_html(Buffer*, Text);
void wisr_write_json(Buffer*, Text);
int wisr_parse(Text, const(Value)**);
const(Value)* wisr_get(const Value*, const char*);
Text wisr_param(const Input*, const char*);
void wisr_set_text(Buffer*, const char*, Text);
void wisr_set_json(Buffer*, const char*, Text);
void wisr_add_path(Paths*, Text);
void wisr_add_params(Paths*, const Buffer*, Text);
void wisr_tag(Result*, Text);
void wisr_header(Result*, const char*, Text);
Text wisr_config(const char*);
void wisr_log_text(int, Text);
int wisr_fail_text(Text);
int wisr_fetch_all(const Request*, Response*, size_t);
void wisr_crash(const char*, int, const char*);

/// What D calls when a check of its own fails, such as an index out of range.
void __assert(const char* what, const char* file, int line)
{
    wisr_crash(file, line, what);
}

__gshared immutable Page wisr_registered = Page(&paths, &props, &render);

private:

const(char)[] chars(const Text t)
{
    return t.at[0 .. t.size];
}

Text text(const(char)[] s)
{
    return Text(s.ptr, s.length);
}

Text join(Text a, const(char)[] b)
{
    Buffer all;
    wisr_write(&all, a);
    wisr_write(&all, b.text);
    return Text(all.at, all.size);
}

int paths(const Input*, Paths* result)
{
    Buffer params;
    wisr_add_path(result, "/page/plain".text);
    wisr_set_text(&params, "name", "é ☃ 😀".text);
    wisr_add_params(result, &params, Text());
    result.fallback = 2; // blocking
    return 0;
}

int props(const Input* input, Result* result)
{
    const name = wisr_param(input, "name");
    wisr_log_text(1, join("making page ".text, name.chars));
    switch (name.chars)
    {
    case "missing":
        result.notFound = true;
        result.revalidate = 60;
        return 0;
    case "moved":
        result.redirect = "/page/plain".text;
        result.status = 308;
        return 0;
    case "error":
        return wisr_fail_text("the shelf is bare: é ☃ 😀".text);
    case "crash":
        return "locales"[name.size + 5];
    default:
    }

    Request[2] requests;
    Response[2] answers;
    const(Value)* lines;
    requests[0].url = join(wisr_config("titles"), input.path.chars);
    requests[1].url = join(wisr_config("lines"), "/lines");
    requests[1].method = "POST".text;
    requests[1].body_ = name;
    wisr_set_text(&requests[1].headers, "Content-Type", "text/plain; charset=utf-8".text);
    if (wisr_fetch_all(requests.ptr, answers.ptr, requests.length) || wisr_parse(answers[1].body_, &lines))
        return 1;

    wisr_set_text(&result.props, "name", name);
    wisr_set_text(&result.props, "title", answers[0].body_);
    wisr_set_json(&result.props, "lines", wisr_get(lines, "lines").raw);
    wisr_set_text(&result.props, "greeting", wisr_config("greeting"));
    result.revalidate = 10;
    wisr_tag(result, "languages".text);
    wisr_tag(result, "séite".text);
    wisr_header(result, "Content-Security-Policy", "default-src 'none'".text);
    return 0;
}

int render(const Input*, const Value* props, Buffer* page)
{
    const name = wisr_get(props, "name").text;
    void raw(const(char)[] html) { wisr_write(page, html.text); }
    raw(`<!doctype html><html lang="en"><head><meta charset="utf-8"/><title>`);
    wisr_write_html(page, wisr_get(props, "title").text);
    raw(`</title></head><body><h1 title="`);
    wisr_write_html(page, name);
    raw(`">`);
    wisr_write_html(page, wisr_get(props, "greeting").text);
    raw(`, `);
    wisr_write_html(page, name);
    raw(`</h1><ol>`);
    for (const(Value)* line = wisr_get(props, "lines").first; line; line = line.next)
    {
        raw(`<li>`);
        wisr_write_html(page, line.text);
        raw(`</li>`);
    }
    raw(`</ol><script type="application/json">{"name":`);
    wisr_write_json(page, name);
    raw(`}</script></body></html>`);
    return 0;
}
