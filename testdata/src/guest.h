// What the fixtures share: Extism's and WASI's imports, and moving text
// between the guest's memory and Extism's.
//
// Extism keeps input, output and messages in a memory of its own. A guest
// reaches it through calls, eight bytes each (load_u64, store_u64); the calls
// for single bytes cost a hundred times as much and are used only for what is
// shorter than eight.
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define EXTISM(name) IMPORT("extism:host/env", name)
#define WASI(name) IMPORT("wasi_snapshot_preview1", name)
#define EXPORT(name) __attribute__((export_name(name)))

EXTISM("alloc") u64 ext_alloc(u64 size);
EXTISM("free") void ext_free(u64 block);
EXTISM("length") u64 ext_length(u64 block);
EXTISM("load_u8") u8 ext_load_u8(u64 at);
EXTISM("load_u64") u64 ext_load_u64(u64 at);
EXTISM("store_u8") void ext_store_u8(u64 at, u8 value);
EXTISM("store_u64") void ext_store_u64(u64 at, u64 value);
EXTISM("input_offset") u64 ext_input_offset(void);
EXTISM("input_length") u64 ext_input_length(void);
EXTISM("output_set") void ext_output_set(u64 at, u64 size);
EXTISM("error_set") void ext_error_set(u64 block);
EXTISM("config_get") u64 ext_config_get(u64 key);
EXTISM("var_get") u64 ext_var_get(u64 key);
EXTISM("var_set") void ext_var_set(u64 key, u64 value);
EXTISM("http_request") u64 ext_http_request(u64 request, u64 body);
EXTISM("http_status_code") u32 ext_http_status_code(void);
EXTISM("http_headers") u64 ext_http_headers(void);
EXTISM("get_log_level") u32 ext_get_log_level(void);
EXTISM("log_trace") void ext_log_trace(u64 text);
EXTISM("log_debug") void ext_log_debug(u64 text);
EXTISM("log_info") void ext_log_info(u64 text);
EXTISM("log_warn") void ext_log_warn(u64 text);
EXTISM("log_error") void ext_log_error(u64 text);

WASI("proc_exit") void wasi_proc_exit(u32 code);
WASI("clock_time_get") u32 wasi_clock_time_get(u32 id, u64 precision, u64 *time);
WASI("random_get") u32 wasi_random_get(void *at, u32 size);
WASI("poll_oneoff") u32 wasi_poll_oneoff(const void *in, void *out, u32 count, u32 *events);
WASI("fd_write") u32 wasi_fd_write(u32 fd, const void *iovs, u32 count, u32 *written);

// wisr's own, which copy from and to the guest's memory.
#define WISR(name) IMPORT("wisr", name)
WISR("input_read") u32 wisr_input_read(void *at, u32 size);
WISR("output_write") void wisr_output_write(const void *at, u32 size);
WISR("fetch_all") u32 wisr_fetch_all(const void *at, u32 size);
WISR("fetch_read") u32 wisr_fetch_read(void *at, u32 size);

struct iovec { void *at; u32 size; };

// -fno-builtin keeps clang from calling functions that are not there.
static u32 text_length(const char *s) {
	u32 n = 0;
	while (s[n]) n++;
	return n;
}

// store copies size bytes to Extism's memory; load the other way.
static void store(u64 to, const void *from, u64 size) {
	const u8 *p = from;
	if (size < 8) {
		for (u64 i = 0; i < size; i++) ext_store_u8(to + i, p[i]);
		return;
	}
	u64 i = 0;
	for (; i + 8 <= size; i += 8) ext_store_u64(to + i, *(const u64 *)(p + i));
	// The tail is one step that overlaps the one before.
	if (i < size) ext_store_u64(to + size - 8, *(const u64 *)(p + size - 8));
}

static void load(void *to, u64 from, u64 size) {
	u8 *p = to;
	if (size < 8) {
		for (u64 i = 0; i < size; i++) p[i] = ext_load_u8(from + i);
		return;
	}
	u64 i = 0;
	for (; i + 8 <= size; i += 8) *(u64 *)(p + i) = ext_load_u64(from + i);
	if (i < size) *(u64 *)(p + size - 8) = ext_load_u64(from + size - 8);
}

// block makes a block of Extism's memory with a copy of the bytes. 0 if there
// is no room, or nothing to copy.
static u64 block(const void *from, u64 size) {
	u64 b = ext_alloc(size);
	if (b) store(b, from, size);
	return b;
}

static u64 text(const char *s) { return block(s, text_length(s)); }

static void output(const void *from, u64 size) { ext_output_set(block(from, size), size); }
static void output_text(const char *s) { output(s, text_length(s)); }

// A little text under construction.
struct buffer { char *at; u32 size, cap; };

static void add(struct buffer *b, const char *s, u32 size) {
	for (u32 i = 0; i < size && b->size < b->cap; i++) b->at[b->size++] = s[i];
}
static void add_text(struct buffer *b, const char *s) { add(b, s, text_length(s)); }
static void add_block(struct buffer *b, u64 from) {
	u64 size = ext_length(from);
	if (size > b->cap - b->size) size = b->cap - b->size;
	load(b->at + b->size, from, size);
	b->size += size;
}
static void add_number(struct buffer *b, u64 n) {
	char digits[20];
	u32 i = 20;
	do digits[--i] = '0' + n % 10; while (n /= 10);
	add(b, digits + i, 20 - i);
}

// number reads a decimal number and moves *s behind it and one space.
static u64 number(const char **s) {
	u64 n = 0;
	while (**s >= '0' && **s <= '9') n = n * 10 + (u64)(*(*s)++ - '0');
	if (**s == ' ') (*s)++;
	return n;
}

// config reads a key of the plugin's configuration, 0 if there is none.
static u32 config(const char *key, char *to, u32 cap) {
	u64 value = ext_config_get(text(key));
	if (!value) return 0;
	struct buffer b = {to, 0, cap - 1};
	add_block(&b, value);
	to[b.size] = 0;
	return b.size;
}
