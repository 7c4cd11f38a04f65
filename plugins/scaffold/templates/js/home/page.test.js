import assert from "node:assert/strict";
import test from "node:test";
import { render } from "./page.js";

test("the first page links to the others", () => {
  assert.match(
    String(render({ props: { names: ["world"] } })),
    /<a href="\/hello\/world">/,
  );
});
