// hostile is a guest that means harm: the first byte of its input says which.
//
//   l  loop for ever
//   r  recurse for ever
//   e  recurse exponentially, without a loop
//   t  call in tail position for ever
//   m  fill all of its memory, a gigabyte if it can have it, for ever
//   g  grow until refused, then trap
//   k  allocate Extism memory until refused, then trap
//   s  write over all of Extism's memory, then use it
//   f  output_set with a length far past the memory
//   F  output_write with a length far past the memory
//   o  output a gigabyte
//   L  log 10,000 lines of a megabyte
//   w  write to standard error for ever, a gigabyte a call
//   x  exit
//   u  trap
//   z  sleep for ever, a nanosecond at a time
//   v  keep variables until refused
//   c  scribble over its own memory, and output it
//
// Anything else is output as it came.
#include "guest.h"

static u8 in[1 << 12];
static u8 large[1 << 20];
static volatile u32 zero = 0, sink = 0;

__attribute__((noinline)) static u32 recurse(u32 n) {
	if (zero) return n;
	sink = n;
	u32 r = recurse(n + 1);
	sink = r;
	return r + 1;
}

__attribute__((noinline)) static u32 fib(u32 n) {
	if (n < 2) return n;
	u32 a = fib(n - 1);
	sink = a;
	u32 b = fib(n - 2);
	sink = b;
	return a + b;
}

static u32 ping(u32 n);
__attribute__((noinline)) static u32 pong(u32 n) { __attribute__((musttail)) return ping(n ^ zero); }
__attribute__((noinline)) static u32 ping(u32 n) { __attribute__((musttail)) return pong(n + 1); }

static u32 grow(u32 pages) { return __builtin_wasm_memory_grow(0, pages) != (u32)-1; }

EXPORT("render") u32 render(void) {
	u32 size = wisr_input_read(in, sizeof in);
	switch (size ? in[0] : 0) {
	case 'l': for (;;) sink++;
	case 'r': return recurse(0);
	case 'e': return fib(90);
	case 't': return ping(1);
	case 'm': {
		u32 pages = 1 << 14;
		while (pages && !grow(pages)) pages /= 2;
		u8 *end = (u8 *)(__builtin_wasm_memory_size(0) << 16);
		for (u32 n = 0;; n++) __builtin_memset(large, (u8)n, (u32)(end - large));
	}
	case 'g': while (grow(16)) sink++; __builtin_trap();
	case 'k': while (ext_alloc(1 << 16)) sink++; __builtin_trap();
	case 's':
		for (u64 at = 1; at < 1 << 20; at += 8) ext_store_u64(at, 0xffffffffffffffff);
		output_text("scribbled");
		return 0;
	case 'f': ext_output_set(8, 1ULL << 40); return 0;
	case 'F': wisr_output_write(large, 0xf0000000); return 0;
	case 'o': for (u32 n = 0; n < 1 << 10; n++) wisr_output_write(large, sizeof large); return 0;
	case 'L': {
		u64 line = ext_alloc(1000000);
		if (!line) return 1;
		for (u32 n = 0; n < 10000; n++) {
			// The host frees the line: the next one is in its place.
			ext_log_info(line);
			line = ext_alloc(1000000);
		}
		wisr_output_write("logged", 6);
		return 0;
	}
	case 'w': {
		struct iovec *v = (struct iovec *)in;
		u32 n;
		for (u32 i = 0; i < sizeof in / sizeof *v; i++) v[i] = (struct iovec){large, sizeof large};
		for (;;) wasi_fd_write(2, v, sizeof in / sizeof *v, &n);
	}
	case 'x': wasi_proc_exit(0); return 0;
	case 'u': __builtin_trap();
	case 'z': {
		// A subscription to the monotonic clock, for a nanosecond.
		u64 sub[6] = {1, 0, 1, 1, 0, 0}, event[4];
		u32 n;
		for (;;) wasi_poll_oneoff(sub, event, 1, &n);
	}
	case 'v':
		for (u32 n = 0;; n++) {
			u64 key = block(&n, 8), value = ext_alloc(1000);
			if (!key || !value) return 1;
			ext_var_set(key, value);
		}
	case 'c':
		for (u32 i = 0; i < sizeof large; i++) large[i] ^= 0xaa;
		for (u32 i = 0; i < sizeof in; i++) in[i] ^= 0xaa;
		zero = 0xaaaaaaaa;
		wisr_output_write(large, 1000);
		return 0;
	}
	// A page that somebody scribbled over would be seen here.
	for (u32 i = 0; i < sizeof large; i += 64) if (large[i]) return 3;
	if (zero) return 4;
	wisr_output_write(in, size < sizeof in ? size : sizeof in);
	return 0;
}
