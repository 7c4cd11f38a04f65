// Preact's components as HTML: byte for byte what preact-render-to-string makes of
// them. Elements, attributes and text are the engine's (engine/html.c). Here are
// components, and what the engine asks for once for each name: it is learned from
// preact-render-to-string itself, the one that the page has installed.
//
// The names of two letters are Preact's own in its releases, which all its add-ons go
// by: __v a component's node, __c a node's component, __k and __ its children and its
// parent, __d or a bit of __g that a component is to be rendered again.
import { isAsync } from "./errors.js";
import { host } from "./host.js";

const DIRTY = 1 << 3; // of __g
const MOST = 25; // renderings of a component that asks for another one each time

// Names that the engine has to know, by how html.c calls them.
const ATTRIBUTES = {
  children: "i",
  dangerouslySetInnerHTML: "h",
  class: "cclass",
  className: "cclass",
  htmlFor: "ffor",
  value: "vvalue",
  defaultValue: "vvalue",
  style: "sstyle",
};
const ELEMENTS = { svg: "g", foreignObject: "x", textarea: "r", select: "l", option: "p" };

// Names that most pages have are learned when the page is loaded.
const USUAL_ELEMENTS =
  "html head title meta link script body header nav main section article footer h1 h2 h3 p div span a strong ul li img form label input button";
const USUAL_ATTRIBUTES = "id class className href src alt title lang rel type name content charset charSet width height key children";

// preact gives what renders a component. An error boundary takes back what was written,
// which is left to preact-render-to-string, as are pages outside of wisr.
export function preact({ Fragment, h, options }, renderToString) {
  const slow = (component, props) => renderToString(h(component, props));
  if (!host?.html) return slow;

  // What Preact's add-ons want to be told in this rendering.
  let before, begins, after, ends;
  const callbacks = {
    attribute,
    element,
    component,
    style: (values) => /"(.*)"/s.exec(renderToString(h("p", { style: values })))?.[1],
    unsafe: (name) => renderToString(h(name)),
    before: (node) => before?.(node),
    after: done,
  };

  function attribute(name, svg) {
    if (Object.hasOwn(ATTRIBUTES, name)) return ATTRIBUTES[name];
    const shown = (value) => {
      const made = h("p", { [name]: value });
      const text = renderToString(svg ? h("svg", null, made) : made);
      return / ([^>]*)><\/p>/.exec(text)?.[1];
    };
    const plain = shown(true);
    if (plain === undefined) return "n";
    return plain.endsWith('="true"') ? `t${plain.slice(0, -7)}` : `a${plain}`;
  }

  function element(name) {
    let text;
    try {
      text = renderToString(h(name));
    } catch {
      return `n${name}`;
    }
    return (ELEMENTS[name] ?? (text.endsWith("/>") ? "o" : "e")) + name;
  }

  function done(node) {
    after?.(node);
    ends?.(node);
  }

  function component(node, context) {
    const { type, props } = node;
    let made;
    if (type === Fragment) {
      if ("tpl" in props) return template(node, context);
      if ("UNSTABLE_comment" in props) return host.htmlText(renderToString(node));
      made = props.children;
    } else {
      let inner = context;
      const { contextType } = type;
      if (contextType !== null && contextType !== undefined) {
        const provider = context[contextType.__c];
        inner = provider ? provider.props.value : contextType.__;
      }
      made = typeof type.prototype?.render === "function" ? classed(node, inner) : plain(node, inner);
      const own = node.__c;
      if (own.getChildContext) context = { ...context, ...own.getChildContext() };
    }
    if (typeof made?.then === "function") throw isAsync(type);
    // A fragment that a component returns is none to what is below.
    if (made?.type === Fragment && (made.key ?? made.props.tpl ?? null) === null) made = made.props.children;
    host.htmlChild(made, context, node);
    done(node);
  }

  // plain is a function's. It is called again while it changes its own state.
  function plain(node, context) {
    const { type, props } = node;
    const own = { __v: node, context, props, setState: again, forceUpdate: again, __d: true, __h: [] };
    node.__c = own;
    let made;
    for (let n = 0; n < MOST && dirty(own); n++) {
      mark(own, false);
      begins?.(node);
      made = type.call(own, props, context);
    }
    mark(own, true);
    return made;
  }

  function classed(node, context) {
    const { type, props } = node;
    const known = node.__c;
    const own = known ?? new type(props, context);
    if (known) own.state = own.__s;
    node.__c = own;
    own.__v = node;
    own.props = props;
    own.context = context;
    mark(own, true);
    own.state ??= {};
    own.__s ??= own.state;
    if (type.getDerivedStateFromProps) {
      own.state = { ...own.state, ...type.getDerivedStateFromProps(own.props, own.state) };
    } else if (!known && own.componentWillMount) {
      own.componentWillMount();
      own.state = own.__s;
    } else if (known && own.componentWillUpdate) {
      own.componentWillUpdate();
    }
    begins?.(node);
    return own.render(own.props, own.state, context);
  }

  // template is JSX that was compiled to text with gaps (jsxTemplate of preact/jsx-runtime).
  function template(node, context) {
    const { tpl, exprs } = node.props;
    tpl.forEach((text, i) => {
      host.htmlText(text);
      const value = exprs?.[i] ?? null;
      if (value === null) return;
      if (typeof value === "object" && (value.constructor === undefined || Array.isArray(value))) host.htmlChild(value, context, node);
      else host.htmlText(String(value));
    });
  }

  function render(node) {
    const skipped = options.__s;
    options.__s = true; // effects: nothing will run them
    before = options.__b;
    begins = options.__r;
    after = options.diffed;
    ends = options.unmount;
    const parent = h(Fragment, null);
    parent.__k = [node];
    try {
      return host.html(node, callbacks, Boolean(before || after || ends), {}, parent);
    } catch (e) {
      if (e?.then) throw new Error('Use "renderToStringAsync" for suspenseful rendering.');
      throw e;
    } finally {
      options.__c?.(node, []);
      options.__s = skipped;
    }
  }

  for (const name of USUAL_ELEMENTS.split(" ")) render(h(name));
  for (const name of USUAL_ATTRIBUTES.split(" ")) render(h("p", { [name]: "" }));
  return (component, props) => (options.errorBoundaries ? slow(component, props) : render(h(component, props)));
}

function again() {
  this.__d = true;
}

function dirty(own) {
  return own.__g === undefined ? own.__d === true : (own.__g & DIRTY) !== 0;
}

function mark(own, is) {
  if (own.__g === undefined) own.__d = is;
  else if (is) own.__g |= DIRTY;
  else own.__g &= ~DIRTY;
}
