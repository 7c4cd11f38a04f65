import assert from "node:assert/strict";
import { test } from "node:test";
import { config, escape, html, json, page, raw } from "../index.js";

test("what is put into html is escaped", () => {
  assert.equal(String(html`<p title="${`"'`}">${"<b> & é"}</p>`), '<p title="&#34;&#39;">&lt;b&gt; &amp; é</p>');
  assert.equal(escape(`<>&"'`), "&lt;&gt;&amp;&#34;&#39;");
});

test("html in html, and arrays, stand as they are", () => {
  assert.equal(
    String(html`${["a", "<"].map((t) => html`<li>${t}</li>`)}${raw("<br>")}${null}${undefined}${false}${0}`),
    "<li>a</li><li>&lt;</li><br>0",
  );
});

test("json cannot end its script", () => {
  const text = String(json({ a: "</script><!--&\u2028" }));
  assert.equal(text, '{"a":"\\u003c/script\\u003e\\u003c!--\\u0026\\u2028"}');
  assert.deepEqual(JSON.parse(text), { a: "</script><!--&\u2028" });
});

test("outside of wisr there is no configuration and no page", () => {
  assert.equal(config("key"), undefined);
  assert.equal(page(), undefined);
});
