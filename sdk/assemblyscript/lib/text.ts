/**
 * Text under construction. `a += b` copies all of `a`; this does not.
 */
export class Text {
  private at: ArrayBuffer = new ArrayBuffer(256);
  private used: i32 = 0; // bytes

  /** Adds a string as it is. */
  add(s: string): Text {
    const size = s.length << 1;
    this.grow(size);
    memory.copy(changetype<usize>(this.at) + this.used, changetype<usize>(s), size);
    this.used += size;
    return this;
  }

  /** Adds a part of a string, from and to in UTF-16 units. */
  addPart(s: string, from: i32, to: i32): Text {
    const size = (to - from) << 1;
    this.grow(size);
    memory.copy(changetype<usize>(this.at) + this.used, changetype<usize>(s) + (from << 1), size);
    this.used += size;
    return this;
  }

  /** Adds a UTF-16 unit. */
  addUnit(unit: i32): Text {
    this.grow(2);
    store<u16>(changetype<usize>(this.at) + this.used, <u16>unit);
    this.used += 2;
    return this;
  }

  /** Adds a string escaped for HTML, see `escape`. */
  addEscaped(s: string): Text {
    let from = 0;
    for (let i = 0; i < s.length; i++) {
      const instead = htmlEscape(s.charCodeAt(i));
      if (!instead.length) continue;
      this.addPart(s, from, i).add(instead);
      from = i + 1;
    }
    return this.addPart(s, from, s.length);
  }

  toString(): string {
    return String.UTF16.decodeUnsafe(changetype<usize>(this.at), this.used);
  }

  private grow(more: i32): void {
    const need = this.used + more;
    if (need <= this.at.byteLength) return;
    const larger = new ArrayBuffer(max(need, this.at.byteLength * 2));
    memory.copy(changetype<usize>(larger), changetype<usize>(this.at), this.used);
    this.at = larger;
  }
}

/**
 * Escapes text for HTML, between tags and in quoted attributes. For a script, use
 * `Json.stringify`, whose strings cannot end it.
 */
export function escape(text: string): string {
  for (let i = 0; i < text.length; i++) {
    if (htmlEscape(text.charCodeAt(i)).length) return new Text().addEscaped(text).toString();
  }
  return text;
}

function htmlEscape(unit: i32): string {
  switch (unit) {
    case 38:
      return "&amp;";
    case 60:
      return "&lt;";
    case 62:
      return "&gt;";
    case 34:
      return "&#34;";
    case 39:
      return "&#39;";
  }
  return "";
}
