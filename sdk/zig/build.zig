const std = @import("std");

pub fn build(b: *std.Build) void {
    const wisr = b.addModule("wisr", .{ .root_source_file = b.path("src/wisr.zig") });
    const extism = b.option(bool, "extism", "Use Extism's own functions only") orelse false;
    wisr.addOptions("options", options(b, extism));

    const tests = b.addTest(.{ .root_module = b.createModule(.{
        .root_source_file = b.path("src/wisr.zig"),
        .target = b.graph.host,
    }) });
    tests.root_module.addOptions("options", options(b, extism));
    b.step("test", "Run the tests").dependOn(&b.addRunArtifact(tests).step);
}

fn options(b: *std.Build, extism: bool) *std.Build.Step.Options {
    const all = b.addOptions();
    all.addOption(bool, "extism", extism);
    return all;
}

/// Builds a page from its root file and puts it beside it as page.wasm, for a
/// build.zig of a page:
///
///     pub fn build(b: *std.Build) void {
///         wisr.addPage(b, b.dependency("wisr", .{}), b.path("page.zig"));
///     }
pub fn addPage(b: *std.Build, wisr: *std.Build.Dependency, root: std.Build.LazyPath) void {
    const page = b.addExecutable(.{
        .name = "page",
        .root_module = b.createModule(.{
            .root_source_file = root,
            .target = b.resolveTargetQuery(.{ .cpu_arch = .wasm32, .os_tag = .freestanding }),
            // What is wrong with a page is better told than undefined.
            .optimize = b.option(std.builtin.OptimizeMode, "optimize", "ReleaseSafe if not set") orelse .ReleaseSafe,
            .imports = &.{.{ .name = "wisr", .module = wisr.module("wisr") }},
        }),
    });
    page.entry = .disabled;
    page.rdynamic = true;
    page.stack_size = 256 << 10;
    const strip = b.addRunArtifact(b.addExecutable(.{ .name = "strip", .root_module = b.createModule(.{
        .root_source_file = wisr.path("src/strip.zig"),
        .target = b.graph.host,
    }) }));
    strip.setStdIn(.{ .lazy_path = page.getEmittedBin() });
    const copy = b.addUpdateSourceFiles();
    copy.addCopyFileToSource(strip.captureStdOut(.{}), "page.wasm");
    b.getInstallStep().dependOn(&copy.step);
}
