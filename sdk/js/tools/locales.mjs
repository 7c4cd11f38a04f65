// Writes runtime/intl/locales.js: what Intl has to know of languages, as the ICU of the
// Node that runs this knows it (Unicode CLDR). node tools/locales.mjs
import { writeFileSync } from "node:fs";
import { LOCALES, CURRENCIES, SKELETONS, optionsOf } from "../runtime/intl/known.js";

// A day whose parts are all different, and differ with and without a zero in front.
const DAY = new Date(Date.UTC(2027, 8, 4, 5, 6, 7));
const parts = (locale, options) => new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" }).formatToParts(DAY);

const names = (locale, options, count, at) =>
  Array.from({ length: count }, (_, i) => {
    const f = new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" });
    return f.formatToParts(at(i)).find((p) => p.type === Object.keys(options)[0]).value;
  });
const month = (i) => new Date(Date.UTC(2027, i, 4));
const weekday = (i) => new Date(Date.UTC(2027, 2, 7 + i));

const LETTERS = { year: "y", month: "M", day: "d", weekday: "E", hour: "H", minute: "m", second: "s", dayPeriod: "a" };

// pattern is a date's parts as letters: two of them for two digits, MMM for a short name.
function pattern(locale, options, known) {
  return parts(locale, options)
    .map(({ type, value }) => {
      // format() has a plain space where parts have a narrow one.
      if (type === "literal") return value.replaceAll("\u202f", " ").replace(/[A-Za-z]+/g, "'$&'");
      const letter = LETTERS[type];
      if (letter === undefined) throw new Error(`${locale} ${JSON.stringify(options)}: a ${type}`);
      if (type === "month" && !/^\d/.test(value)) {
        const at =
          known.months.indexOf(value) >= 0
            ? "MMMM"
            : known.shortMonths.indexOf(value) >= 0
              ? "MMM"
              : known.alone[8] === value
                ? "LLLL"
                : known.shortAlone[8] === value
                  ? "LLL"
                  : undefined;
        if (!at) throw new Error(`${locale}: the month ${value}`);
        return at;
      }
      if (type === "weekday") return known.weekdays.includes(value) ? "EEEE" : known.shortWeekdays.includes(value) ? "EEE" : "ccc";
      if (type === "dayPeriod") return "a";
      if (type === "hour" && known.h12) return value.length === 2 ? "hh" : "h";
      return type === "year" ? (value.length === 2 ? "yy" : "y") : letter.repeat(value.length);
    })
    .join("");
}

function currency(locale, code) {
  const shown = new Intl.NumberFormat(locale, { style: "currency", currency: code }).formatToParts(1);
  return shown.find((p) => p.type === "currency").value;
}

const pieces = (locale, value) =>
  new Intl.NumberFormat(locale, { style: "currency", currency: "EUR", maximumFractionDigits: 0 })
    .formatToParts(value)
    .map((p) => (p.type === "currency" ? "¤" : p.type === "integer" ? "0" : p.value))
    .join("");

const data = {};
for (const locale of LOCALES) {
  const number = new Intl.NumberFormat(locale).formatToParts(1234567.5);
  const known = {
    months: names(locale, { month: "long", day: "numeric" }, 12, month),
    shortMonths: names(locale, { month: "short", day: "numeric" }, 12, month),
    alone: names(locale, { month: "long" }, 12, month),
    shortAlone: names(locale, { month: "short" }, 12, month),
    weekdays: names(locale, { weekday: "long" }, 7, weekday),
    shortWeekdays: names(locale, { weekday: "short", month: "short", day: "numeric" }, 7, weekday),
    aloneWeekdays: names(locale, { weekday: "short" }, 7, weekday),
    h12: new Intl.DateTimeFormat(locale, { hour: "numeric" }).resolvedOptions().hour12,
  };
  const list = (type) => {
    const f = new Intl.ListFormat(locale, { type });
    const gaps = (n) =>
      f
        .formatToParts(Array.from({ length: n }, (_, i) => String(i)))
        .filter((p) => p.type === "literal")
        .map((p) => p.value);
    return [gaps(2)[0], gaps(3)[0], gaps(3)[1]];
  };
  const period = (hour) =>
    new Intl.DateTimeFormat(locale, { hour: "numeric", hour12: true, timeZone: "UTC" })
      .formatToParts(new Date(Date.UTC(2027, 0, 1, hour)))
      .find((p) => p.type === "dayPeriod")?.value;
  data[locale] = {
    group: number.find((p) => p.type === "group").value,
    decimal: number.find((p) => p.type === "decimal").value,
    grouped: new Intl.NumberFormat(locale).format(1234).length > 4 ? 1 : 2,
    percent: new Intl.NumberFormat(locale, { style: "percent" }).format(1).replace("100", "0"),
    money: [pieces(locale, 1), pieces(locale, -1)],
    currencies: CURRENCIES.map((c) => currency(locale, c)),
    ...known,
    h12: known.h12 ? [period(9), period(15)] : undefined,
    alone: known.alone.join() === known.months.join() ? undefined : known.alone,
    aloneWeekdays: known.aloneWeekdays.join() === known.shortWeekdays.join() ? undefined : known.aloneWeekdays,
    shortAlone: known.shortAlone.join() === known.shortMonths.join() ? undefined : known.shortAlone,
    dates: Object.fromEntries(SKELETONS.map((s) => [s, pattern(locale, optionsOf(s), { ...known })])),
    and: list("conjunction"),
    or: list("disjunction"),
  };
}
const digits = CURRENCIES.map(
  (c) => new Intl.NumberFormat("en", { style: "currency", currency: c }).resolvedOptions().maximumFractionDigits,
);
const write = () =>
  writeFileSync(
    new URL("../runtime/intl/locales.js", import.meta.url),
    `// Written by tools/locales.mjs from Unicode CLDR, by the ICU ${process.versions.icu} of Node.
export const digits = ${JSON.stringify(digits)};
export const locales = ${JSON.stringify(data)};
`,
  );
write();

// A date that is not as Node writes it on every day of some years is left out, and missing.
const { DateTimeFormat } = await import("../runtime/intl/date.js");
for (const locale of LOCALES)
  for (const s of SKELETONS) {
    const own = new DateTimeFormat(locale, optionsOf(s));
    const theirs = new Intl.DateTimeFormat(locale, { ...optionsOf(s), timeZone: "UTC" });
    for (let at = 0; at < 800e9; at += 86400e3 + 3671e3) {
      if (own.format(at) === theirs.format(at)) continue;
      console.log(`${locale} ${s} is left out: ${own.format(at)}, not ${theirs.format(at)}`);
      delete data[locale].dates[s];
      break;
    }
  }
write();
