import { host } from "./host.js";
export function start(page, file, renderer) {
  function serve(name, input) {
    switch (name) {
      case "render": {
        const out = page.render ? page.render(input) : renderer(page.default, input.props);
        return out.startsWith("<html") ? "<!doctype html>" + out : out;
      }
      default: {
        const out = page[name](input);
        return out instanceof Promise ? out.then(JSON.stringify) : JSON.stringify(out);
      }
    }
  }
  host.begin(serve, () => false, (e) => (e && e.stack ? String(e) + "\n\n" + e.stack : String(e)));
}
