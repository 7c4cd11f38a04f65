//go:build !unix

package dir

import "os"

func openFile(name string, flag int, mode os.FileMode) (*os.File, error) {
	return os.OpenFile(name, flag, mode)
}

func rename(oldname, newname string) error { return os.Rename(oldname, newname) }
