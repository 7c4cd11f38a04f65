// page is a page of the size that pages have: render takes a JSON document and
// writes it as HTML, objects as definition lists, arrays as lists. With -DSTOCK
// its input and output go Extism's way, so that any Extism host runs it.
#include "guest.h"

static u8 in[1 << 16], out[1 << 17];
static const u8 *at, *end;
static u32 written;

static void put(const char *s) { while (*s) out[written++] = (u8)*s++; }

static void space(void) { while (at < end && *at <= ' ') at++; }

static u32 hex(u8 c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; }

static void put_rune(u32 r) {
	if (r < 0x80) {
		out[written++] = (u8)r;
		return;
	}
	if (r < 0x800) {
		out[written++] = (u8)(0xc0 | r >> 6);
	} else {
		out[written++] = (u8)(0xe0 | r >> 12);
		out[written++] = (u8)(0x80 | (r >> 6 & 63));
	}
	out[written++] = (u8)(0x80 | (r & 63));
}

// string writes a JSON string, escaped for HTML.
static u32 string(void) {
	for (at++; at < end && *at != '"'; at++) {
		u32 c = *at;
		if (c == '\\') {
			if (++at == end) return 0;
			switch (*at) {
			case 'n': c = '\n'; break;
			case 't': c = '\t'; break;
			case 'u':
				if (end - at < 5) return 0;
				c = hex(at[1]) << 12 | hex(at[2]) << 8 | hex(at[3]) << 4 | hex(at[4]);
				at += 4;
				put_rune(c);
				continue;
			default: c = *at;
			}
		}
		switch (c) {
		case '<': put("&lt;"); break;
		case '>': put("&gt;"); break;
		case '&': put("&amp;"); break;
		case '"': put("&#34;"); break;
		default: out[written++] = (u8)c;
		}
	}
	return at < end && *at++ == '"';
}

static u32 value(u32 depth) {
	space();
	if (at == end || depth > 32 || written > sizeof out - 4096) return 0;
	if (*at == '"') return string();
	if (*at == '{' || *at == '[') {
		u32 object = *at++ == '{';
		u8 close = object ? '}' : ']';
		put(object ? "<dl>" : "<ul>");
		for (space(); at < end && *at != close; space()) {
			put(object ? "<dt>" : "<li>");
			if (object) {
				if (*at != '"' || !string()) return 0;
				space();
				if (at == end || *at++ != ':') return 0;
				put("<dd>");
			}
			if (!value(depth + 1)) return 0;
			space();
			if (at < end && *at == ',') at++;
		}
		put(object ? "</dl>\n" : "</ul>\n");
		return at < end && *at++ == close;
	}
	while (at < end && *at != ',' && *at != '}' && *at != ']' && *at > ' ') out[written++] = *at++;
	return 1;
}

EXPORT("render") u32 render(void) {
#ifdef STOCK
	u32 size = (u32)ext_input_length();
	if (size > sizeof in) return 2;
	load(in, ext_input_offset(), size);
#else
	u32 size = wisr_input_read(in, sizeof in);
	if (size > sizeof in) return 2;
#endif
	at = in, end = in + size, written = 0;
	put("<!doctype html>\n");
	if (!value(0)) return 1;
#ifdef STOCK
	u64 block = ext_alloc(written);
	store(block, out, written);
	ext_output_set(block, written);
#else
	wisr_output_write(out, written);
#endif
	return 0;
}
