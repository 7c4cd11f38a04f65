//! The host: what a page asks of it. Where there is none, in tests, testing.zig answers.

const std = @import("std");
const builtin = @import("builtin");

const there = if (builtin.cpu.arch.isWasm()) @import("wasm.zig") else @import("testing.zig");

var arena: std.heap.ArenaAllocator = .init(if (builtin.cpu.arch.isWasm()) std.heap.wasm_allocator else std.heap.page_allocator);

/// Memory that lives as long as the generation.
pub const allocator = arena.allocator();

pub const input = there.input;
pub const output = there.output;
pub const tell = there.tell;
pub const exchange = there.exchange;

/// A value of [config] in plugin.toml, "" if it is not there.
pub const config = there.config;

var kept: []const u8 = "";

/// Keeps the reason of a failure, for the host, and gives the error to return:
///
///     return wisr.fail("no post {s}", .{slug});
///
/// Any other error is reported by its name.
pub fn fail(comptime format: []const u8, args: anytype) error{Failed} {
    kept = std.fmt.allocPrint(allocator, format, args) catch "out of memory";
    return error.Failed;
}

pub fn forget() void {
    kept = "";
}

pub fn reason(err: anyerror) []const u8 {
    return if (err == error.Failed and kept.len > 0) kept else @errorName(err);
}

/// Sends std.log to the log of the generation; for std_options of the root file.
pub fn logFn(
    comptime level: std.log.Level,
    comptime scope: @EnumLiteral(),
    comptime format: []const u8,
    args: anytype,
) void {
    const prefix = if (scope == .default) "" else "(" ++ @tagName(scope) ++ ") ";
    there.log(level, std.fmt.allocPrint(allocator, prefix ++ format, args) catch return);
}

pub fn panic(text: []const u8, _: ?usize) noreturn {
    @branchHint(.cold);
    if (builtin.cpu.arch.isWasm()) {
        var line: [512]u8 = undefined;
        there.tell(std.fmt.bufPrint(&line, "panic: {s}", .{text}) catch text);
        @trap();
    }
    std.debug.defaultPanic(text, null);
}
