// unknownimport wants functions that no host has.
#include "guest.h"

IMPORT("env", "frobnicate") u32 frobnicate(u32 a, u64 b);
EXTISM("http_get") u64 http_get(u64 url);

EXPORT("render") u32 render(void) { return frobnicate(1, 2) + (u32)http_get(3); }
