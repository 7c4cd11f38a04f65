// TextEncoder and TextDecoder (https://encoding.spec.whatwg.org) for UTF-8, which
// is what the web speaks; other encodings are a RangeError.
import { define, host } from "./host.js";

const UTF8 = new Set(["utf-8", "utf8", "unicode-1-1-utf-8"]);

class TextEncoder {
  get encoding() {
    return "utf-8";
  }

  encode(text = "") {
    return host.encode(String(text).toWellFormed());
  }

  encodeInto(text, into) {
    let read = 0;
    let written = 0;
    for (const character of String(text).toWellFormed()) {
      const bytes = host.encode(character);
      if (written + bytes.length > into.length) break;
      into.set(bytes, written);
      written += bytes.length;
      read += character.length;
    }
    return { read, written };
  }
}

class TextDecoder {
  #fatal;
  #ignoreBOM;
  #rest = new Uint8Array(0); // of a character whose end has not come yet
  #begun = false;

  constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
    if (!UTF8.has(String(label).trim().toLowerCase()))
      throw new RangeError(`TextDecoder: the encoding ${JSON.stringify(label)} is not known here, only utf-8 is`);
    this.#fatal = fatal;
    this.#ignoreBOM = ignoreBOM;
  }

  get encoding() {
    return "utf-8";
  }
  get fatal() {
    return this.#fatal;
  }
  get ignoreBOM() {
    return this.#ignoreBOM;
  }

  decode(input = new Uint8Array(0), { stream = false } = {}) {
    let bytes = toBytes(input);
    if (this.#rest.length > 0) {
      const joined = new Uint8Array(this.#rest.length + bytes.length);
      joined.set(this.#rest);
      joined.set(bytes, this.#rest.length);
      bytes = joined;
    }
    const whole = stream ? bytes.length - unfinished(bytes) : bytes.length;
    this.#rest = bytes.slice(whole);
    if (whole < bytes.length) bytes = bytes.subarray(0, whole);

    let text = host.decode(bytes);
    if (this.#fatal && text.includes("\ufffd") && !same(host.encode(text), bytes)) {
      this.#rest = new Uint8Array(0);
      throw new TypeError("TextDecoder: the bytes are not UTF-8");
    }
    if (!this.#begun && !this.#ignoreBOM && text.startsWith("\ufeff")) text = text.slice(1);
    this.#begun = stream && (this.#begun || whole > 0);
    return text;
  }
}

export function toBytes(input) {
  if (input instanceof Uint8Array) return input;
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  return new Uint8Array(input);
}

// unfinished is how many bytes at the end begin a character without ending it.
function unfinished(bytes) {
  for (let n = 1; n <= Math.min(3, bytes.length); n++) {
    const b = bytes[bytes.length - n];
    if (b < 0x80) return 0;
    if (b >= 0xc0) return n < (b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : 2) ? n : 0;
  }
  return 0;
}

function same(a, b) {
  return a.length === b.length && a.every((v, i) => v === b[i]);
}

export { TextDecoder, TextEncoder };

define({ TextEncoder, TextDecoder });
