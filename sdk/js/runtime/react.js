// React's components as HTML. React's own errors name no place in the page: one that has
// such an error is rendered once more, and looked at while it makes its elements.
import { silently } from "./console.js";
import { placeIn, placeOf } from "./errors.js";
import { looking } from "./react-jsx.js";
import { numbered } from "./reactwords.js";

// react gives what renders a component.
export function react(createElement, renderToString) {
  const render = (component, props) => renderToString(createElement(component, props));
  return (component, props) => {
    try {
      return render(component, props);
    } catch (error) {
      if (!numbered(error)) throw error;
      throw silently(() => placed(error, (watch) => render(watch(component), props)));
    }
  };
}

function placed(error, render) {
  const { watch, end } = looking();
  try {
    render(watch);
  } catch (again) {
    error = again;
  }
  const component = end();
  if (!placeIn(error)) error.at = placeOf(component);
  return error;
}
