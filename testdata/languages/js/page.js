// The page of testdata/languages in JavaScript.
import { config, html, json } from "@wisr/page";

export function getStaticPaths() {
  return { paths: ["/page/plain", { params: { name: "é ☃ 😀" } }], fallback: "blocking" };
}

export async function getStaticProps({ path, params: { name } }) {
  console.log("making page %s", name);
  if (name === "missing") return { notFound: true, revalidate: 60 };
  if (name === "moved") return { redirect: { destination: "/page/plain", permanent: true } };
  if (name === "error") throw new Error("the shelf is bare: é ☃ 😀");
  if (name === "crash") return { props: { name: undefined.name } };

  const [title, { lines }] = await Promise.all([
    fetch(config("titles") + path).then((r) => r.text()),
    fetch(config("lines") + "/lines", {
      method: "POST",
      headers: { "Content-Type": "text/plain; charset=utf-8" },
      body: name,
    }).then((r) => r.json()),
  ]);
  return {
    props: { name, title, lines, greeting: config("greeting") },
    revalidate: 10,
    tags: ["languages", "séite"],
    headers: { "Content-Security-Policy": "default-src 'none'" },
  };
}

export function render({ props: { name, title, lines, greeting } }) {
  return html`<!doctype html><html lang="en"><head><meta charset="utf-8"/><title>${title}</title></head><body><h1 title="${name}">${greeting}, ${name}</h1><ol>${lines.map((line) => html`<li>${line}</li>`)}</ol><script type="application/json">${json({ name })}</script></body></html>`;
}
