package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/wisr-dev/wisr/plugins/manifest"
)

// inputLimit is how many files the patterns of one plugin may match. More are a
// pattern that reaches too far up, and would be read on every check.
const inputLimit = 100_000

// pattern is one glob of [build] watch, taken apart.
type pattern struct {
	base string // absolute folder that the glob starts from
	glob string // below base, slashes; without ".."
}

// watched returns the patterns of m. None in the manifest is all of its folder.
func watched(m *manifest.Manifest) []pattern {
	globs := m.Build.Watch
	if len(globs) == 0 {
		globs = []string{"**"}
	}
	patterns := make([]pattern, len(globs))
	for i, g := range globs {
		base, glob := doublestar.SplitPattern(path.Clean(g))
		patterns[i] = pattern{filepath.Join(m.Dir, filepath.FromSlash(base)), glob}
	}
	return patterns
}

// hashInputs hashes the command and every file that the patterns match, path and
// content. As in a shell, wildcards do not match names that begin with a dot.
// Folders are not entered through symbolic links. The module and the stamps are
// no inputs.
func (b *Builder) hashInputs(ctx context.Context, m *manifest.Manifest, module string) (string, error) {
	files, err := b.inputFiles(ctx, m, module)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q\n", m.Build.Command)
	for _, file := range files {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		hash, err := hashFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed since it was listed
		}
		if err != nil {
			return "", fmt.Errorf("[build] watch: %w", err)
		}
		name, err := filepath.Rel(m.Dir, file)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%q %s\n", filepath.ToSlash(name), hash)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// inputFiles lists the regular files that the patterns match, absolute, sorted,
// each once.
func (b *Builder) inputFiles(ctx context.Context, m *manifest.Manifest, module string) ([]string, error) {
	stamps, err := filepath.Abs(b.stamps)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, p := range watched(m) {
		err := doublestar.GlobWalk(os.DirFS(p.base), p.glob, func(name string, d fs.DirEntry) error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			file := filepath.Join(p.base, filepath.FromSlash(name))
			if d.IsDir() || file == module || b.stamps != "" && within(stamps, file) {
				return nil
			}
			// A pipe or a device would block the reader, so look at what a
			// link leads to as well.
			if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
				return nil
			}
			if len(files) == b.inputLimit {
				return fmt.Errorf("more than %d files match: name fewer in [build] watch", b.inputLimit)
			}
			files = append(files, file)
			return nil
		}, doublestar.WithNoFollow(), doublestar.WithNoHidden(), doublestar.WithFailOnIOErrors())
		if err != nil {
			return nil, fmt.Errorf("[build] watch: %w", err)
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// IsInput tells whether a file, absolute, is one of the plugin's sources, be it
// there or not: a change of any other is no reason to build.
func (b *Builder) IsInput(m *manifest.Manifest, file string) bool {
	if m.Dir == "" || !m.Built() || file == filepath.Join(m.Dir, filepath.FromSlash(m.Module)) {
		return false
	}
	if m.Source != "" {
		return b.isSource(m, file)
	}
	return slices.ContainsFunc(watched(m), func(p pattern) bool {
		rel, err := filepath.Rel(p.base, file)
		return err == nil && within(p.base, file) && doublestar.MatchUnvalidated(p.glob, filepath.ToSlash(rel))
	})
}

// Inputs lists the folders in which a change may be one of the plugin's sources,
// absolute, sorted, each once: the plugin's own, and for every pattern its
// folder with, where the pattern goes deeper, all folders below. Where a folder
// does not exist yet, it is the nearest one above that does. A watcher that is
// told of each of them needs to watch no deeper, and asks again when a folder
// comes or goes; whether a change matters, Build knows.
func (b *Builder) Inputs(m *manifest.Manifest) []string {
	if m.Dir == "" {
		return nil
	}
	folders := []string{m.Dir}
	if m.Source != "" {
		folders = append(folders, b.sourceFolders(m)...)
	}
	if m.Build.Command == "" {
		slices.Sort(folders)
		return slices.Compact(folders)
	}
	for _, p := range watched(m) {
		base := existing(p.base)
		folders = append(folders, base)
		if base == p.base && p.deep() {
			folders = append(folders, b.below(base, p.hidden())...)
		}
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}

// deep tells whether the glob can match below its base's own files.
func (p pattern) deep() bool {
	return strings.Contains(p.glob, "/") || strings.Contains(p.glob, "**")
}

// hidden tells whether the glob itself names something that begins with a dot.
func (p pattern) hidden() bool {
	return strings.HasPrefix(p.glob, ".") || strings.Contains(p.glob, "/.")
}

// below lists the folders under base, without hidden ones unless asked for. What
// cannot be read cannot be watched either and is left out.
func (b *Builder) below(base string, hidden bool) []string {
	var folders []string
	_ = filepath.WalkDir(base, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fs.SkipDir
		case !d.IsDir() || name == base:
			return nil
		case !hidden && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case len(folders) == b.inputLimit:
			return fs.SkipAll
		}
		folders = append(folders, name)
		return nil
	})
	return folders
}

// existing returns dir, or the nearest folder above it that exists.
func existing(dir string) string {
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return dir
		}
		dir = up
	}
}

// within tells whether file is dir or below it.
func within(dir, file string) bool {
	rel, err := filepath.Rel(dir, file)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
