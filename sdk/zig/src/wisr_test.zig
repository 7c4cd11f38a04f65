//! Tests of the whole, by a page that does what the parameter "do" of its path says.

const std = @import("std");
const wisr = @import("wisr.zig");
const expectEqualStrings = std.testing.expectEqualStrings;

const page = struct {
    pub const Props = struct { text: []const u8 = "", half: f64 = 0.5 };

    pub fn paths(in: wisr.PathsInput) !wisr.Paths {
        if (in.cursor.len > 0) return .{ .fallback = .true };
        const list: []const wisr.Path = &.{
            .{ .path = "/do/plain" },
            .of("do", "é \"☃\""),
            .{ .params = .{ .params = &.{.{ .name = "path", .value = .{ .many = &.{ "a", "b" } } }}, .locale = "fr" } },
        };
        return .{ .paths = try wisr.allocator.dupe(wisr.Path, list), .cursor = "2" };
    }

    pub fn props(in: wisr.Input) !wisr.Answer(Props) {
        const what = in.param("do");
        if (std.mem.eql(u8, what, "missing")) return .{ .not_found = true, .revalidate = 60 };
        if (std.mem.eql(u8, what, "redirect")) return .{ .redirect = .{ .destination = "/a?b=1&c", .status = 301, .base_path = false } };
        if (std.mem.eql(u8, what, "fail")) return wisr.fail("no {s} in {s}", .{ what, in.path });
        if (std.mem.eql(u8, what, "error")) return error.ShelfIsBare;
        if (std.mem.eql(u8, what, "none")) return .{};
        if (std.mem.eql(u8, what, "fetch")) {
            const responses = try wisr.tryFetchAll(&.{ .{ .url = "http://a/" }, .{ .url = "http://hangup/" } });
            return .{ .props = .{ .text = try std.fmt.allocPrint(wisr.allocator, "{s}|{d}{s}", .{ responses[0].body, responses[1].status, responses[1].err }) } };
        }
        if (std.mem.eql(u8, what, "hangup")) _ = try wisr.fetch(.{ .url = "http://hangup/?key=hunter2" });
        const text = try std.fmt.allocPrint(wisr.allocator, "{s} {d} {} {s}", .{ wisr.config("key"), in.paramList("path").len, in.draftMode, in.revalidateReason });
        return .{ .props = .{ .text = text }, .revalidate = 10, .expire = 3600, .tags = &.{ "a", "ü" }, .headers = &.{.{ .name = "X-A", .value = "b" }}, .status = 404 };
    }

    pub fn render(in: wisr.Input, p: Props, out: *std.Io.Writer) !void {
        if (in.isFallback) return out.writeAll("shell");
        try out.print("<p title=\"{f}\">", .{wisr.escape(p.text)});
    }
};

fn run(comptime function: []const u8, input: []const u8) []const u8 {
    return wisr.call(page, function, input) catch |err|
        std.fmt.allocPrint(wisr.allocator, "error: {s}", .{@import("host.zig").reason(err)}) catch unreachable;
}

fn props(what: []const u8) []const u8 {
    return run("getStaticProps", std.fmt.allocPrint(wisr.allocator, "{{\"path\":\"/do/x\",\"params\":{{\"do\":\"{s}\"}},\"later\":1}}", .{what}) catch unreachable);
}

fn answer(request: wisr.Request) !wisr.Response {
    if (std.mem.startsWith(u8, request.url, "http://hangup/")) return error.ItHungUp;
    return .{ .status = 200, .body = request.method };
}

test "paths come in pages" {
    try expectEqualStrings(
        "{\"paths\":[\"/do/plain\",{\"params\":{\"do\":\"é \\\"☃\\\"\"}},{\"params\":{\"path\":[\"a\",\"b\"]},\"locale\":\"fr\"}],\"fallback\":false,\"cursor\":\"2\"}",
        run("getStaticPaths", "{}"),
    );
    try expectEqualStrings("{\"paths\":[],\"fallback\":true}", run("getStaticPaths", "{\"cursor\":\"2\"}"));
}

test "a result says all that there is" {
    wisr.testing.config_values = &.{.{ .name = "key", .value = "value" }};
    try expectEqualStrings(
        "{\"props\":{\"text\":\"value 2 true stale\",\"half\":0.5},\"revalidate\":10,\"expire\":3600,\"status\":404,\"tags\":[\"a\",\"ü\"],\"headers\":{\"X-A\":\"b\"}}",
        run("getStaticProps", "{\"params\":{\"path\":[\"a\",\"b\"]},\"draftMode\":true,\"revalidateReason\":\"stale\"}"),
    );
    try expectEqualStrings("{\"notFound\":true,\"revalidate\":60}", props("missing"));
    try expectEqualStrings("{\"redirect\":{\"destination\":\"/a?b=1&c\",\"statusCode\":301,\"basePath\":false}}", props("redirect"));
    try expectEqualStrings("{\"props\":{}}", props("none"));
}

test "a failure has its reason" {
    try expectEqualStrings("error: no fail in /do/x", props("fail"));
    try expectEqualStrings("error: ShelfIsBare", props("error"));
    try std.testing.expect(std.mem.startsWith(u8, run("render", "{\"props\":{\"text\":1}}"), "error: JSON that is no "));
}

test "the body is escaped" {
    try expectEqualStrings("<p title=\"&lt;é ☃ 😀&gt;\">", run("render", "{\"props\":{\"text\":\"<é ☃ \\ud83d\\ude00>\"}}"));
    try expectEqualStrings("shell", run("render", "{\"props\":{},\"isFallback\":true}"));
}

test "requests have answers" {
    wisr.testing.answer = answer;
    defer wisr.testing.answer = null;
    try expectEqualStrings("{\"props\":{\"text\":\"GET|0ItHungUp\",\"half\":0.5}}", props("fetch"));
    try expectEqualStrings("error: fetch GET http://hangup/: ItHungUp", props("hangup"));
}

test "lines reach the log" {
    inline for (.{ .debug, .info, .warn, .err }) |level| {
        wisr.logFn(level, .default, "é ☃ {d}", .{1});
        try expectEqualStrings(@tagName(level) ++ ": é ☃ 1", wisr.testing.logged);
    }
}
