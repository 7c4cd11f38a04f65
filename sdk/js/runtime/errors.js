// describe is what wisr is told of an error: what it is and where, an empty line, and
// the stack in the author's files.
import { inspect } from "./inspect.js";
import { inWords } from "./reactwords.js";
import { original } from "./sourcemap.js";

const FRAME = /^\s*at (?:(.*?) \()?page\.js:(\d+):(\d+)\)?$/;
const MAX_FRAMES = 40;
const MAX_CAUSES = 5;

// unawaited tells that it was thrown where nobody waits for it.
export function describe(error, unawaited) {
  const frames = stack(error);
  // An error's own constructors are on its stack, and are not where it was made.
  while (
    frames.length > 1 &&
    error instanceof Error &&
    frames[0].name &&
    error.constructor.name.startsWith(frames[0].name.replace(/\d+$/, ""))
  )
    frames.shift();
  const at = error?.at ?? own(frames)?.at ?? frames[0]?.at;
  const text = `${title(error)}${unawaited ? ", in a promise that nobody awaits" : ""}${at ? ` (${at})` : ""}${hint(title(error))}`;
  const lines = frames.map((f) => `    at ${f.name ? `${f.name} (${f.at})` : f.at}`);
  let cause = error?.cause;
  for (let n = 0; n < MAX_CAUSES && cause !== undefined && cause !== null; n++, cause = cause.cause) {
    lines.push(`caused by ${title(cause)}`, ...stack(cause).map((f) => `    at ${f.name ? `${f.name} (${f.at})` : f.at}`));
  }
  return lines.length ? `${text}\n\n${lines.join("\n")}` : text;
}

function title(error) {
  if (error instanceof Error) return inWords(String(error));
  return `thrown, and no Error: ${inspect(error, 1)}`;
}

// What pages that came from elsewhere look for, and what there is instead.
const HINTS = [
  [
    /^ReferenceError: (process|Deno|Bun) is not defined/,
    "settings are in [config] of plugin.toml, and config(key) of @wisr/page gives them",
  ],
  [/^ReferenceError: Buffer is not defined/, "bytes are in Uint8Array, texts become bytes by TextEncoder, and base64 is made by btoa"],
  [/^ReferenceError: (require|module|exports|__dirname|__filename) is not defined/, "pages are modules, and import what they need"],
  [
    /^ReferenceError: (window|document|localStorage|sessionStorage|location|navigator) is not defined/,
    "a page is made before a browser has it; what is for browsers goes into a script of public/",
  ],
  [
    /^TypeError: cannot read property 'use\w+' of null/,
    "a hook of React is called outside of React's components: is the page rendered by another framework?",
  ],
];

function hint(text) {
  const found = HINTS.find(([pattern]) => pattern.test(text));
  return found ? `: ${found[1]}` : "";
}

// stack leaves out the runtime's own frames, which are the same for every page.
function stack(error) {
  const frames = [];
  for (const line of String(error?.stack ?? "").split("\n")) {
    const [, name, row, column] = FRAME.exec(line) ?? [];
    if (row === undefined) continue;
    const place = position(Number(row), Number(column));
    if (!place) continue;
    frames.push({ name: name === "<anonymous>" ? "" : name, at: place });
    if (frames.length === MAX_FRAMES) break;
  }
  return frames;
}

function position(line, column) {
  const found = original(line, column);
  if (!found || /^(\.\/)?wisr:/.test(found.file)) return undefined;
  return `${found.file}:${found.line}:${found.column}`;
}

// own is the first frame in the author's own code: what went wrong in a package went
// wrong with what it was given there.
const own = (frames) => frames.find((f) => !/(^|\/)node_modules\//.test(f.at));

// placeIn is where in the author's own code an error was made.
export const placeIn = (error) => own(stack(error))?.at;

// isAsync is the error about a component that a framework does not wait for.
export function isAsync(component) {
  const error = new TypeError("a component is async: gather its data in getStaticProps");
  error.at = placeOf(component);
  return error;
}

// placeOf is where a function is defined.
export function placeOf(f) {
  return typeof f === "function" && f.lineNumber > 0 ? position(f.lineNumber, f.columnNumber) : undefined;
}
