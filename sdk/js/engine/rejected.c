// Promises that were rejected and that nobody awaits or catches.
#include "rejected.h"

static struct { JSValue promise, reason; } *list;
static u32 count, most;

static int same(JSValue a, JSValue b) { return a == b; } // objects are addresses

// track is told of promises that are rejected while nobody waits for them, and of
// those that somebody waits for after all.
static void track(JSContext *c, JSValue promise, JSValue reason, int handled, void *opaque) {
	(void)opaque;
	for (u32 i = 0; i < count; i++) {
		if (!same(list[i].promise, promise)) continue;
		if (!handled) return;
		JS_FreeValue(c, list[i].promise);
		JS_FreeValue(c, list[i].reason);
		list[i] = list[--count];
		return;
	}
	if (handled) return;
	if (count == most) {
		u32 want = most ? 2 * most : 8;
		void *at = realloc(list, want * sizeof *list);
		if (!at) return; // what is told when memory is out is that
		list = at;
		most = want;
	}
	list[count].promise = JS_DupValue(c, promise);
	list[count++].reason = JS_DupValue(c, reason);
}

void rejected_watch(JSRuntime *rt) { JS_SetHostPromiseRejectionTracker(rt, track, 0); }

int rejected_first(JSContext *c, JSValue except, JSValue *reason) {
	for (u32 i = 0; i < count; i++) {
		if (same(list[i].promise, except)) continue;
		*reason = JS_DupValue(c, list[i].reason);
		return 1;
	}
	return 0;
}
