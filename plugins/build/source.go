package build

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wisr-dev/wisr/plugins/build/bundle"
	"github.com/wisr-dev/wisr/plugins/build/link"
	"github.com/wisr-dev/wisr/plugins/manifest"
	js "github.com/wisr-dev/wisr/sdk/js"
)

// buildSource makes the module of a page in TypeScript or JavaScript, unless what
// it was made of is still the same. A module that comes out as it was is not written.
func (b *Builder) buildSource(ctx context.Context, m *manifest.Manifest, module string) (Result, error) {
	if b.stamps != "" {
		if err := os.MkdirAll(b.stamps, 0o700); err != nil {
			return Result{}, fmt.Errorf("build plugin %q: folder for build stamps: %w", m.Name, err)
		}
		if b.sourceUpToDate(m, module) {
			return Result{}, nil
		}
	}
	b.begin(m)
	start := time.Now()
	made, files, err := makeSource(m.Dir, m.Source)
	result := Result{Ran: true, Duration: time.Since(start)}
	switch {
	case err != nil:
		return result, fmt.Errorf("build plugin %q: %w", m.Name, err)
	case ctx.Err() != nil:
		return result, fmt.Errorf("build plugin %q: %w", m.Name, context.Cause(ctx))
	}
	if old, err := os.ReadFile(module); err != nil || !bytes.Equal(old, made) {
		if err := writeModule(module, made); err != nil {
			return result, fmt.Errorf("build plugin %q: %w", m.Name, err)
		}
	}
	if b.stamps == "" {
		return result, nil
	}
	s, err := sourceStamp(m, files, made)
	if err == nil {
		err = writeStamp(b.stampFile(m), s)
	}
	if err != nil {
		return result, fmt.Errorf("build plugin %q: it is built, but that cannot be remembered: %w", m.Name, err)
	}
	return result, nil
}

// lookAt tells what is wrong with a page that would be built now.
func (b *Builder) lookAt(m *manifest.Manifest, module string) error {
	if m.Source == "" || b.stamps != "" && b.sourceUpToDate(m, module) {
		return nil
	}
	if _, _, err := makeSource(m.Dir, m.Source); err != nil {
		return fmt.Errorf("build plugin %q: %w", m.Name, err)
	}
	return nil
}

// makeSource makes the module, and lists the files that it was made of.
func makeSource(dir, file string) (module []byte, files []string, err error) {
	b, err := bundle.Make(bundle.Page{Dir: dir, File: file})
	if err != nil {
		return nil, nil, err
	}
	engine, at, err := readEngine(dir)
	if err != nil {
		return nil, nil, err
	}
	shim, err := readShim(dir)
	if err != nil {
		return nil, nil, err
	}
	module, err = link.Link(link.Input{
		Engine:  engine,
		Shim:    shim,
		Parts:   [][]byte{b.Script, b.Map},
		Exports: append([]string{"_initialize"}, b.Calls...),
	})
	if err != nil {
		return nil, nil, fmt.Errorf("link %s, which should be of %s: %w", at, engineRange, err)
	}
	return module, append(b.Files, at), nil
}

// writeModule replaces the file as a whole: who reads it finds the old one or the new one.
func writeModule(file string, module []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(file), ".new-*.wasm")
	if err != nil {
		return err
	}
	_, err = temp.Write(module)
	if err == nil {
		err = temp.Chmod(0o644)
	}
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}

// sourceStamp remembers a build of a source: every file by its hash, since which
// files there are is known only afterwards.
func sourceStamp(m *manifest.Manifest, files []string, module []byte) (stamp, error) {
	sum := sha256.Sum256(module)
	inputs, err := sourceInputs(m)
	if err != nil {
		return stamp{}, err
	}
	s := stamp{Inputs: inputs, Module: hex.EncodeToString(sum[:]), Files: make(map[string]string, len(files))}
	for _, file := range files {
		hash, err := hashFile(file)
		if err != nil {
			return stamp{}, err
		}
		name, err := filepath.Rel(m.Dir, file)
		if err != nil {
			return stamp{}, err
		}
		s.Files[filepath.ToSlash(name)] = hash
	}
	return s, nil
}

// sourceInputs is the hash of what goes into a module besides files: the name of
// the page, and what this program brings.
func sourceInputs(m *manifest.Manifest) (string, error) {
	shim, err := readShim(m.Dir)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q\n", m.Source)
	h.Write(shim)
	_ = fs.WalkDir(js.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(js.Files, name)
		fmt.Fprintf(h, "%q %d\n%s", name, len(text), text)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), nil
}

// sourceUpToDate tells whether the module that is there was made of what is there.
// Packages that are gone do not count: a site is served where it is not built.
func (b *Builder) sourceUpToDate(m *manifest.Manifest, module string) bool {
	s, ok := readStamp(b.stampFile(m))
	inputs, err := sourceInputs(m)
	if !ok || len(s.Files) == 0 || err != nil || s.Inputs != inputs {
		return false
	}
	for name, want := range s.Files {
		hash, err := hashFile(filepath.Join(m.Dir, filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) && inPackages(name) {
			continue
		}
		if err != nil || hash != want {
			return false
		}
	}
	hash, err := hashFile(module)
	return err == nil && hash == s.Module
}

// inPackages tells whether a file is one of an npm package.
func inPackages(name string) bool {
	return strings.Contains("/"+filepath.ToSlash(name), "/node_modules/")
}

// isSource tells whether a change of a file may change the module: any file below
// the plugin's folder may be found by an import that found another one before, or
// none; elsewhere it is those that were read, and package.json.
func (b *Builder) isSource(m *manifest.Manifest, file string) bool {
	name, err := filepath.Rel(m.Dir, file)
	if err != nil || inPackages(name) {
		return false
	}
	if within(m.Dir, file) {
		return !strings.HasPrefix(filepath.Base(file), ".")
	}
	s, _ := readStamp(b.stampFile(m))
	_, read := s.Files[filepath.ToSlash(name)]
	return read || file == nearestPackage(m.Dir)
}

// sourceFolders are the folders of the files that were read, packages left out, that of
// package.json, and those below the plugin's own.
func (b *Builder) sourceFolders(m *manifest.Manifest) []string {
	var folders []string
	for _, dir := range b.below(m.Dir, false) {
		if name, err := filepath.Rel(m.Dir, dir); err == nil && !inPackages(filepath.Join(name, "x")) {
			folders = append(folders, dir)
		}
	}
	if file := nearestPackage(m.Dir); file != "" {
		folders = append(folders, filepath.Dir(file))
	}
	s, _ := readStamp(b.stampFile(m))
	for name := range s.Files {
		if !inPackages(name) {
			folders = append(folders, existing(filepath.Dir(filepath.Join(m.Dir, filepath.FromSlash(name)))))
		}
	}
	return folders
}
