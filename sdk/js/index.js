// @wisr/page: what pages import. It runs in wisr and, for tests, in Node alike.

const SPECIAL = /[&<>"']/;

/** escape makes a text safe between tags and in quoted attributes. */
export function escape(text) {
  const plain = String(text);
  // Most texts have nothing to escape, and to see that is faster than to replace it.
  if (!SPECIAL.test(plain)) return plain;
  // Five walks by the engine are faster than one that calls back.
  return plain.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&#34;").replaceAll("'", "&#39;");
}

/** Html is text that is HTML already. */
export class Html {
  #text;
  constructor(text) {
    this.#text = text;
  }
  toString() {
    return this.#text;
  }
}

/** raw is HTML that is put in as it is: only for what nobody else wrote. */
export function raw(text) {
  return new Html(String(text));
}

/**
 * html`<p>${text}</p>` escapes what is put in. Html is put in as it is, of arrays every
 * member, and null, undefined and false are nothing.
 */
export function html(strings, ...values) {
  let text = strings[0];
  for (let i = 0; i < values.length; i++) text += show(values[i]) + strings[i + 1];
  return new Html(text);
}

function show(value) {
  if (value instanceof Html) return value.toString();
  if (Array.isArray(value)) return value.map(show).join("");
  if (value === null || value === undefined || value === false) return "";
  return escape(value);
}

/** json is a value as it stands in a <script>: no text in it can end the element. */
export function json(value) {
  return new Html(JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0")));
}

const world = () => globalThis[Symbol.for("wisr")];

/** config is a value of [config] in plugin.toml, undefined if it is not there. */
export function config(key) {
  return world()?.config(key);
}

/** page is what the function that runs was called with: path, params, locale … */
export function page() {
  return world()?.input();
}
