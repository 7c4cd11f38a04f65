import { Json, JsonKind } from "./json";
import { Text } from "./text";

/** How deep lists and objects may be in one another: reading is recursive. */
const DEPTH: i32 = 200;

/** Reads one JSON document (RFC 8259). */
export class Parser {
  private at: i32 = 0;
  private depth: i32 = 0;

  constructor(private text: string) {}

  document(): Json {
    const value = this.value();
    this.space();
    if (this.at < this.text.length) this.fail();
    return value;
  }

  private fail(): void {
    throw new Error(`not JSON at character ${this.at}`);
  }

  private peek(): i32 {
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : -1;
  }

  private space(): void {
    for (let unit = this.peek(); unit == 32 || unit == 10 || unit == 9 || unit == 13; unit = this.peek()) this.at++;
  }

  private take(unit: i32): bool {
    this.space();
    if (this.peek() != unit) return false;
    this.at++;
    return true;
  }

  private value(): Json {
    this.space();
    switch (this.peek()) {
      case 123:
        return this.members(JsonKind.Object, 125);
      case 91:
        return this.members(JsonKind.List, 93);
      case 34:
        const json = new Json(JsonKind.String);
        this.at++;
        json.text = this.string();
        return json;
      case 116:
        return this.literal("true", JsonKind.Boolean);
      case 102:
        return this.literal("false", JsonKind.Boolean);
      case 110:
        return this.literal("null", JsonKind.Null);
    }
    return this.number();
  }

  private members(kind: JsonKind, close: i32): Json {
    const json = new Json(kind);
    this.at++;
    if (this.take(close)) return json;
    if (++this.depth > DEPTH) this.fail();
    do {
      if (kind == JsonKind.Object) {
        if (!this.take(34)) this.fail();
        json.keys.push(this.string());
        if (!this.take(58)) this.fail();
      }
      json.values.push(this.value());
    } while (this.take(44));
    if (!this.take(close)) this.fail();
    this.depth--;
    return json;
  }

  private literal(word: string, kind: JsonKind): Json {
    if (!this.text.startsWith(word, this.at)) this.fail();
    this.at += word.length;
    const json = new Json(kind);
    json.text = word;
    return json;
  }

  private digits(): void {
    const from = this.at;
    for (let unit = this.peek(); unit >= 48 && unit <= 57; unit = this.peek()) this.at++;
    if (this.at == from) this.fail();
  }

  private number(): Json {
    const from = this.at;
    if (this.peek() == 45) this.at++;
    this.digits();
    if (this.peek() == 46) {
      this.at++;
      this.digits();
    }
    if ((this.peek() | 32) == 101) {
      this.at++;
      if (this.peek() == 43 || this.peek() == 45) this.at++;
      this.digits();
    }
    const json = new Json(JsonKind.Number);
    json.text = this.text.substring(from, this.at);
    return json;
  }

  /** Reads behind the opening quote. */
  private string(): string {
    let from = this.at;
    let out: Text | null = null;
    for (; ; this.at++) {
      const unit = this.peek();
      if (unit < 32) this.fail();
      if (unit == 34) break;
      if (unit != 92) continue;
      if (out == null) out = new Text();
      out.addPart(this.text, from, this.at);
      this.at++;
      out.addUnit(this.escaped());
      from = this.at + 1;
    }
    const end = this.at++;
    return out == null ? this.text.substring(from, end) : out.addPart(this.text, from, end).toString();
  }

  /** Reads what follows a backslash, and stays at its last unit. */
  private escaped(): i32 {
    switch (this.peek()) {
      case 34:
      case 47:
      case 92:
        return this.peek();
      case 98:
        return 8;
      case 102:
        return 12;
      case 110:
        return 10;
      case 114:
        return 13;
      case 116:
        return 9;
      case 117:
        let unit = 0;
        for (let i = 0; i < 4; i++) {
          this.at++;
          const digit = this.peek();
          const low = digit | 32;
          if (digit >= 48 && digit <= 57) unit = (unit << 4) + digit - 48;
          else if (low >= 97 && low <= 102) unit = (unit << 4) + low - 87;
          else this.fail();
        }
        return unit;
    }
    this.fail();
    return 0;
  }
}
