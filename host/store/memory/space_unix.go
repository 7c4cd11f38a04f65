//go:build linux || darwin || freebsd

package memory

import "golang.org/x/sys/unix"

// space is how many bytes the file system of a folder has for this user, and in all. 0, 0: it does not say.
func space(folder string) (free, all uint64) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, 0
	}
	return uint64(s.Bavail) * uint64(s.Bsize), uint64(s.Blocks) * uint64(s.Bsize) //nolint:unconvert,gosec // the types differ between systems
}
