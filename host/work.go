package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// work is the folder in a site's folder for what wisr makes. Everything in it
// can be made anew, and nothing in it is for anybody else to change.
const work = ".wisr"

// What is in it, besides the pages.
const (
	compiledWork = "compiled" // modules as machine code
	pathsWork    = "paths"    // what getStaticPaths said
	buildWork    = "build"    // of what each module was built
	versionsWork = "versions" // plugins as they were sent or found, and which versions are active
	pluginsWork  = "plugins"  // names of the plugins that may have pages in the store
)

func (h *Host) workPath(name string) string { return filepath.Join(h.cfg.Dir, work, name) }

// openWork makes the folders, and finds out before anything is done whether
// they can be written.
func (h *Host) openWork() error {
	folders := []struct {
		name, holds string
		mode        os.FileMode
	}{
		{"", "all that wisr makes is", 0o755},
		{compiledWork, "compiled modules are", 0o700},
		{pathsWork, "the lists of paths are", 0o700},
		{versionsWork, "versions of plugins are", 0o700},
		{buildWork, "the state of builds is", 0o700},
	}
	for _, f := range folders {
		dir := h.workPath(f.name)
		if err := writable(dir, f.mode); err != nil {
			return fmt.Errorf("the folder %s, where %s kept, cannot be written: %w", dir, f.holds, err)
		}
	}
	return nil
}

// writable makes a folder, and a file in it for a moment. The error is without
// the path, and says what to do.
func writable(dir string, mode os.FileMode) error {
	err := os.MkdirAll(dir, mode)
	if err == nil {
		var probe *os.File
		if probe, err = os.CreateTemp(dir, ".probe-*"); err == nil {
			return errors.Join(probe.Close(), os.Remove(probe.Name()))
		}
	}
	cause := err
	if p := new(os.PathError); errors.As(err, &p) {
		cause = p.Err
	}
	switch {
	case errors.Is(cause, syscall.ENOTDIR):
		return fmt.Errorf("%w; remove the file that is in its place", cause)
	case errors.Is(cause, syscall.ENOSPC):
		return fmt.Errorf("%w; free some space", cause)
	}
	return fmt.Errorf("%w; make it writable for the user that wisr runs as", cause)
}
