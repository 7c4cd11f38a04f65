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

test("the page greets and escapes", () => {
  const result = call(
    page,
    "getStaticProps",
    JSON.stringify({ params: { name: "<Zoë>" } }),
  );
  assert.deepEqual(JSON.parse(result.output), {
    props: { name: "<Zoë>", letters: 5 },
    revalidate: 60,
  });
  const { output } = call(
    page,
    "render",
    JSON.stringify({ props: { name: "<Zoë>", letters: 5 } }),
  );
  assert.match(output, /<h1>Hello, &lt;Zoë&gt;!<\/h1>/);
  assert.match(output, /has 5 letters/);
});

test("a long name is not found", () => {
  const { output } = call(
    page,
    "getStaticProps",
    JSON.stringify({ params: { name: "x".repeat(41) } }),
  );
  assert.deepEqual(JSON.parse(output), { notFound: true, revalidate: 3600 });
});
