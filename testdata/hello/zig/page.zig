const std = @import("std");
const wisr = @import("wisr");

pub const panic = wisr.panic;
comptime {
    wisr.page(@This());
}

pub const Props = struct { name: []const u8, town: []const u8 };

pub fn paths(_: wisr.PathsInput) !wisr.Paths {
    return .{ .paths = &.{.{ .path = "/hello/ann" }}, .fallback = .blocking };
}

pub fn props(in: wisr.Input) !wisr.Answer(Props) {
    const url = try std.mem.concat(wisr.allocator, u8, &.{ wisr.config("api"), in.path });
    const answer = try wisr.fetch(.{ .url = url });
    if (answer.status == 404) return .{ .not_found = true, .revalidate = 10 };
    return .{ .props = try answer.json(Props), .revalidate = 10 };
}

pub fn render(_: wisr.Input, p: Props, out: *std.Io.Writer) !void {
    const name = wisr.escape(p.name);
    try out.print("<!doctype html><html lang=\"en\"><head><title>{f}</title></head>", .{name});
    try out.print("<body><h1>Hello, {f} in {f}!</h1></body></html>", .{ name, wisr.escape(p.town) });
}
