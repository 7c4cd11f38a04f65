package registry

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// maxPathPages bounds how often one getStaticPaths is called: a guest whose
// cursor never ends must not keep a load from ending.
const maxPathPages = 100_000

// pathList is what getStaticPaths said. The paths are in a file, one a line,
// because there may be millions and only a build reads them all; memory holds
// eight bytes for each. The file also outlives the process: while an upstream
// is down, a restart goes on with the list it had.
type pathList struct {
	file string
	seed maphash.Seed
	sums []uint64 // sorted
}

// pathsHeader is the first line of the file.
type pathsHeader struct {
	Version  string        `json:"version"`
	Route    string        `json:"route"`
	Fallback page.Fallback `json:"fallback"`
}

func (l *pathList) has(path, locale string) bool {
	if l.file == "" {
		return false
	}
	_, found := slices.BinarySearch(l.sums, maphash.String(l.seed, locale+"\t"+path))
	return found
}

// each calls yield for each path once, though pages of results may repeat
// those of earlier ones.
func (l *pathList) each(ctx context.Context, yield func(page.Path) error) error {
	if l.file == "" {
		return nil
	}
	seen := make([]uint64, len(l.sums)/64+1) // a bit for each of sums
	_, err := readPaths(l.file, func(line string) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if i, found := slices.BinarySearch(l.sums, maphash.String(l.seed, line)); found {
			if seen[i/64]&(1<<(i%64)) != 0 {
				return nil
			}
			seen[i/64] |= 1 << (i % 64)
		}
		locale, path, _ := strings.Cut(line, "\t")
		return yield(page.Path{Path: path, Locale: locale})
	})
	return err
}

// index reads the file and remembers which paths it has.
func (l *pathList) index(file string) (pathsHeader, error) {
	l.seed, l.sums = maphash.MakeSeed(), nil
	header, err := readPaths(file, func(line string) error {
		l.sums = append(l.sums, maphash.String(l.seed, line))
		return nil
	})
	if err != nil {
		return pathsHeader{}, err
	}
	slices.Sort(l.sums)
	l.sums = slices.Clip(slices.Compact(l.sums))
	l.file = file
	return header, nil
}

func readPaths(file string, line func(string) error) (pathsHeader, error) {
	f, err := os.Open(file)
	if err != nil {
		return pathsHeader{}, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	var header pathsHeader
	if !lines.Scan() {
		return header, errors.Join(fmt.Errorf("%s: empty", file), lines.Err())
	}
	if err := json.Unmarshal(lines.Bytes(), &header); err != nil {
		return header, fmt.Errorf("%s: first line: %w", file, err)
	}
	for lines.Scan() {
		if err := line(lines.Text()); err != nil {
			return header, err
		}
	}
	return header, lines.Err()
}

// listPaths runs getStaticPaths of v, all of its pages (S72), each in a fresh
// instance, and writes what it says to a new file at dest.
func (r *Registry) listPaths(ctx context.Context, v *Version, dest string) error {
	if err := os.MkdirAll(filepath.Dir(dest), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(dest), "new-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	out := bufio.NewWriter(tmp)

	cursor, seen := "", make(map[string]bool)
	for n := 0; ; n++ {
		paths, err := r.callPaths(ctx, v, cursor)
		if err != nil {
			return err
		}
		if n == 0 {
			header, err := json.Marshal(pathsHeader{Version: v.ID, Route: v.Route.String(), Fallback: paths.Fallback})
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%s\n", header)
			v.Fallback = paths.Fallback
		} else if paths.Fallback != v.Fallback {
			return v.failure(page.ExportPaths, "", fmt.Errorf("fallback is %s, but was %s on the page before", paths.Fallback, v.Fallback))
		}
		for _, p := range paths.Paths {
			locale := p.Locale
			if locale == r.opt.DefaultLocale {
				locale = ""
			}
			fmt.Fprintf(out, "%s\t%s\n", locale, p.Path)
		}
		if cursor = paths.Cursor; cursor == "" {
			break
		}
		if seen[cursor] || n >= maxPathPages {
			return v.failure(page.ExportPaths, "", fmt.Errorf("cursor %q came back after %d calls; each page of results needs a new cursor, the last one none", cursor, n+1))
		}
		seen[cursor] = true
	}
	if err := errors.Join(out.Flush(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), dest)
}

func (r *Registry) callPaths(ctx context.Context, v *Version, cursor string) (page.Paths, error) {
	input, err := page.PathsInput{
		Route: v.Route.String(), Locales: r.opt.Locales, DefaultLocale: r.opt.DefaultLocale, Cursor: cursor,
	}.JSON()
	if err != nil {
		return page.Paths{}, err
	}
	var paths page.Paths
	_, err = v.run(ctx, page.Input{}, func(inst *sandbox.Instance) (*Generated, error) {
		output, err := inst.Call(ctx, page.ExportPaths, input)
		if err != nil {
			return nil, v.failure(page.ExportPaths, "", err)
		}
		if paths, err = page.DecodePaths(output, v.Route, r.opt.Locales); err != nil {
			return nil, v.failure(page.ExportPaths, "", err)
		}
		return &Generated{}, nil
	})
	return paths, err
}
