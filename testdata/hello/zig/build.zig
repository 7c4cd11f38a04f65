const std = @import("std");
const wisr = @import("wisr");

pub fn build(b: *std.Build) void {
    wisr.addPage(b, b.dependency("wisr", .{}), b.path("page.zig"));
}
