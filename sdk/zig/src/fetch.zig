//! Requests to other servers.

const std = @import("std");
const contract = @import("contract.zig");
const host = @import("host.zig");
const allocator = host.allocator;

pub const Request = struct {
    /// http or https, listed in [fetch] allow of the manifest.
    url: []const u8,
    method: []const u8 = "GET",
    headers: []const contract.Header = &.{},
    body: []const u8 = "",
};

/// What the other server answered, whatever its status.
pub const Response = struct {
    /// 0: there was no answer, and `err` says why.
    status: u16 = 0,
    /// Names in lower case. With Extism's functions alone there are none.
    headers: std.json.ArrayHashMap([]const u8) = .{},
    body: []const u8 = "",
    err: []const u8 = "",

    /// Reads the body as JSON.
    pub fn json(response: Response, comptime T: type) !T {
        return contract.parse(T, response.body);
    }
};

/// Asks another server. An answer like 404 is no error; that there is none is.
pub fn fetch(request: Request) !Response {
    return (try fetchAll(&.{request}))[0];
}

/// Makes several requests at the same time; the responses come in their order. The
/// error tells of all that had no answer. What the manifest does not allow ends the
/// generation there and then.
pub fn fetchAll(requests: []const Request) ![]Response {
    const responses = try tryFetchAll(requests);
    var reasons: std.Io.Writer.Allocating = .init(allocator);
    for (requests, responses) |request, response| {
        if (response.status != 0) continue;
        const query = std.mem.indexOfScalar(u8, request.url, '?') orelse request.url.len; // it may hold a key
        try reasons.writer.print("{s}fetch {s} {s}: {s}", .{
            if (reasons.written().len > 0) "\n" else "", request.method, request.url[0..query], response.err,
        });
    }
    return if (reasons.written().len > 0) host.fail("{s}", .{reasons.written()}) else responses;
}

/// Does what fetchAll does for a page that can do without some of the answers:
/// theirs have the status 0.
pub fn tryFetchAll(requests: []const Request) ![]Response {
    return if (requests.len == 0) &.{} else host.exchange(requests);
}

/// Gives a request as JSON, with the length of its body or without.
pub fn describe(request: Request, body: ?usize) ![]const u8 {
    var out: std.Io.Writer.Allocating = .init(allocator);
    var json: std.json.Stringify = .{ .writer = &out.writer };
    try json.beginObject();
    try json.objectField("url");
    try json.write(request.url);
    try json.objectField("method");
    try json.write(request.method);
    try json.objectField("headers");
    try json.beginObject();
    for (request.headers) |header| {
        try json.objectField(header.name);
        try json.write(header.value);
    }
    try json.endObject();
    if (body) |size| {
        try json.objectField("body");
        try json.write(size);
    }
    try json.endObject();
    return out.written();
}

// A frame is four bytes with the length of a JSON array, the array, and the
// bodies of its members, in both directions.

pub fn requestFrame(requests: []const Request) ![]const u8 {
    var frame: std.Io.Writer.Allocating = .init(allocator);
    const out = &frame.writer;
    try out.writeAll("\x00\x00\x00\x00[");
    for (requests, 0..) |request, n| {
        if (n > 0) try out.writeByte(',');
        try out.writeAll(try describe(request, request.body.len));
    }
    try out.writeByte(']');
    const size = frame.written().len - 4;
    for (requests) |request| try out.writeAll(request.body);
    std.mem.writeInt(u32, frame.written()[0..4], @intCast(size), .little);
    return frame.written();
}

pub fn answersOf(frame: []const u8, count: usize) ![]Response {
    const Member = struct {
        status: u16 = 0,
        headers: std.json.ArrayHashMap([]const u8) = .{},
        body: usize = 0,
        @"error": []const u8 = "",
    };
    if (frame.len < 4) return broken();
    const size = std.mem.readInt(u32, frame[0..4], .little);
    if (size > frame.len - 4) return broken();
    const members = try contract.parse([]const Member, frame[4..][0..size]);
    if (members.len != count) return broken();
    const responses = try allocator.alloc(Response, count);
    var bodies = frame[4 + size ..];
    for (members, responses) |member, *response| {
        if (member.body > bodies.len) return broken();
        response.* = .{ .status = member.status, .headers = member.headers, .body = bodies[0..member.body], .err = member.@"error" };
        bodies = bodies[member.body..];
    }
    return responses;
}

fn broken() error{Failed} {
    return host.fail("fetch: the host's answer is broken", .{});
}

test "requests and answers have their bodies behind them" {
    const array = "[{\"url\":\"http://a/\",\"method\":\"GET\",\"headers\":{},\"body\":0}," ++
        "{\"url\":\"http://b/\",\"method\":\"POST\",\"headers\":{\"X-A\":\"b\"},\"body\":2}]";
    const frame = try requestFrame(&.{
        .{ .url = "http://a/" },
        .{ .url = "http://b/", .method = "POST", .headers = &.{.{ .name = "X-A", .value = "b" }}, .body = "é" },
    });
    try std.testing.expectEqual(array.len, std.mem.readInt(u32, frame[0..4], .little));
    try std.testing.expectEqualStrings(array ++ "é", frame[4..]);

    const answered = "[{\"status\":200,\"headers\":{\"x\":\"y\"},\"body\":2},{\"error\":\"slow\"},{\"body\":1}]";
    const answers = try answersOf(&[_]u8{ answered.len, 0, 0, 0 } ++ answered ++ "abc", 3);
    try std.testing.expectEqualStrings("ab", answers[0].body);
    try std.testing.expectEqualStrings("y", answers[0].headers.map.get("x").?);
    try std.testing.expectEqualStrings("slow", answers[1].err);
    try std.testing.expectEqualStrings("c", answers[2].body);
    for ([_][]const u8{ "", "\x09\x00\x00\x00[", "\x02\x00\x00\x00[]", "\x0c\x00\x00\x00[{\"body\":9}]" }) |bad| {
        try std.testing.expectError(error.Failed, answersOf(bad, 1));
    }
}
