// Promises that were rejected and that nobody awaits or catches: see rejected.c.
#pragma once
#include "quickjs.h"

void rejected_watch(JSRuntime *);

// rejected_first tells whether there is one besides a given one, and gives its reason.
int rejected_first(JSContext *, JSValue except, JSValue *reason);
