//! Text as it has to stand in HTML.

const std = @import("std");
const Writer = std.Io.Writer;

/// Escapes a text for HTML, between tags and in quoted attributes:
///
///     try out.print("<p title=\"{f}\">", .{wisr.escape(name)});
pub fn escape(text: []const u8) Escaped {
    return .{ .text = text };
}

pub const Escaped = struct {
    text: []const u8,

    pub fn format(e: Escaped, out: *Writer) Writer.Error!void {
        var from: usize = 0;
        for (e.text, 0..) |byte, at| {
            const instead = switch (byte) {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&#34;",
                '\'' => "&#39;",
                else => continue,
            };
            try out.writeAll(e.text[from..at]);
            try out.writeAll(instead);
            from = at + 1;
        }
        try out.writeAll(e.text[from..]);
    }
};

/// Gives the JSON of a value, fit for the inside of a <script>: no text in it ends the script.
///
///     try out.print("<script>const name = {f}</script>", .{wisr.scriptJson(name)});
pub fn scriptJson(value: anytype) ScriptJson(@TypeOf(value)) {
    return .{ .value = value };
}

pub fn ScriptJson(comptime T: type) type {
    return struct {
        value: T,

        pub fn format(j: @This(), out: *Writer) Writer.Error!void {
            var json: Writer.Allocating = .init(@import("host.zig").allocator);
            std.json.Stringify.value(j.value, .{}, &json.writer) catch return error.WriteFailed;
            for (json.written()) |byte| switch (byte) {
                '<', '>', '&' => try out.print("\\u{x:0>4}", .{byte}),
                else => try out.writeByte(byte),
            };
        }
    };
}

test "text is escaped" {
    try std.testing.expectFmt("&lt;é ☃ 😀&gt; &amp; &#39;q&#39; &#34;", "{f}", .{escape("<é ☃ 😀> & 'q' \"")});
    try std.testing.expectFmt("\"\\u003c/script\\u003e\\u0026\\u0001é\"", "{f}", .{scriptJson("</script>&\x01é")});
}
