package registry

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/wisr-dev/wisr/plugins/page"
)

// pathList is what getStaticPaths said. The paths are in a file, because there
// may be millions and only a build reads them all; memory holds eight bytes for
// each. The file also outlives the process: while an upstream is down, a restart
// goes on with the list it had. The zero pathList has no paths.
type pathList struct {
	file   string
	header pathsHeader
	seed   maphash.Seed
	sums   []uint64 // sorted, each once
}

// sum stands for a path. Of a million, two have the same one about once in forty
// million sites; the second is then taken for the first.
func (l *pathList) sum(p page.Path) uint64 {
	var h maphash.Hash // a visitor may wait: nothing is allocated
	h.SetSeed(l.seed)
	_, _ = h.WriteString(p.Locale)
	_ = h.WriteByte('\t')
	_, _ = h.WriteString(p.Path)
	return h.Sum64()
}

func (l *pathList) has(p page.Path) bool {
	if l.file == "" {
		return false
	}
	_, found := slices.BinarySearch(l.sums, l.sum(p))
	return found
}

// each calls yield once for each path that has is true of, in the order of the
// file, where pages of results may repeat what was in earlier ones.
func (l *pathList) each(ctx context.Context, yield func(page.Path) error) error {
	if l.file == "" {
		return nil
	}
	seen := make([]uint64, len(l.sums)/64+1) // a bit for each of sums
	_, err := readPaths(l.file, func(p page.Path) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		i, found := slices.BinarySearch(l.sums, l.sum(p))
		if !found || seen[i/64]&(1<<(i%64)) != 0 {
			return nil // not found: another process made the list anew meanwhile
		}
		seen[i/64] |= 1 << (i % 64)
		return yield(p)
	})
	return err
}

// index reads the file and remembers which paths it has. It is an error if
// they are those of another version or of other locales than in want.
func (l *pathList) index(file string, want pathsHeader) error {
	seed := maphash.MakeSeed()
	made := pathList{file: file, seed: seed}
	header, err := readPaths(file, func(p page.Path) error {
		made.sums = append(made.sums, made.sum(p))
		return nil
	})
	if err != nil {
		return err
	}
	if !header.fits(want) {
		return fmt.Errorf("%s: the list is of another version of the plugin, or of other locales", file)
	}
	slices.Sort(made.sums)
	made.sums = slices.Clone(slices.Compact(made.sums)) // without the room that it grew into
	made.header = header
	*l = made
	return nil
}
