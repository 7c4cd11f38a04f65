// start hands a page's three exports to the shim.
import { serving } from "./console.js";
import { toBytes } from "./encoding.js";
import { describe, placeOf } from "./errors.js";
import { send } from "./fetch.js";
import { host } from "./host.js";
import { inspect } from "./inspect.js";
import { unfit } from "./props.js";
import { forget } from "./random.js";
import { drop, tick } from "./timers.js";

// What is running, for errors and for @wisr/page.
let running = { name: "the page's top level", of: undefined, input: undefined };

// Until start has the page, its top level runs, and may wait.
host.begin(
  () => {
    throw new Error("the page did not start");
  },
  turn,
  describe,
);

// turn does what the page waits for, or says that it waits for nothing.
function turn() {
  if (tick(false) || send() || tick(true)) return true;
  throw failure(
    `${running.name} returned a promise that is never resolved: nothing is left to wait for, neither a request nor a timer`,
    running.of,
  );
}

// failure is an error about a function of the page as a whole, or about a place.
function failure(text, of) {
  const error = new TypeError(text);
  error.at = typeof of === "string" ? of : placeOf(of);
  error.stack = "";
  return error;
}

// What @wisr/page finds its world by; a page's tests have none.
globalThis[Symbol.for("wisr")] = {
  config: (key) => host.config(String(key)),
  input: () => running.input,
};

// file is the page's, defaultAt where its default export is, and renderer what makes
// a text of a component of its framework.
export function start(page, file, defaultAt, renderer) {
  const render = page.render === undefined ? component(page.default, defaultAt, renderer) : own(page.render, file, "render");
  const exports = {
    getStaticPaths: (input) => own(page.getStaticPaths, file, "getStaticPaths")(input),
    getStaticProps: (input) => own(page.getStaticProps, file, "getStaticProps")(input),
    render,
  };
  const finish = { getStaticPaths: json, getStaticProps: result, render: body };
  const of = { ...page, render: page.render ?? page.default };
  drop();
  forget();
  host.begin(
    (name, input) => {
      serving();
      running = { name, of: of[name], input };
      const made = exports[name](input);
      return typeof made?.then === "function" ? made.then(finish[name]) : finish[name](made);
    },
    turn,
    describe,
  );
}

function own(f, file, name) {
  if (typeof f === "function") return f;
  throw failure(`the export ${name} is ${kind(f)}, want a function`, file);
}

// component gives what renders a default export, which is a function, or what a
// framework made of one (memo, forwardRef).
function component(c, at, renderer) {
  if (typeof c !== "function" && !(typeof c === "object" && c !== null && "$$typeof" in c)) {
    throw failure(
      `the default export is ${kind(c)}, no component: export default a function that returns JSX, or export a function named render`,
      at,
    );
  }
  return (input) => renderer(c, input.props);
}

const kind = (v) =>
  v === null || v === undefined ? String(v) : `${Array.isArray(v) ? "an array" : `a value of type ${typeof v}`}, ${inspect(v, 1)}`;

function json(value) {
  const text = JSON.stringify(value);
  if (text === undefined) throw failure(`${running.name} returned ${kind(value)}, want an object`, running.of);
  return text;
}

function result(value) {
  if (typeof value !== "object" || value === null)
    throw failure(`getStaticProps returned ${kind(value)}, want { props }, { notFound: true } or { redirect }`, running.of);
  if (!("props" in value)) return json(value);
  const { props } = value;
  const problem = unfit(props);
  if (problem) throw failure(`getStaticProps returned what JSON cannot hold: ${problem}`, running.of);
  if (typeof props !== "object" || props === null || Array.isArray(props))
    throw failure(`getStaticProps returned props that are ${kind(props)}, want an object`, running.of);
  return json(value);
}

function body(value) {
  if (value === host.page) return value;
  if (value === "") throw failure("render gave nothing to show: its text is empty", running.of);
  if (typeof value === "string") return value.startsWith("<html") ? `<!doctype html>${value}` : value;
  if (typeof value?.[Symbol.asyncIterator] === "function") return collect(value);
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return toBytes(value);
  if (value === null || value === undefined || Object.prototype.toString === value.toString) {
    throw failure(`render returned ${kind(value)}, want a string, bytes or a stream`, running.of);
  }
  return body(String(value));
}

async function collect(stream) {
  const parts = [];
  for await (const part of stream) parts.push(typeof part === "string" ? host.encode(part) : toBytes(part));
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    all.set(p, at);
    at += p.length;
  }
  return body(host.decode(all));
}
