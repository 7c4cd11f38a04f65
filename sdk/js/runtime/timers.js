// setTimeout and its kin, within a generation: what is still waiting when the page
// is done never runs. Time that is waited for counts for [limits] timeout.
import { define, host } from "./host.js";

let waiting = []; // { id, due, every, run }, by due
let last = 0;

function add(run, delay, every, values) {
  if (typeof run !== "function") throw new TypeError("a timer wants a function");
  const timer = { id: ++last, due: Date.now() + Math.max(0, Number(delay) || 0), every, run: () => run(...values) };
  insert(timer);
  return timer.id;
}

function insert(timer) {
  let at = waiting.length;
  while (at > 0 && waiting[at - 1].due > timer.due) at--;
  waiting.splice(at, 0, timer);
}

function clear(id) {
  waiting = waiting.filter((t) => t.id !== id);
}

// tick runs the timer that is due next, after the time until then if it is worth
// waiting for. It tells whether there was one.
export function tick(wait) {
  const timer = waiting[0];
  if (!timer) return false;
  const left = timer.due - Date.now();
  if (left > 0) {
    if (!wait) return false;
    host.sleep(left);
  }
  waiting.shift();
  if (timer.every !== undefined) insert({ ...timer, due: Date.now() + timer.every });
  timer.run();
  return true;
}

// drop forgets all of them.
export function drop() {
  waiting = [];
}

const origin = Date.now();

define({
  setTimeout: (run, delay, ...values) => add(run, delay, undefined, values),
  setInterval: (run, delay, ...values) => add(run, delay, Math.max(1, Number(delay) || 0), values),
  setImmediate: (run, ...values) => add(run, 0, undefined, values),
  clearTimeout: clear,
  clearInterval: clear,
  clearImmediate: clear,
  performance: { now: () => Date.now() - origin, timeOrigin: origin, mark() {}, measure() {} },
});
