import assert from "node:assert/strict";
import test from "node:test";
import { h } from "preact";
import { render } from "preact-render-to-string";
import Hello, { getStaticProps } from "./page.tsx";

const input = (name: string) =>
  ({ params: { name } }) as Parameters<typeof getStaticProps>[0];

test("the page greets and escapes", async () => {
  const result = await getStaticProps(input("<Zoë>"));
  assert.deepEqual(result, {
    props: { name: "<Zoë>", letters: 5 },
    revalidate: 60,
  });
  const html = render(h(Hello, { name: "<Zoë>", letters: 5 }));
  assert.match(html, /<h1>Hello, &lt;Zoë(>|&gt;)!<\/h1>/);
  assert.match(html, /has 5 letters/);
});

test("a long name is not found", async () => {
  assert.deepEqual(await getStaticProps(input("x".repeat(41))), {
    notFound: true,
    revalidate: 3600,
  });
});
