// console writes to the log of the generation, which wisr shows with the plugin's
// name, and with the failure if the generation fails.
import { define, host } from "./host.js";
import { inspect } from "./inspect.js";

const DEBUG = 0;
const INFO = 1;
const WARN = 2;
const ERROR = 3;

// What is logged while the page is loaded belongs to no generation; it is told in
// the first one of each instance, so that loading has no effect and can be kept.
let early = [];

let silent = false;

export function log(level, text) {
  if (silent) return;
  if (early) early.push([level, text]);
  else host.log(level, text);
}

// serving is told that a generation runs now.
export function serving() {
  if (!early) return;
  const lines = early;
  early = null;
  for (const [level, text] of lines) host.log(level, text);
}

// silently runs what has been told before.
export function silently(f) {
  silent = true;
  try {
    return f();
  } finally {
    silent = false;
  }
}

// format is printf's little sister: %s %d %i %f %o %O %j %c, as Node and browsers have it.
export function format(values) {
  let rest = values;
  let text = "";
  if (typeof values[0] === "string" && values.length > 1) {
    let next = 1;
    text = values[0].replace(/%[sdifoOjc%]/g, (mark) => {
      if (mark === "%%") return "%";
      if (next >= values.length) return mark;
      const value = values[next++];
      switch (mark) {
        case "%s":
          return typeof value === "string" ? value : inspect(value, 1);
        case "%d":
        case "%f":
          return String(Number(value));
        case "%i":
          return String(Math.trunc(Number(value)));
        case "%j":
          return JSON.stringify(value);
        case "%c":
          return "";
        default:
          return inspect(value, 1);
      }
    });
    rest = values.slice(next);
    if (rest.length === 0) return text;
    text += " ";
  }
  return text + rest.map((v) => inspect(v)).join(" ");
}

let indent = "";
const counts = new Map();
const timers = new Map();
const write =
  (level) =>
  (...values) =>
    log(level, indent + format(values));
const since = (label) => `${label}: ${(Date.now() - (timers.get(label) ?? Date.now())).toFixed(0)} ms`;

define({
  console: {
    debug: write(DEBUG),
    log: write(INFO),
    info: write(INFO),
    warn: write(WARN),
    error: write(ERROR),
    trace: (...values) => log(DEBUG, `${indent}Trace: ${format(values)}\n${new Error().stack}`),
    dir: (value) => log(INFO, indent + inspect(value, 1)),
    table: (value) => log(INFO, indent + inspect(value, 1)),
    assert: (ok, ...values) => {
      if (!ok) log(ERROR, `${indent}Assertion failed${values.length ? `: ${format(values)}` : ""}`);
    },
    count: (label = "default") => {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      log(INFO, `${indent}${label}: ${counts.get(label)}`);
    },
    countReset: (label = "default") => {
      counts.delete(label);
    },
    time: (label = "default") => {
      timers.set(label, Date.now());
    },
    timeLog: (label = "default", ...values) => log(INFO, `${indent}${since(label)} ${format(values)}`.trimEnd()),
    timeEnd: (label = "default") => {
      log(INFO, indent + since(label));
      timers.delete(label);
    },
    group: (...values) => {
      if (values.length) log(INFO, indent + format(values));
      indent += "  ";
    },
    groupCollapsed: (...values) => console.group(...values),
    groupEnd: () => {
      indent = indent.slice(2);
    },
  },
});
