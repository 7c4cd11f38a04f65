//! A stand-in for wisr where a page runs as an ordinary program: in its tests.
//!
//!     wisr.testing.config_values = &.{.{ .name = "api", .value = "https://api.example" }};
//!     wisr.testing.answer = myAnswer;
//!     const out = try wisr.call(page, "getStaticProps", "{\"path\":\"/a\"}");

const std = @import("std");
const contract = @import("contract.zig");
const fetch = @import("fetch.zig");
const host = @import("host.zig");

/// What `wisr.config` knows.
pub var config_values: []const contract.Header = &.{};

/// What answers requests. An error means that there is no answer.
pub var answer: ?*const fn (fetch.Request) anyerror!fetch.Response = null;

/// The line that was logged last.
pub var logged: []const u8 = "";

pub fn config(key: []const u8) []const u8 {
    for (config_values) |entry| if (std.mem.eql(u8, entry.name, key)) return entry.value;
    return "";
}

pub fn log(level: std.log.Level, text: []const u8) void {
    logged = std.fmt.allocPrint(host.allocator, "{s}: {s}", .{ @tagName(level), text }) catch "";
}

pub fn exchange(requests: []const fetch.Request) anyerror![]fetch.Response {
    const ask = answer orelse return host.fail("there is no wisr around this program: in a test, set wisr.testing.answer", .{});
    const responses = try host.allocator.alloc(fetch.Response, requests.len);
    for (requests, responses) |request, *response| {
        response.* = ask(request) catch |err| .{ .err = @errorName(err) };
    }
    return responses;
}

// A test calls wisr.call, which needs none of these.

pub fn input() []const u8 {
    unreachable;
}

pub fn output(_: []const u8) void {
    unreachable;
}

pub fn tell(_: []const u8) void {
    unreachable;
}
