// The page of testdata/languages in AssemblyScript.
import {
  Fallback,
  Input,
  Json,
  Paths,
  PathsInput,
  Request,
  Result,
  config,
  escape,
  fetchAll,
  log,
  register,
} from "@wisr/assemblyscript";
export { getStaticPaths, getStaticProps, render } from "@wisr/assemblyscript";

register(body, props, paths);

function paths(_: PathsInput): Paths {
  return new Paths(Fallback.Blocking).path("/page/plain").params(Json.object().set("name", "é ☃ 😀"));
}

function props(input: Input): Result {
  const name = input.param("name");
  log.info(`making page ${name}`);
  if (name == "missing") return Result.notFound().revalidate(60);
  if (name == "moved") return Result.redirect("/page/plain", 308);
  if (name == "error") return Result.error("the shelf is bare: é ☃ 😀");
  if (name == "crash") return Result.redirect(input.locales[name.length]);

  const answers = fetchAll([
    new Request(config("titles") + input.path),
    new Request(config("lines") + "/lines", "POST").header("Content-Type", "text/plain; charset=utf-8").text(name),
  ]);
  return Result.props(
    Json.object()
      .set("name", name)
      .set("title", answers[0].text())
      .set("lines", answers[1].json().get("lines"))
      .set("greeting", config("greeting")),
  )
    .revalidate(10)
    .tag("languages")
    .tag("séite")
    .header("Content-Security-Policy", "default-src 'none'");
}

function body(_: Input, props: Json): string {
  const title = escape(props.get("title").asString());
  const name = escape(props.get("name").asString());
  const greeting = escape(props.get("greeting").asString());
  const lines = props.get("lines").asStrings();
  let list = "";
  for (let i = 0; i < lines.length; i++) list += `<li>${escape(lines[i])}</li>`;
  const script = Json.object().set("name", props.get("name")).stringify();
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"/><title>${title}</title></head><body>` +
    `<h1 title="${name}">${greeting}, ${name}</h1><ol>${list}</ol>` +
    `<script type="application/json">${script}</script></body></html>`
  );
}
