// startloop has a start function that never ends: start.go makes "begin" that.
#include "guest.h"

static volatile u32 sink;

EXPORT("begin") void begin(void) { for (;;) sink++; }
EXPORT("render") u32 render(void) { return 0; }
