//! Pages for wisr, which serves sites whose pages are WebAssembly modules.
//!
//! The root file of a page has up to three functions, which return an error to
//! keep the page that visitors have:
//!
//!     const wisr = @import("wisr");
//!
//!     pub const panic = wisr.panic; // tells its text to the host
//!     pub const std_options: std.Options = .{ .logFn = wisr.logFn };
//!     comptime { wisr.page(@This()); }
//!
//!     pub const Props = struct { name: []const u8 };
//!
//!     pub fn paths(in: wisr.PathsInput) !wisr.Paths           // which paths there are
//!     pub fn props(in: wisr.Input) !wisr.Answer(Props)        // the data of a path
//!     pub fn render(in: wisr.Input, p: Props, out: *std.Io.Writer) !void // what it looks like
//!
//! Only render is required. Every generation runs in a fresh instance, so that
//! nothing has to be freed: `allocator` never does.

const std = @import("std");
const builtin = @import("builtin");
const contract = @import("contract.zig");
const fetching = @import("fetch.zig");
const host = @import("host.zig");
const html = @import("html.zig");

pub const Answer = contract.Answer;
pub const Fallback = contract.Fallback;
pub const Header = contract.Header;
pub const Input = contract.Input;
pub const Path = contract.Path;
pub const Paths = contract.Paths;
pub const PathsInput = contract.PathsInput;
pub const Redirect = contract.Redirect;

pub const Request = fetching.Request;
pub const Response = fetching.Response;
pub const fetch = fetching.fetch;
pub const fetchAll = fetching.fetchAll;
pub const tryFetchAll = fetching.tryFetchAll;

pub const escape = html.escape;
pub const scriptJson = html.scriptJson;

pub const allocator = host.allocator;
pub const config = host.config;
pub const fail = host.fail;
pub const logFn = host.logFn;
pub const parse = contract.parse;
pub const testing = @import("testing.zig");

/// For the root file of a page: the host is told the text of a panic before it
/// becomes a trap, which has the stack.
pub const panic = std.debug.FullPanic(host.panic);

/// Exports the functions of a page, a root file, to the host.
pub fn page(comptime Root: type) void {
    if (!builtin.cpu.arch.isWasm()) return;
    const exports = struct {
        fn getStaticPaths() callconv(.c) i32 {
            return run("getStaticPaths");
        }
        fn getStaticProps() callconv(.c) i32 {
            return run("getStaticProps");
        }
        fn render() callconv(.c) i32 {
            return run("render");
        }
        fn run(comptime function: []const u8) i32 {
            const output = call(Root, function, host.input()) catch |err| {
                host.tell(host.reason(err));
                return 1;
            };
            host.output(output);
            return 0;
        }
    };
    @export(&exports.getStaticPaths, .{ .name = "getStaticPaths" });
    @export(&exports.getStaticProps, .{ .name = "getStaticProps" });
    @export(&exports.render, .{ .name = "render" });
}

/// Runs getStaticPaths, getStaticProps or render of a page on the JSON that wisr
/// would send, and gives what wisr would receive. The exports are this function, so
/// that a test goes the same way as a page in the sandbox.
pub fn call(comptime Root: type, comptime function: []const u8, input: []const u8) anyerror![]const u8 {
    host.forget();
    if (comptime std.mem.eql(u8, function, "getStaticPaths")) {
        const in = try contract.parse(PathsInput, input);
        if (!@hasDecl(Root, "paths")) {
            return fail("the route {s} has parameters, so wisr asks which paths exist: add a function paths to the page", .{in.route});
        }
        return contract.encode(try Root.paths(in));
    }
    if (comptime std.mem.eql(u8, function, "getStaticProps")) {
        if (!@hasDecl(Root, "props")) return "{\"props\":{}}";
        return contract.encode(try Root.props(try contract.parse(Input, input)));
    }
    comptime std.debug.assert(std.mem.eql(u8, function, "render"));
    const Props = if (@hasDecl(Root, "Props")) Root.Props else struct {};
    const rendered = try contract.parse(struct { props: Props }, input);
    var out: std.Io.Writer.Allocating = .init(allocator);
    try Root.render(try contract.parse(Input, input), rendered.props, &out.writer);
    return out.written();
}

test {
    _ = contract;
    _ = html;
    _ = fetching;
    _ = @import("wisr_test.zig");
}
