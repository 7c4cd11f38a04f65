// What compiles JSX calls for every element, in place of react/jsx-runtime. It is the
// same, at no cost, until a page fails and looking begins.
import { jsx as make } from "react/jsx-runtime";
import { isAsync } from "./errors.js";
import { react as words } from "./reactwords.js";

export { Fragment } from "react/jsx-runtime";
export let jsx = make;
export { jsx as jsxs, jsx as jsxDEV };

const VOID = new Set([
  "area",
  "base",
  "br",
  "col",
  "embed",
  "hr",
  "img",
  "input",
  "keygen",
  "link",
  "meta",
  "param",
  "source",
  "track",
  "wbr",
]);

// looking makes elements that are looked at where they stand in the page's source, of
// components that are watched. end is the end of it, and gives the component that failed,
// or else the last one.
export function looking() {
  const watched = new Map();
  let failed, last;
  const watch = (type) => {
    if (typeof type !== "function" || type.prototype?.isReactComponent) return type;
    if (!watched.has(type)) watched.set(type, watching(type));
    return watched.get(type);
  };
  const watching =
    (type) =>
    (...given) => {
      last = type;
      try {
        const made = type(...given);
        if (typeof made?.then === "function") throw isAsync(type);
        if (strange(made)) throw wrong(31, named(made));
        return made;
      } catch (error) {
        failed ??= type;
        throw error;
      }
    };
  jsx = (type, props, key) => {
    look(type, props);
    return make(watch(type), props, key);
  };
  const end = () => {
    jsx = make;
    return failed ?? last;
  };
  return { watch, end };
}

const wrong = (number, ...told) => new TypeError(words(number, ...told));

function look(type, props) {
  if (type === undefined || type === null || strange(type)) throw wrong(130, type ? `a value of type ${typeof type}` : String(type));
  if (typeof type !== "string") return;
  const { children, dangerouslySetInnerHTML: html, style } = props;
  const has = (v) => v !== undefined && v !== null;
  if (VOID.has(type) && (has(children) || has(html))) throw wrong(399, type);
  if (has(html) && has(children)) throw wrong(60);
  if (has(html) && !(typeof html === "object" && "__html" in html)) throw wrong(61);
  if (has(style) && typeof style !== "object") throw wrong(62);
  for (const child of Array.isArray(children) ? children.flat(Infinity) : [children]) if (strange(child)) throw wrong(31, named(child));
}

// strange tells whether a value is none that React shows.
function strange(v) {
  return (
    typeof v === "object" &&
    v !== null &&
    !Array.isArray(v) &&
    !("$$typeof" in v) &&
    !(Symbol.iterator in v) &&
    !(Symbol.asyncIterator in v) &&
    typeof v.then !== "function"
  );
}

const named = (v) => (Object.getPrototypeOf(v) === Object.prototype ? `object with keys {${Object.keys(v).join(", ")}}` : String(v));
