// inspect is a value as a person reads it in a log.

const MAX_DEPTH = 3;
const MAX_ITEMS = 100;
const MAX_TEXT = 10_000;

export function inspect(value, depth = 0, above = []) {
  switch (typeof value) {
    case "string":
      return depth === 0 ? value : JSON.stringify(value.length > MAX_TEXT ? value.slice(0, MAX_TEXT) + "…" : value);
    case "bigint":
      return `${value}n`;
    case "function":
      return `[function ${value.name || "(anonymous)"}]`;
    case "object":
      return value === null ? "null" : object(value, depth, above);
    default:
      return Object.is(value, -0) ? "-0" : String(value);
  }
}

function object(value, depth, above) {
  if (above.includes(value)) return "[circular]";
  if (value instanceof Error) return String(value.stack ? `${value}\n${value.stack}` : value).trimEnd();
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof RegExp) return String(value);
  const name = value.constructor?.name ?? "";
  if (depth >= MAX_DEPTH) return Array.isArray(value) ? "[…]" : `{…}`;
  const inner = [...above, value];
  const show = (v) => inspect(v, depth + 1, inner);
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const items = Array.from(value).slice(0, MAX_ITEMS).map(show);
    if (value.length > MAX_ITEMS) items.push(`… ${value.length - MAX_ITEMS} more`);
    return `${Array.isArray(value) ? "" : `${name} `}[${items.join(", ")}]`;
  }
  if (value instanceof Map)
    return `Map {${[...value]
      .slice(0, MAX_ITEMS)
      .map(([k, v]) => `${show(k)} => ${show(v)}`)
      .join(", ")}}`;
  if (value instanceof Set) return `Set {${[...value].slice(0, MAX_ITEMS).map(show).join(", ")}}`;
  if (value instanceof Promise) return "Promise";
  const fields = Object.keys(value)
    .slice(0, MAX_ITEMS)
    .map((key) => `${/^[\w$]+$/.test(key) ? key : JSON.stringify(key)}: ${show(value[key])}`);
  return `${name === "Object" || name === "" ? "" : `${name} `}{${fields.length ? ` ${fields.join(", ")} ` : ""}}`;
}
