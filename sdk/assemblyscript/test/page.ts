// A page that does what the parameter "do" of its path says, for the tests.
import { Fallback, Input, Json, Paths, PathsInput, Request, Result } from "../index";
import { config, escape, fetch, log, register, tryFetchAll } from "../index";
export { getStaticPaths, getStaticProps, render } from "../index";

register(body, props, paths);

function paths(input: PathsInput): Paths {
  if (input.cursor == "2") return new Paths(Fallback.True);
  const all = new Paths().path("/do/plain").params(Json.object().set("do", 'é "☃"'), "fr");
  all.cursor = "2";
  return all;
}

function props(input: Input): Result {
  const what = input.param("do");
  if (what == "fail") return Result.error(`no ${what} in ${input.path}`);
  if (what == "throw") throw new Error("thrown é ☃ 😀");
  if (what == "missing") return Result.notFound().revalidate(60);
  if (what == "redirect") return Result.redirect("/a?b=1&c", 301);
  if (what == "json") return Result.props(Json.object().set("again", Json.parse(config("json"))));
  if (what == "log") {
    log.debug("d");
    log.info("info é ☃ 😀");
    log.warn("w");
    log.error("e");
  }
  if (what == "fetch") {
    const answers = tryFetchAll([
      new Request("http://a.example/1"),
      new Request("http://hangup.example/"),
      new Request("http://b.example/", "POST").header("X-A", "b").text("é ☃ 😀"),
    ]);
    const texts: string[] = [];
    for (let i = 0; i < answers.length; i++) texts.push(`${answers[i].status} ${answers[i].text()}${answers[i].error}`);
    return Result.props(Json.object().set("answers", texts));
  }
  if (what == "hangup") fetch(new Request("http://hangup.example/?key=hunter2"));
  return Result.props(
    Json.object()
      .set("n", -42)
      .set("half", 0.5)
      .set("yes", input.draftMode)
      .set("none", new Json())
      .set("locales", input.locales)
      .set("why", input.revalidateReason),
  )
    .revalidate(10)
    .expire(3600)
    .status(404)
    .tag("a")
    .tag("ü")
    .header("X-A", "b");
}

function body(input: Input, props: Json): string {
  return input.isFallback ? "shell" : `<p>${escape(props.get("t").asString())}${props.get("n").asInteger()}`;
}
