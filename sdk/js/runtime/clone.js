// structuredClone (HTML, section 2.7), without transfer.
import { define } from "./host.js";

const PLAIN = new Set(["string", "number", "boolean", "undefined", "bigint"]);

function structuredClone(value) {
  return clone(value, new Map());
}

function clone(value, seen) {
  if (PLAIN.has(typeof value) || value === null) return value;
  if (typeof value !== "object") throw new DOMException(`a ${typeof value} cannot be cloned`, "DataCloneError");
  if (seen.has(value)) return seen.get(value);
  const keep = (copy) => {
    seen.set(value, copy);
    return copy;
  };
  const fields = (copy) => {
    for (const key of Object.keys(value)) copy[key] = clone(value[key], seen);
    return copy;
  };
  if (Array.isArray(value)) return fields(keep(new Array(value.length)));
  if (value instanceof Date) return keep(new Date(value.getTime()));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (value instanceof ArrayBuffer) return keep(value.slice(0));
  if (value instanceof DataView) return keep(new DataView(clone(value.buffer, seen), value.byteOffset, value.byteLength));
  if (ArrayBuffer.isView(value)) return keep(new value.constructor(clone(value.buffer, seen), value.byteOffset, value.length));
  if (value instanceof Map) {
    const copy = keep(new Map());
    for (const [k, v] of value) copy.set(clone(k, seen), clone(v, seen));
    return copy;
  }
  if (value instanceof Set) {
    const copy = keep(new Set());
    for (const v of value) copy.add(clone(v, seen));
    return copy;
  }
  if (value instanceof Error) {
    const known = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].find((e) => value instanceof e) ?? Error;
    const copy = keep(new known(value.message));
    if ("cause" in value) copy.cause = clone(value.cause, seen);
    Object.defineProperty(copy, "stack", { value: value.stack, writable: true, configurable: true });
    return copy;
  }
  if (value instanceof Boolean || value instanceof Number || value instanceof String) return keep(Object(value.valueOf()));
  if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) {
    throw new DOMException(`a ${value.constructor.name} cannot be cloned`, "DataCloneError");
  }
  return fields(keep({}));
}

export { structuredClone };

define({ structuredClone });
