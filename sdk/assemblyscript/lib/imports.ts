// Functions of wisr: they copy from and to this module's memory.

// @ts-ignore: decorator
@external("wisr", "input_read") export declare function inputRead(at: usize, size: u32): u32;
// @ts-ignore: decorator
@external("wisr", "output_write") export declare function outputWrite(at: usize, size: u32): void;
// @ts-ignore: decorator
@external("wisr", "fetch_all") export declare function hostFetchAll(at: usize, size: u32): u32;
// @ts-ignore: decorator
@external("wisr", "fetch_read") export declare function hostFetchRead(at: usize, size: u32): u32;

// Functions of Extism. A u64 that is no value is the handle of a block in the
// memory of its kernel; 0 is none. length_unsafe is asked only about blocks that
// the host has just given.

// @ts-ignore: decorator
@external("extism:host/env", "alloc") export declare function extismAlloc(size: u64): u64;
// @ts-ignore: decorator
@external("extism:host/env", "free") export declare function extismFree(block: u64): void;
// @ts-ignore: decorator
@external("extism:host/env", "length_unsafe") export declare function extismLength(block: u64): u64;
// @ts-ignore: decorator
@external("extism:host/env", "load_u8") export declare function extismLoad8(at: u64): u32;
// @ts-ignore: decorator
@external("extism:host/env", "load_u64") export declare function extismLoad64(at: u64): u64;
// @ts-ignore: decorator
@external("extism:host/env", "store_u8") export declare function extismStore8(at: u64, value: u32): void;
// @ts-ignore: decorator
@external("extism:host/env", "store_u64") export declare function extismStore64(at: u64, value: u64): void;
// @ts-ignore: decorator
@external("extism:host/env", "input_offset") export declare function extismInput(): u64;
// @ts-ignore: decorator
@external("extism:host/env", "input_length") export declare function extismInputLength(): u64;
// @ts-ignore: decorator
@external("extism:host/env", "output_set") export declare function extismOutput(at: u64, size: u64): void;
// @ts-ignore: decorator
@external("extism:host/env", "error_set") export declare function extismError(block: u64): void;
// @ts-ignore: decorator
@external("extism:host/env", "config_get") export declare function extismConfig(key: u64): u64;
// @ts-ignore: decorator
@external("extism:host/env", "log_debug") export declare function extismLogDebug(text: u64): void;
// @ts-ignore: decorator
@external("extism:host/env", "log_info") export declare function extismLogInfo(text: u64): void;
// @ts-ignore: decorator
@external("extism:host/env", "log_warn") export declare function extismLogWarn(text: u64): void;
// @ts-ignore: decorator
@external("extism:host/env", "log_error") export declare function extismLogError(text: u64): void;
// @ts-ignore: decorator
@external("extism:host/env", "http_request") export declare function extismRequest(request: u64, body: u64): u64;
// @ts-ignore: decorator
@external("extism:host/env", "http_status_code") export declare function extismStatus(): u32;
