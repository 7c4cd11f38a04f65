// Headers (https://fetch.spec.whatwg.org): names in any case, values joined by commas.
import { define } from "./host.js";

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

class Headers {
  #values = new Map();

  constructor(from) {
    if (from === undefined || from === null) return;
    const pairs = typeof from[Symbol.iterator] === "function" ? from : Object.entries(from);
    for (const [name, value] of pairs) this.append(name, value);
  }

  append(name, value) {
    const key = keyOf(name);
    const text = valueOf(name, value);
    this.#values.set(key, this.#values.has(key) ? `${this.#values.get(key)}, ${text}` : text);
  }

  set(name, value) {
    this.#values.set(keyOf(name), valueOf(name, value));
  }
  get(name) {
    return this.#values.get(keyOf(name)) ?? null;
  }
  has(name) {
    return this.#values.has(keyOf(name));
  }
  delete(name) {
    this.#values.delete(keyOf(name));
  }
  forEach(f, self) {
    for (const [name, value] of this) f.call(self, value, name, this);
  }
  *entries() {
    yield* [...this.#values].sort(([a], [b]) => (a < b ? -1 : 1));
  }
  *keys() {
    for (const [name] of this) yield name;
  }
  *values() {
    for (const [, value] of this) yield value;
  }
  [Symbol.iterator]() {
    return this.entries();
  }
}

function keyOf(name) {
  if (!NAME.test(name)) throw new TypeError(`${JSON.stringify(String(name))} is no name of a header`);
  return String(name).toLowerCase();
}

function valueOf(name, value) {
  const text = String(value).trim();
  if (/[\0\r\n]/.test(text)) throw new TypeError(`the header ${name} has a line break in it`);
  return text;
}

export { Headers };

define({ Headers });
