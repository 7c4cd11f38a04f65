import assert from "node:assert/strict";
import { test } from "node:test";
import { call, compile } from "./host.js";

const modules = { "wisr's functions": await compile(), "Extism's functions": await compile("--use", "WISR_EXTISM=1") };

const input = (what) =>
  JSON.stringify({
    path: "/do/x",
    params: { do: what },
    locales: ["en", "fr"],
    draftMode: true,
    revalidateReason: "stale",
  });

const answer = (r) =>
  r.url.startsWith("http://hangup")
    ? { error: "it hung up" }
    : { status: 200, body: `${r.method} ${r.headers["X-A"]} ${r.body}` };

for (const [name, module] of Object.entries(modules)) {
  const props = (what, host) => call(module, "getStaticProps", input(what), host);
  const json = (document) => props("json", { config: { json: document } });

  test(`${name}: paths come in pages`, () => {
    assert.deepEqual(JSON.parse(call(module, "getStaticPaths", "{}").output), {
      paths: ["/do/plain", { params: { do: 'é "☃"' }, locale: "fr" }],
      fallback: false,
      cursor: "2",
    });
    assert.equal(call(module, "getStaticPaths", '{"cursor":"2"}').output, '{"paths":[],"fallback":true}');
  });

  test(`${name}: a result says all that there is`, () => {
    assert.deepEqual(JSON.parse(props("").output), {
      props: { n: -42, half: 0.5, yes: true, none: null, locales: ["en", "fr"], why: "stale" },
      revalidate: 10,
      expire: 3600,
      status: 404,
      tags: ["a", "ü"],
      headers: { "X-A": "b" },
    });
    assert.equal(props("missing").output, '{"notFound":true,"revalidate":60}');
    assert.deepEqual(JSON.parse(props("redirect").output), {
      redirect: { destination: "/a?b=1&c", statusCode: 301 },
    });
  });

  test(`${name}: a failure has its reason`, () => {
    assert.deepEqual(props("fail"), { output: "", log: [], error: "no fail in /do/x", code: 1 });
    const thrown = props("throw");
    assert.equal(thrown.code, "trap");
    assert.match(thrown.error, /^thrown é ☃ 😀 at test\/page\.ts:\d+:\d+$/);
  });

  test(`${name}: the body is escaped, whatever its size`, () => {
    const render = (t) => call(module, "render", JSON.stringify({ props: { t, n: 7 } })).output;
    assert.equal(render("<é ☃ 😀> & 'q' \""), "<p>&lt;é ☃ 😀&gt; &amp; &#39;q&#39; &#34;7");
    for (let n = 0; n < 20; n++) assert.equal(render("x".repeat(n)), `<p>${"x".repeat(n)}7`);
    assert.equal(render("é☃😀<".repeat(9999)), `<p>${"é☃😀&lt;".repeat(9999)}7`);
    assert.equal(call(module, "render", '{"isFallback":true}').output, "shell");
  });

  test(`${name}: lines reach the log`, () => {
    assert.deepEqual(props("log").log, ["debug d", "info info é ☃ 😀", "warn w", "error e"]);
  });

  test(`${name}: JSON is read and written as JSON.parse does`, () => {
    for (const document of [
      '"a\\u00e9\\u2603\\ud83d\\uDE00\\n\\"\\/\\b\\f\\r\\t\\\\"',
      '[1, -0.5e+3, 1E2, {"a": [true, false, null, {}]}, []]',
      ' {"</script>": "<&>\\u0001\u007f\u2028"} ',
    ]) {
      const { output } = json(document);
      assert.deepEqual(JSON.parse(output).props.again, JSON.parse(document));
      assert.ok(!output.includes("<"), output);
    }
    const bad = [
      "",
      "tru",
      "[1,]",
      '{"a"}',
      "{a:1}",
      '"\\x"',
      '"\\u12',
      '"open',
      '"\\',
      "1 2",
      "-",
      "1.",
      '"\n"',
      "[}",
    ];
    for (const document of [...bad, "[".repeat(1000)]) assert.match(json(document).error, /^not JSON at character \d+/);
  });

  test(`${name}: requests have answers`, () => {
    const { output } = props("fetch", { fetch: answer });
    const [first, second, third] = JSON.parse(output).props.answers;
    assert.equal(first, "200 GET undefined ");
    assert.equal(second, name.startsWith("wisr") ? "0 it hung up" : "0 ");
    assert.equal(third, "200 POST b é ☃ 😀");
    assert.match(props("hangup", { fetch: answer }).error, /^fetch GET http:\/\/hangup\.example\/: /);
  });
}
