import assert from "node:assert/strict";
import test from "node:test";
import { getStaticProps, render } from "./page.js";

test("the page greets and escapes", () => {
  const result = getStaticProps({ params: { name: "<Zoë>" } });
  assert.deepEqual(result, {
    props: { name: "<Zoë>", letters: 5 },
    revalidate: 60,
  });
  const page = String(render(result));
  assert.match(page, /<h1>Hello, &lt;Zoë&gt;!<\/h1>/);
  assert.match(page, /has 5 letters/);
});

test("a long name is not found", () => {
  assert.deepEqual(getStaticProps({ params: { name: "x".repeat(41) } }), {
    notFound: true,
    revalidate: 3600,
  });
});
