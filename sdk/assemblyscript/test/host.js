// A host for one page module, as small as can be.
import asc from "assemblyscript/asc";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Compiles test/page.ts; more are options of asc. */
export async function compile(...more) {
  let binary;
  const options = ["--baseDir", root, "--config", "test/asconfig.json", ...more];
  const { error, stderr } = await asc.main(["test/page.ts", "-o", "page.wasm", ...options], {
    writeFile: (_, contents) => void (binary = contents),
  });
  if (error) throw new Error(`${error.message}\n${stderr}`);
  return new WebAssembly.Module(binary);
}

/** Calls one function of a fresh instance, and returns its output, log and error. */
export function call(module, name, input, { config = {}, fetch = () => ({ error: "nobody" }) } = {}) {
  const kernel = Buffer.alloc(1 << 20);
  const sizes = new Map();
  const seen = { output: "", log: [], error: undefined };
  let end = 8;
  let written = Buffer.alloc(0);
  let answers;
  let status = 0;
  const block = (bytes) => {
    bytes = Buffer.from(bytes);
    const at = end;
    bytes.copy(kernel, at);
    end += (bytes.length + 7) & ~7;
    sizes.set(at, bytes.length);
    return BigInt(at);
  };
  const text = (at) => kernel.subarray(Number(at), Number(at) + (sizes.get(Number(at)) ?? 0)).toString();
  const within = (at, size) => {
    // A word may not reach beyond its block.
    const inside = [...sizes].some(([from, length]) => from <= at && at + size <= from + length);
    if (!inside) throw new RangeError(`${size} bytes at ${at} are of no block`);
    return Number(at);
  };
  const memory = (at, size) => Buffer.from(instance.exports.memory.buffer, at, size);
  const logger = (level) => (at) => seen.log.push(`${level} ${text(at)}`);
  const instance = new WebAssembly.Instance(module, {
    wisr: {
      input_read: (at, size) => Buffer.from(input).copy(memory(at, size)) * 0 + Buffer.byteLength(input),
      output_write: (at, size) => void (written = Buffer.concat([written, memory(at, size)])),
      fetch_all: (at, size) => {
        const frame = Buffer.from(memory(at, size));
        let body = 4 + frame.readUInt32LE();
        const made = JSON.parse(frame.subarray(4, body)).map((r) =>
          fetch({ ...r, body: frame.subarray(body, (body += r.body)).toString() }),
        );
        const bodies = made.map((a) => Buffer.from(a.body ?? ""));
        const array = Buffer.from(JSON.stringify(made.map((a, i) => ({ ...a, body: bodies[i].length }))));
        const head = Buffer.alloc(4);
        head.writeUInt32LE(array.length);
        answers = Buffer.concat([head, array, ...bodies]);
        return answers.length;
      },
      fetch_read: (at, size) => answers.copy(memory(at, size)),
    },
    "extism:host/env": {
      alloc: (size) => block(Buffer.alloc(Number(size))),
      free: () => {},
      length_unsafe: (at) => BigInt(sizes.get(Number(at)) ?? 0),
      load_u8: (at) => kernel[within(Number(at), 1)],
      load_u64: (at) => kernel.readBigUInt64LE(within(Number(at), 8)),
      store_u8: (at, value) => void (kernel[within(Number(at), 1)] = value),
      store_u64: (at, value) => void kernel.writeBigUInt64LE(BigInt.asUintN(64, value), within(Number(at), 8)),
      input_offset: () => block(input),
      input_length: () => BigInt(Buffer.byteLength(input)),
      output_set: (at, size) => void (written = kernel.subarray(Number(at), Number(at) + Number(size))),
      error_set: (at) => void (seen.error = text(at)),
      config_get: (key) => (text(key) in config ? block(config[text(key)]) : 0n),
      log_debug: logger("debug"),
      log_info: logger("info"),
      log_warn: logger("warn"),
      log_error: logger("error"),
      http_request: (request, body) => {
        const made = fetch({ ...JSON.parse(text(request)), body: text(body) });
        status = made.status ?? 0;
        return made.body ? block(made.body) : 0n;
      },
      http_status_code: () => status,
    },
  });
  instance.exports._initialize();
  try {
    seen.code = instance.exports[name]();
  } catch (trap) {
    if (!(trap instanceof WebAssembly.RuntimeError)) throw trap;
    seen.code = "trap";
  }
  seen.output = written.toString();
  return seen;
}
