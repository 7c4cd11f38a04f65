// Memory, texts, buffers, and how text is written.

// Memory: pages of the module's own, never given back. A libc's malloc may take
// others beside them.
static char *wisr_arena, *wisr_arena_end;

#ifdef __wasm__
static char *wisr_pages(size_t size) {
    size_t before = __builtin_wasm_memory_grow(0, (size + 65535) / 65536);
    return before == (size_t)-1 ? NULL : (char *)(before * 65536);
}
#else
#include <stdlib.h>
static char *wisr_pages(size_t size) { return (char *)calloc(1, size); }
#endif

void *wisr_alloc(size_t size) {
    if (size > (size_t)1 << 31) wisr_crash(__FILE__, __LINE__, "an allocation of more than 2 GB");
    size = (size + 15) & ~(size_t)15;
    if (size > (size_t)(wisr_arena_end - wisr_arena)) {
        size_t chunk = (size + 65535) & ~(size_t)65535;
        char *got = wisr_pages(chunk);
        if (!got) wisr_crash(__FILE__, __LINE__, "out of memory: the page is over its [limits] memory");
        if (got != wisr_arena_end) wisr_arena = got;
        wisr_arena_end = got + chunk;
    }
    char *at = wisr_arena;
    wisr_arena += size;
    return at;
}

wisr_text wisr_str(const char *literal) {
    wisr_text t = {literal, 0};
    while (literal[t.size]) t.size++;
    return t;
}

static bool wisr_same(wisr_text a, wisr_text b) {
    if (a.size != b.size) return false;
    for (size_t i = 0; i < a.size; i++)
        if (a.at[i] != b.at[i]) return false;
    return true;
}

bool wisr_equal(wisr_text a, const char *b) { return wisr_same(a, wisr_str(b)); }

wisr_text wisr_written(const wisr_buffer *b) {
    wisr_text t = {b->at, b->size};
    return t;
}

void wisr_write(wisr_buffer *b, wisr_text raw) {
    if (raw.size > b->room - b->size) {
        size_t room = b->room * 2 > b->size + raw.size ? b->room * 2 : b->size + raw.size + 64;
        char *at = (char *)wisr_alloc(room);
        if (b->size) __builtin_memcpy(at, b->at, b->size);
        b->at = at, b->room = room;
    }
    if (raw.size) __builtin_memcpy(b->at + b->size, raw.at, raw.size);
    b->size += raw.size;
}

static void wisr_put(wisr_buffer *b, const char *literal) { wisr_write(b, wisr_str(literal)); }

// wisr_write_escaped copies runs of bytes that stand for themselves as a whole.
static void wisr_write_escaped(wisr_buffer *b, wisr_text text, const char *(*escape)(unsigned char)) {
    size_t from = 0;
    for (size_t i = 0; i < text.size; i++) {
        const char *instead = escape((unsigned char)text.at[i]);
        if (!instead) continue;
        wisr_text run = {text.at + from, i - from};
        wisr_write(b, run);
        wisr_put(b, instead);
        from = i + 1;
    }
    wisr_text rest = {text.at + from, text.size - from};
    wisr_write(b, rest);
}

static const char *wisr_html_escape(unsigned char c) {
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&#34;";
    case '\'': return "&#39;";
    }
    return NULL;
}

static const char *wisr_json_escape(unsigned char c) {
    static char control[7] = "\\u00";
    switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\b': return "\\b";
    case '\t': return "\\t";
    case '\n': return "\\n";
    case '\f': return "\\f";
    case '\r': return "\\r";
    }
    if (c >= 0x20 && c != '<' && c != '>' && c != '&') return NULL;
    control[4] = "0123456789abcdef"[c >> 4], control[5] = "0123456789abcdef"[c & 15];
    return control;
}

void wisr_write_html(wisr_buffer *b, wisr_text text) { wisr_write_escaped(b, text, wisr_html_escape); }

void wisr_write_json(wisr_buffer *b, wisr_text text) {
    wisr_put(b, "\"");
    wisr_write_escaped(b, text, wisr_json_escape);
    wisr_put(b, "\"");
}

void wisr_write_int(wisr_buffer *b, int64_t n) {
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (n < 0) digits[--at] = '-';
    wisr_text t = {digits + at, sizeof digits - at};
    wisr_write(b, t);
}

void wisr_fill(wisr_buffer *b, enum wisr_how how, const char *format, const wisr_text *texts, size_t count) {
    size_t used = 0;
    for (const char *from = format;; format++) {
        bool hole = format[0] == '{' && format[1] == '}';
        if (*format && !hole) continue;
        wisr_text run = {from, (size_t)(format - from)};
        wisr_write(b, run);
        if (!hole) break;
        WISR_ASSERT(used < count && "a format has more {} than there are texts");
        (how == WISR_HTML ? wisr_write_html : wisr_write)(b, texts[used++]);
        from = format + 2, format++;
    }
    WISR_ASSERT(used == count && "a format has fewer {} than there are texts");
}
