// AbortController and AbortSignal, for libraries that take one. A request of fetch
// that is under way is not stopped by it: the page waits for all of them at once.
import { define } from "./host.js";

class AbortSignal {
  #listeners = [];
  aborted = false;
  reason = undefined;
  onabort = null;

  addEventListener(type, listener) {
    if (type === "abort") this.#listeners.push(listener);
  }
  removeEventListener(type, listener) {
    this.#listeners = this.#listeners.filter((l) => l !== listener);
  }
  throwIfAborted() {
    if (this.aborted) throw this.reason;
  }

  static abort(reason) {
    return AbortSignal.#aborted(new AbortSignal(), reason);
  }

  static timeout(ms) {
    const signal = new AbortSignal();
    setTimeout(() => AbortSignal.#aborted(signal, new DOMException("it took too long", "TimeoutError")), ms);
    return signal;
  }

  static any(signals) {
    const signal = new AbortSignal();
    for (const s of signals) {
      if (s.aborted) return AbortSignal.#aborted(signal, s.reason);
      s.addEventListener("abort", () => AbortSignal.#aborted(signal, s.reason));
    }
    return signal;
  }

  static #aborted(signal, reason = new DOMException("it was aborted", "AbortError")) {
    if (signal.aborted) return signal;
    signal.aborted = true;
    signal.reason = reason;
    const event = { type: "abort", target: signal };
    signal.onabort?.(event);
    for (const l of signal.#listeners) (typeof l === "function" ? l : l.handleEvent).call(signal, event);
    return signal;
  }

  static {
    abort = (signal, reason) => AbortSignal.#aborted(signal, reason);
  }
}

var abort;

class AbortController {
  signal = new AbortSignal();
  abort(reason) {
    abort(this.signal, reason);
  }
}

define({ AbortController, AbortSignal });
