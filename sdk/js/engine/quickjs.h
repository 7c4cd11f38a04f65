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
	JS_TAG_STRING = -7,
	JS_TAG_STRING_ROPE = -6, // a string that is not put together yet
	JS_TAG_MODULE = -3,
	JS_TAG_OBJECT = -1,
	JS_TAG_BOOL = 1,
	JS_TAG_NULL = 2,
	JS_TAG_UNDEFINED = 3,
	JS_TAG_EXCEPTION = 6,

	JS_EVAL_TYPE_MODULE = 1,
	JS_EVAL_FLAG_COMPILE_ONLY = 1 << 5,

	JS_CFUNC_generic = 0,

	JS_PROP_C_W_E = 7, // configurable, writable, enumerable

	JS_GPN_STRING_MASK = 1 << 0,
	JS_GPN_ENUM_ONLY = 1 << 4,

	JS_PROMISE_PENDING = 0,
	JS_PROMISE_FULFILLED = 1,
	JS_PROMISE_REJECTED = 2,
};

static const JSValue JS_UNDEFINED = (u64)JS_TAG_UNDEFINED << 32;
static const JSValue JS_EXCEPTION = (u64)JS_TAG_EXCEPTION << 32;

static inline JSValue JS_NewBool(int v) { return (u64)JS_TAG_BOOL << 32 | !!v; }

static inline JSValue JS_NewInt32(int v) { return (u32)v; } // whose tag is 0

static inline int JS_TagOf(JSValue v) { return (int)(v >> 32); }

typedef JSValue JSCFunction(JSContext *ctx, JSValue self, int argc, JSValue *argv);

void *ENGINE(malloc)(u32 size);
void *ENGINE(calloc)(u32 count, u32 size);
void *ENGINE(realloc)(void *at, u32 size);
void ENGINE(free)(void *at);
void *ENGINE(memcpy)(void *to, const void *from, u32 size); // also what compilers call
void *ENGINE(memmove)(void *to, const void *from, u32 size);
int ENGINE(memcmp)(const void *, const void *, u32 size);

JSRuntime *ENGINE(JS_NewRuntime)(void);
void ENGINE(JS_SetMaxStackSize)(JSRuntime *, u32 size);
void ENGINE(JS_SetGCThreshold)(JSRuntime *, u32 size);
void ENGINE(JS_RunGC)(JSRuntime *);
void ENGINE(JS_UpdateStackTop)(JSRuntime *);
typedef void JSHostPromiseRejectionTracker(JSContext *, JSValue promise, JSValue reason, int handled, void *opaque);
void ENGINE(JS_SetHostPromiseRejectionTracker)(JSRuntime *, JSHostPromiseRejectionTracker *, void *opaque);
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
int ENGINE(JS_IsFunction)(JSContext *, JSValue);
int ENGINE(JS_IsArray)(JSValue);
int ENGINE(JS_IsEqual)(JSContext *, JSValue, JSValue); // ==
int ENGINE(JS_ToBool)(JSContext *, JSValue);
JSValue ENGINE(JS_ToString)(JSContext *, JSValue);
JSValue ENGINE(JS_ThrowRangeError)(JSContext *, const char *format, ...);

// Names of properties are atoms.
u32 ENGINE(JS_NewAtom)(JSContext *, const char *name);
u32 ENGINE(JS_DupAtom)(JSContext *, u32 atom);
void ENGINE(JS_FreeAtom)(JSContext *, u32 atom);
u32 ENGINE(JS_ValueToAtom)(JSContext *, JSValue);
JSValue ENGINE(JS_AtomToString)(JSContext *, u32 atom);
JSValue ENGINE(JS_GetProperty)(JSContext *, JSValue object, u32 atom);
JSValue ENGINE(JS_GetPropertyUint32)(JSContext *, JSValue object, u32 index);
int ENGINE(JS_SetProperty)(JSContext *, JSValue object, u32 atom, JSValue value);
int ENGINE(JS_DefinePropertyValue)(JSContext *, JSValue object, u32 atom, JSValue value, int flags);
int ENGINE(JS_HasProperty)(JSContext *, JSValue object, u32 atom);
int ENGINE(JS_GetLength)(JSContext *, JSValue object, u64 *length);
int ENGINE(JS_GetOwnPropertyNames)(JSContext *, void **names, u32 *count, JSValue object, int flags);
void ENGINE(JS_FreePropertyEnum)(JSContext *, void *names, u32 count);
