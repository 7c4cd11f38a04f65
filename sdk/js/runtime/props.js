// Props are JSON between getStaticProps and render, and in the page's data URL. What
// JSON would drop or change without a word is an error that names it.

// unfit is the first value in props that JSON cannot hold: "props.a[1].b is a Date".
export function unfit(value, path = "props", above = []) {
  switch (typeof value) {
    case "string":
    case "boolean":
      return "";
    case "number":
      return Number.isFinite(value) ? "" : `${path} is ${value}: JSON has no such number; use null`;
    case "undefined":
      return `${path} is undefined: leave it out, or use null`;
    case "object":
      break;
    default:
      return `${path} is a ${typeof value}${typeof value === "bigint" ? ": use a string" : ""}`;
  }
  if (value === null) return "";
  if (above.includes(value)) return `${path} is an object that holds itself`;
  above.push(value);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const problem = unfit(value[i], `${path}[${i}]`, above);
      if (problem) return problem;
    }
  } else {
    const proto = Object.getPrototypeOf(value);
    if (proto !== Object.prototype && proto !== null) {
      const name = value.constructor?.name;
      return `${path} is ${name ? `a ${name}` : "an object of a class"}: ${value instanceof Date ? "use toISOString()" : "use a plain object or an array"}`;
    }
    for (const key in value) {
      const v = value[key];
      // Most values are texts; building a path for each would take longer than to look.
      if (typeof v === "string" || typeof v === "boolean") continue;
      const problem = unfit(v, /^[\w$]+$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`, above);
      if (problem) return problem;
    }
  }
  above.pop();
  return "";
}
