// URLSearchParams (https://url.spec.whatwg.org, section 6).

export class URLSearchParams {
  #pairs = [];
  #changed = () => {};

  constructor(from = "") {
    if (typeof from === "object" && from !== null) {
      const pairs = typeof from[Symbol.iterator] === "function" ? from : Object.entries(from);
      for (const pair of pairs) {
        const [name, value, ...more] = pair;
        if (value === undefined || more.length > 0) throw new TypeError("URLSearchParams wants pairs of a name and a value");
        this.#pairs.push([String(name).toWellFormed(), String(value).toWellFormed()]);
      }
    } else {
      this.#read(String(from).replace(/^\?/, ""));
    }
  }

  #read(text) {
    this.#pairs = text
      .split("&")
      .filter(Boolean)
      .map((part) => {
        const at = part.indexOf("=");
        return at < 0 ? [unescape(part), ""] : [unescape(part.slice(0, at)), unescape(part.slice(at + 1))];
      });
  }

  static {
    watch = (text, changed) => {
      const params = new URLSearchParams();
      params.#read(text);
      params.#changed = changed;
      return params;
    };
  }

  #tell() {
    this.#changed(this.toString());
  }

  get size() {
    return this.#pairs.length;
  }

  append(name, value) {
    this.#pairs.push([String(name).toWellFormed(), String(value).toWellFormed()]);
    this.#tell();
  }

  delete(name, value) {
    this.#pairs = this.#pairs.filter(([n, v]) => n !== String(name) || (value !== undefined && v !== String(value)));
    this.#tell();
  }

  get(name) {
    return this.#pairs.find(([n]) => n === String(name))?.[1] ?? null;
  }
  getAll(name) {
    return this.#pairs.filter(([n]) => n === String(name)).map(([, v]) => v);
  }
  has(name, value) {
    return this.#pairs.some(([n, v]) => n === String(name) && (value === undefined || v === String(value)));
  }

  set(name, value) {
    const first = this.#pairs.findIndex(([n]) => n === String(name));
    if (first < 0) {
      this.append(name, value);
      return;
    }
    this.#pairs[first][1] = String(value).toWellFormed();
    this.#pairs = this.#pairs.filter(([n], i) => i <= first || n !== String(name));
    this.#tell();
  }

  sort() {
    this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#tell();
  }

  forEach(f, self) {
    for (const [name, value] of this) f.call(self, value, name, this);
  }
  *entries() {
    for (const pair of this.#pairs) yield [...pair];
  }
  *keys() {
    for (const [name] of this.#pairs) yield name;
  }
  *values() {
    for (const [, value] of this.#pairs) yield value;
  }
  [Symbol.iterator]() {
    return this.entries();
  }
  toString() {
    return this.#pairs.map(([n, v]) => `${escape(n)}=${escape(v)}`).join("&");
  }
}

// watch makes the params of a URL, which is told when they change.
export var watch;

const escape = (text) =>
  encodeURIComponent(text).replace(/%20|[!'()~]/g, (c) => (c === "%20" ? "+" : "%" + c.charCodeAt(0).toString(16).toUpperCase()));

function unescape(text) {
  const plain = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(plain.replace(/%(?![0-9a-f]{2})/gi, "%25"));
  } catch {
    // Bytes that are not UTF-8 are replaced, not refused.
    const bytes = [];
    for (let i = 0; i < plain.length; i++) {
      const hex = /^%([0-9a-f]{2})/i.exec(plain.slice(i, i + 3));
      if (hex) {
        bytes.push(parseInt(hex[1], 16));
        i += 2;
      } else {
        bytes.push(...new TextEncoder().encode(plain[i]));
      }
    }
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array(bytes));
  }
}
