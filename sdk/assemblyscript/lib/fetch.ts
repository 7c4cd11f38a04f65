import { Json } from "./json";
import { decode, encode, give, take } from "./host";
import { hostFetchAll, hostFetchRead, extismRequest, extismStatus } from "./imports";

/** A request to another server. */
export class Request {
  headers: Map<string, string> = new Map();
  body: ArrayBuffer = new ArrayBuffer(0);

  /** The URL has to be listed in [fetch] allow of plugin.toml. */
  constructor(
    public url: string,
    public method: string = "GET",
  ) {}

  /** Sets a header. */
  header(name: string, value: string): Request {
    this.headers.set(name, value);
    return this;
  }

  /** Sets the body to a text, as UTF-8. */
  text(body: string): Request {
    this.body = encode(body);
    return this;
  }
}

/** What the other server answered, whatever its status. */
export class Response {
  /** 0: there was no answer, and `error` says why. */
  status: i32 = 0;
  /** Names in lower case. With Extism's functions alone there are none. */
  headers: Map<string, string> = new Map();
  body: ArrayBuffer = new ArrayBuffer(0);
  error: string = "";

  text(): string {
    return decode(this.body);
  }

  json(): Json {
    return Json.parse(this.text());
  }
}

/** Makes a request. That there is no answer ends the generation; a status like 404 is an answer. */
export function fetch(request: Request): Response {
  return fetchAll([request])[0];
}

/**
 * Makes several requests at the same time; the answers come in their order. That
 * one has no answer ends the generation.
 */
export function fetchAll(requests: Request[]): Response[] {
  const responses = tryFetchAll(requests);
  let reasons = "";
  for (let i = 0; i < responses.length; i++) {
    if (responses[i].status) continue;
    const url = requests[i].url.split("?")[0]; // the query may hold a key
    reasons += `${reasons.length ? "\n" : ""}fetch ${requests[i].method} ${url}: ${responses[i].error}`;
  }
  if (reasons.length) throw new Error(reasons);
  return responses;
}

/**
 * Does what fetchAll does for a page that can do without some of the answers:
 * theirs have the status 0. What plugin.toml does not allow ends the generation.
 */
export function tryFetchAll(requests: Request[]): Response[] {
  if (!requests.length) return [];
  // @ts-ignore: a constant of the command line
  if (isDefined(WISR_EXTISM)) return oneByOne(requests);
  const frame = requestFrame(requests);
  const answers = new ArrayBuffer(hostFetchAll(changetype<usize>(frame), frame.byteLength));
  hostFetchRead(changetype<usize>(answers), answers.byteLength);
  return answersOf(answers, requests.length);
}

function describe(request: Request): Json {
  const headers = Json.object();
  const names = request.headers.keys();
  for (let i = 0; i < names.length; i++) headers.set(names[i], request.headers.get(names[i]));
  return Json.object().set("url", request.url).set("method", request.method).set("headers", headers);
}

// A frame is four bytes with the length of a JSON array, the array, and the
// bodies of its members, in both directions.

function requestFrame(requests: Request[]): ArrayBuffer {
  const list = Json.list();
  let size = 4;
  for (let i = 0; i < requests.length; i++) {
    list.push(describe(requests[i]).set("body", requests[i].body.byteLength));
    size += requests[i].body.byteLength;
  }
  const array = encode(list.stringify());
  const frame = new ArrayBuffer(size + array.byteLength);
  let at = changetype<usize>(frame);
  store<u32>(at, array.byteLength);
  memory.copy(at + 4, changetype<usize>(array), array.byteLength);
  at += 4 + array.byteLength;
  for (let i = 0; i < requests.length; i++) {
    memory.copy(at, changetype<usize>(requests[i].body), requests[i].body.byteLength);
    at += requests[i].body.byteLength;
  }
  return frame;
}

function answersOf(frame: ArrayBuffer, count: i32): Response[] {
  const size = frame.byteLength >= 4 ? load<u32>(changetype<usize>(frame)) : 0;
  if (frame.byteLength < 4 || size > <u32>frame.byteLength - 4) throw new Error("the host's answer is broken");
  const list = Json.parse(decode(frame.slice(4, 4 + size)));
  const responses: Response[] = [];
  let at = 4 + size;
  for (let i = 0; i < count; i++) {
    const member = list.at(i);
    const response = new Response();
    response.status = <i32>member.get("status").asInteger();
    response.error = member.get("error").asString();
    const headers = member.get("headers");
    for (let k = 0; k < headers.length; k++) response.headers.set(headers.keys[k], headers.values[k].asString());
    const end = at + <u32>member.get("body").asInteger();
    response.body = frame.slice(at, end);
    at = end;
    responses.push(response);
  }
  return responses;
}

function oneByOne(requests: Request[]): Response[] {
  const responses: Response[] = [];
  for (let i = 0; i < requests.length; i++) {
    const response = new Response();
    response.body = take(extismRequest(give(encode(describe(requests[i]).stringify())), give(requests[i].body)));
    response.status = extismStatus();
    responses.push(response);
  }
  return responses;
}
