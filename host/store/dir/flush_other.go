//go:build !linux

package dir

import "os"

// flushData makes the bytes of a file survive a loss of power.
func flushData(f *os.File) error { return f.Sync() }
