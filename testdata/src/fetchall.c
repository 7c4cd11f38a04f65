// fetchall gives its input to wisr's fetch_all and outputs the answers as they
// are; in getStaticProps after it had asked for nothing at all.
#include "guest.h"

static u8 page[1 << 22];

EXPORT("render") u32 render(void) {
	u32 size = wisr_fetch_all(page, wisr_input_read(page, sizeof page));
	if (size > sizeof page || wisr_fetch_read(page, 3) != size || wisr_fetch_read(page, size) != size) return 1;
	wisr_output_write(page, size);
	return 0;
}

EXPORT("getStaticProps") u32 get_static_props(void) {
	if (wisr_fetch_read(page, sizeof page) != 0) return 1;
	return render();
}
