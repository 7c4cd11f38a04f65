// The page of testdata/languages with Extism's own PDK for AssemblyScript, as it
// is on npm, and a JSON library: nothing of wisr's.
import { JSON } from "assemblyscript-json/assembly";
import { Config, Host, LogLevel, Memory } from "@extism/as-pdk";
import { error_set, http_request, length } from "@extism/as-pdk/lib/env";

export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  error_set(Memory.allocateString(`${message === null ? "aborted" : message} at ${file!}:${line}:${column}`).offset);
  unreachable();
}

// Host.outputString would cut off what is not ASCII.
function output(text: string): i32 {
  Host.output(Uint8Array.wrap(String.UTF8.encode(text)));
  return 0;
}

function input(): JSON.Obj {
  return <JSON.Obj>JSON.parse(Host.inputString());
}

function text(value: JSON.Value | null): string {
  return value !== null && value.isString ? (<JSON.Str>value)._str : "";
}

function config(key: string): string {
  const value = Config.get(key);
  return value === null ? "" : value;
}

// The library writes a line break in a string as a backslash and a line break.
function quote(s: string): string {
  let out = '"';
  for (let i = 0; i < s.length; i++) {
    const unit = s.charCodeAt(i);
    if (unit == 34 || unit == 92) out += "\\" + s.charAt(i);
    else if (unit == 9) out += "\\t";
    else if (unit == 10) out += "\\n";
    else if (unit < 32) out += "\\u00" + (unit < 16 ? "0" : "") + unit.toString(16);
    else out += s.charAt(i);
  }
  return out + '"';
}

function fetch(method: string, url: string, body: string, type: string): string {
  const request = `{"method":${quote(method)},"url":${quote(url)},"headers":{"Content-Type":${quote(type)}}}`;
  const answer = http_request(
    Memory.allocateString(request).offset,
    body.length ? Memory.allocateString(body).offset : 0,
  );
  return new Memory(answer, length(answer)).toString();
}

export function getStaticPaths(): i32 {
  return output('{"paths":["/page/plain",{"params":{"name":"é ☃ 😀"}}],"fallback":"blocking"}');
}

export function getStaticProps(): i32 {
  const in_ = input();
  const name = text(in_.getObj("params")!.get("name"));
  Host.log(LogLevel.Info, `making page ${name}`);
  if (name == "missing") return output('{"notFound":true,"revalidate":60}');
  if (name == "moved") return output('{"redirect":{"destination":"/page/plain","permanent":true}}');
  if (name == "error") throw new Error("the shelf is bare: é ☃ 😀");
  if (name == "crash") return in_.getArr("locales")!.valueOf().at(name.length).isString ? 1 : 2;

  const title = fetch("GET", config("titles") + text(in_.get("path")), "", "");
  const lines = <JSON.Obj>JSON.parse(fetch("POST", config("lines") + "/lines", name, "text/plain; charset=utf-8"));
  let list = "";
  const all = lines.getArr("lines")!.valueOf();
  for (let i = 0; i < all.length; i++) list += (i > 0 ? "," : "") + quote(text(all[i]));
  const props = `{"name":${quote(name)},"title":${quote(title)},"lines":[${list}],"greeting":${quote(config("greeting"))}}`;
  return output(
    `{"props":${props},"revalidate":10,"tags":["languages","séite"],"headers":{"Content-Security-Policy":"default-src 'none'"}}`,
  );
}

function escape(s: string): string {
  return s
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&#34;")
    .replaceAll("'", "&#39;");
}

export function render(): i32 {
  const props = input().getObj("props")!;
  const name = escape(text(props.get("name")));
  const lines = props.getArr("lines")!.valueOf();
  let list = "";
  for (let i = 0; i < lines.length; i++) list += `<li>${escape(text(lines[i]))}</li>`;
  const script = quote(text(props.get("name")))
    .replaceAll("<", "\\u003c")
    .replaceAll(">", "\\u003e")
    .replaceAll("&", "\\u0026");
  return output(
    `<!doctype html><html lang="en"><head><meta charset="utf-8"/><title>${escape(text(props.get("title")))}</title></head><body>` +
      `<h1 title="${name}">${escape(text(props.get("greeting")))}, ${name}</h1><ol>${list}</ol>` +
      `<script type="application/json">{"name":${script}}</script></body></html>`,
  );
}
