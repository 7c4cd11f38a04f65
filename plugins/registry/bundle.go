package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/sandbox"
	"github.com/wisr-dev/wisr/plugins/signature"
)

// Origin is how a version came to the host.
type Origin string

const (
	FromFolder Origin = "folder" // the site's own folder: it is granted what it asks for
	FromUpload Origin = "upload" // sent over HTTP: it has what Options.Grants list
)

// Bundle is a plugin before anything was made of it.
type Bundle struct {
	Manifest  []byte // plugin.toml
	Module    []byte
	Signature []byte // as package signature reads it; nil: there is none
}

// bundle is a Bundle whose manifest was read.
type bundle struct {
	manifest  *manifest.Manifest // nil if it does not tell name and route
	module    []byte
	signature []byte
	origin    Origin
	place     string // that it is to have; see Registry
	urgent    bool   // it does not wait behind visitors: what they get meanwhile is worse

	sum string // the module's SHA-256, once it was asked for
}

// digest is the module's SHA-256, computed once: it takes milliseconds, and a load asks five times.
func (a *bundle) digest() string {
	if a.sum == "" {
		sum := sha256.Sum256(a.module)
		a.sum = hex.EncodeToString(sum[:])
	}
	return a.sum
}

// content tells what was sent or put there from everything else, whatever a host
// makes of it: unlike a version's ID it is the same after an update of wisr.
func (a *bundle) content() string { return contentOf(a.digest(), a.manifest) }

func contentOf(module string, m *manifest.Manifest) string { return address(module, m.Hash) }

// id is a version's content address: of module, manifest, and what the sandbox makes of them.
func (a *bundle) id() string { return address(a.digest(), a.manifest.Hash, sandbox.Version()) }

func address(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:])
}

// readFolder reads the plugin in a folder, building it first where that is asked
// for. With an error, the manifest is there as far as manifest.Load gives it.
func (r *Registry) readFolder(ctx context.Context, dir string) (*bundle, error) {
	m, err := manifest.Load(dir)
	a := &bundle{manifest: m, origin: FromFolder, place: dir}
	if err != nil {
		return a, err
	}
	if r.opt.Builder != nil {
		if _, err := r.opt.Builder.Build(ctx, m); err != nil {
			return a, err
		}
	}
	if err := r.reachable(m.Route); err != nil {
		return a, err
	}
	if a.module, err = readModule(m); err != nil {
		return a, err
	}
	a.signature, err = os.ReadFile(filepath.Join(dir, signature.FileName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return a, fmt.Errorf("read the signature: %w", err)
	}
	return a, nil
}

// readModule reads the module of a plugin.
func readModule(m *manifest.Manifest) ([]byte, error) {
	file, err := moduleOf(m)
	if err != nil {
		return nil, err
	}
	module, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the module: %w", err)
	}
	return module, nil
}

// moduleOf is the module of a plugin in a folder, which has to be a file: reading
// anything else may never end.
func moduleOf(m *manifest.Manifest) (string, error) {
	file := filepath.Join(m.Dir, m.Module)
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, os.ErrNotExist) && m.Build.Command != "":
		return "", fmt.Errorf("%s is not there; run `wisr build`, which makes it by the [build] command of %s", file, manifest.FileName)
	case errors.Is(err, os.ErrNotExist) && m.Source != "":
		return "", fmt.Errorf("%s is not there; run `wisr build`, which makes it of %s", file, m.Source)
	case errors.Is(err, os.ErrNotExist):
		return "", fmt.Errorf("%s is not there; put the module there, or say in [build] command of %s how to make it", file, manifest.FileName)
	case err == nil && !info.Mode().IsRegular():
		return "", fmt.Errorf("read the module: %s is not a file", file)
	case err != nil:
		return "", fmt.Errorf("read the module: %w", err)
	}
	return file, nil
}
