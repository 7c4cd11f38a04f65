// From a tree of Preact's elements to HTML, what preact-render-to-string does in
// JavaScript: every element costs an interpreter a thousand steps there, and most of
// them look at names that were seen before. Text goes into one buffer, once.
//
// What is rare is left to JavaScript (../runtime/preact.js): components, names that
// were not seen before, styles, messages of errors. Functions return 0, or -1 with an
// exception.
#include "html.h"
#include "out.h"

// What runtime/preact.js knows a name of an attribute as. The rest of what it returns
// is the name as HTML writes it.
enum {
	ATTRIBUTE = 'a',
	TEXT = 't',      // an attribute whose value is always text: aria-, data-
	CLASS = 'c',     // className, unless there is a class, and class itself
	FOR = 'f',       // htmlFor, unless there is a for
	VALUE = 'v',     // value and defaultValue, which some elements know better
	STYLE = 's',     // text, or an object
	CHILDREN = 'i',
	INNER = 'h',     // dangerouslySetInnerHTML
	NOTHING = 'n',
};

// And names of elements.
enum { ELEMENT = 'e', VOID = 'o', SVG = 'g', FOREIGN = 'x', TEXTAREA = 'r', SELECT = 'l', OPTION = 'p' };

// name is what is known of a name. There are few in a page.
struct name {
	u32 atom; // 0: this place is free
	u8 svg;   // it was looked at within <svg>, where names are others
	u8 kind;
	u32 size;
	const char *text;
};
#define NAMES 512 // a power of two; names beyond three quarters of it are asked for each time
struct names {
	struct name at[NAMES];
	u32 used;
};
static struct names *attributes, *elements;

static struct {
	int svg;          // within <svg>
	JSValue selected; // the value of the <select> that is around
	int hooks;        // options of Preact are to be told of every element
	JSValue callbacks;
} now;

static u32 atom_type, atom_props, atom_constructor, atom_parent, atom_children, atom_value, atom_peek, atom_html, atom_selected, atom_for,
	atom_class, atom_component, atom_attribute, atom_element, atom_style, atom_unsafe, atom_before, atom_after;

// The stack: where a call of wisr's begins, and how far below there is to go.
static const char *base;
static u32 stack;

void html_begin(const char *at, u32 size) {
	base = at;
	stack = size;
}

static int prepare(JSContext *c) {
	if (elements) return 0;
	attributes = calloc(1, sizeof *attributes);
	elements = calloc(1, sizeof *elements);
	if (!attributes || !elements) {
		JS_ThrowOutOfMemory(c);
		return -1;
	}
	atom_type = JS_NewAtom(c, "type");
	atom_props = JS_NewAtom(c, "props");
	atom_constructor = JS_NewAtom(c, "constructor");
	atom_parent = JS_NewAtom(c, "__");
	atom_children = JS_NewAtom(c, "__k");
	atom_value = JS_NewAtom(c, "value");
	atom_peek = JS_NewAtom(c, "peek");
	atom_html = JS_NewAtom(c, "__html");
	atom_selected = JS_NewAtom(c, "selected");
	atom_for = JS_NewAtom(c, "for");
	atom_class = JS_NewAtom(c, "class");
	atom_component = JS_NewAtom(c, "component");
	atom_attribute = JS_NewAtom(c, "attribute");
	atom_element = JS_NewAtom(c, "element");
	atom_style = JS_NewAtom(c, "style");
	atom_unsafe = JS_NewAtom(c, "unsafe");
	atom_before = JS_NewAtom(c, "before");
	atom_after = JS_NewAtom(c, "after");
	now.selected = JS_UNDEFINED;
	return 0;
}

static int is_string(JSValue v) { return JS_TagOf(v) == JS_TAG_STRING || JS_TagOf(v) == JS_TAG_STRING_ROPE; }
static int is_nothing(JSValue v) { return JS_TagOf(v) == JS_TAG_NULL || JS_TagOf(v) == JS_TAG_UNDEFINED; }
static int is_bool(JSValue v) { return JS_TagOf(v) == JS_TAG_BOOL; }

// call calls one of the callbacks; it frees what it is called with.
static JSValue call_back(JSContext *c, u32 which, int argc, JSValue *argv) {
	JSValue f = JS_GetProperty(c, now.callbacks, which);
	JSValue v = JS_Call(c, f, JS_UNDEFINED, argc, argv);
	JS_FreeValue(c, f);
	for (int i = 0; i < argc; i++) JS_FreeValue(c, argv[i]);
	return v;
}

// find is what is known of a name, which JavaScript is asked for the first time.
static const struct name *find(JSContext *c, struct names *names, u32 atom, u32 asking) {
	static struct name other;
	struct name *n = &other;
	u32 at = (atom * 0x9e3779b1u + (u32)now.svg) >> 8;
	for (;; at++) {
		n = &names->at[at % NAMES];
		if (n->atom == atom && n->svg == now.svg) return n;
		if (!n->atom) break;
	}
	JSValue args[2] = {JS_AtomToString(c, atom), JS_NewBool(now.svg)};
	JSValue known = call_back(c, asking, 2, args);
	u32 size = 0;
	const char *text = JS_TagOf(known) == JS_TAG_EXCEPTION ? 0 : JS_ToCStringLen2(c, &size, known, 0);
	if (!text) return 0;
	if (names->used >= NAMES / 4 * 3) n = &other;
	else names->used++;
	JS_DupAtom(c, atom); // it is that name's for good; and so is the text
	*n = (struct name){.atom = n == &other ? 0 : atom, .svg = (u8)now.svg, .kind = (u8)text[0], .size = size - 1, .text = text + 1};
	return n;
}

static int node(JSContext *c, JSValue v, JSValue context, JSValue parent);

static int array(JSContext *c, JSValue v, JSValue context, JSValue parent) {
	if (now.hooks && JS_SetProperty(c, parent, atom_children, JS_DupValue(c, v)) < 0) return -1;
	u64 length = 0;
	if (JS_GetLength(c, v, &length) < 0) return -1;
	for (u32 i = 0; i < length; i++) {
		JSValue child = JS_GetPropertyUint32(c, v, i);
		if (JS_TagOf(child) == JS_TAG_EXCEPTION) return -1;
		int failed = node(c, child, context, parent);
		JS_FreeValue(c, child);
		if (failed) return -1;
	}
	return 0;
}

// unwrap gives the value of a signal (@preact/signals) for the signal.
static JSValue unwrap(JSContext *c, JSValue v) {
	if (JS_TagOf(v) != JS_TAG_OBJECT) return v;
	JSValue peek = JS_GetProperty(c, v, atom_peek);
	int is = JS_IsFunction(c, peek) && JS_HasProperty(c, v, atom_value) > 0;
	JS_FreeValue(c, peek);
	if (!is) return v;
	JSValue value = JS_GetProperty(c, v, atom_value);
	JS_FreeValue(c, v);
	return value;
}

static int put_attribute(JSContext *c, const struct name *n, JSValue v, int as_text, int escape) {
	if (is_nothing(v)) return 0;
	if (is_bool(v) && !as_text) {
		if ((u32)v == 0) return 0;
		return PUT(c, " ") || put(c, n->text, n->size) ? -1 : 0;
	}
	if (PUT(c, " ") || put(c, n->text, n->size)) return -1;
	u32 before = out.size;
	if (PUT(c, "=\"")) return -1;
	u32 begin = out.size;
	if (put_value(c, v, escape && (is_string(v) || as_text))) return -1;
	if (out.size == begin && (is_string(v) || as_text)) {
		out.size = before; // an empty text is no value at all
		return 0;
	}
	return PUT(c, "\"");
}

// element is what is gathered of an element while its attributes are written.
struct element {
	u8 kind;
	JSValue props, children, inner, selected;
};

static int attribute(JSContext *c, struct element *e, u32 atom, JSValue *value) {
	const struct name *n = find(c, attributes, atom, atom_attribute);
	if (!n) return -1;
	*value = unwrap(c, *value);
	if (JS_TagOf(*value) == JS_TAG_EXCEPTION) return -1;
	if (n->kind != CLASS && JS_TagOf(*value) == JS_TAG_OBJECT && JS_IsFunction(c, *value)) return 0;
	int as_text = 0, escape = 1;
	switch (n->kind) {
	case NOTHING:
		return 0;
	case CHILDREN:
		JS_FreeValue(c, e->children);
		e->children = JS_DupValue(c, *value);
		return 0;
	case INNER:
		JS_FreeValue(c, e->inner);
		e->inner = is_nothing(*value) ? JS_UNDEFINED : JS_GetProperty(c, *value, atom_html);
		return JS_TagOf(e->inner) == JS_TAG_EXCEPTION ? -1 : 0;
	case CLASS:
		if (atom != atom_class && JS_HasProperty(c, e->props, atom_class) > 0) return 0;
		break;
	case FOR:
		if (JS_HasProperty(c, e->props, atom_for) > 0) return 0;
		break;
	case VALUE:
		if (e->kind == TEXTAREA) {
			JS_FreeValue(c, e->children);
			e->children = JS_DupValue(c, *value);
			return 0;
		}
		if (e->kind == SELECT) {
			JS_FreeValue(c, e->selected);
			e->selected = JS_DupValue(c, *value);
			return 0;
		}
		if (e->kind == OPTION) {
			int same = JS_IsEqual(c, e->selected, *value);
			if (same < 0) return -1;
			if (same && JS_HasProperty(c, e->props, atom_selected) <= 0 && PUT(c, " selected")) return -1;
		}
		break;
	case STYLE:
		if (JS_TagOf(*value) == JS_TAG_OBJECT) {
			*value = call_back(c, atom_style, 1, value);
			if (JS_TagOf(*value) == JS_TAG_EXCEPTION) return -1;
			escape = 0; // it comes escaped
		}
		break;
	case TEXT:
		as_text = !is_nothing(*value);
		break;
	}
	return put_attribute(c, n, *value, as_text, escape);
}

static int put_attributes(JSContext *c, struct element *e) {
	if (JS_TagOf(e->props) != JS_TAG_OBJECT) return 0;
	struct { u32 enumerable, atom; } *names = 0;
	u32 count = 0;
	if (JS_GetOwnPropertyNames(c, (void **)&names, &count, e->props, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0) return -1;
	int failed = 0;
	for (u32 i = 0; i < count && !failed; i++) {
		JSValue v = JS_GetProperty(c, e->props, names[i].atom);
		failed = JS_TagOf(v) == JS_TAG_EXCEPTION || attribute(c, e, names[i].atom, &v);
		JS_FreeValue(c, v);
	}
	JS_FreePropertyEnum(c, names, count);
	return failed;
}

// raw puts HTML that a page wrote itself; of an array all members, with nothing between them.
static int raw(JSContext *c, JSValue v) {
	if (!JS_IsArray(v)) return put_value(c, v, 0);
	u64 length = 0;
	if (JS_GetLength(c, v, &length) < 0) return -1;
	int failed = 0;
	for (u32 i = 0; i < length && !failed; i++) {
		JSValue part = JS_GetPropertyUint32(c, v, i);
		failed = JS_TagOf(part) == JS_TAG_EXCEPTION || (!is_nothing(part) && put_value(c, part, 0));
		JS_FreeValue(c, part);
	}
	return failed ? -1 : 0;
}

static int content(JSContext *c, struct element *e, const struct name *n, JSValue v, JSValue context) {
	int truth = JS_ToBool(c, e->inner);
	if (truth < 0) return -1;
	if (truth) return raw(c, e->inner);
	if (is_string(e->children)) return put_value(c, e->children, 1);
	if (is_nothing(e->children) || is_bool(e->children)) return 0;
	int svg = now.svg;
	JSValue selected = now.selected;
	now.svg = n->kind == SVG || (n->kind != FOREIGN && svg);
	now.selected = e->selected;
	int failed = node(c, e->children, context, v);
	now.svg = svg;
	now.selected = selected;
	return failed;
}

// unsafe throws what is to be said of a name that no element has.
static int unsafe(JSContext *c, JSValue type, u32 begin) {
	JSValue args[2] = {JS_ToString(c, type), JS_NewStringLen(c, out.at + begin, out.size - begin)};
	JS_FreeValue(c, call_back(c, atom_unsafe, 2, args));
	return -1;
}

static int element(JSContext *c, JSValue type, JSValue v, JSValue context) {
	u32 atom = JS_ValueToAtom(c, type);
	if (!atom) return -1;
	const struct name *known = find(c, elements, atom, atom_element);
	if (!known) return -1;
	struct name n = *known; // other may be another's meanwhile
	JS_FreeAtom(c, atom);
	struct element e = {n.kind, JS_GetProperty(c, v, atom_props), JS_UNDEFINED, JS_UNDEFINED, JS_DupValue(c, now.selected)};
	u32 begin = out.size;
	int failed = JS_TagOf(e.props) == JS_TAG_EXCEPTION || PUT(c, "<") || put(c, n.text, n.size) || put_attributes(c, &e);
	if (!failed && n.kind == NOTHING) failed = unsafe(c, type, begin);
	failed = failed || PUT(c, ">");
	u32 opened = out.size;
	failed = failed || content(c, &e, &n, v, context);
	if (!failed) {
		if (n.kind == VOID && out.size == opened) {
			out.size--;
			failed = PUT(c, "/>");
		} else {
			failed = PUT(c, "</") || put(c, n.text, n.size) || PUT(c, ">");
		}
	}
	JS_FreeValue(c, e.props);
	JS_FreeValue(c, e.children);
	JS_FreeValue(c, e.inner);
	JS_FreeValue(c, e.selected);
	return failed;
}

// tell calls a callback about a node.
static int tell(JSContext *c, u32 which, JSValue v) {
	JSValue args[1] = {JS_DupValue(c, v)};
	JSValue told = call_back(c, which, 1, args);
	JS_FreeValue(c, told);
	return JS_TagOf(told) == JS_TAG_EXCEPTION ? -1 : 0;
}

// made is whether Preact made the object: JSON cannot have an undefined constructor.
static int made(JSContext *c, JSValue v) {
	JSValue constructor = JS_GetProperty(c, v, atom_constructor);
	JS_FreeValue(c, constructor);
	if (JS_TagOf(constructor) == JS_TAG_EXCEPTION) return -1;
	return JS_TagOf(constructor) == JS_TAG_UNDEFINED;
}

static int node(JSContext *c, JSValue v, JSValue context, JSValue parent) {
	char here;
	if ((u32)(base - &here) > stack) {
		JS_ThrowRangeError(c, "Maximum call stack size exceeded");
		return -1;
	}
	if (is_nothing(v) || is_bool(v)) return 0;
	if (is_string(v)) return put_value(c, v, 1);
	if (JS_TagOf(v) != JS_TAG_OBJECT) return put_value(c, v, 0);
	if (JS_IsFunction(c, v)) return 0;
	if (JS_IsArray(v)) return array(c, v, context, parent);
	int is = made(c, v);
	if (is <= 0) return is;
	if (now.hooks && (JS_SetProperty(c, v, atom_parent, JS_DupValue(c, parent)) < 0 || tell(c, atom_before, v))) return -1;
	JSValue type = JS_GetProperty(c, v, atom_type);
	if (JS_TagOf(type) == JS_TAG_EXCEPTION) return -1;
	int failed;
	if (JS_TagOf(type) == JS_TAG_OBJECT && JS_IsFunction(c, type)) {
		JSValue args[3] = {JS_DupValue(c, v), JS_DupValue(c, context), JS_DupValue(c, parent)};
		JSValue done = call_back(c, atom_component, 3, args);
		failed = JS_TagOf(done) == JS_TAG_EXCEPTION ? -1 : 0;
		JS_FreeValue(c, done);
	} else {
		failed = element(c, type, v, context);
		if (!failed && now.hooks) failed = tell(c, atom_after, v);
	}
	JS_FreeValue(c, type);
	return failed;
}

static const char doctype[] = "<!doctype html>", document[] = "<html";

// done is the text from an index on. Of a whole page it is left where it is: answer in
// shim.c gives it to the host from there.
static JSValue done(JSContext *c, u32 from, int is_page) {
	char *text = out.at + from;
	u32 size = out.size - from;
	if (!is_page) return JS_NewUint8ArrayCopy(c, (u8 *)text, size);
	// Nobody can write a doctype as JSX.
	u32 skip = size < sizeof document - 1 || memcmp(text, document, sizeof document - 1) ? from : 0;
	out.page = out.at + skip;
	out.page_size = out.size - skip;
	return JS_DupValue(c, out.is_page);
}

// html(node, callbacks, hooks, context, parent) → Uint8Array, or html.page for a page
JSValue html_tree(JSContext *c, JSValue self, int argc, JSValue *argv) {
	(void)self, (void)argc;
	if (prepare(c)) return JS_EXCEPTION;
	u32 begin = out.size;
	__typeof__(now) before = now;
	now.svg = 0;
	now.selected = JS_UNDEFINED;
	now.callbacks = argv[1];
	now.hooks = JS_ToBool(c, argv[2]);
	int failed = begin == 0 && put(c, doctype, sizeof doctype - 1);
	u32 from = out.size;
	if (!failed) failed = node(c, argv[0], argv[3], argv[4]);
	now = before;
	JSValue v = failed ? JS_EXCEPTION : done(c, from, begin == 0);
	out.size = begin;
	return v;
}

// htmlChild(node, context, parent): within a component, what it returned
JSValue html_child(JSContext *c, JSValue self, int argc, JSValue *argv) {
	(void)self, (void)argc;
	return node(c, argv[0], argv[1], argv[2]) ? JS_EXCEPTION : JS_UNDEFINED;
}

// htmlText(text): as it is
JSValue html_text(JSContext *c, JSValue self, int argc, JSValue *argv) {
	(void)self, (void)argc;
	return put_value(c, argv[0], 0) ? JS_EXCEPTION : JS_UNDEFINED;
}
