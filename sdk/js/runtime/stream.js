// ReadableStream, as far as renderers and fetch need one: a queue that is pulled.
import { define } from "./host.js";

class ReadableStream {
  #queue = [];
  #readers = []; // those that wait: { resolve, reject }
  #closed = false;
  #error;
  #failed = false;
  #source;
  #controller;
  #pulling = false;
  locked = false;

  constructor(source = {}) {
    this.#source = source;
    const stream = this;
    this.#controller = {
      get desiredSize() {
        return stream.#closed ? 0 : stream.#readers.length + 1 - stream.#queue.length;
      },
      byobRequest: null,
      enqueue: (chunk) => {
        if (this.#closed || this.#failed) throw new TypeError("the stream is closed");
        const reader = this.#readers.shift();
        if (reader) reader.resolve({ value: chunk, done: false });
        else this.#queue.push(chunk);
      },
      close: () => {
        this.#closed = true;
        if (this.#queue.length === 0) for (const r of this.#readers.splice(0)) r.resolve({ value: undefined, done: true });
      },
      error: (e) => {
        this.#failed = true;
        this.#error = e;
        for (const r of this.#readers.splice(0)) r.reject(e);
      },
    };
    source.start?.(this.#controller);
  }

  #pull() {
    if (this.#pulling || this.#closed || this.#failed || !this.#source.pull) return;
    this.#pulling = true;
    Promise.resolve()
      .then(() => this.#source.pull(this.#controller))
      .then(
        () => {
          this.#pulling = false;
          if (this.#readers.length > 0) this.#pull();
        },
        (e) => this.#controller.error(e),
      );
  }

  #read() {
    if (this.#queue.length > 0) return Promise.resolve({ value: this.#queue.shift(), done: false });
    if (this.#failed) return Promise.reject(this.#error);
    if (this.#closed) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      this.#pull();
    });
  }

  getReader() {
    if (this.locked) throw new TypeError("the stream has a reader");
    this.locked = true;
    return {
      read: () => this.#read(),
      cancel: (reason) => this.cancel(reason),
      releaseLock: () => {
        this.locked = false;
      },
    };
  }

  async cancel(reason) {
    this.#queue = [];
    this.#controller.close();
    await this.#source.cancel?.(reason);
  }

  async *[Symbol.asyncIterator]() {
    const reader = this.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      yield value;
    }
  }
}

export { ReadableStream };

define({ ReadableStream });
