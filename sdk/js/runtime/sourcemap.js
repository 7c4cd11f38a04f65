// From places in the bundle to those in the author's files: source map revision 3
// (https://tc39.es/source-map). It is read when the first error is told.
import { host } from "./host.js";

let map;

function load() {
  if (map) return map;
  const { sources, mappings } = JSON.parse(host.sourceMap());
  map = { sources, lines: mappings.split(";"), decoded: [], state: { source: 0, line: 0, column: 0 } };
  return map;
}

const DIGITS = new Int8Array(128).fill(-1);
Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/").forEach((c, i) => {
  DIGITS[c.charCodeAt(0)] = i;
});

// segments decodes lines up to one: all numbers but the first of a segment are
// differences from the segment before, across lines.
function segments(to) {
  const { lines, decoded, state } = load();
  for (let n = decoded.length; n <= to && n < lines.length; n++) {
    const found = [];
    const text = lines[n];
    let column = 0;
    for (let i = 0; i < text.length; ) {
      const fields = [];
      while (i < text.length && text.charCodeAt(i) !== 44 /* , */) {
        let value = 0;
        let shift = 0;
        let digit;
        do {
          digit = DIGITS[text.charCodeAt(i++)];
          value += (digit & 31) * 2 ** shift;
          shift += 5;
        } while (digit & 32);
        fields.push(value & 1 ? -Math.floor(value / 2) : value / 2);
      }
      i++;
      column += fields[0];
      if (fields.length < 4) continue;
      state.source += fields[1];
      state.line += fields[2];
      state.column += fields[3];
      found.push(column, state.source, state.line, state.column);
    }
    decoded.push(found);
  }
  return decoded[to] ?? [];
}

// original is the place in the author's file, lines and columns from 1.
export function original(line, column) {
  const found = segments(line - 1);
  let [low, high] = [0, found.length / 4];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (found[4 * middle] <= column - 1) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return undefined;
  const at = 4 * (low - 1);
  return { file: load().sources[found[at + 1]], line: found[at + 2] + 1, column: found[at + 3] + 1 };
}
