import assert from "node:assert/strict";
import { test } from "node:test";
import { URL as Ours } from "../runtime/url.js";
import { URLSearchParams as OurParams } from "../runtime/urlsearch.js";

const FIELDS = ["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"];

const inputs = [
  ["https://example.com"],
  ["HTTPS://User:p%20w@EXAMPLE.com:443/a/./b/../c%2e?x=1&y='2'#f g"],
  ["http://example.com:80/%7Efoo/é?é#é"],
  ["http://exämple.com/"],
  ["http://例え.テスト/"],
  ["http://faß.example"],
  ["http://192.168.0x1/"],
  ["http://0x7f.1/"],
  ["http://1.2.3.4.5/"],
  ["http://256.1.1.1/"],
  ["http://[2001:DB8:0:0:1:0:0:1]:8080/"],
  ["http://[::1]"],
  ["http://[::ffff:1.2.3.4]/"],
  ["http://[1::2::3]/"],
  ["http://a b/"],
  ["http://a:b@c:99999/"],
  ["http:///a"],
  ["http:example.com/x"],
  ["https:\\\\example.com\\a\\b"],
  ["//example.org/x", "https://example.com/a/b"],
  ["/x?y", "https://example.com/a/b?c#d"],
  ["x/../y", "https://example.com/a/b?c#d"],
  ["?q", "https://example.com/a/b?c#d"],
  ["#h", "https://example.com/a/b?c#d"],
  ["", "https://example.com/a/b?c#d"],
  ["..", "https://example.com/a/b/c"],
  ["../../../..", "https://example.com/a/b/c"],
  ["%2e%2E/x", "https://example.com/a/b/c"],
  ["https:x", "https://example.com/a/b"],
  ["data:text/plain,hello world?x#y z"],
  ["mailto:a@b.c"],
  ["#x", "mailto:a@b.c"],
  ["x", "mailto:a@b.c"],
  ["file:///etc/passwd"],
  ["file://localhost/a"],
  ["blob:x"],
  ["custom://Host/Path?q"],
  ["custom:/a/b"],
  [" \n https://example.com/\ta \r"],
  ["not a url"],
  ["http://"],
  ["https://user@/x"],
  ["http://ex%41mple.com/"],
  ["http://a.b./x"],
];

for (const [input, base] of inputs) {
  test(`URL ${JSON.stringify(input)}${base ? ` on ${base}` : ""}`, () => {
    const want = URL.canParse(input, base) ? new URL(input, base) : null;
    if (!want) {
      assert.equal(Ours.parse(input, base), null);
      assert.throws(() => new Ours(input, base), TypeError);
      return;
    }
    const got = new Ours(input, base);
    for (const field of FIELDS.filter((f) => !(f === "origin" && want.protocol === "blob:"))) assert.equal(got[field], want[field], field);
  });
}

test("parts are set", () => {
  const set = (make) => {
    const u = new make("https://example.com/a?b#c");
    u.pathname = "/x y/../z?";
    u.search = "?k=ü&l";
    u.hash = "h h";
    u.port = "8443";
    u.hostname = "Other.example";
    u.protocol = "http";
    u.searchParams.append("m", "n o");
    u.searchParams.delete("l");
    return [u.href, u.toString(), JSON.stringify(u)];
  };
  assert.deepEqual(set(Ours), set(URL));
});

test("params", () => {
  for (const from of ["a=1&a=2&b=%20+%2B&c", "?x=é&=y&%zz", { a: "1", "b c": "ü&=" }, [["x", "y"]]]) {
    const [got, want] = [new OurParams(from), new URLSearchParams(from)];
    assert.deepEqual([...got], [...want]);
    assert.equal(String(got), String(want));
    got.set("a", "9");
    want.set("a", "9");
    got.sort();
    want.sort();
    assert.equal(String(got), String(want));
    assert.equal(got.get("none"), null);
    assert.equal(got.size, want.size);
  }
});
