// Percent-encoding with the sets of https://url.spec.whatwg.org, section 1.3.
export const FRAGMENT = ' "<>`';
export const QUERY = ' "#<>';
export const SPECIAL_QUERY = QUERY + "'";
export const PATH = QUERY + "?^`{}";
export const USERINFO = PATH + "/:;=@[\\]|";

// escaper gives a function that escapes what is of a set, not ASCII, or a control.
export function escaper(set) {
  const found = new RegExp(`[\\0-\\x1f\\x7f-\\u{10ffff}${set.replace(/[\\\]^-]/g, "\\$&")}]`, "gu");
  return (text) =>
    text.replace(found, (c) => (c < "\x80" ? "%" + c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0") : encodeURIComponent(c)));
}
