// hello is the smallest page: render only, always the same.
#include "guest.h"

EXPORT("render") u32 render(void) {
	output_text("<!doctype html>\n<html lang=\"en\">\n<title>hello</title>\n<h1>hello</h1>\n");
	return 0;
}
