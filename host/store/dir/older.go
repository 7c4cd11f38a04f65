package dir

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
)

// Before there was a log, an invalidation was a file, invalidations/9f/9f22…07, with
// one line: olderMagic, the CRC-32C of the rest, and a JSON object.
const (
	olderMagic = "wisr-invalidation 1 "
	maxOlder   = 1 << 20
)

// absorbOlder moves such invalidations to the log. A process that still writes
// them must not have the folder open: it does not read the log either.
func (d *Dir) absorbOlder() error {
	folder := filepath.Join(d.root, "invalidations")
	if _, err := os.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	ctx := context.Background()
	unlock, err := d.locks.lockStripe(ctx, marksLock)
	if err != nil {
		return err
	}
	defer unlock()
	var lines []byte
	var moved []string
	err = d.eachNamed(ctx, "invalidations", func(sum digest, _ fs.DirEntry) error {
		path := d.path("invalidations", sum)
		inv, err := readOlder(path)
		if errors.Is(err, errDamaged) {
			d.damage.warn(d.log, leftOut, path, err)
			return nil
		}
		if err != nil {
			return err
		}
		line, err := record{Invalidation: inv}.line()
		if err != nil {
			return err
		}
		lines = append(lines, line...)
		moved = append(moved, path)
		return nil
	})
	if err != nil || len(lines) == 0 {
		return err
	}
	if err := d.appendMarks(lines, true); err != nil {
		return err
	}
	for _, path := range moved {
		if err := os.Remove(path); err != nil {
			return err
		}
		os.Remove(filepath.Dir(path)) // not before it is empty
	}
	os.Remove(folder)
	return nil
}

func readOlder(path string) (isr.Invalidation, error) {
	data, err := readFile(path, maxOlder)
	if err != nil {
		return isr.Invalidation{}, err
	}
	return decodeOlder(data)
}

func decodeOlder(data []byte) (isr.Invalidation, error) {
	rest, ok := bytes.CutPrefix(data, []byte(olderMagic))
	if !ok {
		return isr.Invalidation{}, damagedf("not an invalidation, or of another version")
	}
	sum, text, ok := bytes.Cut(rest, []byte(" "))
	if !ok || string(sum) != fmt.Sprintf("%08x", crc32.Checksum(text, castagnoli)) {
		return isr.Invalidation{}, damagedf("checksum is wrong")
	}
	var inv struct {
		Name string    `json:"name"`
		At   time.Time `json:"at"`
	}
	if err := json.Unmarshal(text, &inv); err != nil {
		return isr.Invalidation{}, damagedf("%v", err)
	}
	return isr.Invalidation(inv), nil
}
