// Intl.DateTimeFormat, in UTC or at a fixed distance from it.
import { optionsOf, skeletonOf } from "./known.js";
import { LOOKUP, localeOf, missing, options, supported } from "./locale.js";

const STYLES = ["full", "long", "medium", "short"];
const NUMBER = ["numeric", "2-digit"];
const OPTIONS = {
  ...LOOKUP,
  dateStyle: STYLES,
  timeStyle: STYLES,
  year: NUMBER,
  month: [...NUMBER, "long", "short"],
  day: NUMBER,
  weekday: ["long", "short"],
  hour: NUMBER,
  minute: NUMBER,
  second: NUMBER,
  hour12: [true, false],
  timeZone: true,
  calendar: ["gregory"],
  numberingSystem: ["latn"],
};
const DATE = ["year", "month", "day", "weekday"];
const TIME = ["hour", "minute", "second"];

export class DateTimeFormat {
  #as;

  // usual is what is shown if no field is asked for: DATE, TIME or both.
  constructor(asked, given, needs = DATE, usual = ["year", "month", "day"]) {
    const as = localeOf(asked);
    const o = options(given, "DateTimeFormat", OPTIONS);
    const zone = zoneOf(o.timeZone);
    const twelve = as.h12 !== undefined;
    if (o.hour12 !== undefined && o.hour12 !== twelve) throw missing(`hour12: ${o.hour12} of ${as.locale}`, `hour12: ${twelve}, its own`);
    let key = ["dateStyle", "timeStyle"]
      .filter((name) => o[name])
      .map((name) => `${name === "dateStyle" ? "D" : "T"}:${o[name]}`)
      .join("+");
    const fields = {};
    for (const name of [...DATE, ...TIME]) if (o[name] !== undefined) fields[name] = o[name];
    if (key && Object.keys(fields).length > 0)
      throw new TypeError("Can't set option " + Object.keys(fields)[0] + " when " + (o.dateStyle ? "dateStyle" : "timeStyle") + " is used");
    if (!key) {
      if (![...needs, ...(needs === DATE ? TIME : [])].some((name) => fields[name])) for (const name of usual) fields[name] = "numeric";
      const { skeleton, missing: what } = skeletonOf(fields);
      if (what) throw missing(`${what} of DateTimeFormat among ${Object.keys(fields).join(", ")}`);
      key = skeleton;
    }
    const pattern = as.dates[key];
    if (pattern === undefined)
      throw missing(
        `date of ${key.includes(":") ? key : JSON.stringify(fields)}`,
        "the usual combinations of fields, dateStyle and timeStyle to the minute and second, and no name of the zone",
      );
    this.#as = { as, zone, pattern, given: key.includes(":") ? optionsOf(key) : fields };
    this.format = (value) =>
      this.#parts(value)
        .map((p) => p.value)
        .join("");
  }

  formatToParts(value) {
    return this.#parts(value);
  }

  #parts(value) {
    const { as, zone, pattern } = this.#as;
    const time = value === undefined ? Date.now() : Number(value);
    if (!(Math.abs(time) <= 8.64e15)) throw new RangeError("Invalid time value");
    const d = new Date(time + zone.minutes * 60_000);
    const parts = [];
    const add = (type, text) => {
      const last = parts.at(-1);
      if (type === "literal" && last?.type === type) last.value += text;
      else parts.push({ type, value: text });
    };
    for (const [found, quoted] of pattern.matchAll(/'([^']*)'|([yMLdEcHhmsa])\2*|[^]/gu)) {
      const field = quoted === undefined && FIELDS[found[0]];
      if (field) add(field[0], field[1](d, found.length, as));
      else add("literal", quoted ?? found);
    }
    return parts;
  }

  resolvedOptions() {
    const { as, zone, given } = this.#as;
    return { locale: as.locale, calendar: "gregory", numberingSystem: "latn", timeZone: zone.name, ...given };
  }

  static supportedLocalesOf = supported;
}

const pad = (n, size) => String(n).padStart(size, "0");
const month = (long, short, longAlone, shortAlone) => (d, size, as) => {
  const at = d.getUTCMonth();
  if (size < 3) return pad(at + 1, size);
  return size === 4 ? (as[longAlone] ?? as[long])[at] : (as[shortAlone] ?? as[short])[at];
};
const FIELDS = {
  y: ["year", (d, size) => (size === 2 ? pad(Math.abs(d.getUTCFullYear()) % 100, 2) : String(year(d)))],
  M: ["month", month("months", "shortMonths")],
  L: ["month", month("months", "shortMonths", "alone", "shortAlone")],
  d: ["day", (d, size) => pad(d.getUTCDate(), size)],
  E: ["weekday", (d, size, as) => (size === 4 ? as.weekdays : as.shortWeekdays)[d.getUTCDay()]],
  c: ["weekday", (d, size, as) => (as.aloneWeekdays ?? as.shortWeekdays)[d.getUTCDay()]],
  H: ["hour", (d, size) => pad(d.getUTCHours(), size)],
  h: ["hour", (d, size) => pad(d.getUTCHours() % 12 || 12, size)],
  m: ["minute", (d, size) => pad(d.getUTCMinutes(), size)],
  s: ["second", (d, size) => pad(d.getUTCSeconds(), size)],
  a: ["dayPeriod", (d, size, as) => as.h12[d.getUTCHours() < 12 ? 0 : 1]],
};

function year(d) {
  const n = d.getUTCFullYear();
  if (n <= 0) throw missing("years before the year 1");
  if (d < -12219292800000) throw missing("dates before October 15, 1582, where calendars differ");
  return n;
}

// zoneOf is UTC, or a distance such as +02:00.
function zoneOf(name) {
  if (name === undefined || /^(utc|gmt|etc\/(utc|gmt))$/i.test(name)) return { name: "UTC", minutes: 0 };
  const found = /^([+-])([01]\d|2[0-3]):?([0-5]\d)?$/.exec(name);
  if (!found) throw missing(`time zone ${JSON.stringify(name)}`, "UTC, and distances from it such as +02:00");
  const [, sign, hours, minutes = "00"] = found;
  return { name: `${sign}${hours}:${minutes}`, minutes: (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) };
}

export const forms = { DATE, TIME };
