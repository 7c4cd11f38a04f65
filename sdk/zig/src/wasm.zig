//! The host of a module.

const std = @import("std");
const options = @import("options");
const fetch = @import("fetch.zig");
const allocator = @import("host.zig").allocator;

/// Extism's functions. A u64 that is not a value is the handle of a block in the
/// memory of Extism's kernel; 0 is no block. length_unsafe is asked only about
/// blocks that the host has just given.
const extism = struct {
    extern "extism:host/env" fn alloc(length: u64) u64;
    extern "extism:host/env" fn free(block: u64) void;
    extern "extism:host/env" fn length_unsafe(block: u64) u64;
    extern "extism:host/env" fn load_u8(at: u64) u32;
    extern "extism:host/env" fn load_u64(at: u64) u64;
    extern "extism:host/env" fn store_u8(at: u64, value: u32) void;
    extern "extism:host/env" fn store_u64(at: u64, value: u64) void;
    extern "extism:host/env" fn input_offset() u64;
    extern "extism:host/env" fn input_length() u64;
    extern "extism:host/env" fn output_set(at: u64, length: u64) void;
    extern "extism:host/env" fn error_set(block: u64) void;
    extern "extism:host/env" fn config_get(key: u64) u64;
    extern "extism:host/env" fn http_request(request: u64, body: u64) u64;
    extern "extism:host/env" fn http_status_code() u32;
    extern "extism:host/env" fn log_debug(text: u64) void;
    extern "extism:host/env" fn log_info(text: u64) void;
    extern "extism:host/env" fn log_warn(text: u64) void;
    extern "extism:host/env" fn log_error(text: u64) void;
};

/// wisr's own functions: they copy from and to this module's memory.
const wisr = struct {
    extern "wisr" fn input_read(at: ?[*]u8, size: usize) usize;
    extern "wisr" fn output_write(at: [*]const u8, size: usize) void;
    extern "wisr" fn fetch_all(at: [*]const u8, size: usize) usize;
    extern "wisr" fn fetch_read(at: [*]u8, size: usize) usize;
};

fn room(size: usize) []u8 {
    return allocator.alloc(u8, size) catch @panic("out of memory: the page is over its [limits] memory");
}

// A call moves 1 or 8 bytes, and 8 are the cheaper by far: the last 8 overlap
// those before, and only what is shorter goes singly.

/// Makes a block with a copy of the bytes. It is 0 for none of them, and without room.
fn give(bytes: []const u8) u64 {
    const block = if (bytes.len == 0) 0 else extism.alloc(bytes.len);
    if (block == 0) return 0;
    if (bytes.len < 8) {
        for (bytes, 0..) |byte, at| extism.store_u8(block + at, byte);
        return block;
    }
    var at: usize = 0;
    while (at + 8 <= bytes.len) : (at += 8) {
        extism.store_u64(block + at, std.mem.readInt(u64, bytes[at..][0..8], .little));
    }
    extism.store_u64(block + bytes.len - 8, std.mem.readInt(u64, bytes[bytes.len - 8 ..][0..8], .little));
    return block;
}

fn load(from: u64, length: usize) []u8 {
    const bytes = room(length);
    if (length < 8) {
        for (bytes, 0..) |*byte, at| byte.* = @truncate(extism.load_u8(from + at));
        return bytes;
    }
    var at: usize = 0;
    while (at + 8 <= length) : (at += 8) {
        std.mem.writeInt(u64, bytes[at..][0..8], extism.load_u64(from + at), .little);
    }
    std.mem.writeInt(u64, bytes[length - 8 ..][0..8], extism.load_u64(from + length - 8), .little);
    return bytes;
}

/// Copies a block that the host gave, and frees it.
fn take(block: u64) []const u8 {
    if (block == 0) return "";
    defer extism.free(block);
    return load(block, @intCast(extism.length_unsafe(block)));
}

pub fn input() []const u8 {
    if (options.extism) return load(extism.input_offset(), @intCast(extism.input_length()));
    const bytes = room(wisr.input_read(null, 0));
    _ = wisr.input_read(bytes.ptr, bytes.len);
    return bytes;
}

pub fn output(bytes: []const u8) void {
    if (options.extism) return extism.output_set(give(bytes), bytes.len);
    wisr.output_write(bytes.ptr, bytes.len);
}

pub fn tell(text: []const u8) void {
    extism.error_set(give(text));
}

pub fn config(key: []const u8) []const u8 {
    const block = give(key);
    defer extism.free(block);
    return take(extism.config_get(block));
}

/// Logs a line; the host frees its block.
pub fn log(level: std.log.Level, text: []const u8) void {
    const block = give(text);
    if (block == 0) return;
    switch (level) {
        .debug => extism.log_debug(block),
        .info => extism.log_info(block),
        .warn => extism.log_warn(block),
        .err => extism.log_error(block),
    }
}

pub fn exchange(requests: []const fetch.Request) anyerror![]fetch.Response {
    if (options.extism) return oneByOne(requests);
    const frame = try fetch.requestFrame(requests);
    const answers = room(wisr.fetch_all(frame.ptr, frame.len));
    _ = wisr.fetch_read(answers.ptr, answers.len);
    return fetch.answersOf(answers, requests.len);
}

/// Makes the requests one after the other; the host ends the generation if one has no answer.
fn oneByOne(requests: []const fetch.Request) anyerror![]fetch.Response {
    const responses = try allocator.alloc(fetch.Response, requests.len);
    for (requests, responses) |request, *response| {
        const text = try fetch.describe(request, null);
        const body = take(extism.http_request(give(text), give(request.body)));
        response.* = .{ .status = @intCast(extism.http_status_code()), .body = body };
    }
    return responses;
}
