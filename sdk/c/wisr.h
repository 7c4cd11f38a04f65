// wisr.h: pages for wisr in C and C++.
//
// A page is three functions: which paths there are, the data of a path, and what
// it looks like. wisr runs them in a sandbox, keeps what they made, and makes it
// anew when it is too old. README.md has a whole page.
//
// Every file of a page includes this header; exactly one defines
// WISR_IMPLEMENTATION before it does. No libc is needed; with wasi-libc and in
// C++17 it works as well. Defined beside it, WISR_EXTISM moves input, output and requests
// the way of Extism alone, for hosts without wisr's own functions; with WISR_CALL
// the file gives wisr_call itself, for a language with JSON of its own.
//
// Functions that can fail return 0, or 1 after wisr_fail has kept the reason;
// pass a 1 on. Memory is never freed: every generation has a fresh instance.
#ifndef WISR_H
#define WISR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Text is UTF-8 of a known length, without a zero at the end.
typedef struct {
    const char *at;
    size_t size;
} wisr_text;

wisr_text wisr_str(const char *literal);
bool wisr_equal(wisr_text a, const char *b);

// wisr_alloc gives zeroed memory, aligned to 16 bytes.
void *wisr_alloc(size_t size);

// A buffer grows as it is written to. It starts as {0}.
typedef struct {
    char *at;
    size_t size, room;
} wisr_buffer;

wisr_text wisr_written(const wisr_buffer *b);
void wisr_write(wisr_buffer *b, wisr_text raw);
void wisr_write_html(wisr_buffer *b, wisr_text text); // escaped for text and quoted attributes
void wisr_write_json(wisr_buffer *b, wisr_text text); // a JSON string, fit for the inside of a <script>
void wisr_write_int(wisr_buffer *b, int64_t n);

// wisr_html, below, writes a format in which every {} stands for the next text,
// escaped: wisr_html(out, "<p title=\"{}\">{}</p>", a, b).
enum wisr_how { WISR_RAW, WISR_HTML };
void wisr_fill(wisr_buffer *b, enum wisr_how how, const char *format, const wisr_text *texts, size_t count);

// JSON. Whatever is not there is a null value, never a null pointer: one can ask
// on, wisr_get(wisr_get(v, "a"), "b"). Only wisr_first and wisr_next end with NULL.
enum wisr_kind { WISR_NULL, WISR_BOOL, WISR_NUMBER, WISR_STRING, WISR_LIST, WISR_OBJECT };
typedef struct wisr_value {
    enum wisr_kind kind;
    wisr_text raw;  // as it stands in the document
    wisr_text text; // of a string, decoded
    wisr_text key;  // in the object it is in
    const struct wisr_value *first, *next;
} wisr_value;

int wisr_parse(wisr_text document, const wisr_value **into);
const wisr_value *wisr_get(const wisr_value *object, const char *key);
const wisr_value *wisr_first(const wisr_value *list);
const wisr_value *wisr_next(const wisr_value *element);
wisr_text wisr_as_text(const wisr_value *v); // "" if it is no string
int64_t wisr_as_int(const wisr_value *v);    // the digits before the point; 0 if it is no number
bool wisr_as_bool(const wisr_value *v);

// The members of a JSON object, one after the other.
void wisr_set_text(wisr_buffer *object, const char *key, wisr_text text);
void wisr_set_int(wisr_buffer *object, const char *key, int64_t n);
void wisr_set_bool(wisr_buffer *object, const char *key, bool yes);
void wisr_set_json(wisr_buffer *object, const char *key, wisr_text json);

// What the functions of a page get. Nothing in it is of a visitor's request.
typedef struct {
    wisr_text route, path;     // "/blog/[slug]"; "/blog/a%20b", encoded, without locale and base path
    const wisr_value *params;  // decoded: a string each, a list for [...path]
    wisr_text locale;          // "" for a site in one language
    const wisr_value *locales; // a list
    wisr_text default_locale;
    bool draft_mode;             // an editor's preview, never cached
    wisr_text revalidate_reason; // "build", "stale", "on-demand"; for props only
    bool is_fallback;            // the shell of a page that is not ready, without props; for render only
    wisr_text cursor;            // for paths only: that of the call before
} wisr_input;

wisr_text wisr_param(const wisr_input *in, const char *name);

// What paths fills.
enum wisr_fallback { WISR_NOT_FOUND, WISR_SHELL, WISR_BLOCKING };
typedef struct {
    enum wisr_fallback
        fallback;     // what a visitor of any other path gets: 404, a shell at once, or the page after a wait
    wisr_text cursor; // not "": paths is called again with it, for more
    wisr_buffer list;
} wisr_paths;

void wisr_add_path(wisr_paths *p, wisr_text path); // as in a URL, encoded
// wisr_add_params adds a path by its parameters, members of an object that
// wisr_set_text has made. locale "" is the site's default.
void wisr_add_params(wisr_paths *p, const wisr_buffer *params, wisr_text locale);

// What props fills. Without not_found and redirect, it is a page with these props.
typedef struct {
    wisr_buffer props; // fill it with wisr_set_text and the like
    bool not_found;
    wisr_text redirect; // a path of this site or a URL
    int status;         // of the answer; with redirect 301 302 303 307 308. 0: 200, 307
    int64_t revalidate; // seconds after which the page is made anew; 0: on demand only
    int64_t expire;     // seconds past which a visitor waits for a fresh page; 0: the site's setting
    wisr_buffer tags, headers;
} wisr_result;

void wisr_tag(wisr_result *r, wisr_text tag);
void wisr_header(wisr_result *r, const char *name, wisr_text value);

// A page. Without props, render gets {}. Without paths, the route has no parameters.
typedef struct {
    int (*paths)(const wisr_input *in, wisr_paths *out);
    int (*props)(const wisr_input *in, wisr_result *out);
    int (*render)(const wisr_input *in, const wisr_value *props, wisr_buffer *out);
} wisr_page;
extern const wisr_page wisr_registered;

// The host. wisr_config is "" for what is not in [config] of plugin.toml.
wisr_text wisr_config(const char *key);
enum wisr_level { WISR_DEBUG, WISR_INFO, WISR_WARN, WISR_ERROR };
void wisr_log_text(enum wisr_level level, wisr_text text);

typedef struct {
    wisr_text method, url, body; // method "": GET
    wisr_buffer headers;         // wisr_set_text(&r.headers, "accept", …)
} wisr_request;
typedef struct {
    int status;                // 0: there was no answer, see error
    const wisr_value *headers; // names in lower case
    wisr_text body, error;
} wisr_response;

// wisr_fetch_all makes requests at the same time; the answers come in their
// order. A status like 404 is an answer. It fails if any had none. What [fetch] allow
// of plugin.toml does not list ends the generation there and then.
int wisr_fetch_all(const wisr_request *requests, wisr_response *answers, size_t count);

// wisr_error is the reason that wisr_fail kept last.
wisr_text wisr_error(void);
int wisr_fail_text(wisr_text reason);
// wisr_crash is for what cannot be: it ends the generation with a stack.
void wisr_crash(const char *file, int line, const char *what) __attribute__((noreturn));
#define WISR_ASSERT(yes) ((yes) ? (void)0 : wisr_crash(__FILE__, __LINE__, #yes))

// wisr_call runs "getStaticPaths", "getStaticProps" or "render" on the JSON that
// wisr would send. The exports are this function; tests call it, too.
int wisr_call(const char *function, wisr_text input, wisr_buffer *output);

#ifndef __wasm__
// Where a page runs as an ordinary program, in its tests, these answer it.
extern struct wisr_host {
    wisr_text (*config)(const char *key);
    int (*fetch)(const wisr_request *request, wisr_response *answer);
    void (*log)(enum wisr_level level, wisr_text text);
} wisr_host;
#endif

#ifdef __cplusplus
}
template <typename... T> inline void wisr_html(wisr_buffer *b, const char *format, T... texts) {
    const wisr_text list[] = {wisr_text{nullptr, 0}, texts...};
    wisr_fill(b, WISR_HTML, format, list + 1, sizeof...(texts));
}
template <typename... T> inline wisr_text wisr_format(const char *format, T... texts) {
    const wisr_text list[] = {wisr_text{nullptr, 0}, texts...};
    wisr_buffer b = {nullptr, 0, 0};
    wisr_fill(&b, WISR_RAW, format, list + 1, sizeof...(texts));
    return wisr_written(&b);
}
#define WISR_PAGE(paths, props, render) extern "C" const wisr_page wisr_registered = {paths, props, render};
#else
static inline wisr_text wisr_formatted(const char *format, const wisr_text *texts, size_t count) {
    wisr_buffer b = {0};
    wisr_fill(&b, WISR_RAW, format, texts, count);
    return wisr_written(&b);
}
#define WISR_TEXTS(...)                                                                                                \
    (const wisr_text[]){{0, 0}, ##__VA_ARGS__} + 1,                                                                    \
        sizeof((const wisr_text[]){{0, 0}, ##__VA_ARGS__}) / sizeof(wisr_text) - 1
#define wisr_html(b, format, ...) wisr_fill(b, WISR_HTML, format, WISR_TEXTS(__VA_ARGS__))
#define wisr_format(format, ...) wisr_formatted(format, WISR_TEXTS(__VA_ARGS__))
#define WISR_PAGE(paths, props, render) const wisr_page wisr_registered = {paths, props, render};
#endif
// Both take a format in which {} stands for the next text.
#define wisr_log(level, ...) wisr_log_text(level, wisr_format(__VA_ARGS__))
#define wisr_fail(...) wisr_fail_text(wisr_format(__VA_ARGS__))

#endif // WISR_H

#ifdef WISR_IMPLEMENTATION
#undef WISR_IMPLEMENTATION
#include "src/text.c"
#include "src/host.c"
#include "src/json.c"
#include "src/fetch.c"
#ifndef WISR_CALL
#include "src/call.c"
#endif
#endif
