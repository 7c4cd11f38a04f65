// What compiles JSX calls for every element, in place of preact/jsx-runtime: it makes
// nodes without the dozen fields that only a browser's Preact has a use for, which take
// an interpreter longer to write down than all of the rest.
import { options } from "preact";
import { host } from "./host.js";

export { Fragment, jsxAttr, jsxEscape, jsxTemplate } from "preact/jsx-runtime";
export const { jsx } = host;
export { jsx as jsxs, jsx as jsxDEV };

host.htmlJSX(options, (type, given, key) => {
  if (type === undefined || type === null) throw new TypeError(`${type} is no component: is it exported by this name?`);
  const { ref, ...props } = given ?? {};
  const defaults = typeof type === "function" ? type.defaultProps : undefined;
  for (const name in defaults) if (props[name] === undefined) props[name] = defaults[name];
  // Nothing else has a constructor that is undefined: JSON cannot.
  return { type, props, key, ref, constructor: undefined };
});
