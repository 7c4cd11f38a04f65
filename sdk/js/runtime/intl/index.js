// Intl, and the methods that go by it. It is part of pages that name one of them.
import { callable, missing, supported } from "./locale.js";
import { DateTimeFormat, forms } from "./date.js";
import { NumberFormat } from "./number.js";
import { Collator, ListFormat, PluralRules } from "./text.js";

export const Intl = {
  Collator: callable(Collator),
  DateTimeFormat: callable(DateTimeFormat),
  ListFormat,
  NumberFormat: callable(NumberFormat),
  PluralRules,
  getCanonicalLocales: supported,
};
for (const name of ["DisplayNames", "DurationFormat", "Locale", "RelativeTimeFormat", "Segmenter"]) {
  Intl[name] = class {
    constructor() {
      throw missing(name);
    }
  };
}

// install puts all of it where JavaScript has it.
export function install(world) {
  const define = (of, values) => {
    for (const [name, value] of Object.entries(values)) {
      Object.defineProperty(of, name, { value, writable: true, configurable: true, enumerable: false });
    }
  };
  const { DATE, TIME } = forms;
  const date = (needs, usual) =>
    function (locales, options) {
      if (Number.isNaN(this.getTime())) return "Invalid Date";
      return new DateTimeFormat(locales, options, needs, usual).format(this);
    };
  define(world, { Intl });
  define(world.Number.prototype, {
    toLocaleString(locales, options) {
      return new NumberFormat(locales, options).format(this);
    },
  });
  define(world.BigInt.prototype, {
    toLocaleString(locales, options) {
      return new NumberFormat(locales, options).format(this.valueOf());
    },
  });
  define(world.Date.prototype, {
    toLocaleString: date([...DATE, ...TIME], ["year", "month", "day", ...TIME]),
    toLocaleDateString: date(DATE, ["year", "month", "day"]),
    toLocaleTimeString: date(TIME, TIME),
  });
  define(world.String.prototype, {
    localeCompare(other, locales, options) {
      return new Collator(locales, options).compare(this, other);
    },
  });
}
