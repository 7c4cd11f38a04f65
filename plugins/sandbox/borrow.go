package sandbox

import (
	"os"
	"path/filepath"
	"strings"
)

// borrow gives an entry the engine's files of another one, if what runs is the same
// to the last byte in both. That is so where modules differ in their data alone, which
// the pipeline takes out of what runs: pages in TypeScript have the code of one
// JavaScript engine, and compiling that takes a second.
//
// The files are copied, and looked at as all others: entries stay apart.
func (s *Sandbox) borrow(e *entry, m *made) {
	if e.dir == "" || m.known || e.hasEngine() {
		return
	}
	want := digest(m.binary)
	folders, err := os.ReadDir(s.cacheDir)
	if err != nil {
		return
	}
	for _, f := range folders {
		other := openFolder(filepath.Join(s.cacheDir, f.Name()))
		if other.dir == e.dir || other.digests[binaryFile] != want || !other.hasEngine() {
			continue
		}
		if e.copyEngine(other) {
			return
		}
	}
}

// hasEngine tells whether the engine wrote something.
func (e *entry) hasEngine() bool {
	for name := range e.digests {
		if strings.HasPrefix(name, engineDir+"/") {
			return true
		}
	}
	return false
}

// copyEngine tells whether all files are there.
func (e *entry) copyEngine(other *entry) bool {
	for name := range other.digests {
		if !strings.HasPrefix(name, engineDir+"/") {
			continue
		}
		data := other.read(name)
		path := filepath.Join(e.dir, filepath.FromSlash(name))
		if data == nil || os.MkdirAll(filepath.Dir(path), 0o700) != nil || replace(path, data) != nil {
			return false
		}
		e.digests[name] = digest(data)
	}
	e.note()
	return true
}
