// badimport imports log_info as something that it is not.
#include "guest.h"

EXTISM("log_info") u32 log_info(u32 a, u32 b);

EXPORT("render") u32 render(void) { return log_info(1, 2); }
