// The buffer that HTML is written to: see out.c. Functions return 0, or -1 with an exception.
#pragma once
#include "quickjs.h"

// What is written. A call that is within another one has the end of it.
// What is_page stands for is the page that was made last: page_size bytes from page on.
extern struct out { char *at; u32 size, room; char *page; u32 page_size; JSValue is_page; } out;

int out_room(JSContext *, u32 more);
int put(JSContext *, const char *text, u32 size);
int put_value(JSContext *, JSValue, int escape); // as text

#define PUT(c, literal) put(c, literal, sizeof(literal) - 1)
