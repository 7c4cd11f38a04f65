// small is a module of ten thousand small pages: /p/0 to /p/9999, for a route
// such as /p/[n].
#include "guest.h"

static u8 in[1 << 14], out[1 << 18];
static u32 written;

static void put(const char *s) { while (*s) out[written++] = (u8)*s++; }

static void put_number(u32 n) {
	u8 digits[10];
	u32 k = 0;
	do digits[k++] = (u8)('0' + n % 10); while (n /= 10);
	while (k) out[written++] = digits[--k];
}

static u32 done(void) {
	wisr_output_write(out, written);
	written = 0;
	return 0;
}

// asked is the value of the parameter n.
static u32 asked(void) {
	u32 size = wisr_input_read(in, sizeof in);
	for (u32 i = 0; i + 5 < size && i + 5 < sizeof in; i++) {
		if (in[i] != '"' || in[i + 1] != 'n' || in[i + 2] != '"' || in[i + 3] != ':' || in[i + 4] != '"') continue;
		u32 n = 0;
		for (i += 5; in[i] >= '0' && in[i] <= '9'; i++) n = 10 * n + in[i] - '0';
		return n;
	}
	return 0;
}

EXPORT("getStaticPaths") u32 get_static_paths(void) {
	put("{\"fallback\":false,\"paths\":[");
	for (u32 n = 0; n < 10000; n++) {
		put(n ? ",\"/p/" : "\"/p/");
		put_number(n);
		put("\"");
	}
	put("]}");
	return done();
}

EXPORT("getStaticProps") u32 get_static_props(void) {
	put("{\"props\":{\"square\":");
	u32 n = asked();
	put_number(n * n);
	put("},\"revalidate\":60}");
	return done();
}

EXPORT("render") u32 render(void) {
	u32 n = asked();
	put("<!doctype html>\n<html lang=\"en\">\n<title>Number ");
	put_number(n);
	put("</title>\n<h1>Number ");
	put_number(n);
	put("</h1>\n<table>\n");
	for (u32 k = 2; k <= 8; k++) {
		put("<tr><td>");
		put_number(n);
		put(" times ");
		put_number(k);
		put(" is <td>");
		put_number(n * k);
		put("\n");
	}
	put("</table>\n<p><a href=\"/p/");
	put_number(n + 1);
	put("\">next</a>\n");
	return done();
}
