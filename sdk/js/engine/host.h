// What the shim uses of its host: functions that every guest of wisr may import. With
// WISR_EXTISM it is Extism's alone, for a host that is not wisr.
#pragma once
#include "quickjs.h"

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define EXTISM(name) IMPORT("extism:host/env", name)
#define WISR(name) IMPORT("wisr", name)
#define WASI(name) IMPORT("wasi_snapshot_preview1", name)
#define EXPORT(name) __attribute__((export_name(name)))

EXTISM("alloc") u64 ext_alloc(u64 size);
EXTISM("length") u64 ext_length(u64 block);
EXTISM("load_u8") u32 ext_load_u8(u64 at);
EXTISM("load_u64") u64 ext_load_u64(u64 at);
EXTISM("store_u8") void ext_store_u8(u64 at, u32 value);
EXTISM("store_u64") void ext_store_u64(u64 at, u64 value);
EXTISM("error_set") void ext_error_set(u64 block);
EXTISM("config_get") u64 ext_config_get(u64 key);
EXTISM("log_debug") void ext_log_debug(u64 text);
EXTISM("log_info") void ext_log_info(u64 text);
EXTISM("log_warn") void ext_log_warn(u64 text);
EXTISM("log_error") void ext_log_error(u64 text);

WASI("random_get") u32 wasi_random_get(void *at, u32 size);
WASI("poll_oneoff") u32 wasi_poll_oneoff(const void *in, void *out, u32 count, u32 *events);

// Extism keeps texts in a memory of its own, which a guest reaches eight bytes a
// call; single bytes cost a hundred times as much (LAB 5). A block is rounded up
// to eight bytes here, so that none is moved singly but the last few of a text.

// give copies bytes into a block of Extism's; 0 if there is no room.
static u64 give(const char *from, u32 size) {
	u64 block = ext_alloc(size);
	if (!block) return 0;
	u32 i = 0;
	for (; i + 8 <= size; i += 8) ext_store_u64(block + i, *(const u64 *)(from + i));
	if (i < size && size > 8) ext_store_u64(block + size - 8, *(const u64 *)(from + size - 8));
	else for (; i < size; i++) ext_store_u8(block + i, (u8)from[i]);
	return block;
}

// take copies a block of Extism's.
static void take(char *to, u64 block, u32 size) {
	u32 i = 0;
	for (; i + 8 <= size; i += 8) *(u64 *)(to + i) = ext_load_u64(block + i);
	if (i < size && size > 8) *(u64 *)(to + size - 8) = ext_load_u64(block + size - 8);
	else for (; i < size; i++) to[i] = (char)ext_load_u8(block + i);
}

#ifdef WISR_EXTISM
EXTISM("input_offset") u64 ext_input_offset(void);
EXTISM("input_length") u64 ext_input_length(void);
EXTISM("output_set") void ext_output_set(u64 block, u64 size);
EXTISM("http_request") u64 ext_http_request(u64 request, u64 body);
EXTISM("http_status_code") u32 ext_http_status_code(void);

static u32 input_size(void) { return (u32)ext_input_length(); }
static void input_read(char *to, u32 size) { take(to, ext_input_offset(), size); }

// output_write gives -1 if there is no room.
static int output_write(const char *text, u32 size) {
	u64 block = give(text, size);
	if (!block && size) return -1;
	ext_output_set(block, size);
	return 0;
}
#else
WISR("input_read") u32 wisr_input_read(void *at, u32 size);
WISR("output_write") void wisr_output_write(const void *at, u32 size);
WISR("fetch_all") u32 wisr_fetch_all(const void *at, u32 size);
WISR("fetch_read") u32 wisr_fetch_read(void *at, u32 size);

static u32 input_size(void) { return wisr_input_read(0, 0); }
static void input_read(char *to, u32 size) { wisr_input_read(to, size); }

static int output_write(const char *text, u32 size) {
	wisr_output_write(text, size);
	return 0;
}
#endif
