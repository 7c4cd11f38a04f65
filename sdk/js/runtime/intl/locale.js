// Which language is asked for, and what is missing.
import { LOCALES } from "./known.js";
import { locales } from "./locales.js";

export const DEFAULT = "en-US"; // what Node has where no language is set

// missing is the error for what this Intl does not have: never another result instead.
export function missing(what, have) {
  return new RangeError(`Intl here has no ${what}${have ? `: it has ${have}` : ""} (@wisr/page, "Intl")`);
}

// localeOf is the first that is asked for. A language alone is that of its largest country.
export function localeOf(asked) {
  const tag = (Array.isArray(asked) ? asked[0] : asked) ?? DEFAULT;
  if (typeof tag !== "string" && !(tag instanceof Object)) throw new TypeError("Incorrect locale information provided");
  const text = String(tag);
  if (!/^[a-z]{2,3}(-[a-z0-9]{1,8})*$/i.test(text)) throw new RangeError(`Incorrect locale information provided: ${text}`);
  const [language, region] = text.split("-");
  const name = region === undefined ? language.toLowerCase() : `${language.toLowerCase()}-${region.toUpperCase()}`;
  const found = text.split("-").length <= 2 && LOCALES.find((l) => l === name || l.split("-")[0] === name);
  if (!found) throw missing(`locale ${JSON.stringify(text)}`, LOCALES.join(", "));
  return { ...locales[found], name: found, locale: name, language: found.split("-")[0] };
}

// options checks that nothing is asked for that has no effect here.
export function options(given, what, known) {
  if (given === undefined) return {};
  if (given === null) throw new TypeError("Cannot convert undefined or null to object");
  for (const key of Object.keys(given)) {
    if (given[key] === undefined) continue;
    const values = known[key];
    if (values === undefined) throw missing(`option ${key} of ${what}`, Object.keys(known).join(", "));
    if (Array.isArray(values) && !values.includes(given[key]))
      throw missing(`${key} ${JSON.stringify(given[key])} of ${what}`, values.join(", "));
  }
  return given;
}

// callable makes a class that is called without new, too, as Intl's are.
export function callable(type) {
  return new Proxy(type, { apply: (_, __, args) => new type(...args) });
}

const LOOKUP = { localeMatcher: ["lookup", "best fit"] };
export { LOOKUP };

// supported is supportedLocalesOf of all of them.
export function supported(asked) {
  return [asked ?? []].flat().filter((tag) => {
    try {
      return localeOf(tag);
    } catch {
      return false;
    }
  });
}
