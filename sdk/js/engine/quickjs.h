// What the shim uses of QuickJS-NG, as the npm package quickjs-wasi exports it:
// the names and types of its quickjs.h, for 32-bit targets, where a value is 64
// bits with its tag in the upper half. wisr's linker compares every type with the
// engine's, so that an engine of another shape is refused by name.
#pragma once

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef u64 JSValue;
typedef struct JSRuntime JSRuntime;
typedef struct JSContext JSContext;

#define ENGINE(name) __attribute__((import_module("engine"), import_name(#name))) name

enum {
	JS_TAG_MODULE = -3,
	JS_TAG_OBJECT = -1,
	JS_TAG_UNDEFINED = 3,
	JS_TAG_EXCEPTION = 6,

	JS_EVAL_TYPE_MODULE = 1,
	JS_EVAL_FLAG_COMPILE_ONLY = 1 << 5,

	JS_CFUNC_generic = 0,

	JS_PROMISE_PENDING = 0,
	JS_PROMISE_FULFILLED = 1,
	JS_PROMISE_REJECTED = 2,
};

static const JSValue JS_UNDEFINED = (u64)JS_TAG_UNDEFINED << 32;
static const JSValue JS_EXCEPTION = (u64)JS_TAG_EXCEPTION << 32;

static int JS_TagOf(JSValue v) { return (int)(v >> 32); }

typedef JSValue JSCFunction(JSContext *ctx, JSValue self, int argc, JSValue *argv);

void *ENGINE(malloc)(u32 size);
void ENGINE(free)(void *at);

JSRuntime *ENGINE(JS_NewRuntime)(void);
void ENGINE(JS_SetMaxStackSize)(JSRuntime *, u32 size);
void ENGINE(JS_SetGCThreshold)(JSRuntime *, u32 size);
void ENGINE(JS_RunGC)(JSRuntime *);
void ENGINE(JS_UpdateStackTop)(JSRuntime *);
int ENGINE(JS_ExecutePendingJob)(JSRuntime *, JSContext **);
JSContext *ENGINE(JS_NewContext)(JSRuntime *);

JSValue ENGINE(JS_Eval)(JSContext *, const char *text, u32 size, const char *file, int flags);
JSValue ENGINE(JS_EvalFunction)(JSContext *, JSValue);
JSValue ENGINE(JS_Call)(JSContext *, JSValue function, JSValue self, int argc, JSValue *argv);
JSValue ENGINE(JS_ParseJSON)(JSContext *, const char *text, u32 size, const char *file);
JSValue ENGINE(JS_GetException)(JSContext *);
JSValue ENGINE(JS_GetGlobalObject)(JSContext *);
JSValue ENGINE(JS_NewObject)(JSContext *);
JSValue ENGINE(JS_NewStringLen)(JSContext *, const char *text, u32 size);
JSValue ENGINE(JS_NewUint8ArrayCopy)(JSContext *, const u8 *bytes, u32 size);
JSValue ENGINE(JS_NewCFunction2)(JSContext *, JSCFunction *, const char *name, int length, int proto, int magic);
JSValue ENGINE(JS_DupValue)(JSContext *, JSValue);
void ENGINE(JS_FreeValue)(JSContext *, JSValue);
JSValue ENGINE(JS_ThrowOutOfMemory)(JSContext *);
int ENGINE(JS_SetPropertyStr)(JSContext *, JSValue object, const char *name, JSValue value);
int ENGINE(JS_PromiseState)(JSContext *, JSValue);
JSValue ENGINE(JS_PromiseResult)(JSContext *, JSValue);
int ENGINE(JS_ToInt32)(JSContext *, int *, JSValue);
int ENGINE(JS_ToFloat64)(JSContext *, double *, JSValue);
const char *ENGINE(JS_ToCStringLen2)(JSContext *, u32 *size, JSValue, int cesu8);
void ENGINE(JS_FreeCString)(JSContext *, const char *);
u8 *ENGINE(JS_GetUint8Array)(JSContext *, u32 *size, JSValue);
int ENGINE(JS_GetTypedArrayType)(JSValue);
