// relay is a page module that does what an upstream says, the bad things too.
//
// With the config key "upstream" (a base URL), getStaticPaths posts its input
// to {upstream}/paths, getStaticProps to {upstream}/props, render to
// {upstream}/render; with the key "method" it GETs there. The answer's status says
// what to do with its body:
//
//   200  output the body, return 0
//   500  error_set(body), return 1
//   507  return 7 and nothing else
//   508  error_set(body), then trap
//   601  unreachable
//   602  loop for ever
//   603  recurse for ever
//   604  memory.grow until refused, then trap
//   605  proc_exit(body as a number)
//   606  output_set with a length far past the memory
//   607  output as many zero bytes as the body says
//   608  body "N SIZE": log N lines of SIZE bytes, then output "logged"
//   609  divide an integer by zero
//   610  exponential recursion without a loop
//   611  allocate Extism memory until refused, then trap
//   612  load out of bounds
//   613  return 0 without any output
//   614  indirect call with the wrong type
//   615  body "ADDRESS VALUE": store_u64 anywhere in Extism's memory, then output "stored";
//        with " 1" at the end no output
//   616  write the body to standard error, then trap
//   617  sleep as many milliseconds as the body says, then output "slept"
//   618  output what variable "last" holds, or "none", and set it to the body
//   619  set a variable to as many bytes as the body says, then output "kept"
//   620  log the body at every level, then output get_log_level
//   621  output "REALTIME MONOTONIC RANDOM": nanoseconds, and 16 random bytes as hex
//   622  error_set(body), return 0
//   623  the body is a request for http_request: output "STATUS HEADERS\n" and its body
//   624  write the body to standard output and to standard error, then output "written"
//   625  memory.grow by as many pages as the body says, then output "grown" or "refused"
//   626  write to standard error for ever, half a gigabyte a call
//
// Any other status is an error that names it. Without "upstream" there are no
// paths (fallback "blocking"), no props, and a body that says relay.
#include "guest.h"

static char buf[1 << 16];
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

static u32 wants_two(u32 a, u32 b) { return a + b + sink; }
static void *volatile wrong = (void *)wants_two;

static void sleep_ms(u64 ms) {
	// One subscription (48 bytes): a clock, relative.
	struct { u64 data; u8 tag, pad[7]; u32 id, pad2; u64 timeout, precision; u16 flags, pad3[3]; } in = {0};
	u8 event[32];
	u32 n;
	in.id = 1;
	in.timeout = ms * 1000000;
	wasi_poll_oneoff(&in, event, 1, &n);
}

static void print(u32 fd, const char *s, u32 size) {
	struct iovec v = {(void *)s, size};
	u32 n;
	wasi_fd_write(fd, &v, 1, &n);
}

static u32 obey(u32 status, u64 body) {
	struct buffer b = {buf, 0, sizeof buf - 1};
	if (status == 200) {
		ext_output_set(body, ext_length(body));
		return 0;
	}
	add_block(&b, body);
	buf[b.size] = 0;
	const char *s = buf;
	switch (status) {
	case 500: ext_error_set(body); return 1;
	case 507: return 7;
	case 508: ext_error_set(body); __builtin_trap();
	case 601: __builtin_trap();
	case 602: for (;;) sink++;
	case 603: return recurse(0);
	case 604:
		while (__builtin_wasm_memory_grow(0, 16) != (u32)-1) {}
		__builtin_trap();
	case 605: wasi_proc_exit(number(&s)); return 0;
	case 606: ext_output_set(body, 1ull << 40); return 0;
	case 607: {
		u64 n = number(&s), out = ext_alloc(n);
		if (!out) __builtin_trap();
		ext_output_set(out, n);
		return 0;
	}
	case 608: {
		u64 n = number(&s), size = number(&s);
		for (u32 i = 0; i < sizeof buf; i++) buf[i] = 'x';
		for (u64 i = 0; i < n; i++) {
			u64 line = ext_alloc(size);
			struct buffer head = {buf, 0, 20};
			add_number(&head, i);
			store(line, buf, size < sizeof buf ? size : sizeof buf);
			ext_log_info(line);
		}
		output_text("logged");
		return 0;
	}
	case 609: return (100 + sink) / zero;
	case 610: return fib(90);
	case 611:
		while (ext_alloc(1 << 20)) {}
		__builtin_trap();
	case 612: return *(volatile u32 *)(0xfffffff0 - zero);
	case 613: return 0;
	case 614: return ((u32(*)(u64))wrong)(1);
	case 615: {
		u64 at = number(&s), value = number(&s);
		ext_store_u64(at, value);
		if (!number(&s)) output_text("stored");
		return 0;
	}
	case 616: print(2, buf, b.size); __builtin_trap();
	case 617: sleep_ms(number(&s)); output_text("slept"); return 0;
	case 618: {
		u64 last = ext_var_get(text("last"));
		if (last) ext_output_set(last, ext_length(last));
		else output_text("none");
		ext_var_set(text("last"), body);
		return 0;
	}
	case 619: ext_var_set(text("big"), ext_alloc(number(&s))); output_text("kept"); return 0;
	case 620: {
		u32 n = b.size;
		ext_log_trace(block(s, n));
		ext_log_debug(block(s, n));
		ext_log_info(block(s, n));
		ext_log_warn(block(s, n));
		ext_log_error(block(s, n));
		b.size = 0;
		add_number(&b, ext_get_log_level());
		output(b.at, b.size);
		return 0;
	}
	case 621: {
		u64 real = 0, mono = 0;
		u8 random[16];
		wasi_clock_time_get(0, 1, &real);
		wasi_clock_time_get(1, 1, &mono);
		wasi_random_get(random, sizeof random);
		b.size = 0;
		add_number(&b, real);
		add_text(&b, " ");
		add_number(&b, mono);
		add_text(&b, " ");
		for (u32 i = 0; i < sizeof random; i++) {
			add(&b, &"0123456789abcdef"[random[i] >> 4], 1);
			add(&b, &"0123456789abcdef"[random[i] & 15], 1);
		}
		output(b.at, b.size);
		return 0;
	}
	case 622: ext_error_set(body); return 0;
	case 623: {
		u64 answer = ext_http_request(body, 0);
		b.size = 0;
		add_number(&b, ext_http_status_code());
		add_text(&b, " ");
		add_block(&b, ext_http_headers());
		add_text(&b, "\n");
		if (answer) add_block(&b, answer);
		output(b.at, b.size);
		return 0;
	}
	case 624: print(1, buf, b.size); print(2, buf, b.size); output_text("written"); return 0;
	case 626: {
		struct iovec *v = (struct iovec *)buf;
		u32 n;
		for (u32 i = 0; i < sizeof buf / sizeof *v; i++) v[i] = (struct iovec){buf, sizeof buf};
		for (;;) wasi_fd_write(2, v, sizeof buf / sizeof *v, &n);
	}
	case 625: output_text(__builtin_wasm_memory_grow(0, number(&s)) == (u32)-1 ? "refused" : "grown"); return 0;
	}
	b.size = 0;
	add_text(&b, "relay: the upstream answered ");
	add_number(&b, status);
	ext_error_set(block(b.at, b.size));
	return 1;
}

static u32 ask(const char *what, const char *otherwise) {
	char upstream[256];
	if (!config("upstream", upstream, sizeof upstream)) {
		output_text(otherwise);
		return 0;
	}
	char method[8];
	int get = config("method", method, sizeof method); // GET alone is worth a word
	struct buffer b = {buf, 0, sizeof buf};
	add_text(&b, get ? "{\"method\":\"GET\",\"url\":\"" : "{\"method\":\"POST\",\"url\":\"");
	add_text(&b, upstream);
	add_text(&b, what);
	add_text(&b, get ? "\"}" : "\",\"headers\":{\"content-type\":\"application/json\"}}");
	u64 body = ext_http_request(block(b.at, b.size), get ? 0 : ext_input_offset());
	return obey(ext_http_status_code(), body);
}

EXPORT("getStaticPaths") u32 paths(void) { return ask("/paths", "{\"paths\":[],\"fallback\":\"blocking\"}"); }
EXPORT("getStaticProps") u32 props(void) { return ask("/props", "{\"props\":{}}"); }
EXPORT("render") u32 render(void) { return ask("/render", "<!doctype html><title>relay</title>"); }
