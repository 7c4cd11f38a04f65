// Randomness. The engine seeds its own when it starts, which for a page is when it
// was loaded: every generation would draw the same numbers.
import { define, host } from "./host.js";

const BATCH = 64;
let words = new Uint32Array(0);
let next = 0;

function word() {
  if (next === words.length) {
    words = new Uint32Array(BATCH);
    host.fill(new Uint8Array(words.buffer));
    next = 0;
  }
  return words[next++];
}

Math.random = () => (word() * 2 ** 21 + (word() >>> 11)) / 2 ** 53;

function getRandomValues(into) {
  if (!/^(Big)?(Int|Uint)/.test(into?.[Symbol.toStringTag]))
    throw new DOMException("getRandomValues fills arrays of integers", "TypeMismatchError");
  if (into.byteLength > 65536) throw new DOMException("getRandomValues gives at most 65536 bytes", "QuotaExceededError");
  host.fill(new Uint8Array(into.buffer, into.byteOffset, into.byteLength));
  return into;
}

function randomUUID() {
  const b = getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 0x0f) | 0x40; // version 4, RFC 9562
  b[8] = (b[8] & 0x3f) | 0x80;
  const hex = Array.from(b, (v) => v.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

// forget drops what was drawn while the page was loaded.
export function forget() {
  words = new Uint32Array(0);
  next = 0;
}

define({ crypto: { getRandomValues, randomUUID } });
