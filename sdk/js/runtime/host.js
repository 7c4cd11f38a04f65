// The functions of the shim (engine/shim.c), which nobody else is to have.
//
//   begin(serve, turn, describe)      log(level, text)       config(key) → string | undefined
//   page: what html gives for a page, which stays where it was written
//   fill(bytes)                       encode(text) → bytes   decode(bytes) → text
//   fetchAll(frame) → frame           sleep(milliseconds)    sourceMap() → text
//   request(request, body) → body, status(): instead of fetchAll where the host is any of Extism's
export const host = globalThis["wisr:host"];
delete globalThis["wisr:host"];

// In tests of this package there is no host, and the world is Node's own.

// define puts something where a page finds it, as a browser would: it can be
// replaced, and does not show in a for-in.
export function define(values) {
  if (!host) return;
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  }
}
