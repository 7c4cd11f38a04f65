// URL and URLSearchParams (https://url.spec.whatwg.org). What is not here: the
// full table of UTS 46 for host names; a name that is not ASCII is lower-cased,
// normalised and written in Punycode.
import { define } from "./host.js";
import { URLSearchParams, watch } from "./urlsearch.js";
import { hostOf } from "./urlhost.js";
import { escaper, FRAGMENT, PATH, QUERY, SPECIAL_QUERY, USERINFO } from "./urlescape.js";

const PORTS = { "http:": "80", "https:": "443", "ws:": "80", "wss:": "443", "ftp:": "21", "file:": "" };
const special = (protocol) => protocol in PORTS;

const escapePath = escaper(PATH);
const escapeUser = escaper(USERINFO);
const escapeFragment = escaper(FRAGMENT);
const escapeQuery = (text, protocol) => escaper(special(protocol) ? SPECIAL_QUERY : QUERY)(text);

class URL {
  #protocol;
  #username = "";
  #password = "";
  #host = null; // null: there is none, as in data:
  #port = "";
  #path = []; // or a text, of a URL that is not a hierarchy
  #query = null;
  #fragment = null;
  #params;

  constructor(input, base) {
    const from = base === undefined ? undefined : base instanceof URL ? base : new URL(base);
    // eslint-disable-next-line no-control-regex -- the standard strips them
    this.#parse(
      String(input)
        .replace(/^[\0- ]+|[\0- ]+$/g, "")
        .replace(/[\t\n\r]/g, "")
        .toWellFormed(),
      from,
    );
    this.#params = watch(this.#query ?? "", (text) => {
      this.#query = text === "" ? null : text;
    });
  }

  static canParse(input, base) {
    return URL.parse(input, base) !== null;
  }

  static parse(input, base) {
    try {
      return new URL(input, base);
    } catch {
      return null;
    }
  }

  #parse(input, base) {
    const bad = () => {
      throw new TypeError(`${JSON.stringify(input)} is not a URL${base ? "" : ", or needs a base"}`);
    };
    let rest = input;
    const hash = rest.indexOf("#");
    if (hash >= 0) {
      this.#fragment = escapeFragment(rest.slice(hash + 1));
      rest = rest.slice(0, hash);
    }
    const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(rest);
    if (!scheme && !base) bad();
    this.#protocol = scheme ? scheme[1].toLowerCase() + ":" : base.#protocol;
    if (scheme) rest = rest.slice(scheme[0].length);
    const slashes = special(this.#protocol) ? /^[/\\]{2}/ : /^\/\//;
    const relative = !scheme || (base && special(this.#protocol) && scheme && base.#protocol === this.#protocol && !slashes.test(rest));
    if (relative && typeof base.#path === "string" && (rest !== "" || this.#fragment === null)) bad();

    const mark = rest.indexOf("?");
    let query = null;
    if (mark >= 0) {
      query = escapeQuery(rest.slice(mark + 1), this.#protocol);
      rest = rest.slice(0, mark);
    }
    if (special(this.#protocol)) rest = rest.replaceAll("\\", "/");
    this.#query = query;

    if (rest.startsWith("//") || (!relative && special(this.#protocol) && this.#protocol !== "file:")) {
      rest = this.#authority(rest.replace(special(this.#protocol) && this.#protocol !== "file:" ? /^\/*/ : /^\/\//, ""), bad);
    } else if (relative) {
      this.#username = base.#username;
      this.#password = base.#password;
      this.#host = base.#host;
      this.#port = base.#port;
      if (rest === "") {
        this.#path = typeof base.#path === "string" ? base.#path : [...base.#path];
        if (query === null) this.#query = base.#query;
        return;
      }
      if (!rest.startsWith("/")) {
        this.#path = base.#path.slice(0, -1);
        this.#segments(rest);
        return;
      }
    } else if (this.#protocol === "file:") {
      this.#host = "";
    } else if (!rest.startsWith("/")) {
      this.#path = escaper("")(rest);
      return;
    }
    this.#path = [];
    if (rest === "" && !special(this.#protocol)) return;
    this.#segments(rest.replace(/^\//, ""));
  }

  #authority(rest, bad) {
    const end = rest.indexOf("/");
    const authority = end < 0 ? rest : rest.slice(0, end);
    const at = authority.lastIndexOf("@");
    if (at >= 0) {
      const user = authority.slice(0, at);
      const colon = user.indexOf(":");
      this.#username = escapeUser(colon < 0 ? user : user.slice(0, colon));
      this.#password = colon < 0 ? "" : escapeUser(user.slice(colon + 1));
    }
    const [, name, port = ""] = /^(.*?)(?::([^:\]]*))?$/s.exec(authority.slice(at + 1));
    if (!/^\d*$/.test(port) || Number(port) > 65535) bad();
    const host = hostOf(name, special(this.#protocol));
    if (host === null || (host === "" && (at >= 0 || port !== "" || (special(this.#protocol) && this.#protocol !== "file:")))) bad();
    this.#host = this.#protocol === "file:" && host === "localhost" ? "" : host;
    this.#setPort(port);
    return end < 0 ? "" : rest.slice(end);
  }

  #setPort(port) {
    const number = port === "" ? "" : String(Number(port));
    this.#port = number === PORTS[this.#protocol] ? "" : number;
  }

  #segments(text) {
    const parts = text.split("/");
    parts.forEach((part, i) => {
      const last = i === parts.length - 1;
      const dots = part.replace(/%2e/gi, ".");
      if (dots === "..") {
        this.#path.pop();
        if (last) this.#path.push("");
      } else if (dots === ".") {
        if (last) this.#path.push("");
      } else {
        this.#path.push(escapePath(part));
      }
    });
  }

  get href() {
    const credentials = this.#username || this.#password ? `${this.#username}${this.#password && `:${this.#password}`}@` : "";
    const authority = this.#host === null ? "" : `//${credentials}${this.host}`;
    const guard = this.#host === null && this.#path.length > 1 && this.#path[0] === "" && typeof this.#path !== "string" ? "/." : "";
    return (
      this.#protocol +
      authority +
      guard +
      this.pathname +
      (this.#query === null ? "" : `?${this.#query}`) +
      (this.#fragment === null ? "" : `#${this.#fragment}`)
    );
  }

  set href(value) {
    const url = new URL(value);
    this.#protocol = url.#protocol;
    this.#username = url.#username;
    this.#password = url.#password;
    this.#host = url.#host;
    this.#port = url.#port;
    this.#path = url.#path;
    this.#query = url.#query;
    this.#fragment = url.#fragment;
    this.#params = watch(this.#query ?? "", (text) => {
      this.#query = text === "" ? null : text;
    });
  }

  get origin() {
    return special(this.#protocol) && this.#protocol !== "file:" ? `${this.#protocol}//${this.host}` : "null";
  }
  get protocol() {
    return this.#protocol;
  }
  set protocol(value) {
    const name = String(value).replace(/:.*$/s, "").toLowerCase() + ":";
    if (!/^[a-z][a-z0-9+.-]*:$/.test(name) || special(name) !== special(this.#protocol)) return;
    this.#protocol = name;
    this.#setPort(this.#port);
  }

  get username() {
    return this.#username;
  }
  set username(value) {
    if (this.#host) this.#username = escapeUser(String(value));
  }
  get password() {
    return this.#password;
  }
  set password(value) {
    if (this.#host) this.#password = escapeUser(String(value));
  }
  get host() {
    return (this.#host ?? "") + (this.#port && `:${this.#port}`);
  }
  set host(value) {
    const [, name, port] = /^([^/?#]*?)(?::(\d*))?(?:[/?#].*)?$/s.exec(String(value)) ?? [];
    const host = name && hostOf(name, special(this.#protocol));
    if (!host || typeof this.#path === "string") return;
    this.#host = host;
    if (port) this.#setPort(port);
  }

  get hostname() {
    return this.#host ?? "";
  }
  set hostname(value) {
    const host = hostOf(String(value).replace(/[/?#:].*$/s, ""), special(this.#protocol));
    if (host && typeof this.#path !== "string") this.#host = host;
  }

  get port() {
    return this.#port;
  }
  set port(value) {
    const digits = /^\d*/.exec(String(value))[0];
    if (this.#host && Number(digits) <= 65535 && (digits !== "" || value === "")) this.#setPort(digits);
  }

  get pathname() {
    return typeof this.#path === "string" ? this.#path : this.#path.map((s) => `/${s}`).join("");
  }
  set pathname(value) {
    if (typeof this.#path === "string") return;
    this.#path = [];
    const text = String(value).replaceAll("?", "%3F").replaceAll("#", "%23");
    this.#segments((special(this.#protocol) ? text.replaceAll("\\", "/") : text).replace(/^\//, ""));
  }

  get search() {
    return this.#query ? `?${this.#query}` : "";
  }
  set search(value) {
    const text = String(value).replace(/^\?/, "");
    this.#query = text === "" ? null : escapeQuery(text.replaceAll("#", "%23"), this.#protocol);
    this.#params = watch(this.#query ?? "", (query) => {
      this.#query = query === "" ? null : query;
    });
  }

  get searchParams() {
    return this.#params;
  }
  get hash() {
    return this.#fragment ? `#${this.#fragment}` : "";
  }
  set hash(value) {
    const text = String(value).replace(/^#/, "");
    this.#fragment = text === "" ? null : escapeFragment(text);
  }

  toString() {
    return this.href;
  }
  toJSON() {
    return this.href;
  }
}

export { URL };

define({ URL, URLSearchParams });
