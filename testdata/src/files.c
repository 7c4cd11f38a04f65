// files works on the file that config key "file" names, such as
// "/content/post.md", with WASI alone. Config key "mode" says how:
//
//   read     (or none) render outputs what is in it
//   write    creates it and writes to it
//   mkdir, unlink, rmdir, symlink, rename
//   list     outputs the names in a folder, a line each
//   many     opens it again and again until that fails
//
// What does not work is output as "<call>: errno <number>". A path is looked
// for below the folders the host gives; one that is in none is tried as it is
// in the first.
#include "guest.h"

WASI("fd_prestat_get") u32 wasi_fd_prestat_get(u32 fd, void *to);
WASI("fd_prestat_dir_name") u32 wasi_fd_prestat_dir_name(u32 fd, char *to, u32 size);
WASI("path_open") u32 wasi_path_open(u32 fd, u32 follow, const char *path, u32 size, u32 create, u64 rights, u64 inherit, u32 flags, u32 *to);
WASI("fd_read") u32 wasi_fd_read(u32 fd, const void *iovs, u32 count, u32 *got);
WASI("fd_readdir") u32 wasi_fd_readdir(u32 fd, void *to, u32 size, u64 cookie, u32 *got);
WASI("path_create_directory") u32 wasi_path_create_directory(u32 fd, const char *path, u32 size);
WASI("path_unlink_file") u32 wasi_path_unlink_file(u32 fd, const char *path, u32 size);
WASI("path_remove_directory") u32 wasi_path_remove_directory(u32 fd, const char *path, u32 size);
WASI("path_symlink") u32 wasi_path_symlink(const char *old, u32 oldsize, u32 fd, const char *path, u32 size);
WASI("path_rename") u32 wasi_path_rename(u32 fd, const char *path, u32 size, u32 tofd, const char *to, u32 tosize);

static char buf[1 << 16], name[1024], dir[256], mode[16];

static u32 failed(const char *what, u32 errno) {
	struct buffer b = {buf, 0, sizeof buf};
	add_text(&b, what);
	add_text(&b, ": errno ");
	add_number(&b, errno);
	output(b.at, b.size);
	return 0;
}

static int same(const char *a, const char *b, u32 size) {
	for (u32 i = 0; i < size; i++)
		if (a[i] != b[i]) return 0;
	return 1;
}

static int is(const char *m) { return same(mode, m, text_length(m) + 1); }

// find gives the folder that a path is in, and moves *path behind its name.
static u32 find(const char **path) {
	for (u32 fd = 3; ; fd++) {
		u32 stat[2];
		if (wasi_fd_prestat_get(fd, stat)) return 3;
		u32 n = stat[1];
		if (n >= sizeof dir || wasi_fd_prestat_dir_name(fd, dir, n)) return 3;
		if (same(*path, dir, n) && (*path)[n] == '/') {
			*path += n + 1;
			return fd;
		}
		if (same(*path, dir, n) && !(*path)[n]) {
			*path = ".";
			return fd;
		}
	}
}

EXPORT("render") u32 render(void) {
	if (!config("file", name, sizeof name)) {
		ext_error_set(text("files: config key \"file\" is not set"));
		return 1;
	}
	config("mode", mode, sizeof mode);
	const char *path = name;
	u32 at = find(&path), size = text_length(path), fd, n, errno;
	if (is("mkdir")) return failed("path_create_directory", wasi_path_create_directory(at, path, size));
	if (is("unlink")) return failed("path_unlink_file", wasi_path_unlink_file(at, path, size));
	if (is("rmdir")) return failed("path_remove_directory", wasi_path_remove_directory(at, path, size));
	if (is("symlink")) return failed("path_symlink", wasi_path_symlink("/etc/passwd", 11, at, path, size));
	if (is("rename")) return failed("path_rename", wasi_path_rename(at, path, size, at, "moved", 5));
	if (is("many")) {
		for (n = 0; n < 100000; n++)
			if ((errno = wasi_path_open(at, 1, path, size, 0, 2, 0, 0, &fd))) return failed("path_open", errno);
		return failed("path_open", 0);
	}
	int writes = is("write");
	// Rights: read 2, readdir 16384, write 64. Flags on opening: create 1.
	if ((errno = wasi_path_open(at, 1, path, size, writes, writes ? 64 : 2 | 16384, 0, 0, &fd))) return failed("path_open", errno);
	if (writes) {
		struct iovec v = {"written", 7};
		return failed("fd_write", wasi_fd_write(fd, &v, 1, &n));
	}
	if (is("list")) {
		if ((errno = wasi_fd_readdir(fd, buf, sizeof buf, 0, &n))) return failed("fd_readdir", errno);
		// An entry: next (8), inode (8), size of the name (4), type (4), the name.
		u32 out = 0;
		for (u32 i = 0; i + 24 <= n;) {
			u32 len = *(u32 *)(buf + i + 16);
			for (u32 k = 0; k < len; k++) buf[out++] = buf[i + 24 + k];
			buf[out++] = '\n';
			i += 24 + len;
		}
		output(buf, out);
		return 0;
	}
	struct buffer b = {buf, 0, sizeof buf};
	while (b.size < b.cap) {
		struct iovec v = {b.at + b.size, b.cap - b.size};
		if ((errno = wasi_fd_read(fd, &v, 1, &n))) return failed("fd_read", errno);
		if (!n) break;
		b.size += n;
	}
	output(b.at, b.size);
	return 0;
}
