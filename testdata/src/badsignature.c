// badsignature has a render that takes a parameter.
#include "guest.h"

EXPORT("render") u32 render(u32 n) { return n; }
