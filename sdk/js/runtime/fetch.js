// fetch, by wisr's egress: what [fetch] of plugin.toml allows. A page has one thread;
// requests wait until nothing else can be done, and then all go out at once, so that
// Promise.all over several costs the time of the slowest.
import { toBytes } from "./encoding.js";
import { define, host } from "./host.js";

class Body {
  #bytes;
  bodyUsed = false;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  get body() {
    if (this.#bytes === null) return null;
    const bytes = this.#take();
    return new ReadableStream({
      start(controller) {
        if (bytes.length) controller.enqueue(bytes);
        controller.close();
      },
    });
  }

  #take() {
    if (this.bodyUsed) throw new TypeError("the body was read before");
    this.bodyUsed = true;
    return this.#bytes ?? new Uint8Array(0);
  }

  bytesOf() {
    return this.#bytes;
  }
  async text() {
    return decodeText(this.#take());
  }
  async json() {
    return JSON.parse(decodeText(this.#take()));
  }
  async bytes() {
    return this.#take().slice();
  }
  async arrayBuffer() {
    return this.#take().slice().buffer;
  }
}

// decodeText leaves out the mark that some servers begin with.
function decodeText(bytes) {
  const text = host.decode(bytes);
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

// bodyOf is a body as bytes, with the type that it has by itself.
function bodyOf(value) {
  if (value === undefined || value === null) return [null];
  if (typeof value === "string") return [host.encode(value), "text/plain;charset=UTF-8"];
  if (value instanceof URLSearchParams) return [host.encode(String(value)), "application/x-www-form-urlencoded;charset=UTF-8"];
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return [toBytes(value)];
  throw new TypeError("a body is a string, bytes or URLSearchParams here");
}

class Request extends Body {
  constructor(input, init = {}) {
    const from = input instanceof Request ? input : undefined;
    const [bytes, type] = init.body === undefined && from ? [from.bytesOf()] : bodyOf(init.body);
    super(bytes);
    this.url = from ? from.url : new URL(String(input)).href;
    this.method = normalMethod(init.method ?? from?.method ?? "GET");
    if (bytes && (this.method === "GET" || this.method === "HEAD")) throw new TypeError(`a ${this.method} request has no body`);
    this.headers = new Headers(init.headers ?? from?.headers);
    this.signal = init.signal ?? from?.signal ?? null;
    if (type && !this.headers.has("content-type")) this.headers.set("content-type", type);
  }

  clone() {
    return new Request(this);
  }
}

function normalMethod(method) {
  const upper = String(method).toUpperCase();
  return ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH"].includes(upper) ? upper : String(method);
}

class Response extends Body {
  constructor(body, { status = 200, statusText = "", headers, url = "" } = {}) {
    const [bytes, type] = bodyOf(body);
    super(bytes);
    this.status = status;
    this.statusText = statusText;
    this.headers = new Headers(headers);
    this.url = url;
    this.redirected = false;
    this.type = "default";
    if (type && !this.headers.has("content-type")) this.headers.set("content-type", type);
  }

  get ok() {
    return this.status >= 200 && this.status < 300;
  }
  clone() {
    return new Response(this.bytesOf(), this);
  }

  static json(value, init = {}) {
    const headers = new Headers(init.headers);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return new Response(JSON.stringify(value), { ...init, headers });
  }
}

let asked = []; // { request, resolve, reject }

function fetch(input, init) {
  return new Promise((resolve, reject) => {
    const request = new Request(input, init);
    request.signal?.throwIfAborted();
    asked.push({ request, resolve, reject });
  });
}

// send makes the requests that were asked for and tells whether there were any.
export function send() {
  if (asked.length === 0) return false;
  const all = asked;
  asked = [];
  const going = all.filter(({ request, reject }) => {
    if (!request.signal?.aborted) return true;
    reject(request.signal.reason);
    return false;
  });
  if (going.length === 0) return true;
  const answers = (host.request ? inTurn : together)(going.map((a) => a.request));
  going.forEach(({ request, resolve, reject }, i) => {
    const { status, headers, body, error } = answers[i];
    if (error !== undefined) reject(new TypeError(`fetch failed: ${error}`));
    else resolve(new Response(body, { status, headers, url: request.url }));
  });
  return true;
}

// inTurn is by Extism's own functions, which make one request at a time and end the page
// where there is no answer. What tells headers is a later one, which not every host has.
function inTurn(requests) {
  return requests.map((r) => ({ body: host.request(JSON.stringify(headOf(r)), bytesOf(r)), status: host.status() }));
}

function together(requests) {
  const [answers, bodies] = readFrame(host.fetchAll(writeFrame(requests)));
  let at = 0;
  return answers.map(({ body = 0, ...answer }) => ({ ...answer, body: bodies.subarray(at, (at += body)) }));
}

const headOf = (request) => ({ url: request.url, method: request.method, headers: Object.fromEntries(request.headers) });
const bytesOf = (request) => request.bytesOf() ?? new Uint8Array(0);

// A frame is the length of a JSON array in four bytes, little-endian, the array, and
// the bodies of its members.

function writeFrame(requests) {
  const bodies = requests.map(bytesOf);
  const text = host.encode(JSON.stringify(requests.map((r, i) => ({ ...headOf(r), body: bodies[i].length }))));
  const frame = new Uint8Array(bodies.reduce((n, b) => n + b.length, 4 + text.length));
  new DataView(frame.buffer).setUint32(0, text.length, true);
  frame.set(text, 4);
  let at = 4 + text.length;
  for (const b of bodies) {
    frame.set(b, at);
    at += b.length;
  }
  return frame;
}

function readFrame(frame) {
  const size = new DataView(frame.buffer, frame.byteOffset).getUint32(0, true);
  return [JSON.parse(host.decode(frame.subarray(4, 4 + size))), frame.subarray(4 + size)];
}

define({ fetch, Request, Response });
