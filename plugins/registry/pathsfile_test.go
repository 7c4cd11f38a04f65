package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/route"
)

var exampleHeader = pathsHeader{
	Version: "1f2e", Route: "/blog/[slug]", Fallback: page.FallbackBlocking, Locales: []string{"en", "de"}, DefaultLocale: "en",
}

var examplePaths = []page.Path{{Path: "/blog/a"}, {Path: "/blog/%C3%A9"}, {Path: "/blog/a", Locale: "de"}}

// What is on disk, byte for byte: a later version reads it.
const exampleFile = `{"version":"1f2e","route":"/blog/[slug]","fallback":"blocking","locales":["en","de"],"defaultLocale":"en"}
	/blog/a
	/blog/%C3%A9
de	/blog/a
{"paths":3,"crc32":3526359585}
`

// writeList writes a list of paths.
func writeList(t *testing.T, header pathsHeader, paths ...page.Path) string {
	t.Helper()
	dir := t.TempDir()
	w, err := newPathsWriter(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.discard()
	if err := w.header(header); err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		if err := w.path(p); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "list")
	if err := w.finish(file); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestTheFileOfAList(t *testing.T) {
	file := writeList(t, exampleHeader, examplePaths...)
	data, err := os.ReadFile(file)
	if err != nil || string(data) != exampleFile {
		t.Errorf("%v\n%s\nwant\n%s", err, data, exampleFile)
	}
	if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v, %v", entries, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others can read it: %v, %v", info.Mode(), err)
	}
	var got []page.Path
	header, err := decodePaths(bytes.NewReader(data), func(p page.Path) error {
		got = append(got, p)
		return nil
	})
	if err != nil || !header.fits(exampleHeader) || header.Fallback != page.FallbackBlocking || !slices.Equal(got, examplePaths) {
		t.Errorf("read back: %+v %v, %v", header, got, err)
	}
}

// Wherever a file was cut off, and whichever byte of it was changed: that is
// an error, and none of its paths are known.
func TestADamagedListIsToldFromAGoodOne(t *testing.T) {
	file := filepath.Join(t.TempDir(), "list")
	fails := func(how string, data []byte) {
		t.Helper()
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		var l pathList
		err := l.index(file, exampleHeader)
		if err == nil || !strings.HasPrefix(err.Error(), file+": ") {
			t.Errorf("%s: the error is %v", how, err)
		}
		if l.has(page.Path{Path: "/blog/a"}) || len(l.sums) != 0 {
			t.Errorf("%s: it has paths", how)
		}
		if err := l.each(t.Context(), func(page.Path) error { return errors.New("a path") }); err != nil {
			t.Errorf("%s: it lists %v", how, err)
		}
	}
	good := []byte(exampleFile)
	var l pathList
	if err := errors.Join(os.WriteFile(file, good, 0o600), l.index(file, exampleHeader)); err != nil {
		t.Fatal(err)
	}
	for n := range len(good) - 1 { // the last line break means nothing
		fails(fmt.Sprintf("the first %d bytes", n), good[:n])
	}
	for i := range good {
		for _, flip := range []byte{0x20, 0x80} {
			bad := bytes.Clone(good)
			bad[i] ^= flip
			fails(fmt.Sprintf("byte %d is %q", i, bad[i]), bad)
		}
	}
	line := bytes.SplitAfter(good, []byte("\n"))
	fails("a line is twice there", slices.Concat(line[0], line[1], line[1], line[2], line[3], line[4]))
	fails("a line is gone", slices.Concat(line[0], line[1], line[3], line[4]))
	fails("two lines changed places", slices.Concat(line[0], line[2], line[1], line[3], line[4]))
	fails("something follows", slices.Concat(good, []byte("x")))
	fails("it is there twice", slices.Concat(good, good))
	fails("a line without end", slices.Concat(line[0], bytes.Repeat([]byte("x"), 2*maxLine)))
	fails("zeros", make([]byte, 4096))
}

// A file that is whole has been written by somebody else if these are in it.
func TestALineThatIsNoPath(t *testing.T) {
	for _, line := range []string{
		"", "\t", "x", "/blog/a", "\tblog/a", "\t/blog//a", "\t/blog/a/", "\t/blog/../a", "\t/blog/a b", "\t/blog/%c3%a9",
		"en\t/blog/a", // the default one is left out
		"fr\t/blog/a", "de\t", "de\t/a\tb", "\t\t/a", strings.Repeat("x", 100) + "\t/a",
		"\t/" + strings.Repeat("x", route.MaxPath),
	} {
		_, err := decodePaths(strings.NewReader(whole(exampleHeader, line)), func(p page.Path) error {
			t.Errorf("%q is %v", line, p)
			return nil
		})
		if err == nil || !strings.HasPrefix(err.Error(), "line 2: it is damaged: ") || len(err.Error()) > 200 {
			t.Errorf("%q: %v", line, err)
		}
	}
}

// whole is a file with these lines and an end that is right.
func whole(header pathsHeader, lines ...string) string {
	head, _ := json.Marshal(header)
	text := strings.Join(append([]string{string(head)}, lines...), "\n") + "\n"
	return fmt.Sprintf("%s{\"paths\":%d,\"crc32\":%d}\n", text, len(lines), crc32.ChecksumIEEE([]byte(text)))
}

func TestADamagedListIsMadeAnew(t *testing.T) {
	s := newSite(t)
	dir := s.relay("post", "/post/[slug]")
	s.upstream.On("post/paths", lists("false", "/post/a", "/post/b"))
	r := s.open()
	file := filepath.Join(s.opt.State, "post", find(t, r, "/post/a").Version.ID)
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, damaged := range []string{"", "x", string(good[:len(good)/2]), strings.Replace(string(good), "/post/b", "/post/c", 1)} {
		s.write(file, damaged)
		r := s.open()
		if got := listed(t, find(t, r, "/post/a").Version); !slices.Equal(got, []string{"/post/a", "/post/b"}) {
			t.Errorf("the paths are %q", got)
		}
		r.Close()
	}

	// With the upstream down there is nothing to go on with: both causes are told.
	s.write(file, string(good[:len(good)/2]))
	s.upstream.On("post/paths", says(500, "no database"))
	p := problem(t, s.open(), dir)
	for _, want := range []string{"plugin post: getStaticPaths: no database", "the list of the last time is of no use: " + file} {
		if !strings.Contains(p.Err.Error(), want) {
			t.Errorf("the problem is %q, want %q in it", p.Err, want)
		}
	}
}

func TestAListThatCannotBeKept(t *testing.T) {
	s := newSite(t)
	dir := s.relay("post", "/post/[slug]")
	s.write(s.opt.State, "a file where a folder has to be")
	p := problem(t, s.open(), dir)
	if !strings.HasPrefix(p.Err.Error(), "keep the list of paths: ") || !strings.Contains(p.Err.Error(), s.opt.State) {
		t.Errorf("the problem is %v", p.Err)
	}
}

// While a build goes through a list, anything may happen to the file.
func TestAListThatChangesWhileItIsRead(t *testing.T) {
	file := writeList(t, exampleHeader, examplePaths...)
	var l pathList
	if err := l.index(file, exampleHeader); err != nil {
		t.Fatal(err)
	}
	all := func() (got []page.Path, err error) {
		err = l.each(t.Context(), func(p page.Path) error {
			got = append(got, p)
			return nil
		})
		return got, err
	}

	// Another process made it anew: what both have is made.
	other := writeList(t, exampleHeader, page.Path{Path: "/blog/new"}, page.Path{Path: "/blog/a"})
	if err := os.Rename(other, file); err != nil {
		t.Fatal(err)
	}
	if got, err := all(); err != nil || !slices.Equal(got, []page.Path{{Path: "/blog/a"}}) {
		t.Errorf("the paths are %v, %v", got, err)
	}

	if err := os.WriteFile(file, []byte(exampleFile[:len(exampleFile)-30]), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := all(); err == nil || len(got) != 3 {
		t.Errorf("the paths are %v, %v", got, err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if got, err := all(); !errors.Is(err, os.ErrNotExist) || len(got) != 0 {
		t.Errorf("the paths are %v, %v", got, err)
	}
}

func TestPathsEndWithTheirCaller(t *testing.T) {
	file := writeList(t, exampleHeader, examplePaths...)
	var l pathList
	if err := l.index(file, exampleHeader); err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	n := 0
	err := l.each(t.Context(), func(page.Path) error {
		n++
		return enough
	})
	if err != enough || n != 1 {
		t.Errorf("%d paths, then %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	n = 0
	err = l.each(ctx, func(page.Path) error {
		n++
		cancel()
		return nil
	})
	if err != context.Canceled || n != 1 {
		t.Errorf("%d paths, then %v", n, err)
	}
}

// FuzzReadPaths: whatever is in the file, reading it ends without a panic, each
// path that it yields can be asked for, and a file that is in order is what would
// be written for these paths.
func FuzzReadPaths(f *testing.F) {
	f.Add([]byte(exampleFile), false)
	f.Add([]byte(exampleFile[:40]), false)
	f.Add([]byte("{}\n{\"paths\":0,\"crc32\":0}"), false)
	f.Add([]byte("\t/a\nde\t/\n\t/%C3%A9"), true)
	f.Add([]byte("de\t\n\x00\n{"), true)
	table := newTable(nil, nil, exampleHeader.Locales, exampleHeader.DefaultLocale)
	f.Fuzz(func(t *testing.T, data []byte, complete bool) {
		if complete { // data are lines of a file that is whole
			data = []byte(whole(exampleHeader, strings.Split(string(data), "\n")...))
		}
		var paths []page.Path
		header, err := decodePaths(bytes.NewReader(data), func(p page.Path) error {
			paths = append(paths, p)
			if canonical, err := route.Canonical(p.Path); err != nil || canonical != p.Path {
				t.Errorf("%q is no path", p.Path)
			}
			table.Lookup(table.Key(p))
			return nil
		})
		if err != nil {
			return
		}
		lines := make([]string, len(paths))
		for i, p := range paths {
			lines[i] = p.Locale + "\t" + p.Path
		}
		again := 0
		if _, err := decodePaths(strings.NewReader(whole(header, lines...)), func(p page.Path) error {
			if p != paths[again] {
				t.Errorf("path %d is %v, then %v", again, paths[again], p)
			}
			again++
			return nil
		}); err != nil || again != len(paths) {
			t.Errorf("written anew, %d of %d paths, %v", again, len(paths), err)
		}
	})
}
