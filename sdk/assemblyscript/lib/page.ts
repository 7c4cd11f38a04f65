import { Json, JsonKind } from "./json";
import { input, output, tell } from "./host";

/** What `paths` gets. */
export class PathsInput {
  /** The pattern of plugin.toml, such as "/blog/[slug]". */
  route: string = "";
  /** Empty for a site in one language. */
  locales: string[] = [];
  defaultLocale: string = "";
  /** That of the call before, "" in the first. */
  cursor: string = "";
}

/** What `props` and `render` get. Nothing in it is of a visitor's request. */
export class Input {
  /** The pattern of plugin.toml, such as "/blog/[slug]". */
  route: string = "";
  /** Encoded, without locale and base path: "/blog/a%20b". */
  path: string = "";
  /** Decoded: a string each, a list for [...path]. */
  params: Json = new Json();
  locale: string = "";
  locales: string[] = [];
  defaultLocale: string = "";
  /** An editor's preview, which is never cached. */
  draftMode: bool = false;
  /** "build", "stale" or "on-demand"; for `props` only. */
  revalidateReason: string = "";
  /** The shell of a page that is not ready, without props; for `render` only. */
  isFallback: bool = false;

  /** A parameter of the route, "" if there is none. */
  param(name: string): string {
    return this.params.get(name).asString();
  }
}

/** What a visitor gets on a path that `paths` did not list: 404, a shell at once, or the page after a wait. */
export enum Fallback {
  False,
  True,
  Blocking,
}

/** Which paths there are. */
export class Paths {
  /** Not "": `paths` is called again with it, for more. */
  cursor: string = "";
  private list: Json = Json.list();

  constructor(public fallback: Fallback = Fallback.False) {}

  /** Adds a path as in a URL, encoded. */
  path(path: string): Paths {
    this.list.push(path);
    return this;
  }

  /** Adds a path by its parameters, which need no encoding. locale "" is the site's default. */
  params(params: Json, locale: string = ""): Paths {
    const one = Json.object().set("params", params);
    if (locale.length) one.set("locale", locale);
    this.list.push(one);
    return this;
  }

  /** @internal */
  json(): Json {
    const json = Json.object().set("paths", this.list);
    if (this.fallback == Fallback.Blocking) json.set("fallback", "blocking");
    else json.set("fallback", this.fallback == Fallback.True);
    return this.cursor.length ? json.set("cursor", this.cursor) : json;
  }
}

/** What `props` returns: the data of a page, or that there is none, or where it is. */
export class Result {
  private json: Json = Json.object();

  /** A page with these props, a JSON object that `render` gets. */
  static props(props: Json): Result {
    return Result.of("props", props);
  }

  /** The site's 404 page. */
  static notFound(): Result {
    return Result.of("notFound", Json.from(true));
  }

  /** A redirect to a path of this site or a URL; status is 301, 302, 303, 307 or 308. */
  static redirect(destination: string, status: i32 = 307): Result {
    return Result.of("redirect", Json.object().set("destination", destination).set("statusCode", status));
  }

  /** Fails: visitors keep the page that they had. `throw` does as well. */
  static error(reason: string): Result {
    return Result.of("error", Json.from(reason));
  }

  private static of(key: string, value: Json): Result {
    const result = new Result();
    result.json.set(key, value);
    return result;
  }

  /** Seconds after which the page is made anew behind a visitor's back. Without it: on demand only. */
  revalidate(seconds: i32): Result {
    this.json.set("revalidate", seconds);
    return this;
  }

  /** Seconds past which a visitor waits for a fresh page. Without it: the site's setting. */
  expire(seconds: i32): Result {
    this.json.set("expire", seconds);
    return this;
  }

  /** A name by which many pages are revalidated at once. */
  tag(name: string): Result {
    if (this.json.get("tags").isNull) this.json.set("tags", Json.list());
    this.json.get("tags").push(name);
    return this;
  }

  /** A header of the response. */
  header(name: string, value: string): Result {
    if (this.json.get("headers").isNull) this.json.set("headers", Json.object());
    this.json.get("headers").set(name, value);
    return this;
  }

  /** The status of the response. */
  status(code: i32): Result {
    this.json.set("status", code);
    return this;
  }

  /** @internal The reason of a failure, "" if it is none. */
  get failure(): string {
    const error = this.json.get("error");
    return error.kind != JsonKind.String ? "" : error.text.length ? error.text : "an error without a text";
  }

  /** @internal */
  toString(): string {
    return this.json.stringify();
  }
}

type PathsFunction = (input: PathsInput) => Paths;
type PropsFunction = (input: Input) => Result;
type RenderFunction = (input: Input, props: Json) => string;

let pathsOf: PathsFunction | null = null;
let propsOf: PropsFunction | null = null;
let bodyOf: RenderFunction | null = null;

/**
 * Makes a page of its functions, once, at the top level of the entry file. Without
 * `props`, render gets {}; without `paths`, the route has no parameters.
 */
export function register(
  render: RenderFunction,
  props: PropsFunction | null = null,
  paths: PathsFunction | null = null,
): void {
  bodyOf = render;
  propsOf = props;
  pathsOf = paths;
}

function readInput(json: Json): Input {
  const input = new Input();
  input.route = json.get("route").asString();
  input.path = json.get("path").asString();
  input.params = json.get("params");
  input.locale = json.get("locale").asString();
  input.locales = json.get("locales").asStrings();
  input.defaultLocale = json.get("defaultLocale").asString();
  input.draftMode = json.get("draftMode").asBoolean();
  input.revalidateReason = json.get("revalidateReason").asString();
  input.isFallback = json.get("isFallback").asBoolean();
  return input;
}

export function getStaticPaths(): i32 {
  const json = Json.parse(input());
  const paths = pathsOf;
  if (paths === null)
    throw new Error(
      `${json.get("route").asString()} has parameters: give register a function that tells which paths there are`,
    );
  const all = new PathsInput();
  all.route = json.get("route").asString();
  all.locales = json.get("locales").asStrings();
  all.defaultLocale = json.get("defaultLocale").asString();
  all.cursor = json.get("cursor").asString();
  output(paths(all).json().stringify());
  return 0;
}

export function getStaticProps(): i32 {
  const props = propsOf;
  if (props === null) {
    output('{"props":{}}');
    return 0;
  }
  const result = props(readInput(Json.parse(input())));
  if (result.failure.length) {
    tell(result.failure);
    return 1;
  }
  output(result.toString());
  return 0;
}

export function render(): i32 {
  const body = bodyOf;
  if (body === null) throw new Error("this module has no page: call register at the top level of its entry file");
  const json = Json.parse(input());
  output(body(readInput(json), json.get("props")));
  return 0;
}
