package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// entry is the folder of one module in the cache: what the pipeline made of
// it, engine's files included. A folder for each keeps one damaged file from
// costing another module its code.
//
// Its files are executed, or as good as that. The folder is closed to other
// users, and no file is used whose digest is not the one that was noted when
// it was written; one that is damaged is made anew. Nothing here fails: a full
// disk, or another host that writes the same folder, costs time.
type entry struct {
	dir     string            // "": nothing is kept
	digests map[string]string // slash-separated name in dir → SHA-256 in hex
}

// digestFile is where digests are.
const digestFile = "digests.json"

// openEntry finds the folder for what the pipeline makes of a module of a digest.
func (s *Sandbox) openEntry(module string) *entry {
	if s.cacheDir == "" {
		return openFolder("")
	}
	dir := filepath.Join(s.cacheDir, entryName(module))
	if os.MkdirAll(dir, 0o700) != nil {
		dir = ""
	}
	return openFolder(dir)
}

// openFolder reads what an entry's folder has, "" for an entry that keeps nothing.
func openFolder(dir string) *entry {
	e := &entry{dir: dir, digests: map[string]string{}}
	if dir == "" {
		return e
	}
	if data, err := os.ReadFile(filepath.Join(dir, digestFile)); err == nil {
		if json.Unmarshal(data, &e.digests) != nil || e.digests == nil {
			e.digests = map[string]string{}
		}
	}
	return e
}

// entryName is the name of the folder for a module of a digest.
func entryName(module string) string { return digest([]byte(Version() + "\n" + module))[:32] }

// Forget drops what is kept of a module that is not needed any more, on the disk
// and, as soon as nobody uses it, in memory;
// digest is its SHA-256 in hex. If it is loaded again, it is compiled again.
func (s *Sandbox) Forget(digest string) {
	_ = s.programs.forget(context.Background(), digest) // what it has is gone, or goes with the process
	if s.cacheDir != "" {
		_ = os.RemoveAll(filepath.Join(s.cacheDir, entryName(digest))) // at the next start, if not now
	}
}

// Retain drops what is kept on the disk of all modules but those of these
// digests: what other hosts, other versions of wisr, and killed ones left behind.
func (s *Sandbox) Retain(digests []string) error {
	if s.cacheDir == "" {
		return nil
	}
	names := make(map[string]bool, len(digests))
	for _, d := range digests {
		names[entryName(d)] = true
	}
	entries, err := os.ReadDir(s.cacheDir)
	if err != nil {
		return fmt.Errorf("folder for compiled modules: %w", err)
	}
	var errs []error
	for _, e := range entries {
		if _, err := hex.DecodeString(e.Name()); err == nil && len(e.Name()) == 32 && !names[e.Name()] {
			errs = append(errs, os.RemoveAll(filepath.Join(s.cacheDir, e.Name())))
		}
	}
	return errors.Join(errs...)
}

// read gives a file that is whole, nil for one that is not there.
func (e *entry) read(name string) []byte {
	want, ok := e.digests[name]
	if e.dir == "" || !ok {
		return nil
	}
	data, err := os.ReadFile(filepath.Join(e.dir, filepath.FromSlash(name)))
	if err != nil || digest(data) != want {
		return nil
	}
	return data
}

// write keeps a file.
func (e *entry) write(name string, data []byte) {
	if e.dir == "" || replace(filepath.Join(e.dir, name), data) != nil {
		return
	}
	e.digests[name] = digest(data)
	e.note()
}

// note writes the digests.
func (e *entry) note() {
	data, err := json.Marshal(e.digests)
	if err != nil {
		return // a map of strings always is JSON
	}
	// Without it, everything is made anew the next time.
	_ = replace(filepath.Join(e.dir, digestFile), data)
}

// engine is the folder for the engine's own files. Those that are not as it
// wrote them are removed.
func (e *entry) engine() string {
	if e.dir == "" {
		return ""
	}
	dir := filepath.Join(e.dir, engineDir)
	whole := true
	_ = e.walkEngine(func(name, path string) {
		if sum, err := fileDigest(path); err != nil || sum != e.digests[name] {
			whole = false
		}
	})
	if whole {
		return dir
	}
	for name := range e.digests {
		if strings.HasPrefix(name, engineDir+"/") {
			delete(e.digests, name)
		}
	}
	if os.RemoveAll(dir) != nil {
		return ""
	}
	return dir
}

// engineWrote notes the digests of what the engine wrote.
func (e *entry) engineWrote() {
	if e.dir == "" {
		return
	}
	changed := false
	_ = e.walkEngine(func(name, path string) {
		if _, ok := e.digests[name]; ok {
			return
		}
		if sum, err := fileDigest(path); err == nil {
			e.digests[name] = sum
			changed = true
		}
	})
	if changed {
		e.note()
	}
}

const engineDir = "engine"

func (e *entry) walkEngine(f func(name, path string)) error {
	return filepath.WalkDir(filepath.Join(e.dir, engineDir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(e.dir, path)
		if err == nil {
			f(filepath.ToSlash(name), path)
		}
		return err
	})
}

// forget empties the folder: what is in it did not work.
func (e *entry) forget() {
	if e.dir != "" {
		_ = os.RemoveAll(e.dir)
	}
	e.dir, e.digests = "", map[string]string{}
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// fileDigest is the digest of a file. The engine's are tens of megabytes: they
// pass by, the engine reads them again.
func fileDigest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// replace writes a file whole, or not at all.
func replace(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
