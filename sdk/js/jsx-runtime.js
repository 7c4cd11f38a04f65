// JSX without a framework: elements become HTML where they stand. There is no state,
// no context and nothing between JSX and text, which for a page that is made on the
// server and stays as it is is all there is to do.
//
//   "jsx": "react-jsx", "jsxImportSource": "@wisr/page"      in tsconfig.json
import { Html, escape } from "./index.js";

const VOID = new Set(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]);
const ALIASES = { className: "class", htmlFor: "for", acceptCharset: "accept-charset", httpEquiv: "http-equiv", charSet: "charset" };
const UNSAFE = /[\s"'<>/=\0]/;

/** jsx is called for every element by what compiles JSX. */
export function jsx(type, props) {
  if (typeof type === "function") return type(props);
  if (typeof type !== "string") {
    throw new TypeError(
      `${type === null || type === undefined ? type : `a value of type ${typeof type}`} is no component: is it exported by this name?`,
    );
  }
  if (!keys.has(type)) learn(type);
  let text = "<" + type;
  let inner;
  for (const name in props) {
    const value = props[name];
    switch (name) {
      case "children":
        inner ??= show(value);
        break;
      case "dangerouslySetInnerHTML":
        inner = value?.__html ?? "";
        break;
      case "key":
      case "ref":
        break;
      default:
        text += attribute(name, value);
    }
  }
  if (VOID.has(type)) return new Html(text + "/>");
  return new Html(`${text}>${inner ?? ""}</${type}>`);
}

export { jsx as jsxs, jsx as jsxDEV };

/** Fragment is <>…</>. */
export function Fragment({ children }) {
  return new Html(show(children));
}

function attribute(name, value) {
  if (value === null || value === undefined || value === false || typeof value === "function") return "";
  const key = keys.get(name) ?? learn(name);
  if (value === true) return name.startsWith("aria-") || name.startsWith("data-") ? ` ${key}="true"` : ` ${key}`;
  return ` ${key}="${escape(name === "style" && typeof value === "object" ? css(value) : value)}"`;
}

// keys are the names that were seen, as HTML writes them: a page has few, and
// looks at each a hundred times.
const keys = new Map(Object.entries(ALIASES));

function learn(name) {
  if (UNSAFE.test(name)) throw new TypeError(`${JSON.stringify(name)} is no name of an element or an attribute`);
  keys.set(name, name);
  return name;
}

function css(style) {
  let text = "";
  for (const name in style) {
    const value = style[name];
    if (value === null || value === undefined || value === false) continue;
    text += `${name.startsWith("--") ? name : name.replace(/[A-Z]/g, (c) => "-" + c.toLowerCase())}:${value};`;
  }
  return text;
}

function show(child) {
  if (typeof child === "string") return escape(child);
  if (child instanceof Html) return child.toString();
  if (Array.isArray(child)) {
    let text = "";
    for (const c of child) text += show(c);
    return text;
  }
  if (child === null || child === undefined || typeof child === "boolean") return "";
  if (typeof child.then === "function") throw new TypeError("a component is async: gather its data in getStaticProps");
  return escape(child);
}
