// A page without a framework: the world is what globals.d.ts says.
import { html, type Render } from "@wisr/page";

export const render: Render = async ({ path }) => {
  const answers = await Promise.all(["https://a.example", new URL("https://b.example")].map((url) => fetch(url)));
  const params = new URLSearchParams({ path });
  const text = new TextDecoder().decode(await answers[0].arrayBuffer());
  console.warn(structuredClone(params.size), performance.now());
  return html`${text}`;
};

// @ts-expect-error -- there is no document
document.title = "x";
