// Intl.NumberFormat: decimals, percents and money.
import { CURRENCIES } from "./known.js";
import { LOOKUP, localeOf, missing, options, supported } from "./locale.js";
import { digits as currencyDigits } from "./locales.js";

const OPTIONS = {
  ...LOOKUP,
  style: ["decimal", "percent", "currency"],
  currency: true,
  currencyDisplay: ["symbol", "code"],
  minimumIntegerDigits: true,
  minimumFractionDigits: true,
  maximumFractionDigits: true,
  useGrouping: [true, false, "auto", "always", "min2", "true", "false"],
  notation: ["standard"],
  numberingSystem: ["latn"],
};

export class NumberFormat {
  #as;

  constructor(asked, given) {
    const as = localeOf(asked);
    const o = options(given, "NumberFormat", OPTIONS);
    const style = o.style ?? "decimal";
    let symbol = "";
    let usual = [0, style === "percent" ? 0 : 3];
    if (style === "currency") {
      if (o.currency === undefined) throw new TypeError("Currency code is required with currency style.");
      const at = CURRENCIES.indexOf(String(o.currency).toUpperCase());
      if (at < 0) throw missing(`currency ${JSON.stringify(o.currency)}`, CURRENCIES.join(", "));
      symbol = o.currencyDisplay === "code" ? CURRENCIES[at] : as.currencies[at];
      usual = [currencyDigits[at], currencyDigits[at]];
    }
    const count = (name, low, usual) => {
      if (o[name] === undefined) return usual;
      const n = Math.floor(Number(o[name]));
      if (!(n >= low && n <= (name === "minimumIntegerDigits" ? 21 : 100))) throw new RangeError(`${name} value is out of range.`);
      return n;
    };
    const least = count("minimumFractionDigits", 0, Math.min(usual[0], count("maximumFractionDigits", 0, Infinity)));
    const most = count("maximumFractionDigits", 0, Math.max(usual[1], least));
    if (least > most) throw new RangeError("maximumFractionDigits value is out of range.");
    const grouping = o.useGrouping ?? "auto";
    this.#as = { as, style, symbol, least, most, integer: count("minimumIntegerDigits", 1, 1), grouping, currency: o.currency };
    this.format = (value) => this.#format(value);
  }

  #format(value) {
    const { as, style, symbol } = this.#as;
    const v = typeof value === "bigint" ? value : Number(value);
    const negative = v < 0 || Object.is(v, -0);
    const number = this.#digits(v, style === "percent" ? 2 : 0);
    if (style === "percent") return (negative ? "-" : "") + as.percent.replace("0", () => number);
    if (style !== "currency") return (negative ? "-" : "") + number;
    const [before, after] = as.money[negative ? 1 : 0].split("0");
    // A symbol that ends in a letter keeps away from the number (CLDR, currencySpacing).
    const gap = before.endsWith("¤") && /\p{L}$/u.test(symbol) && /^\d/.test(number) ? "\u00a0" : "";
    return before.replace("¤", () => symbol) + gap + number + after.replace("¤", () => symbol);
  }

  // digits are those of a number without its sign: its shortest decimal form, half rounded up.
  #digits(v, shift) {
    const { as, least, most, integer, grouping } = this.#as;
    if (Number.isNaN(v)) return "NaN";
    if (v === Infinity || v === -Infinity) return "∞";
    let [whole, part] = plain(v);
    for (let n = 0; n < shift; n++) {
      whole += part[0] ?? "0";
      part = part.slice(1);
    }
    if (part.length > most) {
      const up = part[most] >= "5";
      part = part.slice(0, most);
      if (up) {
        const sum = String(BigInt(`1${whole}${part}`) + 1n);
        const carried = sum[0] === "2" ? `1${sum.slice(1)}` : sum.slice(1);
        whole = carried.slice(0, carried.length - most);
        part = carried.slice(carried.length - most);
      }
    }
    part = part.replace(/0+$/, "").padEnd(least, "0");
    whole = whole.replace(/^0+/, "").padStart(integer, "0");
    const from = grouping === "min2" ? 2 : grouping === "always" ? 1 : as.grouped;
    if (grouping !== false && whole.length >= 3 + from) whole = whole.replace(/\B(?=(\d{3})+$)/g, as.group);
    return part ? whole + as.decimal + part : whole;
  }

  resolvedOptions() {
    const { as, style, least, most, integer, grouping, currency } = this.#as;
    return {
      locale: as.locale,
      numberingSystem: "latn",
      style,
      ...(style === "currency" && { currency: currency.toUpperCase() }),
      minimumIntegerDigits: integer,
      minimumFractionDigits: least,
      maximumFractionDigits: most,
      useGrouping: grouping,
    };
  }

  static supportedLocalesOf = supported;
}

// plain is a number's digits before and after the point.
function plain(v) {
  const [, mantissa, exponent = "0"] = /^-?([\d.]+)(?:e([+-]\d+))?$/.exec(String(v));
  const [whole, part = ""] = mantissa.split(".");
  const e = Number(exponent);
  const all = whole + part;
  const at = whole.length + e;
  if (at <= 0) return ["0", "0".repeat(-at) + all];
  return [all.slice(0, at).padEnd(at, "0"), all.slice(at)];
}
