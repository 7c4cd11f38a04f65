package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"
)

// digests remembers what the SHA-256 of files was, as long as they are the files
// that were read. A deploy asks for that of the module in the plugin's folder and of
// the one it may have kept before: megabytes, which nobody has touched.
type digests struct {
	mu    sync.Mutex
	known map[string]digested // by path; guarded by mu
}

type digested struct {
	info fs.FileInfo
	sum  string
}

const (
	// maxDigests bounds what is remembered: the modules of many plugins, and of what is kept of them.
	maxDigests = 1 << 10
	// settled is how old a file has to be when it is read: another change within
	// the resolution of its time, which is two seconds where it is worst (FAT), would not be seen.
	settled = 3 * time.Second
)

// of gives the SHA-256 of a regular file in hex.
func (d *digests) of(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	d.mu.Lock()
	have, ok := d.known[path]
	d.mu.Unlock()
	if ok && os.SameFile(have.info, info) && have.info.Size() == info.Size() && have.info.ModTime().Equal(info.ModTime()) {
		return have.sum, nil
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return "", err
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	if time.Since(info.ModTime()) > settled {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.known == nil || len(d.known) >= maxDigests {
			d.known = make(map[string]digested)
		}
		d.known[path] = digested{info, sum}
	}
	return sum, nil
}
