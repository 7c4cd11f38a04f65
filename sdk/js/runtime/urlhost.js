// Hosts of URLs: names, IPv4 and IPv6 addresses (https://url.spec.whatwg.org, section 3.5).
import { escaper } from "./urlescape.js";

const FORBIDDEN = /[\0-\x20#/:<>?@[\\\]^|]/;
const FORBIDDEN_NAME = /[\0-\x20#%/:<>?@[\\\]^|\x7f]/;

// hostOf is the one spelling of a host, null if it is none.
export function hostOf(text, special) {
  if (text.startsWith("[")) return text.endsWith("]") ? ipv6(text.slice(1, -1)) : null;
  if (!special) return FORBIDDEN.test(text) ? null : escaper("")(text);
  let name;
  try {
    name = decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, "%25"));
  } catch {
    return null;
  }
  name = name
    .normalize("NFKC")
    .toLowerCase()
    .normalize("NFC")
    .replace(/[\u3002\uff0e\uff61]/g, ".")
    .replaceAll("\u00ad", "");
  name = name
    .split(".")
    .map((label) => (/^[\0-\x7f]*$/.test(label) ? label : `xn--${punycode(label)}`))
    .join(".");
  if (FORBIDDEN_NAME.test(name)) return null;
  const last = name.replace(/\.$/, "").split(".").at(-1);
  return /^(\d+|0x[0-9a-f]*)$/i.test(last) ? ipv4(name) : name;
}

function ipv4(text) {
  const parts = text.replace(/\.$/, "").split(".");
  if (parts.length > 4) return null;
  const numbers = parts.map((p) => {
    if (p === "") return NaN;
    if (/^0x[0-9a-f]*$/i.test(p)) return p.length === 2 ? 0 : parseInt(p, 16);
    if (/^0[0-7]*$/.test(p)) return parseInt(p, 8);
    return /^[1-9]\d*$/.test(p) ? parseInt(p, 10) : NaN;
  });
  const last = numbers.pop();
  if (numbers.some((n) => !(n <= 255)) || !(last < 256 ** (4 - numbers.length))) return null;
  const value = numbers.reduce((sum, n, i) => sum + n * 256 ** (3 - i), last);
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

function ipv6(text) {
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  let whole = text;
  if (embedded) {
    const bytes = embedded[2].split(".").map(Number);
    if (bytes.some((b) => b > 255)) return null;
    whole = `${embedded[1]}${(bytes[0] * 256 + bytes[1]).toString(16)}:${(bytes[2] * 256 + bytes[3]).toString(16)}`;
  }
  const halves = whole.split("::");
  if (halves.length > 2) return null;
  const [head, tail] = halves.map((h) => (h === "" ? [] : h.split(":")));
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail ? missing < 1 : missing !== 0) return null;
  const words = tail ? [...head, ...new Array(missing).fill("0"), ...tail] : head;
  if (!words.every((w) => /^[0-9a-f]{1,4}$/i.test(w))) return null;
  const numbers = words.map((w) => parseInt(w, 16));
  let [from, length] = [-1, 1];
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (numbers[i + n] === 0) n++;
    if (n > length) [from, length] = [i, n];
  }
  const hex = (list) => list.map((n) => n.toString(16)).join(":");
  return from < 0 ? `[${hex(numbers)}]` : `[${hex(numbers.slice(0, from))}::${hex(numbers.slice(from + length))}]`;
}

// punycode is RFC 3492, section 6.3.
function punycode(label) {
  const points = Array.from(label, (c) => c.codePointAt(0));
  let out = label.replace(/[^\0-\x7f]/gu, "");
  const basic = out.length;
  let handled = basic;
  if (basic > 0) out += "-";
  for (let n = 128, delta = 0, bias = 72; handled < points.length; n++, delta++) {
    const next = Math.min(...points.filter((p) => p >= n));
    delta += (next - n) * (handled + 1);
    n = next;
    for (const p of points) {
      if (p < n) delta++;
      if (p !== n) continue;
      let q = delta;
      for (let k = 36; ; k += 36) {
        const t = Math.min(26, Math.max(1, k - bias));
        if (q < t) break;
        out += digit(t + ((q - t) % (36 - t)));
        q = Math.floor((q - t) / (36 - t));
      }
      out += digit(q);
      bias = adapt(delta, handled + 1, handled === basic);
      delta = 0;
      handled++;
    }
  }
  return out;
}

const digit = (d) => String.fromCharCode(d < 26 ? 97 + d : 22 + d);

function adapt(delta, count, first) {
  let d = first ? Math.floor(delta / 700) : delta >> 1;
  d += Math.floor(d / count);
  let k = 0;
  for (; d > 455; k += 36) d = Math.floor(d / 35);
  return k + Math.floor((36 * d) / (d + 38));
}
