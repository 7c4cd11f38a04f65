package host_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const secret = "nobody may read this"

// link makes a symbolic link in the site's folder.
func (s *site) link(name, target string) {
	s.t.Helper()
	name = filepath.Join(s.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Symlink(target, name); err != nil {
		s.t.Fatal(err)
	}
}

func TestS133WhatIsNeverServed(t *testing.T) {
	for _, when := range []string{"before the start", "while running"} {
		test := func(t *testing.T, s *site) {
			outside := t.TempDir()
			if err := os.WriteFile(filepath.Join(outside, "secret.txt"), []byte(secret), 0o644); err != nil {
				t.Fatal(err)
			}
			s.write("public/a.txt", "a file")
			s.write("secret.txt", secret)
			if when == "while running" {
				s.start()
			}
			for _, name := range []string{".env", ".git/config", "a/.hidden", ".well-known/x", "a/.b/c.txt", "...", "a/..b"} {
				s.write("public/"+name, secret)
			}
			s.link("public/out.txt", filepath.Join(outside, "secret.txt"))
			s.link("public/up.txt", "../secret.txt")
			s.link("public/folder", outside)
			s.link("public/far/up", "../..")
			s.link("public/round", "round")
			s.link("public/gone", "nothing-there")
			s.write("public/dir/inside.txt", "a file")
			if when != "while running" {
				s.start()
			}
			for _, target := range []string{
				"/.env", "/%2eenv", "/.git/config", "/.git", "/a/.hidden", "/.well-known/x", "/a/.b/c.txt", "/...", "/a/..b",
				"/out.txt", "/up.txt", "/folder", "/folder/secret.txt", "/far/up/secret.txt", "/far/up/wisr.toml", "/round", "/round/x", "/gone",
				"/dir", "/dir/", "/", "/../secret.txt", "/a/../../secret.txt", "/..%2fsecret.txt", "/..%2Fwisr.toml", "/%2e%2e/secret.txt", "/%2e%2e%2fsecret.txt",
				"/dir/..%2f..%2fsecret.txt", "/..%5csecret.txt", "/..\\secret.txt", "/dir/..\\..\\secret.txt", "/%2fetc/passwd", "//etc/passwd", "/%2Fetc%2Fpasswd",
				"/a.txt%00", "/a.txt%00.html", "/a.txt/x", "/a.txt/..", "/a.txt.", "/A.TXT", "/dir%2Finside.txt", "/dir%5Cinside.txt", "/public/a.txt",
				"/..;/secret.txt", "/.%2e/secret.txt", "/%252e%252e/secret.txt", "/dir/inside.txt/", "/dir//inside.txt", "/wisr.toml", "/%c0%ae%c0%ae/secret.txt",
			} {
				a := s.raw("GET", target)
				if a.status != 404 && a.status != 400 && a.status != 308 || strings.Contains(a.body, secret) || strings.Contains(a.body, "a file") {
					t.Errorf("%s: %d %.100q", target, a.status, a.body)
				}
			}
			if a := s.get("/dir/inside.txt"); a.status != 200 || a.body != "a file" {
				t.Errorf("a file: %d %q", a.status, a.body)
			}
			if log := s.log.String(); strings.Contains(log, "level=ERROR") {
				t.Errorf("the log has errors:\n%s", log)
			}
		}
		t.Run(when, func(t *testing.T) { both(t, test) })
	}
}

func TestS133LinksWithinTheFolderAreFollowed(t *testing.T) {
	both(t, testLinksWithinTheFolderAreFollowed)
}

func testLinksWithinTheFolderAreFollowed(t *testing.T, s *site) {
	s.write("public/v2/style.css", "body{}")
	s.link("public/style.css", "v2/style.css")
	s.link("public/latest", "v2")
	s.plugin("any", "/[...path]")
	s.start()
	for _, path := range []string{"/v2/style.css", "/style.css", "/latest/style.css"} {
		if a := s.get(path); a.status != 200 || a.body != "body{}" || a.header.Get("Content-Type") != "text/css; charset=utf-8" {
			t.Errorf("%s: %d %q", path, a.status, a.body)
		}
	}
}

func TestS133APageNeverShadowsAFile(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.settings("[site]\nlocales = [\"en\", \"de\"]\ndefault_locale = \"en\"")
		s.plugin("home", "/")
		s.plugin("about", "/about.html")
		s.plugin("item", "/item/[id]")
		s.plugin("any", "/[...path]")
		files := []string{"about.html", "item/7", "item/8.txt", "de/x.txt", "de/item/9", "en/y.txt", "404", "any/thing"}
		for _, name := range files {
			s.write("public/"+name, "file "+name)
		}
		s.start()
		for _, name := range files {
			if a := s.get("/" + name); a.status != 200 || a.body != "file "+name {
				t.Errorf("/%s: %d %q", name, a.status, a.body)
			}
		}
		for path, body := range map[string]string{"/": "/ #1", "/item/70": "/item/70 #1", "/item": "/item #1", "/de/about.html": "/about.html #1", "/de/any": "/any #1", "/any/other": "/any/other #1"} {
			if a := s.get(path); a.status != 200 || a.body != body {
				t.Errorf("%s: %d %q, want %q", path, a.status, a.body, body)
			}
		}
		for target, to := range map[string]string{"/about.html/": "/about.html", "//item//7": "/item/7", "/en/y.txt/": "/en/y.txt"} {
			if a := s.raw("GET", target); a.status != 308 || a.header.Get("Location") != to {
				t.Errorf("%s: %d to %q, want 308 to %s", target, a.status, a.header.Get("Location"), to)
			}
		}
	})
}

func TestS133FilesMayComeAndGoWhileTheHostRuns(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.settings("[site]\nlocales = [\"en\", \"de\"]\ndefault_locale = \"en\"")
		s.plugin("any", "/any/[...path]")
		s.upstream.on("any", script{props: says(200, `{"props":{}}`)})
		s.start()
		if a := s.get("/first.txt"); a.status != 404 {
			t.Fatalf("before it is there: %d", a.status)
		}
		s.write("public/first.txt", "one") // and with it the folder
		s.write("public/en/picture.svg", "<svg/>")
		s.write("public/sub/with space é.txt", "two")
		s.sees("/any/page", 200, "MISS", "/any/page #1")
		s.write("public/any/page", "a file now")
		s.clock.advance(5 * time.Second) // how long files may be new is a matter of seconds
		for path, body := range map[string]string{"/first.txt": "one", "/en/picture.svg": "<svg/>", "/sub/with%20space%20%C3%A9.txt": "two", "/any/page": "a file now"} {
			if a := s.get(path); a.status != 200 || a.body != body {
				t.Errorf("%s: %d %q, want %q", path, a.status, a.body, body)
			}
		}
		s.write("public/any/sub/folder/x.txt", "deep")
		s.clock.advance(5 * time.Second)
		if a := s.get("/any/sub/folder/x.txt"); a.status != 200 || a.body != "deep" {
			t.Errorf("a file in a new folder: %d %q", a.status, a.body)
		}

		for _, name := range []string{"first.txt", "any/page"} {
			if err := os.Remove(filepath.Join(s.dir, "public", name)); err != nil {
				t.Fatal(err)
			}
		}
		if a := s.get("/first.txt"); a.status != 404 {
			t.Errorf("a file that is gone: %d", a.status)
		}
		s.sees("/any/page", 200, "HIT", "/any/page #1")

		// Another folder in its place, as deploys do it.
		s.write("next/second.txt", "new")
		public := filepath.Join(s.dir, "public")
		if err := os.Rename(public, public+"-old"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(s.dir, "next"), public); err != nil {
			t.Fatal(err)
		}
		s.clock.advance(5 * time.Second)
		if a := s.get("/second.txt"); a.status != 200 || a.body != "new" {
			t.Errorf("a file of the new folder: %d %q", a.status, a.body)
		}
		if a := s.get("/en/picture.svg"); a.status == 200 {
			t.Errorf("a file of the old folder: %d %q", a.status, a.body)
		}
	})
}
