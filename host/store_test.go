package host_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// pages is the folder of the site's store.
func (s *site) pages() string { return filepath.Join(s.dir, ".wisr", "pages") }

// size adds up the entries in the site's store.
func (s *site) size() (files int, size int64) {
	s.t.Helper()
	err := filepath.WalkDir(filepath.Join(s.pages(), "pages"), func(_ string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // nothing was stored yet, or a page went since it was listed
			return nil
		}
		if err != nil || entry.IsDir() {
			return err
		}
		if info, err := entry.Info(); err == nil {
			files, size = files+1, size+info.Size()
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return files, size
}

func TestS140WithoutMemoryEveryRequestReadsTheStoreAndWithItNone(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[n]")
		s.start()
		s.sees("/1", 200, "MISS", "/1 #1")
		s.sees("/1", 200, "HIT", "/1 #1")
		if err := os.RemoveAll(filepath.Join(s.pages(), "pages")); err != nil {
			t.Fatal(err)
		}
		if s.memory == "0" {
			s.sees("/1", 200, "MISS", "/1 #2")
		} else {
			s.sees("/1", 200, "HIT", "/1 #1")
		}
	})
}

func TestS141WhatMemoryCannotHoldComesBackWithItsAge(t *testing.T) {
	for _, memory := range []string{"1MB", "0"} {
		t.Run("memory "+memory, func(t *testing.T) { testComesBackWithItsAge(t, newSite(t, memory)) })
	}
}

func testComesBackWithItsAge(t *testing.T, s *site) {
	s.plugin("page", "/[n]")
	body := func(path string) string { return strings.Repeat(path+" ", 50_000/(len(path)+1)) }
	s.upstream.on("page", script{
		props:  says(200, `{"props":{"a":1},"revalidate":1000,"tags":["t"],"headers":{"X-Page":"p"}}`),
		render: func(in input) (int, string) { return 200, body(in.Path) },
	})
	s.start()
	const pages = 100 // of 50 KB
	for i := range pages {
		path := "/" + strconv.Itoa(i)
		s.sees(path, 200, "MISS", body(path))
		s.clock.advance(time.Second)
	}
	for range 2 {
		for i := range pages {
			path := "/" + strconv.Itoa(i)
			a := s.sees(path, 200, "HIT", body(path))
			if age := strconv.Itoa(pages - i); a.header.Get("Age") != age || a.header.Get("X-Page") != "p" || a.header.Get("Cache-Control") != "s-maxage=1000, stale-while-revalidate=31535000" {
				t.Errorf("%s: %v, want age %s", path, a.header, age)
			}
		}
	}
}

func TestS142TwoHostsSeeEachOthersPages(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[n]")
		other := s.beside()
		s.start()
		other.start()
		s.sees("/a", 200, "MISS", "/a #1")
		other.sees("/a", 200, "HIT", "/a #1")
		other.sees("/b", 200, "MISS", "/b #1")
		s.sees("/b", 200, "HIT", "/b #1")

		s.clock.advance(10 * time.Second)
		s.sees("/a", 200, "STALE", "/a #1")
		s.becomes("/a", "/a #2")
		other.becomes("/a", "/a #2") // though it has a copy of the older one in memory
		if a, b := s.get("/a"), other.get("/a"); a.header.Get("ETag") != b.header.Get("ETag") || a.header.Get("Age") != b.header.Get("Age") {
			t.Errorf("one host says %v\nthe other %v", a.header, b.header)
		}
		if n := s.upstream.called("page", "render", "/a"); n != 2 {
			t.Errorf("%d generations, want 2", n)
		}
		s.stop()
		other.sees("/a", 200, "HIT", "/a #2")
	})
}

// Both hosts renew the same pages all the time. No answer may ever be part of
// one generation and part of another.
func TestS142ConcurrentWritersNeverMixAPage(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[n]")
		var mu sync.Mutex
		n := 0
		s.upstream.on("page", script{
			props: func(in input) (int, string) {
				mu.Lock()
				defer mu.Unlock()
				n++
				return 200, fmt.Sprintf(`{"props":{"n":%d},"revalidate":1,"headers":{"X-N":"%d"}}`, n, n)
			},
			render: func(in input) (int, string) { // long, and of a length of its own
				var props struct{ N int }
				if err := json.Unmarshal(in.Props, &props); err != nil {
					return 500, err.Error()
				}
				return 200, strings.Repeat(fmt.Sprintf("%d ", props.N), 2000+props.N%100)
			},
		})
		other := s.beside()
		s.start()
		other.start()
		end := time.Now().Add(3 * time.Second)
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				host := []*site{s, other}[i%2]
				for time.Now().Before(end) {
					a := host.get("/" + strconv.Itoa(i/2%3))
					number := a.header.Get("X-N")
					of, _ := strconv.Atoi(number)
					if a.status != 200 || a.body != strings.Repeat(number+" ", 2000+of%100) {
						t.Errorf("%d: header of generation %s, %d bytes that begin %.20q and end %q", a.status, number, len(a.body), a.body, a.body[max(0, len(a.body)-20):])
						return
					}
					if i < 2 {
						s.clock.advance(500 * time.Millisecond)
					}
				}
			})
		}
		all.Wait()
		mu.Lock()
		defer mu.Unlock()
		if n < 20 {
			t.Errorf("only %d generations ran", n)
		}
		if log := s.log.String(); strings.Contains(log, "damaged") {
			t.Errorf("a torn file was seen:\n%s", log)
		}
	})
}

// breakStore makes the store unwritable, also for root: a file is where a
// folder must be. What is stored stays readable.
func (s *site) breakStore() {
	s.t.Helper()
	tmp := filepath.Join(s.pages(), "tmp")
	if err := os.RemoveAll(tmp); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(tmp, nil, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) mendStore() {
	s.t.Helper()
	if err := os.Remove(filepath.Join(s.pages(), "tmp")); err != nil {
		s.t.Fatal(err)
	}
}

func TestS143AStoreThatCannotBeWritten(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[n]")
		s.start()
		s.sees("/old", 200, "MISS", "/old #1")
		s.breakStore()
		s.sees("/new", 200, "MISS", "/new #1")
		s.logs("level=WARN")
		for _, want := range []string{filepath.Join(s.pages(), "tmp"), "not a directory"} {
			if log := s.log.String(); !strings.Contains(log, want) {
				t.Errorf("the log does not say %q:\n%s", want, log)
			}
		}
		s.sees("/old", 200, "HIT", "/old #1")
		s.clock.advance(10 * time.Second)
		s.sees("/new", 200, "STALE", "/new #1")
		s.becomes("/new", "/new #2")
		s.sees("/old", 200, "STALE", "/old #1")
		s.becomes("/old", "/old #2")
		if n := strings.Count(s.log.String(), "level=WARN"); n != 1 {
			t.Errorf("%d warnings about one cause", n)
		}
		s.mendStore()
		s.sees("/more", 200, "MISS", "/more #1") // and with it what could not be written
		s.logs("can be written again")
		s.restart()
		for _, path := range []string{"/new", "/old"} {
			s.sees(path, 200, "HIT", path+" #2")
		}
	})
}

func TestS143DamagedAndForeignFilesAreNoPages(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[n]")
		s.start()
		damages := []func([]byte) []byte{
			func([]byte) []byte { return nil },
			func(b []byte) []byte { return b[:len(b)/2] },
			func(b []byte) []byte { return b[:len(b)-1] },
			func(b []byte) []byte { return append(b, "more"...) },
			func(b []byte) []byte { return bytes.Replace(b, []byte("#1"), []byte("#9"), 1) },
			func(b []byte) []byte { return bytes.Replace(b, []byte(`"status":200`), []byte(`"status":500`), 1) },
			func(b []byte) []byte { return bytes.Repeat([]byte{0}, len(b)) },
			func([]byte) []byte { return []byte("<html>somebody's page</html>") },
		}
		for i := range damages {
			s.sees("/"+strconv.Itoa(i), 200, "MISS", fmt.Sprintf("/%d #1", i))
		}
		s.stop()
		i := 0
		err := filepath.WalkDir(filepath.Join(s.pages(), "pages"), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			damaged := damages[i](bytes.Clone(b))
			if bytes.Equal(damaged, b) {
				t.Fatalf("damage %d changes nothing", i)
			}
			i++
			return os.WriteFile(path, damaged, 0o644)
		})
		if err != nil || i != len(damages) {
			t.Fatalf("%d files were damaged: %v", i, err)
		}
		s.write(".wisr/pages/README", "a foreign file")
		s.write(".wisr/pages/pages/00/notes.txt", "another one")
		s.write(".wisr/pages/pages/zz/"+strings.Repeat("f", 64), "and one in a foreign folder")
		if err := os.MkdirAll(filepath.Join(s.pages(), "pages", "00", strings.Repeat("0", 64)), 0o755); err != nil {
			t.Fatal(err)
		}
		s.start()
		for i := range damages {
			path := "/" + strconv.Itoa(i)
			s.sees(path, 200, "MISS", path+" #2") // never what the file has
			s.sees(path, 200, "HIT", path+" #2")
		}
		s.logs("damaged")
		s.stop()
		for _, name := range []string{"README", "pages/00/notes.txt"} {
			if _, err := os.Stat(filepath.Join(s.pages(), name)); err != nil {
				t.Errorf("a foreign file is gone: %v", err)
			}
		}
	})
}
