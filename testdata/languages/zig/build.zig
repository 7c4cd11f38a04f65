const std = @import("std");
const wisr = @import("wisr");

pub fn build(b: *std.Build) void {
    const extism = b.option(bool, "extism", "Use Extism's own functions only") orelse false;
    wisr.addPage(b, b.dependency("wisr", .{ .extism = extism }), b.path("page.zig"));
}
