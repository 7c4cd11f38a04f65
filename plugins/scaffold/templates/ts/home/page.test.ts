import assert from "node:assert/strict";
import test from "node:test";
import { h } from "preact";
import { render } from "preact-render-to-string";
import Home from "./page.tsx";

test("the first page links to the others", () => {
  assert.match(
    render(h(Home, { names: ["world"] })),
    /<a href="\/hello\/world">/,
  );
});
