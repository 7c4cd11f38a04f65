// initloop never comes back from its initialiser.
#include "guest.h"

static volatile u32 sink;

EXPORT("_initialize") void initialize(void) { for (;;) sink++; }
EXPORT("render") u32 render(void) { return 0; }
