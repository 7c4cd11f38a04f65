// norender is no page module: it has no render.
#include "guest.h"

EXPORT("getStaticProps") u32 props(void) { return 0; }
EXPORT("greet") u32 greet(void) { return 0; }
