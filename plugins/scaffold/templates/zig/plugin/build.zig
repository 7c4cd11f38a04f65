const std = @import("std");
const wisr = @import("wisr");

pub fn build(b: *std.Build) void {
    const library = b.dependency("wisr", .{});
    wisr.addPage(b, library, b.path("page.zig"));

    const tests = b.addTest(.{ .root_module = b.createModule(.{
        .root_source_file = b.path("page.zig"),
        .target = b.graph.host,
        .imports = &.{.{ .name = "wisr", .module = library.module("wisr") }},
    }) });
    b.step("test", "Run the tests").dependOn(&b.addRunArtifact(tests).step);
}
