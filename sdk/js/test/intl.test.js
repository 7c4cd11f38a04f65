// Intl against Node's own, which is ICU's.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LOCALES, CURRENCIES, SKELETONS, optionsOf } from "../runtime/intl/known.js";
import { locales } from "../runtime/intl/locales.js";
import { Intl as Own, install } from "../runtime/intl/index.js";

const same = (own, theirs, what) => assert.equal(own(), theirs(), what);
const each = (values, f) =>
  values.forEach((v) =>
    f(
      v,
      JSON.stringify(v, (_, x) => (typeof x === "bigint" ? `${x}n` : Object.is(x, -0) ? "-0" : typeof x === "number" ? String(x) : x)),
    ),
  );
const LANGUAGES = [...LOCALES, "en", "de", "fr", "es", "it", "nl", "pt", "ja"];

test("numbers", () => {
  const values = [
    0,
    -0,
    1,
    -1,
    12,
    999,
    1000,
    1234,
    -1234.5,
    12345.678,
    1e6,
    123456789.987,
    0.1,
    0.005,
    1.005,
    2.5,
    3.5,
    0.0005,
    1e21,
    1.5e-7,
    9.9995,
    99.995,
    NaN,
    Infinity,
    -Infinity,
    12345678901234567890n,
    -5n,
  ];
  const options = [
    undefined,
    {},
    { maximumFractionDigits: 0 },
    { minimumFractionDigits: 2 },
    { minimumFractionDigits: 2, maximumFractionDigits: 2 },
    { maximumFractionDigits: 1 },
    { minimumFractionDigits: 5 },
    { useGrouping: false },
    { useGrouping: "always" },
    { useGrouping: "min2" },
    { minimumIntegerDigits: 3 },
    { style: "percent" },
    { style: "percent", maximumFractionDigits: 1 },
    ...CURRENCIES.map((currency) => ({ style: "currency", currency })),
    { style: "currency", currency: "EUR", minimumFractionDigits: 0 },
    { style: "currency", currency: "EUR", maximumFractionDigits: 0 },
    { style: "currency", currency: "USD", currencyDisplay: "code" },
  ];
  for (const l of LANGUAGES)
    for (const o of options)
      each(values, (v, text) =>
        same(
          () => Own.NumberFormat(l, o).format(v),
          () => new Intl.NumberFormat(l, o).format(v),
          `${l} ${JSON.stringify(o)} ${text}`,
        ),
      );
});

test("dates", () => {
  const values = [
    0,
    Date.UTC(2027, 0, 1),
    Date.UTC(2027, 2, 4, 5, 6, 7),
    Date.UTC(1999, 11, 31, 23, 59, 59),
    Date.UTC(2024, 1, 29, 12),
    Date.UTC(2026, 8, 6, 0, 30),
    -1e12,
  ];
  for (let month = 0; month < 12; month++) values.push(Date.UTC(2025, month, 10 + month, 13));
  const known = (l, s) => l.length === 2 || locales[l].dates[s];
  for (const l of LANGUAGES)
    for (const s of [...SKELETONS.filter((s) => known(l, s)).map(optionsOf), undefined])
      each(values, (v, text) => {
        const own = new Own.DateTimeFormat(l, s);
        const theirs = new Intl.DateTimeFormat(l, { ...s, timeZone: "UTC" });
        same(
          () => own.format(v),
          () => theirs.format(v),
          `${l} ${JSON.stringify(s)} ${text}`,
        );
        assert.equal(
          own
            .formatToParts(v)
            .map((p) => p.value)
            .join(""),
          theirs.format(v),
        );
      });
  const hours = { hour: "numeric", minute: "2-digit" };
  for (const [l, hour12] of [
    ["en-US", true],
    ["de-DE", false],
    ["fr-FR", false],
  ])
    assert.equal(
      new Own.DateTimeFormat(l, { ...hours, hour12 }).format(46800e3),
      new Intl.DateTimeFormat(l, { ...hours, hour12, timeZone: "UTC" }).format(46800e3),
    );
  assert.equal(
    new Own.DateTimeFormat("de", { ...hours, timeZone: "+05:30" }).format(0),
    new Intl.DateTimeFormat("de", { ...hours, timeZone: "UTC" }).format(5.5 * 3600e3),
  );
});

test("plurals", () => {
  for (const l of LANGUAGES)
    for (const o of [{}, { minimumFractionDigits: 1 }, { maximumFractionDigits: 0 }])
      each([0, 1, -1, 2, 5, 11, 21, 0.5, 1.5, 1.0, 1.01, 100, 1e6, 2e6, 1000001, NaN, Infinity], (v, text) =>
        same(
          () => new Own.PluralRules(l, o).select(v),
          () => new Intl.PluralRules(l, o).select(v),
          `${l} ${JSON.stringify(o)} ${text}`,
        ),
      );
  for (let n = 0; n < 130; n++)
    same(
      () => new Own.PluralRules("en", { type: "ordinal" }).select(n),
      () => new Intl.PluralRules("en", { type: "ordinal" }).select(n),
      n,
    );
});

test("lists", () => {
  for (const l of LANGUAGES)
    for (const type of ["conjunction", "disjunction"])
      each(
        [
          [],
          ["a"],
          ["a", "b"],
          ["a", "b", "c"],
          ["a", "b", "c", "d"],
          ["padre", "hijo"],
          ["x", "iglesia"],
          ["uno", "otro"],
          ["agua", "hielo"],
          ["7", "8"],
        ],
        (v, text) =>
          same(
            () => new Own.ListFormat(l, { type }).format(v),
            () => new Intl.ListFormat(l, { type }).format(v),
            `${l} ${type} ${text}`,
          ),
      );
});

test("order", () => {
  const words = [
    "a",
    "A",
    "á",
    "Á",
    "ab",
    "Ab",
    "b",
    "B",
    "é",
    "e",
    "E",
    "f",
    "z",
    "Z",
    "ä",
    "ae",
    "æ",
    "ß",
    "ss",
    "ñ",
    "n",
    "o",
    "nz",
    "10",
    "2",
    "1",
    "a1",
    "a10",
    "a2",
    "",
    " ",
    "-",
    "_",
    "a b",
    "ab",
    "a-b",
    "côte",
    "coté",
    "cote",
    "côté",
    "resume",
    "résumé",
    "Résumé",
    "Zebra",
    "apple",
    "Öl",
    "Ol",
    "!",
    "?",
    "(x)",
    "x",
  ];
  const sign = Math.sign;
  for (const l of LANGUAGES)
    for (const o of [{}, { numeric: true }, { sensitivity: "base" }, { sensitivity: "accent" }, { sensitivity: "case" }]) {
      const own = new Own.Collator(l, o);
      const theirs = new Intl.Collator(l, o);
      for (const a of words)
        for (const b of words)
          same(
            () => own.compare(a, b),
            () => sign(theirs.compare(a, b)),
            `${l} ${JSON.stringify(o)} ${a} ${b}`,
          );
    }
});

test("the methods that go by it", () => {
  const world = { Number: class {}, BigInt: class {}, Date: class {}, String: class {} };
  install(world);
  const call = (type, name, self, ...args) => world[type].prototype[name].call(self, ...args);
  const d = new Date(Date.UTC(2027, 2, 4, 5, 6, 7));
  const utc = { timeZone: "UTC" };
  for (const l of LANGUAGES) {
    assert.equal(call("Number", "toLocaleString", 1234.5, l), (1234.5).toLocaleString(l));
    assert.equal(call("BigInt", "toLocaleString", 1234n, l), 1234n.toLocaleString(l));
    assert.equal(call("String", "localeCompare", "ä", "b", l), "ä".localeCompare("b", l));
    for (const name of ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"]) {
      for (const o of [{}, name === "toLocaleTimeString" ? { timeStyle: "short" } : { dateStyle: "long" }])
        assert.equal(call("Date", name, d, l, o), d[name](l, { ...o, ...utc }), `${l} ${name}`);
    }
  }
});

test("what is missing is said", () => {
  const fails = (f, ...words) => assert.throws(f, (e) => e instanceof RangeError && words.every((w) => e.message.includes(w)));
  fails(() => new Own.NumberFormat("sw"), "sw", "de-DE");
  fails(() => new Own.NumberFormat("de-AT"), "de-AT");
  fails(() => new Own.NumberFormat("en", { notation: "compact" }), "compact");
  fails(() => new Own.NumberFormat("en", { style: "unit", unit: "liter" }), "unit");
  fails(() => new Own.NumberFormat("en", { style: "currency", currency: "XAU" }), "XAU");
  fails(() => new Own.NumberFormat("en", { maximumSignificantDigits: 3 }), "maximumSignificantDigits");
  fails(() => new Own.DateTimeFormat("en", { timeZone: "Europe/Berlin" }), "Europe/Berlin", "+02:00");
  fails(() => new Own.DateTimeFormat("en", { timeStyle: "full" }), "T:full");
  fails(() => new Own.DateTimeFormat("en", { hour12: false }), "hour12");
  fails(() => new Own.DateTimeFormat("en", { year: "numeric", second: "numeric" }), "second");
  fails(() => new Own.PluralRules("de", { type: "ordinal" }), "ordinals");
  fails(() => new Own.RelativeTimeFormat("en"), "RelativeTimeFormat");
});
