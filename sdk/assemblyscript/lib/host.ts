// The host: what the module asks of it. Built with --use WISR_EXTISM=1, input,
// output and requests go the way of Extism alone.

import {
  inputRead,
  outputWrite,
  extismAlloc,
  extismFree,
  extismLength,
  extismLoad8,
  extismLoad64,
  extismStore8,
  extismStore64,
  extismInput,
  extismInputLength,
  extismOutput,
  extismError,
  extismConfig,
  extismLogDebug,
  extismLogInfo,
  extismLogWarn,
  extismLogError,
} from "./imports";

/** Bytes as UTF-8 text. */
export function decode(bytes: ArrayBuffer): string {
  return String.UTF8.decode(bytes);
}

/** Text as UTF-8; half of a surrogate pair is U+FFFD. */
export function encode(text: string): ArrayBuffer {
  return String.UTF8.encode(text, false, String.UTF8.ErrorMode.REPLACE);
}

// A call moves 1 or 8 bytes, and 8 are the cheaper: the last 8 overlap those
// before, and only what is shorter goes singly.

/** Makes a block with a copy of the bytes: 0 for none of them, and without room. */
export function give(bytes: ArrayBuffer): u64 {
  const size = bytes.byteLength;
  const block = size ? extismAlloc(size) : 0;
  if (!block) return 0;
  const from = changetype<usize>(bytes);
  if (size < 8) {
    for (let i = 0; i < size; i++) extismStore8(block + i, load<u8>(from + i));
    return block;
  }
  for (let i = 0; i + 8 <= size; i += 8) extismStore64(block + i, load<u64>(from + i));
  extismStore64(block + size - 8, load<u64>(from + size - 8));
  return block;
}

function copy(from: u64, size: i32): ArrayBuffer {
  const bytes = new ArrayBuffer(size);
  const to = changetype<usize>(bytes);
  if (size < 8) {
    for (let i = 0; i < size; i++) store<u8>(to + i, <u8>extismLoad8(from + i));
    return bytes;
  }
  for (let i = 0; i + 8 <= size; i += 8) store<u64>(to + i, extismLoad64(from + i));
  store<u64>(to + size - 8, extismLoad64(from + size - 8));
  return bytes;
}

/** Copies a block that the host gave, and frees it. */
export function take(block: u64): ArrayBuffer {
  if (!block) return new ArrayBuffer(0);
  const bytes = copy(block, <i32>extismLength(block));
  extismFree(block);
  return bytes;
}

/** @internal */
export function input(): string {
  // @ts-ignore: a constant of the command line
  if (isDefined(WISR_EXTISM)) return decode(copy(extismInput(), <i32>extismInputLength()));
  const bytes = new ArrayBuffer(inputRead(0, 0));
  inputRead(changetype<usize>(bytes), bytes.byteLength);
  return decode(bytes);
}

/** @internal */
export function output(text: string): void {
  const bytes = encode(text);
  // @ts-ignore: a constant of the command line
  if (isDefined(WISR_EXTISM)) extismOutput(give(bytes), bytes.byteLength);
  else outputWrite(changetype<usize>(bytes), bytes.byteLength);
}

/** @internal */
export function tell(reason: string): void {
  extismError(give(encode(reason)));
}

/**
 * What becomes of `throw` and of a failed check: the host is told, and the
 * generation ends. Visitors keep the page that they had.
 */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const what = message === null ? "aborted" : message;
  tell(file === null ? what : `${what} at ${file}:${line}:${column}`);
  unreachable();
}

/** A value of [config] in plugin.toml, "" if it is not there. */
export function config(key: string): string {
  const block = give(encode(key));
  const value = take(extismConfig(block));
  extismFree(block);
  return decode(value);
}

/** Lines for the log of this generation. */
export namespace log {
  export function debug(text: string): void {
    extismLogDebug(give(encode(text)));
  }
  export function info(text: string): void {
    extismLogInfo(give(encode(text)));
  }
  export function warn(text: string): void {
    extismLogWarn(give(encode(text)));
  }
  /** Does not make the generation fail: `throw` does. */
  export function error(text: string): void {
    extismLogError(give(encode(text)));
  }
}
