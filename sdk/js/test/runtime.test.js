import assert from "node:assert/strict";
import { test } from "node:test";
import { structuredClone as clone } from "../runtime/clone.js";
import { Headers as OurHeaders } from "../runtime/headers.js";
import { inspect } from "../runtime/inspect.js";
import { unfit } from "../runtime/props.js";
import { ReadableStream as OurStream } from "../runtime/stream.js";

test("props that JSON cannot hold are named", () => {
  const round = {};
  round.self = round;
  for (const [props, want] of [
    [{ a: 1, b: [null, "x", { c: true }] }, ""],
    [Object.assign(Object.create(null), { a: 1 }), ""],
    [{ a: { b: [1, undefined] } }, "props.a.b[1] is undefined: leave it out, or use null"],
    [{ at: new Date(0) }, "props.at is a Date: use toISOString()"],
    [{ "a b": new Map() }, 'props["a b"] is a Map: use a plain object or an array'],
    [{ f() {} }, "props.f is a function"],
    [{ p: new (class {})() }, "props.p is an object of a class: use a plain object or an array"],
    [{ p: Promise.resolve(1) }, "props.p is a Promise: use a plain object or an array"],
    [{ s: Symbol("x") }, "props.s is a symbol"],
    [[1, Infinity], "props[1] is Infinity: JSON has no such number; use null"],
    [{ n: 1n }, "props.n is a bigint: use a string"],
    [{ n: NaN }, "props.n is NaN: JSON has no such number; use null"],
    [round, "props.self is an object that holds itself"],
    [{ a: round.none, same: 1 }, "props.a is undefined: leave it out, or use null"],
  ]) {
    assert.equal(unfit(props), want);
  }
  const shared = { x: 1 };
  assert.equal(unfit({ a: shared, b: shared }), "");
});

test("values are cloned as Node clones them", () => {
  const round = {
    list: [1, , 3],
    at: new Date(5),
    re: /x/gi,
    map: new Map([[{ k: 1 }, new Set([1n])]]),
    bytes: new Uint8Array([1, 2]).subarray(1),
  };
  round.self = round;
  const [got, want] = [clone(round), structuredClone(round)];
  assert.deepEqual(got, want);
  assert.equal(got.self, got);
  assert.ok(clone(new TypeError("x", { cause: 1 })) instanceof TypeError);
  for (const bad of [() => 1, Symbol("x"), Promise.resolve(), new WeakMap()]) assert.throws(() => clone(bad), { name: "DataCloneError" });
});

test("headers have names in any case", () => {
  const make = (H) => {
    const h = new H({ "Content-Type": "a" });
    h.append("X-B", " 1 ");
    h.append("x-b", "2");
    h.set("X-A", "z");
    h.delete("content-type");
    return [[...h], h.get("X-B"), h.has("x-a"), h.get("none"), [...h.keys()]];
  };
  assert.deepEqual(make(OurHeaders), make(Headers));
  for (const [name, value] of [
    ["a b", "x"],
    ["a", "x\ny"],
  ])
    assert.throws(() => new OurHeaders([[name, value]]), TypeError);
});

test("a value in a log is readable", () => {
  const round = { a: 1 };
  round.b = round;
  assert.equal(
    inspect({ s: "x", "k k": [1, -0, null, undefined], f: inspect, n: 1n, d: new Date(0), r: /x/g }),
    '{ s: "x", "k k": [1, -0, null, undefined], f: [function inspect], n: 1n, d: 1970-01-01T00:00:00.000Z, r: /x/g }',
  );
  assert.equal(inspect(round), "{ a: 1, b: [circular] }");
  assert.equal(inspect(new Map([["k", new Set([1])]])), 'Map {"k" => Set {1}}');
  assert.equal(
    inspect(
      new (class Post {
        id = 1;
      })(),
    ),
    "Post { id: 1 }",
  );
  assert.equal(inspect("plain"), "plain");
});

test("a stream is pulled, and ends", async () => {
  let n = 0;
  const stream = new OurStream({
    pull(c) {
      if (n === 3) c.close();
      else c.enqueue(n++);
    },
  });
  const got = [];
  for await (const chunk of stream) got.push(chunk);
  assert.deepEqual(got, [0, 1, 2]);
  const broken = new OurStream({
    pull() {
      throw new Error("no");
    },
  });
  await assert.rejects(broken.getReader().read(), /no/);
  assert.throws(() => broken.getReader(), TypeError);
});
