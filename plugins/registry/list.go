package registry

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// bounds are what one getStaticPaths may list. A guest whose cursor never ends
// must neither keep a load from ending nor fill memory and disk.
type bounds struct {
	calls int
	paths int   // repeated ones included
	bytes int64 // of the file
}

// defaultBounds leave room for ten times the million paths that sites are
// known to have, at a hundred bytes each: 80 MB of memory.
var defaultBounds = bounds{calls: 100_000, paths: 10_000_000, bytes: 1 << 30}

// paths finds out which paths v has (S73). If the guest cannot say and this
// very version said so before, the old list goes on: a restart while an
// upstream is down takes no page away. A result that is refused is an error all the same.
func (r *Registry) paths(ctx context.Context, v *Version, place string) error {
	if !v.Route.Dynamic() {
		return nil
	}
	want := pathsHeader{Version: v.ID, Route: v.Route.String(), Locales: r.opt.Locales, DefaultLocale: r.opt.DefaultLocale}
	file := filepath.Join(r.lists(place), v.ID)
	listErr := r.listPaths(ctx, v, want, file)
	if listErr != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	var refused *page.InvalidError
	if errors.As(listErr, &refused) {
		return listErr // the guest did answer, and wrongly: no mishap that passes (S70)
	}
	err := v.paths.index(file, want)
	switch {
	case listErr != nil && errors.Is(err, fs.ErrNotExist):
		return listErr
	case listErr != nil && err != nil:
		return fmt.Errorf("%w (and the list of the last time is of no use: %w)", listErr, err)
	case err != nil:
		return fmt.Errorf("read back the list of paths: %w", err)
	case listErr != nil:
		r.opt.Log.Warn("getStaticPaths failed; the paths of the last time are used", "plugin", v.Plugin, "error", listErr)
	}
	v.Fallback = v.paths.header.Fallback
	return nil
}

// listPaths runs getStaticPaths of v, all of its pages (S72), each in a fresh
// instance, and writes what it says to a new file at dest.
func (r *Registry) listPaths(ctx context.Context, v *Version, header pathsHeader, dest string) error {
	file, err := newPathsWriter(filepath.Dir(dest))
	if err != nil {
		return fmt.Errorf("keep the list of paths: %w", err)
	}
	defer file.discard()
	refuse := func(format string, args ...any) error {
		return v.failure(page.ExportPaths, "", fmt.Errorf(format, args...))
	}
	cursor, seed, seen := "", maphash.MakeSeed(), make(map[uint64]bool)
	for n := 1; ; n++ {
		paths, err := r.callPaths(ctx, v, cursor)
		if err != nil {
			return err
		}
		switch {
		case n == 1:
			header.Fallback = paths.Fallback
			err = file.header(header)
		case paths.Fallback != header.Fallback:
			return refuse("fallback is %s, but was %s on the page before", paths.Fallback, header.Fallback)
		}
		for i := 0; i < len(paths.Paths) && err == nil; i++ {
			p := paths.Paths[i]
			if p.Locale == r.opt.DefaultLocale {
				p.Locale = ""
			}
			err = file.path(p)
		}
		if err != nil {
			return fmt.Errorf("keep the list of paths: %w", err)
		}
		if file.count > r.bounds.paths || file.bytes > r.bounds.bytes {
			return refuse("more than %d paths, or %d bytes of them; list fewer, and leave the others to fallback", r.bounds.paths, r.bounds.bytes)
		}
		if cursor = paths.Cursor; cursor == "" {
			break
		}
		sum := maphash.String(seed, cursor) // cursors may be as large as a result
		if seen[sum] {
			return refuse("cursor %.80q came back after %d calls; each page of results needs a new cursor, the last one none", cursor, n)
		}
		seen[sum] = true
		if n == r.bounds.calls {
			return refuse("there is a cursor still after %d calls; the last page of results has none", n)
		}
	}
	if err := file.finish(dest); err != nil {
		return fmt.Errorf("keep the list of paths: %w", err)
	}
	return nil
}

// callPaths runs getStaticPaths once.
func (r *Registry) callPaths(ctx context.Context, v *Version, cursor string) (page.Paths, error) {
	input := page.PathsInput{
		Route: v.Route.String(), Locales: r.opt.Locales, DefaultLocale: r.opt.DefaultLocale, Cursor: cursor,
	}.JSON()
	var paths page.Paths
	_, err := v.run(ctx, page.Input{}, func(inst *sandbox.Instance) (*Generated, error) {
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

// lists is the folder for the lists of the plugin in a folder. It goes by the
// folder's name: plugins cannot share that, as they can, by mistake, their own.
func (r *Registry) lists(dir string) string { return filepath.Join(r.opt.State, filepath.Base(dir)) }

// orphaned is how much older than a list an unfinished one has to be until it is
// certain that nobody is writing it, in this process or another one.
const orphaned = 24 * time.Hour

// sweepPaths removes the lists that the plugin in a place does not need any
// more: those of versions that neither serve nor are kept. While the newest one does
// not load, all stay, since it may be an older one that comes back. r.mu is held, and
// the place's turn.
func (r *Registry) sweepPaths(place string) {
	v := r.versions[place]
	_, problem := r.problems[place]
	lists := r.lists(place)
	switch {
	case problem:
		return
	case v == nil:
		// A list that stays behind does no harm, and goes at the next Open.
		_ = os.RemoveAll(lists)
		return
	}
	needed := map[string]bool{v.ID: true}
	if rec := r.records[v.Plugin]; rec != nil {
		for _, k := range rec.Versions {
			needed[k.ID] = true
		}
	}
	entries, err := os.ReadDir(lists)
	if err != nil {
		return
	}
	var made time.Time
	if info, err := os.Stat(filepath.Join(lists, v.ID)); err == nil {
		made = info.ModTime()
	}
	for _, entry := range entries {
		if needed[entry.Name()] {
			continue
		}
		if strings.HasPrefix(entry.Name(), newPaths) {
			info, err := entry.Info()
			if err != nil || made.Sub(info.ModTime()) < orphaned {
				continue
			}
		}
		_ = os.Remove(filepath.Join(lists, entry.Name()))
	}
}

// linkList gives the place to which a version moves its list too, for the next start.
func (r *Registry) linkList(v *Version, from, to string) {
	if v.paths.file == "" || os.MkdirAll(r.lists(to), 0o700) != nil {
		return
	}
	// Without it, the next start asks the guest, as it does anyway.
	_ = os.Link(filepath.Join(r.lists(from), v.ID), filepath.Join(r.lists(to), v.ID))
}

// sweepGone removes the lists of plugins whose folders are not there any more.
func (r *Registry) sweepGone(dirs []string) {
	entries, err := os.ReadDir(r.opt.State)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if !slices.ContainsFunc(dirs, func(dir string) bool { return filepath.Base(dir) == entry.Name() }) {
			_ = os.RemoveAll(filepath.Join(r.opt.State, entry.Name()))
		}
	}
}
