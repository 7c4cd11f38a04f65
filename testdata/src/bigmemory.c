// bigmemory is linked to begin with 512 MiB.
#include "guest.h"

EXPORT("render") u32 render(void) { return 0; }
