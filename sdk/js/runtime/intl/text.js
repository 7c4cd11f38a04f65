// Intl.PluralRules, Intl.ListFormat and Intl.Collator.
import { LOOKUP, localeOf, missing, options, supported } from "./locale.js";
import { NumberFormat } from "./number.js";

// The rules of CLDR for whole numbers i with v digits behind the point.
const millions = (i, v) => i !== 0 && i % 1_000_000 === 0 && v === 0;
const exactly = (i, v) => (i === 1 && v === 0 ? "one" : "other");
const RULES = {
  en: exactly,
  de: exactly,
  nl: exactly,
  fr: (i, v) => (i < 2 ? "one" : millions(i, v) ? "many" : "other"),
  es: (i, v, n) => (n === 1 ? "one" : millions(i, v) ? "many" : "other"),
  it: (i, v) => (i === 1 && v === 0 ? "one" : millions(i, v) ? "many" : "other"),
  pt: (i, v) => (i < 2 ? "one" : millions(i, v) ? "many" : "other"),
  "pt-PT": (i, v) => (i === 1 && v === 0 ? "one" : millions(i, v) ? "many" : "other"),
  ja: () => "other",
};
const ordinal = (n) =>
  n % 10 === 1 && n % 100 !== 11 ? "one" : n % 10 === 2 && n % 100 !== 12 ? "two" : n % 10 === 3 && n % 100 !== 13 ? "few" : "other";

export class PluralRules {
  #as;

  constructor(asked, given) {
    const {
      type = "cardinal",
      localeMatcher: _,
      ...digits
    } = options(given, "PluralRules", {
      ...LOOKUP,
      type: ["cardinal", "ordinal"],
      minimumFractionDigits: true,
      maximumFractionDigits: true,
    });
    const as = localeOf(asked);
    if (type === "ordinal" && as.language !== "en") throw missing(`ordinals of ${as.locale}`, "those of en");
    this.#as = { as, type, number: new NumberFormat("en", { ...digits, useGrouping: false }) };
  }

  select(value) {
    const { as, type, number } = this.#as;
    if (!Number.isFinite(Number(value))) return "other";
    const text = number.format(Math.abs(value));
    const n = Number(text);
    if (type === "ordinal") return ordinal(n);
    const rule = RULES[as.name] ?? RULES[as.language];
    return rule(Math.trunc(n), text.split(".")[1]?.length ?? 0, n);
  }

  resolvedOptions() {
    const { as, type } = this.#as;
    return { locale: as.locale, type };
  }

  static supportedLocalesOf = supported;
}

export class ListFormat {
  #as;

  constructor(asked, given) {
    const { type = "conjunction" } = options(given, "ListFormat", { ...LOOKUP, type: ["conjunction", "disjunction"], style: ["long"] });
    const as = localeOf(asked);
    this.#as = { as, type };
  }

  format(list) {
    const { as, type } = this.#as;
    const items = Array.from(list, (item) => {
      if (typeof item !== "string") throw new TypeError("Iterable yielded a non-String value");
      return item;
    });
    const [two, middle, end] = type === "conjunction" ? as.and : as.or;
    return items.reduce((text, item, i) => {
      if (i === 0) return item;
      return text + softened(as, i < items.length - 1 ? middle : items.length === 2 ? two : end, item) + item;
    }, "");
  }

  resolvedOptions() {
    const { as, type } = this.#as;
    return { locale: as.locale, type, style: "long" };
  }

  static supportedLocalesOf = supported;
}

// softened is Spanish "e" for "y" before the sound of i, and "u" for "o" before that of o.
function softened({ language }, gap, next) {
  if (language !== "es") return gap;
  if (gap.endsWith(" y ") && /^(i|í|hi(?![ae])|hí)/i.test(next)) return gap.replace(/y $/, "e ");
  if (gap.endsWith(" o ") && /^(o|ó|ho|hó|8|11(?=\D|$))/i.test(next)) return gap.replace(/o $/, "u ");
  return gap;
}

// Letters of Latin scripts that are two to who sorts.
const TWO = { ß: "ss", æ: "ae", œ: "oe", ø: "o", đ: "d", ł: "l", þ: "th", ð: "d" };

export class Collator {
  #as;

  constructor(asked, given) {
    const o = options(given, "Collator", {
      ...LOOKUP,
      usage: ["sort", "search"],
      numeric: [true, false],
      sensitivity: ["base", "accent", "case", "variant"],
      caseFirst: ["false"],
    });
    this.#as = { as: localeOf(asked), numeric: o.numeric ?? false, sensitivity: o.sensitivity ?? "variant" };
    this.compare = (a, b) => this.#compare(String(a), String(b));
  }

  // First letters are compared, then accents, then capitals.
  #compare(a, b) {
    if (a === b) return 0;
    const { as, numeric, sensitivity } = this.#as;
    const [x, y] = [weigh(a, as.language, numeric), weigh(b, as.language, numeric)];
    const letters = order(x.letters, y.letters);
    if (letters !== 0) return letters;
    const accents = sensitivity === "variant" || sensitivity === "accent" ? order(x.accents, y.accents) : 0;
    if (accents !== 0) return accents;
    return sensitivity === "variant" || sensitivity === "case" ? order(x.capitals, y.capitals) : 0;
  }

  resolvedOptions() {
    const { as, numeric, sensitivity } = this.#as;
    return { locale: as.locale, usage: "sort", sensitivity, ignorePunctuation: false, collation: "default", numeric, caseFirst: "false" };
  }

  static supportedLocalesOf = supported;
}

function order(a, b) {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
  return Math.sign(a.length - b.length);
}

// Signs in the order of the root collation (CLDR), which come before digits and letters.
const SIGNS = "\t\n\v\f\r\u0085\u2028\u2029 _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";

// weigh gives what is compared of a text.
function weigh(text, language, numeric) {
  const letters = [];
  const accents = [];
  const capitals = [];
  const found = text.normalize("NFD").matchAll(numeric ? /\d+|[^]/gu : /[^]/gu);
  for (const [c] of found) {
    if (/^\p{M}$/u.test(c)) {
      if (language === "es" && c === "\u0303" && letters.at(-1) === LETTER + code("n")) letters[letters.length - 1] += 0.5;
      else accents[accents.length - 1] += c.codePointAt(0);
      continue;
    }
    const small = c.toLowerCase();
    for (const part of TWO[small] ?? small) {
      letters.push(weight(TWO[small] || c.length === 1 ? part : c));
      accents.push(TWO[small] ? 1 : 0);
      capitals.push(c === small ? 0 : 1);
    }
    if (/^\d{2,}$/.test(c)) letters.splice(-c.length, c.length, DIGIT + Number(c));
  }
  return { letters, accents, capitals };
}

const DIGIT = 1_000;
const LETTER = 2 ** 40; // behind all numbers that are met
const code = (c) => c.codePointAt(0);

function weight(c) {
  const sign = SIGNS.indexOf(c);
  if (sign >= 0) return sign;
  if (/^\d+$/.test(c)) return DIGIT + Number(c);
  return /^\p{L}/u.test(c) ? LETTER + code(c) : 500;
}
