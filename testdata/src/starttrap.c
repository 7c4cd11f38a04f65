// starttrap traps in its start function: start.go makes "begin" that.
#include "guest.h"

EXPORT("begin") void begin(void) { __builtin_trap(); }
EXPORT("render") u32 render(void) { return 0; }
