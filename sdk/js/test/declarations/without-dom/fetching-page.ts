// A page in a project that has neither the DOM's types nor Node's: what globals.d.ts
// declares is there, with these types, and nothing else is.
import { html, type Render } from "@wisr/page";

export const render: Render = async ({ path }) => {
  const [first, second] = await Promise.all([fetch("https://a.example"), fetch(new URL("https://b.example/x?y=1#z"))]);
  const response: Response = new Response(await first.arrayBuffer(), { status: 200, headers: new Headers({ a: "b" }) });
  const ok: boolean = response.ok && second.status === 200;
  const asked = new Request("https://c.example", { method: "POST", body: new URLSearchParams({ path }), signal: AbortSignal.timeout(10) });
  const size: number = new URLSearchParams(new URL(asked.url).search).size;

  const bytes: Uint8Array = new TextEncoder().encode("é");
  const text: string = new TextDecoder("utf-8", { fatal: true }).decode(bytes);

  const clone: Map<string, Date> = structuredClone(new Map([["a", new Date(0)]]));
  const timer: number = setTimeout((word: string) => console.log(word), 10, "later");
  clearTimeout(timer);
  clearInterval(setInterval(() => {}, 1));
  clearImmediate(setImmediate(() => {}));
  queueMicrotask(() => console.warn("%s", text, { ok, size }));
  new AbortController().abort();

  const day: string = new Intl.DateTimeFormat("de", { dateStyle: "full", timeZone: "UTC" }).format(clone.get("a"));
  const price: string = (1234.5).toLocaleString("en-US", { style: "currency", currency: "EUR" });
  const rule: Intl.LDMLPluralRule = new Intl.PluralRules("en").select(size);
  const list: string = new Intl.ListFormat("fr").format(["a", "b"]);
  const order: number = "a".localeCompare("ä", "de");

  const stream = new ReadableStream<string>({ start: (to) => to.close() });
  for await (const part of stream) console.debug(part);
  const id: string = crypto.randomUUID() + btoa(atob("eA==")) + performance.now();
  try {
    throw new DOMException("stopped", "AbortError");
  } catch (e) {
    if (!(e instanceof DOMException)) throw e;
  }
  return html`${day} ${price} ${rule} ${list} ${order} ${id}`;
};

// @ts-expect-error -- there is no document
document.title = "x";
// @ts-expect-error -- nor a window
window.close();
// @ts-expect-error -- nor Node's process
process.exit();
// @ts-expect-error -- nor its modules
import fs from "node:fs";
// @ts-expect-error -- nor require
require("x");
// @ts-expect-error -- nor sockets
new WebSocket("wss://a.example");
// @ts-expect-error -- what is fetched is no text before it is read
export const unread: string = await fetch("https://a.example");
// @ts-expect-error -- other encodings are not known, but that is told when it runs; the label is a text
new TextDecoder(1);
