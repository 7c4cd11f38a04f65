// The host: what the module asks of it, in its Wasm and in its native shape.

static wisr_text wisr_reason;

wisr_text wisr_error(void) { return wisr_reason; }

int wisr_fail_text(wisr_text reason) {
    wisr_reason = reason;
    return 1;
}

#ifdef __wasm__
#define WISR_IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define WISR_EXTISM_IMPORT(name) WISR_IMPORT("extism:host/env", name)

// Extism's. A uint64_t is the handle of a block in the memory of its kernel; 0 is
// none. length_unsafe is asked only about blocks that the host has just given.
WISR_EXTISM_IMPORT("alloc") uint64_t wisr_ext_alloc(uint64_t size);
WISR_EXTISM_IMPORT("free") void wisr_ext_free(uint64_t block);
WISR_EXTISM_IMPORT("length_unsafe") uint64_t wisr_ext_length(uint64_t block);
WISR_EXTISM_IMPORT("load_u8") uint32_t wisr_ext_load_u8(uint64_t at);
WISR_EXTISM_IMPORT("load_u64") uint64_t wisr_ext_load_u64(uint64_t at);
WISR_EXTISM_IMPORT("store_u8") void wisr_ext_store_u8(uint64_t at, uint32_t value);
WISR_EXTISM_IMPORT("store_u64") void wisr_ext_store_u64(uint64_t at, uint64_t value);
WISR_EXTISM_IMPORT("error_set") void wisr_ext_error_set(uint64_t block);
WISR_EXTISM_IMPORT("config_get") uint64_t wisr_ext_config_get(uint64_t key);
WISR_EXTISM_IMPORT("log_debug") void wisr_ext_log_debug(uint64_t text);
WISR_EXTISM_IMPORT("log_info") void wisr_ext_log_info(uint64_t text);
WISR_EXTISM_IMPORT("log_warn") void wisr_ext_log_warn(uint64_t text);
WISR_EXTISM_IMPORT("log_error") void wisr_ext_log_error(uint64_t text);

// A call moves 1 or 8 bytes, and 8 are the cheaper: the last 8 overlap those
// before, and only what is shorter goes singly.
static uint64_t wisr_word(const char *at) {
    uint64_t word;
    __builtin_memcpy(&word, at, 8);
    return word;
}

// wisr_give makes a block with a copy of the text. It is 0 for "", and without room.
static uint64_t wisr_give(wisr_text t) {
    uint64_t block = t.size ? wisr_ext_alloc(t.size) : 0;
    if (!block) return 0;
    for (size_t i = 0; i < t.size && t.size < 8; i++) wisr_ext_store_u8(block + i, (uint8_t)t.at[i]);
    for (size_t i = 0; i + 8 <= t.size; i += 8) wisr_ext_store_u64(block + i, wisr_word(t.at + i));
    if (t.size >= 8) wisr_ext_store_u64(block + t.size - 8, wisr_word(t.at + t.size - 8));
    return block;
}

static wisr_text wisr_load(uint64_t from, size_t size) {
    char *at = (char *)wisr_alloc(size);
    for (size_t i = 0; i < size && size < 8; i++) at[i] = (char)wisr_ext_load_u8(from + i);
    for (size_t i = 0; size >= 8; i = i + 16 <= size ? i + 8 : size - 8) {
        uint64_t word = wisr_ext_load_u64(from + i);
        __builtin_memcpy(at + i, &word, 8);
        if (i + 8 == size) break;
    }
    wisr_text t = {at, size};
    return t;
}

// wisr_take_block copies a block that the host gave, and frees it.
static wisr_text wisr_take_block(uint64_t block) {
    wisr_text t = {NULL, 0};
    if (!block) return t;
    t = wisr_load(block, wisr_ext_length(block));
    wisr_ext_free(block);
    return t;
}

wisr_text wisr_config(const char *key) {
    uint64_t block = wisr_give(wisr_str(key));
    wisr_text value = wisr_take_block(wisr_ext_config_get(block));
    wisr_ext_free(block);
    return value;
}

void wisr_log_text(enum wisr_level level, wisr_text text) {
    uint64_t block = wisr_give(text); // the host frees it
    if (!block) return;
    switch (level) {
    case WISR_DEBUG: wisr_ext_log_debug(block); break;
    case WISR_INFO: wisr_ext_log_info(block); break;
    case WISR_WARN: wisr_ext_log_warn(block); break;
    case WISR_ERROR: wisr_ext_log_error(block); break;
    }
}

static void wisr_tell(wisr_text reason) { wisr_ext_error_set(wisr_give(reason)); }

void wisr_crash(const char *file, int line, const char *what) {
    char digits[32]; // no wisr_alloc here: it may be what crashes
    wisr_buffer place = {digits, 0, sizeof digits};
    wisr_write_int(&place, line);
    static char text[512];
    wisr_buffer b = {text, 0, sizeof text};
    const wisr_text parts[] = {wisr_str(file), {":", 1}, wisr_written(&place), {": ", 2}, wisr_str(what)};
    for (size_t i = 0; i < 5; i++)
        if (parts[i].size < b.room - b.size) wisr_write(&b, parts[i]);
    wisr_tell(wisr_written(&b));
    __builtin_trap();
}

#ifdef WISR_EXTISM
WISR_EXTISM_IMPORT("input_offset") uint64_t wisr_ext_input_offset(void);
WISR_EXTISM_IMPORT("input_length") uint64_t wisr_ext_input_length(void);
WISR_EXTISM_IMPORT("output_set") void wisr_ext_output_set(uint64_t at, uint64_t size);

static wisr_text wisr_read_input(void) { return wisr_load(wisr_ext_input_offset(), wisr_ext_input_length()); }
static void wisr_write_output(wisr_text t) { wisr_ext_output_set(wisr_give(t), t.size); }
#else
WISR_IMPORT("wisr", "input_read") uint32_t wisr_input_read(void *at, uint32_t size);
WISR_IMPORT("wisr", "output_write") void wisr_output_write(const void *at, uint32_t size);

static wisr_text wisr_read_input(void) {
    uint32_t size = wisr_input_read(NULL, 0);
    char *at = (char *)wisr_alloc(size);
    wisr_input_read(at, size);
    wisr_text t = {at, size};
    return t;
}
static void wisr_write_output(wisr_text t) { wisr_output_write(t.at, t.size); }
#endif

static int32_t wisr_export(const char *function) {
    wisr_buffer output = {NULL, 0, 0};
    if (wisr_call(function, wisr_read_input(), &output)) return wisr_tell(wisr_reason), 1;
    wisr_write_output(wisr_written(&output));
    return 0;
}

__attribute__((export_name("getStaticPaths"))) int32_t wisr_export_paths(void) { return wisr_export("getStaticPaths"); }
__attribute__((export_name("getStaticProps"))) int32_t wisr_export_props(void) { return wisr_export("getStaticProps"); }
__attribute__((export_name("render"))) int32_t wisr_export_render(void) { return wisr_export("render"); }

#else // a program on the author's machine
#include <stdio.h>
#include <stdlib.h>

struct wisr_host wisr_host;

wisr_text wisr_config(const char *key) { return wisr_host.config ? wisr_host.config(key) : wisr_str(""); }

void wisr_log_text(enum wisr_level level, wisr_text text) {
    static const char *const names[] = {"debug", "info", "warn", "error"};
    if (wisr_host.log)
        wisr_host.log(level, text);
    else
        fprintf(stderr, "%s: %.*s\n", names[level], (int)text.size, text.at);
}

void wisr_crash(const char *file, int line, const char *what) {
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    abort();
}
#endif
