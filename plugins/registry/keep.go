package registry

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/signature"
)

// What outlives the process, in Options.Versions:
//
//	blog/record.json               which version is active, and which others are kept
//	blog/<version>/plugin.toml     a kept version as it was sent or found
//	blog/<version>/module.wasm
//	blog/<version>/plugin.sig
//
// Both a version's folder and a record are written under another name, flushed,
// and renamed. A version is there before a record names it, and a record does not
// name it any more before it goes: killed at any moment, the host comes back
// with the old version active or with the new one, and has the bytes of it.

const (
	recordFile = "record.json"
	moduleFile = "module.wasm"
)

// record is what is remembered of a plugin by its name.
type record struct {
	Active string `json:"active"` // version; "": the plugin was removed
	// Folder is the name of the folder that gives the plugin, "" for none.
	Folder string `json:"folder,omitempty"`
	// Held is the content of that folder for which Active stands in: something
	// else was sent, rolled back to or removed since it was put there. As long as
	// the folder has this content, it is not loaded.
	Held string `json:"held,omitempty"`
	// Versions are those kept, Active included, what came last first.
	Versions  []Kept     `json:"versions"`
	Probation *probation `json:"probation,omitempty"`
}

// Kept is a version that can be made active again.
type Kept struct {
	ID      string    `json:"id"`
	Content string    `json:"content"` // digest of module and manifest alone
	Module  string    `json:"module"`  // digest of the module
	Origin  Origin    `json:"origin"`
	Since   time.Time `json:"since"` // when it was loaded for the first time
	Bytes   int64     `json:"bytes"` // of the module
}

func (rec *record) find(id string) (Kept, bool) {
	i := slices.IndexFunc(rec.Versions, func(k Kept) bool { return k.ID == id })
	if i < 0 {
		return Kept{}, false
	}
	return rec.Versions[i], true
}

// active is the kept version that is active, if it is kept.
func (rec *record) active() (Kept, bool) { return rec.find(rec.Active) }

// readRecords reads the records of all plugins, by name. One that cannot be read
// is reported and left out: the folders still say what there is.
func readRecords(versions string, log *slog.Logger) (map[string]*record, error) {
	records := make(map[string]*record)
	if versions == "" {
		return records, nil
	}
	entries, err := os.ReadDir(versions)
	if errors.Is(err, fs.ErrNotExist) {
		return records, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what plugins are active: %w", err)
	}
	for _, entry := range entries {
		file := filepath.Join(versions, entry.Name(), recordFile)
		data, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		rec := new(record)
		if err == nil {
			err = json.Unmarshal(data, rec)
		}
		if err != nil {
			log.Warn("what version of a plugin was active cannot be read; its folder counts", "plugin", entry.Name(), "file", file, "error", err)
			continue
		}
		records[entry.Name()] = rec
	}
	return records, nil
}

// writeRecord makes rec what is remembered of a plugin.
func (r *Registry) writeRecord(plugin string, rec *record) error {
	if r.opt.Versions == "" {
		return nil
	}
	data, err := json.MarshalIndent(rec, "", "\t")
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(r.opt.Versions, plugin, recordFile), data)
}

// keep writes a version's files, unless they are there.
func (r *Registry) keep(v *Version, a *bundle) error {
	if r.opt.Versions == "" {
		return nil
	}
	dest := r.keptDir(v.Plugin, v.ID)
	if r.isKept(v, a) {
		return nil
	}
	parent := filepath.Dir(dest)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(parent, newVersion+"*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	files := map[string][]byte{manifest.FileName: a.manifest.Text, moduleFile: a.module}
	if a.signature != nil {
		files[signature.FileName] = a.signature
	}
	for name, data := range files {
		if err := writeFile(filepath.Join(temp, name), data); err != nil {
			return err
		}
	}
	r.reach(stepWritten)
	if err := os.RemoveAll(dest); err != nil { // damaged
		return err
	}
	if err := os.Rename(temp, dest); err != nil {
		return err
	}
	return flushFolder(parent)
}

// isKept tells whether a version's files are there, and whole.
func (r *Registry) isKept(v *Version, a *bundle) bool {
	dir := r.keptDir(v.Plugin, v.ID)
	text, err := os.ReadFile(filepath.Join(dir, manifest.FileName))
	if err != nil || !bytes.Equal(text, a.manifest.Text) {
		return false
	}
	sum, err := r.digests.of(filepath.Join(dir, moduleFile))
	return err == nil && sum == v.digest
}

// newVersion begins the names of versions that are being written.
const newVersion = "new-"

func (r *Registry) keptDir(plugin, id string) string {
	return filepath.Join(r.opt.Versions, plugin, id)
}

// readKept reads a kept version for a place: if it came from a folder, the one that
// its manifest's paths are relative to.
func (r *Registry) readKept(plugin string, k Kept, place string) (*bundle, error) {
	from := r.keptDir(plugin, k.ID)
	text, err := os.ReadFile(filepath.Join(from, manifest.FileName))
	if err != nil {
		return nil, fmt.Errorf("read a kept version: %w", err)
	}
	a := &bundle{origin: k.Origin, place: place}
	if k.Origin == FromUpload {
		a.manifest, err = r.parseSent(text)
	} else if a.manifest, err = manifest.Parse(manifest.FileName, text); err == nil {
		a.manifest.Dir = place
	}
	if err != nil {
		return nil, fmt.Errorf("read a kept version: %w", err)
	}
	if a.module, err = os.ReadFile(filepath.Join(from, moduleFile)); err != nil {
		return nil, fmt.Errorf("read a kept version: %w", err)
	}
	a.signature, err = os.ReadFile(filepath.Join(from, signature.FileName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read a kept version: %w", err)
	}
	if a.content() != k.Content {
		return nil, fmt.Errorf("read a kept version: the files in %s were changed or damaged", from)
	}
	return a, nil
}

// dropKept removes the files of versions that the record does not name.
func (r *Registry) dropKept(plugin string, rec *record) {
	if r.opt.Versions == "" || rec == nil {
		return
	}
	entries, err := os.ReadDir(filepath.Join(r.opt.Versions, plugin))
	if err != nil {
		return
	}
	for _, entry := range entries {
		if _, named := rec.find(entry.Name()); named || entry.Name() == recordFile {
			continue
		}
		// What stays behind does no harm, and goes the next time.
		_ = os.RemoveAll(r.keptDir(plugin, entry.Name()))
	}
}

// forget removes all that is remembered of a plugin, the record first.
func (r *Registry) forget(plugin string) {
	if r.opt.Versions == "" {
		return
	}
	folder := filepath.Join(r.opt.Versions, plugin)
	_ = os.Remove(filepath.Join(folder, recordFile))
	_ = os.RemoveAll(folder)
}

// folderContent tells one content of a folder from another, also where it is no
// plugin that could be loaded. It is bundle.content where it is one.
func (r *Registry) folderContent(dir string) string {
	m, err := manifest.Load(dir)
	if err == nil {
		var file, sum string
		if file, err = moduleOf(m); err == nil {
			sum, err = r.digests.of(file)
		}
		if err == nil {
			return contentOf(sum, m)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, manifest.FileName))
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// writeFile puts a whole file in its place, and has it reach the disk.
func writeFile(name string, data []byte) (err error) {
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, newVersion+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	return flushFolder(dir)
}

// rememberRemoved notes that a plugin is away although its folder is there.
func (r *Registry) rememberRemoved(plugin, place, held string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	rec, old := &record{Held: held, Folder: filepath.Base(place)}, r.records[plugin]
	if err := r.writeRecord(plugin, rec); err != nil {
		return err
	}
	r.records[plugin] = rec
	if old != nil {
		r.forgetModules(old)
	}
	r.dropKept(plugin, rec)
	return nil
}

// flushFolder makes the names in a folder survive a loss of power.
func flushFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	// Some file systems cannot; what they lose is the newest version, not an older one.
	_ = f.Sync()
	return nil
}
