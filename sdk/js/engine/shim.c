// The shim: a page's three exports, spoken for a JavaScript engine.
//
// The initialiser starts the engine and evaluates the page's script, which is the
// first of the parts that wisr's linker puts into memory. Its runtime, the
// JavaScript in ../runtime, hands over three functions by host.begin. What then is
// in memory is the image that every generation starts from; a generation is one
// call of those functions for each export.
//
// Nothing is freed here that lives to the end of a generation: its memory goes
// with it.
#include "host.h"
#include "html.h"
#include "out.h"
#include "rejected.h"

struct part { const char *at; u32 size; };
__attribute__((import_module("linker"), import_name("parts"))) const struct part *parts(void);
enum { SCRIPT, SOURCE_MAP };

__attribute__((import_module("engine"), import_name("_initialize"))) void engine_initialize(void);

// The engine's stack is a megabyte; JavaScript gets three quarters of it, so that
// recursion ends in a RangeError and what C does at the end of it has room.
#define STACK (768 << 10)

// The collector only looks for cycles, which a page of usual size makes few of: it
// does not run before this many bytes are in use.
#define COLLECT_FROM (24 << 20)

static JSRuntime *rt;
static JSContext *ctx;

// What the runtime handed over.
static JSValue serve;    // (export: string, input: object) → string, Uint8Array, or a promise of it
static JSValue turn;     // (): does what is waited for, and throws if nothing is
static JSValue describe; // (error, unawaited: boolean) → string

static JSValue broken; // what the script threw when it was evaluated
static int is_broken;
static int is_unawaited; // it was in a promise that nobody awaits

static int failed(JSValue v) { return JS_TagOf(v) == JS_TAG_EXCEPTION; }

static u32 length(const char *s) {
	u32 n = 0;
	while (s[n]) n++;
	return n;
}

static void set_error(const char *text, u32 size) {
	u64 block = give(text, size);
	if (block) ext_error_set(block);
}

// tell sets a JavaScript error as that of the call. There may be no memory left to
// make a text of it; what is thrown meanwhile is then told instead, and at last C's own words.
static int tell(JSValue error) {
	JSValue args[2] = {error, JS_NewBool(is_unawaited)};
	JSValue text = JS_Call(ctx, describe, JS_UNDEFINED, 2, args);
	if (failed(text)) text = JS_GetException(ctx);
	u32 size = 0;
	const char *s = JS_ToCStringLen2(ctx, &size, text, 0);
	if (!s) {
		s = "InternalError: out of memory";
		size = length(s);
	}
	set_error(s, size);
	return 1;
}

static JSValue reject(JSValue reason) {
	broken = reason;
	is_broken = 1;
	return JS_EXCEPTION;
}

// settle runs jobs, and what they wait for, until a promise is settled. It gives
// its value, or an exception; as in Node it is one, too, that another promise was rejected
// of which nobody will know.
static JSValue settle(JSValue v) {
	for (;;) {
		JSContext *of;
		int more;
		while ((more = JS_ExecutePendingJob(rt, &of)) > 0) {}
		if (more < 0) return JS_EXCEPTION;
		int state = JS_TagOf(v) == JS_TAG_OBJECT ? JS_PromiseState(ctx, v) : -1;
		if (state == JS_PROMISE_REJECTED) return reject(JS_PromiseResult(ctx, v));
		JSValue reason;
		if (rejected_first(ctx, v, &reason)) {
			is_unawaited = 1;
			return reject(reason);
		}
		if (state == JS_PROMISE_FULFILLED) return JS_PromiseResult(ctx, v);
		if (state != JS_PROMISE_PENDING) return v;
		if (failed(JS_Call(ctx, turn, JS_UNDEFINED, 0, 0))) return JS_EXCEPTION;
	}
}

// thrown is the error behind an exception.
static JSValue thrown(void) {
	if (!is_broken) return JS_GetException(ctx);
	is_broken = 0;
	return broken;
}

static int answer(JSValue v) {
	u32 size = out.page_size;
	const char *text = out.page;
	if (v != out.is_page) {
		if (JS_TagOf(v) == JS_TAG_OBJECT) text = (const char *)JS_GetUint8Array(ctx, &size, v);
		else text = JS_ToCStringLen2(ctx, &size, v, 0);
		if (!text) return tell(JS_GetException(ctx));
	}
	if (!output_write(text, size)) return 0;
	JS_ThrowOutOfMemory(ctx);
	return tell(JS_GetException(ctx));
}

// call runs one export on the input of the call.
static int call(const char *name) {
	if (is_broken) return tell(broken);
	JS_UpdateStackTop(rt);
	char here;
	html_begin(&here, STACK);
	u32 size = input_size();
	char *text = malloc(size + 1); // JS_ParseJSON wants a zero behind it
	if (!text) {
		JS_ThrowOutOfMemory(ctx);
		return tell(JS_GetException(ctx));
	}
	input_read(text, size);
	text[size] = 0;
	JSValue args[2];
	args[1] = JS_ParseJSON(ctx, text, size, "the input of wisr");
	if (failed(args[1])) return tell(JS_GetException(ctx));
	free(text);
	args[0] = JS_NewStringLen(ctx, name, length(name));
	JSValue v = JS_Call(ctx, serve, JS_UNDEFINED, 2, args);
	if (!failed(v)) v = settle(v);
	if (failed(v)) return tell(thrown());
	return answer(v);
}

EXPORT("getStaticPaths") int get_static_paths(void) { return call("getStaticPaths"); }
EXPORT("getStaticProps") int get_static_props(void) { return call("getStaticProps"); }
EXPORT("render") int render(void) { return call("render"); }

#define FUNCTION(name) static JSValue name(JSContext *c, JSValue self, int argc, JSValue *argv)
#define UNUSED (void)self, (void)argc, (void)argv

// The functions below are host's, for the runtime alone: it calls them with as
// many arguments as they take, of the types that they take.

// begin(serve, turn, describe)
FUNCTION(host_begin) {
	UNUSED;
	serve = JS_DupValue(c, argv[0]);
	turn = JS_DupValue(c, argv[1]);
	describe = JS_DupValue(c, argv[2]);
	return JS_UNDEFINED;
}

// log(level, text): 0 debug, 1 info, 2 warn, 3 error
FUNCTION(host_log) {
	UNUSED;
	int level = 0;
	u32 size = 0;
	JS_ToInt32(c, &level, argv[0]);
	const char *text = JS_ToCStringLen2(c, &size, argv[1], 0);
	if (!text) return JS_EXCEPTION;
	u64 block = give(text, size);
	JS_FreeCString(c, text);
	if (!block) return JS_UNDEFINED;
	switch (level) {
	case 0: ext_log_debug(block); break;
	case 1: ext_log_info(block); break;
	case 2: ext_log_warn(block); break;
	default: ext_log_error(block);
	}
	return JS_UNDEFINED;
}

// config(key) → string, or undefined
FUNCTION(host_config) {
	UNUSED;
	u32 size = 0;
	const char *key = JS_ToCStringLen2(c, &size, argv[0], 0);
	if (!key) return JS_EXCEPTION;
	u64 block = ext_config_get(give(key, size));
	JS_FreeCString(c, key);
	if (!block) return JS_UNDEFINED;
	size = (u32)ext_length(block);
	char *text = malloc(size + 1);
	if (!text) return JS_ThrowOutOfMemory(c);
	take(text, block, size);
	JSValue v = JS_NewStringLen(c, text, size);
	free(text);
	return v;
}

// fill(bytes: Uint8Array): randomness
FUNCTION(host_fill) {
	UNUSED;
	u32 size = 0;
	u8 *at = JS_GetUint8Array(c, &size, argv[0]);
	if (!at) return JS_EXCEPTION;
	wasi_random_get(at, size);
	return JS_UNDEFINED;
}

// encode(text) → Uint8Array, as UTF-8
FUNCTION(host_encode) {
	UNUSED;
	u32 size = 0;
	const char *text = JS_ToCStringLen2(c, &size, argv[0], 0);
	if (!text) return JS_EXCEPTION;
	JSValue v = JS_NewUint8ArrayCopy(c, (const u8 *)text, size);
	JS_FreeCString(c, text);
	return v;
}

// decode(bytes: Uint8Array) → string
FUNCTION(host_decode) {
	UNUSED;
	u32 size = 0;
	u8 *at = JS_GetUint8Array(c, &size, argv[0]);
	if (!at && size) return JS_EXCEPTION;
	return JS_NewStringLen(c, (const char *)at, size);
}

#ifdef WISR_EXTISM
// request(request: string, body: Uint8Array) → Uint8Array, the body of the answer
FUNCTION(host_request) {
	UNUSED;
	u32 size = 0, body_size = 0;
	const char *request = JS_ToCStringLen2(c, &size, argv[0], 0);
	if (!request) return JS_EXCEPTION;
	u8 *body = JS_GetUint8Array(c, &body_size, argv[1]);
	if (!body && body_size) return JS_EXCEPTION;
	u64 block = ext_http_request(give(request, size), give((const char *)body, body_size));
	JS_FreeCString(c, request);
	size = block ? (u32)ext_length(block) : 0;
	char *answer = malloc(size + 1);
	if (!answer) return JS_ThrowOutOfMemory(c);
	take(answer, block, size);
	JSValue v = JS_NewUint8ArrayCopy(c, (const u8 *)answer, size);
	free(answer);
	return v;
}

// status() → that of the last answer
FUNCTION(host_status) {
	UNUSED;
	(void)c;
	return JS_NewInt32((int)ext_http_status_code());
}
#else
// fetchAll(frame: Uint8Array) → Uint8Array, the frame of the answers
FUNCTION(host_fetch_all) {
	UNUSED;
	u32 size = 0;
	u8 *at = JS_GetUint8Array(c, &size, argv[0]);
	if (!at) return JS_EXCEPTION;
	size = wisr_fetch_all(at, size);
	u8 *answers = malloc(size + 1);
	if (!answers) return JS_ThrowOutOfMemory(c);
	wisr_fetch_read(answers, size);
	JSValue v = JS_NewUint8ArrayCopy(c, answers, size);
	free(answers);
	return v;
}
#endif

// sleep(milliseconds)
FUNCTION(host_sleep) {
	UNUSED;
	double ms = 0;
	JS_ToFloat64(c, &ms, argv[0]);
	// WASI preview 1, subscription: userdata, tag (0: clock), clock id (1: monotonic),
	// timeout in nanoseconds, precision, flags (0: from now).
	u64 subscription[6] = {0, 0, 1, (u64)(ms * 1e6), 0, 0};
	u64 event[4];
	u32 events;
	wasi_poll_oneoff(subscription, event, 1, &events);
	return JS_UNDEFINED;
}

// sourceMap() → string
FUNCTION(host_source_map) {
	UNUSED;
	return JS_NewStringLen(c, parts()[SOURCE_MAP].at, parts()[SOURCE_MAP].size);
}

static void function(JSValue host, const char *name, JSCFunction *f, int arguments) {
	JS_SetPropertyStr(ctx, host, name, JS_NewCFunction2(ctx, f, name, arguments, JS_CFUNC_generic, 0));
}

// evaluate runs the page's script, a module, to its end.
static JSValue evaluate(void) {
	struct part script = parts()[SCRIPT];
	JSValue v = JS_Eval(ctx, script.at, script.size, "page.js", JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
	if (failed(v)) return v;
	v = JS_EvalFunction(ctx, v);
	if (failed(v)) return v;
	return settle(v);
}

EXPORT("_initialize") void initialize(void) {
	engine_initialize();
	serve = turn = describe = JS_UNDEFINED;
	rt = JS_NewRuntime();
	JS_SetMaxStackSize(rt, STACK);
	JS_SetGCThreshold(rt, COLLECT_FROM);
	rejected_watch(rt);
	ctx = JS_NewContext(rt);
	char here;
	html_begin(&here, STACK);
	JSValue host = JS_NewObject(ctx);
	function(host, "begin", host_begin, 3);
	function(host, "log", host_log, 2);
	function(host, "config", host_config, 1);
	function(host, "fill", host_fill, 1);
	function(host, "encode", host_encode, 1);
	function(host, "decode", host_decode, 1);
#ifdef WISR_EXTISM
	function(host, "request", host_request, 2);
	function(host, "status", host_status, 0);
#else
	function(host, "fetchAll", host_fetch_all, 1);
#endif
	function(host, "sleep", host_sleep, 1);
	function(host, "sourceMap", host_source_map, 0);
	out.is_page = JS_NewObject(ctx);
	JS_SetPropertyStr(ctx, host, "page", JS_DupValue(ctx, out.is_page));
	function(host, "html", html_tree, 5);
	function(host, "htmlChild", html_child, 3);
	function(host, "htmlText", html_text, 1);
	function(host, "htmlJSX", html_jsx, 2);
	function(host, "jsx", html_node, 3);
	// The runtime takes it away before the page's own code runs.
	JS_SetPropertyStr(ctx, JS_GetGlobalObject(ctx), "wisr:host", host);
	if (failed(evaluate())) {
		broken = thrown();
		is_broken = 1;
	}
	JS_RunGC(rt);
}

// What the engine imports from env. Nothing of it is asked for: the shim
// registers no interrupt handler, module loader or callback by those names that would.

EXPORT("host_get_timezone_offset") int timezone_offset(u32 low, u32 high) {
	(void)low, (void)high;
	return 0; // pages are made in UTC, wherever the host is
}
EXPORT("host_interrupt") int interrupt(void) { return 0; }
EXPORT("host_promise_rejection") void rejection(u32 promise, u32 reason, u32 handled) { (void)promise, (void)reason, (void)handled; }
EXPORT("host_module_normalize") int module_normalize(u32 base, u32 name) {
	(void)base, (void)name;
	return 0;
}
EXPORT("host_module_load") int module_load(u32 name, u32 size) {
	(void)name, (void)size;
	return 0;
}
EXPORT("host_call") int host_call(u32 id, u32 self, u32 argc, u32 argv, u32 magic) {
	(void)id, (void)self, (void)argc, (void)argv, (void)magic;
	return 0;
}
