//! The page of testdata/languages in Zig.

const std = @import("std");
const wisr = @import("wisr");

pub const panic = wisr.panic;
pub const std_options: std.Options = .{ .logFn = wisr.logFn };

comptime {
    wisr.page(@This());
}

pub const Props = struct {
    name: []const u8,
    title: []const u8,
    lines: []const []const u8,
    greeting: []const u8,
};

pub fn paths(_: wisr.PathsInput) !wisr.Paths {
    const list = [_]wisr.Path{ .{ .path = "/page/plain" }, .of("name", "é ☃ 😀") };
    return .{ .paths = try wisr.allocator.dupe(wisr.Path, &list), .fallback = .blocking };
}

pub fn props(in: wisr.Input) !wisr.Answer(Props) {
    const name = in.param("name");
    std.log.info("making page {s}", .{name});
    if (std.mem.eql(u8, name, "missing")) return .{ .not_found = true, .revalidate = 60 };
    if (std.mem.eql(u8, name, "moved")) return .{ .redirect = .{ .destination = "/page/plain", .status = 308 } };
    if (std.mem.eql(u8, name, "error")) return wisr.fail("the shelf is bare: é ☃ 😀", .{});
    if (std.mem.eql(u8, name, "crash")) return .{ .redirect = .{ .destination = in.locales[name.len] } };

    const answers = try wisr.fetchAll(&.{
        .{ .url = try std.mem.concat(wisr.allocator, u8, &.{ wisr.config("titles"), in.path }) },
        .{
            .method = "POST",
            .url = try std.mem.concat(wisr.allocator, u8, &.{ wisr.config("lines"), "/lines" }),
            .headers = &.{.{ .name = "Content-Type", .value = "text/plain; charset=utf-8" }},
            .body = name,
        },
    });
    const Lines = struct { lines: []const []const u8 };
    return .{
        .props = .{
            .name = name,
            .title = answers[0].body,
            .lines = (try answers[1].json(Lines)).lines,
            .greeting = wisr.config("greeting"),
        },
        .revalidate = 10,
        .tags = &.{ "languages", "séite" },
        .headers = &.{.{ .name = "Content-Security-Policy", .value = "default-src 'none'" }},
    };
}

pub fn render(_: wisr.Input, p: Props, out: *std.Io.Writer) !void {
    const name = wisr.escape(p.name);
    try out.print(
        \\<!doctype html><html lang="en"><head><meta charset="utf-8"/><title>{f}</title></head><body>
    , .{wisr.escape(p.title)});
    try out.print(
        \\<h1 title="{f}">{f}, {f}</h1><ol>
    , .{ name, wisr.escape(p.greeting), name });
    for (p.lines) |line| try out.print("<li>{f}</li>", .{wisr.escape(line)});
    try out.print(
        \\</ol><script type="application/json">{{"name":{f}}}</script></body></html>
    , .{wisr.scriptJson(p.name)});
}
