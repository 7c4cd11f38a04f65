// The buffer that HTML is written to.
#include "out.h"

struct out out;

int out_room(JSContext *c, u32 more) {
	if (out.size + more <= out.room) return 0;
	u32 want = out.room ? out.room : 8192;
	while (want < out.size + more) want *= 2;
	char *at = realloc(out.at, want);
	if (!at) {
		JS_ThrowOutOfMemory(c);
		return -1;
	}
	out.at = at;
	out.room = want;
	return 0;
}

int put(JSContext *c, const char *text, u32 size) {
	if (out_room(c, size)) return -1;
	memcpy(out.at + out.size, text, size);
	out.size += size;
	return 0;
}

static int put_escaped(JSContext *c, const char *text, u32 size) {
	u32 begin = 0;
	for (u32 i = 0; i < size; i++) {
		char b = text[i];
		if (b != '&' && b != '<' && b != '"') continue;
		if (put(c, text + begin, i - begin)) return -1;
		if (b == '&' ? PUT(c, "&amp;") : b == '<' ? PUT(c, "&lt;") : PUT(c, "&quot;")) return -1;
		begin = i + 1;
	}
	return put(c, text + begin, size - begin);
}

// put_value puts a value as text.
int put_value(JSContext *c, JSValue v, int escape) {
	u32 size = 0;
	const char *text = JS_ToCStringLen2(c, &size, v, 0);
	if (!text) return -1;
	int failed = escape ? put_escaped(c, text, size) : put(c, text, size);
	JS_FreeCString(c, text);
	return failed;
}
