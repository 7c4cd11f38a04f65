import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import test from "node:test";
import { call } from "../../sdk/assemblyscript/test/host.js";

const here = import.meta.dirname;
execFileSync("npx", ["--no", "asc", "assembly/index.ts", "-o", "page.wasm"], {
  cwd: here,
  stdio: "inherit",
});
const page = new WebAssembly.Module(readFileSync(`${here}/page.wasm`));

test("the first page links to the others", () => {
  const { output } = call(
    page,
    "render",
    JSON.stringify({ path: "/", props: { names: ["world"] } }),
  );
  assert.match(output, /<a href="\/hello\/world">/);
});
