//! What the functions of a page get and return, as JSON says it.

const std = @import("std");
const host = @import("host.zig");

/// What `paths` gets.
pub const PathsInput = struct {
    /// The pattern of the manifest, such as "/blog/[slug]".
    route: []const u8 = "",
    /// Empty for a site in one language.
    locales: []const []const u8 = &.{},
    defaultLocale: []const u8 = "",
    /// What the previous call returned, "" in the first.
    cursor: []const u8 = "",
};

/// What `props` and `render` get. It holds nothing of a visitor's request: a page
/// is made once for everyone.
pub const Input = struct {
    /// The pattern of the manifest, such as "/blog/[slug]".
    route: []const u8 = "",
    /// URL-encoded, without locale and base path.
    path: []const u8 = "",
    /// The values of the route's parameters, decoded; see `param`.
    params: std.json.Value = .null,
    locale: []const u8 = "",
    locales: []const []const u8 = &.{},
    defaultLocale: []const u8 = "",
    /// An editor's preview, which is never cached.
    draftMode: bool = false,
    /// "build", "stale" or "on-demand"; for props only.
    revalidateReason: []const u8 = "",
    /// The shell of a page that is not ready is made, of props that are {}; for render only.
    isFallback: bool = false,

    /// Returns the value of a parameter, "" if there is none.
    pub fn param(in: Input, name: []const u8) []const u8 {
        return switch (in.value(name)) {
            .string => |text| text,
            else => "",
        };
    }

    /// Returns the value of a parameter that takes a list: strings.
    pub fn paramList(in: Input, name: []const u8) []const std.json.Value {
        return switch (in.value(name)) {
            .array => |list| list.items,
            else => &.{},
        };
    }

    fn value(in: Input, name: []const u8) std.json.Value {
        return switch (in.params) {
            .object => |all| all.get(name) orelse .null,
            else => .null,
        };
    }
};

/// What a visitor gets on a path that is not listed: 404, a shell at once, or the
/// page after a wait.
pub const Fallback = enum { false, true, blocking };

/// Which paths there are.
pub const Paths = struct {
    paths: []const Path = &.{},
    fallback: Fallback = .false,
    /// Not "": `paths` is called again with it, for more.
    cursor: []const u8 = "",

    pub fn jsonStringify(p: Paths, json: anytype) !void {
        try json.beginObject();
        try json.objectField("paths");
        try json.write(p.paths);
        try json.objectField("fallback");
        switch (p.fallback) {
            .false => try json.write(false),
            .true => try json.write(true),
            .blocking => try json.write("blocking"),
        }
        if (p.cursor.len > 0) {
            try json.objectField("cursor");
            try json.write(p.cursor);
        }
        try json.endObject();
    }
};

/// One path: as in a URL, encoded, or by the values of its parameters.
pub const Path = union(enum) {
    path: []const u8,
    params: struct {
        params: []const Param,
        /// "" is the site's default.
        locale: []const u8 = "",
    },

    pub const Param = struct {
        name: []const u8,
        value: union(enum) { one: []const u8, many: []const []const u8 },
    };

    /// A path with one parameter.
    pub fn of(comptime name: []const u8, value: []const u8) Path {
        const params = host.allocator.dupe(Param, &.{.{ .name = name, .value = .{ .one = value } }}) catch @panic("out of memory");
        return .{ .params = .{ .params = params } };
    }

    pub fn jsonStringify(p: Path, json: anytype) !void {
        const by = switch (p) {
            .path => |path| return json.write(path),
            .params => |params| params,
        };
        try json.beginObject();
        try json.objectField("params");
        try json.beginObject();
        for (by.params) |param| {
            try json.objectField(param.name);
            switch (param.value) {
                .one => |value| try json.write(value),
                .many => |values| try json.write(values),
            }
        }
        try json.endObject();
        if (by.locale.len > 0) {
            try json.objectField("locale");
            try json.write(by.locale);
        }
        try json.endObject();
    }
};

pub const Header = struct { name: []const u8, value: []const u8 };

pub const Redirect = struct {
    /// A path of this site or an http(s) URL.
    destination: []const u8,
    /// 301, 302, 303, 307 or 308.
    status: u16 = 307,
    /// Whether the site's base path is put before a path.
    base_path: bool = true,
};

/// What `props` returns: the data of a page, or that there is none, or where it is.
pub fn Answer(comptime Props: type) type {
    return struct {
        /// What `render` gets. It is not looked at beside not_found and redirect.
        props: ?Props = null,
        not_found: bool = false,
        redirect: ?Redirect = null,
        /// Seconds after which the page is made anew behind a visitor's back; 0: on demand only.
        revalidate: u32 = 0,
        /// Seconds past which a visitor waits for a fresh page; 0: the site's setting.
        expire: u32 = 0,
        /// Names by which many pages are revalidated at once.
        tags: []const []const u8 = &.{},
        headers: []const Header = &.{},
        /// Of the response; 0 is 200.
        status: u16 = 0,

        const Self = @This();

        pub fn jsonStringify(a: Self, json: anytype) !void {
            try json.beginObject();
            if (a.not_found) {
                try json.objectField("notFound");
                try json.write(true);
            }
            if (a.redirect) |to| {
                try json.objectField("redirect");
                try json.beginObject();
                try json.objectField("destination");
                try json.write(to.destination);
                try json.objectField("statusCode");
                try json.write(to.status);
                if (!to.base_path) {
                    try json.objectField("basePath");
                    try json.write(false);
                }
                try json.endObject();
            } else if (!a.not_found) {
                try json.objectField("props");
                if (a.props) |props| try json.write(props) else try json.write(struct {}{});
            }
            inline for (.{ "revalidate", "expire", "status" }) |name| {
                if (@field(a, name) != 0) {
                    try json.objectField(name);
                    try json.write(@field(a, name));
                }
            }
            if (a.tags.len > 0) {
                try json.objectField("tags");
                try json.write(a.tags);
            }
            if (a.headers.len > 0) {
                try json.objectField("headers");
                try json.beginObject();
                for (a.headers) |header| {
                    try json.objectField(header.name);
                    try json.write(header.value);
                }
                try json.endObject();
            }
            try json.endObject();
        }
    };
}

/// Reads JSON into a type. Members that the type does not have are passed over.
pub fn parse(comptime T: type, document: []const u8) !T {
    return std.json.parseFromSliceLeaky(T, host.allocator, document, .{ .ignore_unknown_fields = true }) catch |err|
        host.fail("JSON that is no {s}: {s}", .{ @typeName(T), @errorName(err) });
}

pub fn encode(value: anytype) ![]const u8 {
    return std.json.Stringify.valueAlloc(host.allocator, value, .{});
}
