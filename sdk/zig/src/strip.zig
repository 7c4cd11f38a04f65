//! Copies a module from standard input to standard output without its debug
//! information, which is several times its size. What stays are the names of its
//! functions, which its stacks show.

const std = @import("std");

pub fn main(init: std.process.Init) !void {
    const gpa = init.arena.allocator();
    var in_buffer: [4096]u8 = undefined;
    var out_buffer: [4096]u8 = undefined;
    var in = std.Io.File.stdin().readerStreaming(init.io, &in_buffer);
    var out = std.Io.File.stdout().writerStreaming(init.io, &out_buffer);
    const module = try in.interface.allocRemaining(gpa, .limited(1 << 30));

    var rest: std.Io.Reader = .fixed(module);
    try out.interface.writeAll(try rest.take(8)); // magic number and version
    while (rest.seek < module.len) {
        const from = rest.seek;
        const id = try rest.takeByte();
        const size = try rest.takeLeb128(u32);
        const content = try rest.take(size);
        if (id == 0 and isDebug(content)) continue;
        try out.interface.writeAll(module[from..rest.seek]);
    }
    try out.interface.flush();
}

/// A custom section begins with the length of its name, less than 128 here, and the name.
fn isDebug(custom: []const u8) bool {
    return custom.len > 1 and std.mem.startsWith(u8, custom[1..], ".debug_");
}
