// wisr.h of sdk/c, compiled for page.d.
#define WISR_IMPLEMENTATION
#include "wisr.h"

// D compares strings by it, and there is no libc.
int memcmp(const void *a, const void *b, size_t size) {
    const unsigned char *x = a, *y = b;
    for (; size; size--, x++, y++)
        if (*x != *y) return *x < *y ? -1 : 1;
    return 0;
}
