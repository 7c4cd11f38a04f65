import { Text } from "./text";
import { Parser } from "./parse";

export enum JsonKind {
  Null,
  Boolean,
  Number,
  String,
  List,
  Object,
}

/**
 * A JSON value. What is not there is null, so that one can ask on:
 *
 *     Json.parse(text).get("author").get("name").asString() // "" if there is none
 *
 * and values are made of what AssemblyScript has:
 *
 *     Json.object().set("name", name).set("tags", ["a", "b"]).set("count", 3)
 */
export class Json {
  /** @internal A string, or the literal of a number or a boolean. */
  text: string = "";
  /** @internal */
  values: Json[] = [];
  /** @internal Beside values, in an object. */
  keys: string[] = [];

  constructor(public kind: JsonKind = JsonKind.Null) {}

  /** Reads a document; what is no JSON ends the generation with the place. */
  static parse(document: string): Json {
    return new Parser(document).document();
  }

  static object(): Json {
    return new Json(JsonKind.Object);
  }

  static list(): Json {
    return new Json(JsonKind.List);
  }

  /** Makes a value of a string, number, boolean, an array of those, or Json. */
  static from<T>(value: T): Json {
    if (isString<T>()) {
      const json = new Json(JsonKind.String);
      // @ts-ignore: T is string
      json.text = value;
      return json;
    } else if (isBoolean<T>()) {
      const json = new Json(JsonKind.Boolean);
      json.text = value ? "true" : "false";
      return json;
    } else if (isFloat<T>()) {
      // @ts-ignore: T is a float
      if (!isFinite(value)) throw new Error("JSON has no number for NaN and infinity");
      const json = new Json(JsonKind.Number);
      // @ts-ignore: T is a float
      json.text = value.toString();
      return json;
    } else if (isInteger<T>()) {
      const json = new Json(JsonKind.Number);
      // @ts-ignore: T is an integer
      json.text = value.toString();
      return json;
    } else if (isArray<T>()) {
      const json = Json.list();
      // @ts-ignore: T is an array
      for (let i = 0; i < value.length; i++) json.push(value[i]);
      return json;
    } else {
      // @ts-ignore: anything else does not compile
      return value as Json;
    }
  }

  /** Sets a member of an object. */
  set<T>(key: string, value: T): Json {
    if (this.kind != JsonKind.Object) throw new Error(`set("${key}") on a value that is no object`);
    const at = this.keys.indexOf(key);
    if (at >= 0) {
      this.values[at] = Json.from<T>(value);
    } else {
      this.keys.push(key);
      this.values.push(Json.from<T>(value));
    }
    return this;
  }

  /** Adds an element to a list. */
  push<T>(value: T): Json {
    if (this.kind != JsonKind.List) throw new Error("push on a value that is no list");
    this.values.push(Json.from<T>(value));
    return this;
  }

  /** The member of an object, null if there is none. */
  get(key: string): Json {
    const at = this.keys.lastIndexOf(key);
    return at < 0 ? new Json() : this.values[at];
  }

  /** The element of a list, null if there is none. */
  at(index: i32): Json {
    return this.kind == JsonKind.List && index >= 0 && index < this.values.length ? this.values[index] : new Json();
  }

  /** How many elements or members it has. */
  get length(): i32 {
    return this.values.length;
  }

  get isNull(): bool {
    return this.kind == JsonKind.Null;
  }

  /** The text of a string, "" of anything else. */
  asString(): string {
    return this.kind == JsonKind.String ? this.text : "";
  }

  /** The number without its fraction, 0 of anything else. */
  asInteger(): i64 {
    return this.kind != JsonKind.Number ? 0 : isWhole(this.text) ? I64.parseInt(this.text) : <i64>parseFloat(this.text);
  }

  asNumber(): f64 {
    return this.kind == JsonKind.Number ? parseFloat(this.text) : 0;
  }

  asBoolean(): bool {
    return this.kind == JsonKind.Boolean && this.text == "true";
  }

  /** The strings of a list. */
  asStrings(): string[] {
    const all: string[] = [];
    if (this.kind == JsonKind.List) {
      for (let i = 0; i < this.values.length; i++) all.push(this.values[i].asString());
    }
    return all;
  }

  /** JSON without spaces, fit for the inside of a <script>: <, > and & are escaped. */
  stringify(): string {
    const out = new Text();
    this.write(out);
    return out.toString();
  }

  private write(out: Text): void {
    switch (this.kind) {
      case JsonKind.Null:
        out.add("null");
        break;
      case JsonKind.String:
        quote(out, this.text);
        break;
      case JsonKind.List:
      case JsonKind.Object:
        const object = this.kind == JsonKind.Object;
        out.add(object ? "{" : "[");
        for (let i = 0; i < this.values.length; i++) {
          if (i > 0) out.add(",");
          if (object) {
            quote(out, this.keys[i]);
            out.add(":");
          }
          this.values[i].write(out);
        }
        out.add(object ? "}" : "]");
        break;
      default:
        out.add(this.text);
    }
  }
}

function isWhole(number: string): bool {
  for (let i = 0; i < number.length; i++) {
    const unit = number.charCodeAt(i);
    if (unit == 46 || (unit | 32) == 101) return false;
  }
  return true;
}

function quote(out: Text, text: string): void {
  out.add('"');
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 32 && unit != 34 && unit != 92 && unit != 60 && unit != 62 && unit != 38) continue;
    out.addPart(text, from, i);
    from = i + 1;
    switch (unit) {
      case 8:
        out.add("\\b");
        break;
      case 9:
        out.add("\\t");
        break;
      case 10:
        out.add("\\n");
        break;
      case 12:
        out.add("\\f");
        break;
      case 13:
        out.add("\\r");
        break;
      case 34:
        out.add('\\"');
        break;
      case 92:
        out.add("\\\\");
        break;
      default:
        out
          .add("\\u00")
          .add(hex(unit >> 4))
          .add(hex(unit & 15));
    }
  }
  out.addPart(text, from, text.length).add('"');
}

function hex(digit: i32): string {
  return "0123456789abcdef".charAt(digit);
}
