// What Intl knows here; all else is a RangeError. Data of other languages is a line here
// and "node tools/locales.mjs".

export const LOCALES = ["en-US", "en-GB", "de-DE", "fr-FR", "es-ES", "it-IT", "nl-NL", "pt-BR", "pt-PT", "ja-JP"];

export const CURRENCIES = [
  "EUR",
  "USD",
  "GBP",
  "JPY",
  "CHF",
  "CAD",
  "AUD",
  "NZD",
  "SEK",
  "NOK",
  "DKK",
  "PLN",
  "CZK",
  "BRL",
  "MXN",
  "INR",
  "CNY",
  "KRW",
];

// Which fields of a date can be asked for together: y year, M month (long), m short, n
// numeric, N two digits, d day, D two digits, w weekday (long), v short, H hour, I minute,
// i two digits, S second, s two digits. "D:" and "T:" are dateStyle and timeStyle.
export const SKELETONS = [
  "ynd yND yMd ymd yMdw ymdv yndw ymdw yM ym yn yN Md md nd ND Mdw mdv M m y d w v H Hi His HI HIS yndHis yndHIS yndHi yndHI yNDHi yMdHi yMdHI ymdHi ymdHI yMdwHi yMdwHI yNDHis",
  "hi his yndhi yNDhi yNDhis ymdhi yMdhi ymD yMD mD MD",
  "D:full D:long D:medium D:short",
  "T:medium T:short D:full+T:short D:long+T:short D:medium+T:short D:short+T:short D:medium+T:medium D:short+T:medium",
].flatMap((line) => line.split(" "));

const FIELDS = {
  y: ["year", "numeric"],
  M: ["month", "long"],
  m: ["month", "short"],
  n: ["month", "numeric"],
  N: ["month", "2-digit"],
  d: ["day", "numeric"],
  D: ["day", "2-digit"],
  w: ["weekday", "long"],
  v: ["weekday", "short"],
  H: ["hour", "numeric"],
  h: ["hour", "2-digit"],
  I: ["minute", "numeric"],
  i: ["minute", "2-digit"],
  S: ["second", "numeric"],
  s: ["second", "2-digit"],
};
const LETTERS = Object.entries(FIELDS);

// optionsOf is a skeleton as DateTimeFormat's options.
export function optionsOf(skeleton) {
  if (skeleton.includes(":"))
    return Object.fromEntries(skeleton.split("+").map((s) => [s[0] === "D" ? "dateStyle" : "timeStyle", s.slice(2)]));
  return Object.fromEntries([...skeleton].map((letter) => FIELDS[letter]));
}

// skeletonOf is the other way, and what there is no letter for.
export function skeletonOf(options) {
  let skeleton = "";
  for (const name of ["year", "month", "day", "weekday", "hour", "minute", "second"]) {
    const value = options[name];
    if (value === undefined) continue;
    const letter = LETTERS.find(([, [n, v]]) => n === name && v === value)?.[0];
    if (!letter) return { missing: `${name}: ${JSON.stringify(value)}` };
    skeleton += letter;
  }
  return { skeleton };
}
