// bytes outputs its input, by wisr's input_read and output_write; getStaticProps
// in one piece, render in pieces of 1,000 bytes.
#include "guest.h"

static u8 page[1 << 20];

EXPORT("getStaticProps") u32 get_static_props(void) {
	u32 size = wisr_input_read(page, sizeof page);
	wisr_output_write(page, size);
	return 0;
}

EXPORT("render") u32 render(void) {
	u32 size = wisr_input_read(0, 0);
	if (wisr_input_read(page, size) != size) return 1;
	for (u32 at = 0; at < size; at += 1000) wisr_output_write(page + at, size - at < 1000 ? size - at : 1000);
	return 0;
}
