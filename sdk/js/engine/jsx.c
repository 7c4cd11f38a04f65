// What compiles JSX calls for every element of Preact's: a node of four fields at most.
#include "html.h"

static struct { u32 type, props, constructor, key, ref, defaults, vnode; JSValue options, slow; } jsx;

// htmlJSX(options, slow): Preact's options, and what makes a node that is out of the
// ordinary: one with a ref, of a component with default props, or of none at all
JSValue html_jsx(JSContext *c, JSValue self, int argc, JSValue *argv) {
	(void)self, (void)argc;
	jsx.type = JS_NewAtom(c, "type");
	jsx.props = JS_NewAtom(c, "props");
	jsx.constructor = JS_NewAtom(c, "constructor");
	jsx.key = JS_NewAtom(c, "key");
	jsx.ref = JS_NewAtom(c, "ref");
	jsx.defaults = JS_NewAtom(c, "defaultProps");
	jsx.vnode = JS_NewAtom(c, "vnode");
	jsx.options = JS_DupValue(c, argv[0]);
	jsx.slow = JS_DupValue(c, argv[1]);
	return JS_UNDEFINED;
}

static int ordinary(JSContext *c, JSValue type, JSValue props) {
	if (JS_TagOf(props) != JS_TAG_OBJECT || JS_HasProperty(c, props, jsx.ref)) return 0;
	if (JS_TagOf(type) != JS_TAG_OBJECT) return JS_TagOf(type) != JS_TAG_UNDEFINED && JS_TagOf(type) != JS_TAG_NULL;
	JSValue defaults = JS_GetProperty(c, type, jsx.defaults);
	JS_FreeValue(c, defaults);
	return JS_TagOf(defaults) == JS_TAG_UNDEFINED;
}

// jsx(type, props, key) → node
JSValue html_node(JSContext *c, JSValue self, int argc, JSValue *argv) {
	(void)self, (void)argc;
	JSValue made;
	if (ordinary(c, argv[0], argv[1])) {
		made = JS_NewObject(c);
		if (JS_TagOf(made) == JS_TAG_EXCEPTION) return made;
		JS_DefinePropertyValue(c, made, jsx.type, JS_DupValue(c, argv[0]), JS_PROP_C_W_E);
		JS_DefinePropertyValue(c, made, jsx.props, JS_DupValue(c, argv[1]), JS_PROP_C_W_E);
		JS_DefinePropertyValue(c, made, jsx.constructor, JS_UNDEFINED, JS_PROP_C_W_E);
		if (JS_TagOf(argv[2]) != JS_TAG_UNDEFINED) JS_DefinePropertyValue(c, made, jsx.key, JS_DupValue(c, argv[2]), JS_PROP_C_W_E);
	} else {
		made = JS_Call(c, jsx.slow, JS_UNDEFINED, 3, argv);
		if (JS_TagOf(made) == JS_TAG_EXCEPTION) return made;
	}
	JSValue hook = JS_GetProperty(c, jsx.options, jsx.vnode);
	if (JS_TagOf(hook) == JS_TAG_UNDEFINED) return made;
	JSValue told = JS_Call(c, hook, jsx.options, 1, &made);
	JS_FreeValue(c, hook);
	JS_FreeValue(c, told);
	if (JS_TagOf(told) != JS_TAG_EXCEPTION) return made;
	JS_FreeValue(c, made);
	return told;
}
