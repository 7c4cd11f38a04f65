package host_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestS133AFileIsServedAsItIs(t *testing.T) {
	kinds := map[string]string{
		"style.css":           "text/css; charset=utf-8",
		"app.js":              "text/javascript; charset=utf-8",
		"picture.svg":         "image/svg+xml",
		"photo.JPG":           "image/jpeg",
		"font.woff2":          "font/woff2",
		"module.wasm":         "application/wasm",
		"robots.txt":          "text/plain; charset=utf-8",
		"page.html":           "text/html; charset=utf-8",
		"data.json":           "application/json",
		"archive.tar.gz":      "application/gzip",
		"site.webmanifest":    "application/manifest+json",
		"LICENSE":             "application/octet-stream",
		"odd.unheardof":       "application/octet-stream",
		"deep/er/style.css":   "text/css; charset=utf-8",
		"with space.txt":      "text/plain; charset=utf-8",
		"café/ünï.txt":        "text/plain; charset=utf-8",
		"100%.txt":            "text/plain; charset=utf-8",
		"a+b&c=d;e,f@g:h.txt": "text/plain; charset=utf-8",
		"[x].txt":             "text/plain; charset=utf-8",
		"question?hash#.txt":  "text/plain; charset=utf-8",
		"two..dots":           "application/octet-stream",
	}
	for _, base := range []string{"", "/docs"} {
		both(t, func(t *testing.T, s *site) {
			s.settings("[site]\nbase_path = \"" + base + "\"\ntrailing_slash = " + strconv.FormatBool(base != ""))
			for name := range kinds {
				s.write("public/"+name, "content of "+name)
			}
			s.start()
			for name, kind := range kinds {
				a := s.get(base + "/" + escaped(name))
				if a.status != 200 || a.body != "content of "+name || a.header.Get("Content-Type") != kind || a.header.Get("Cache-Control") != "public, max-age=0" ||
					a.header.Get("Accept-Ranges") != "bytes" || !strings.HasPrefix(a.header.Get("ETag"), `"`) || a.header.Get("X-Wisr-Cache") != "" {
					t.Errorf("%s: %d %q %v, want type %s", name, a.status, a.body, a.header, kind)
				}
				if base == "" {
					continue
				}
				if a := s.get("/" + escaped(name)); a.status != 404 {
					t.Errorf("%s beside the base path: %d", name, a.status)
				}
			}
		})
	}
}

// escaped is the path of a file as a URL has it.
func escaped(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if strings.IndexByte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteString("%" + strings.ToUpper(strconv.FormatUint(uint64(c)+0x100, 16)[1:]))
		}
	}
	return b.String()
}

func TestS133ConditionsOnAFile(t *testing.T) { both(t, testConditionsOnAFile) }

func testConditionsOnAFile(t *testing.T, s *site) {
	s.write("public/a.txt", "0123456789")
	s.start()
	a := s.get("/a.txt")
	tag, modified := a.header.Get("ETag"), a.header.Get("Last-Modified")
	at, err := http.ParseTime(modified)
	if err != nil {
		t.Fatal(err)
	}
	earlier, later := at.Add(-time.Second).Format(http.TimeFormat), at.Add(time.Hour).Format(http.TimeFormat)
	for _, tt := range []struct {
		headers []string
		status  int
	}{
		{[]string{"If-None-Match: " + tag}, 304},
		{[]string{"If-None-Match: W/" + tag}, 304},
		{[]string{`If-None-Match: "other", ` + tag + `, "more"`}, 304},
		{[]string{"If-None-Match: *"}, 304},
		{[]string{`If-None-Match: "other"`}, 200},
		{[]string{"If-None-Match: " + strings.Trim(tag, `"`)}, 200},
		{[]string{"If-Modified-Since: " + modified}, 304},
		{[]string{"If-Modified-Since: " + later}, 304},
		{[]string{"If-Modified-Since: " + earlier}, 200},
		{[]string{"If-Modified-Since: yesterday"}, 200},
		{[]string{`If-None-Match: "other"`, "If-Modified-Since: " + later}, 200}, // the tag decides
		{[]string{"If-None-Match: " + tag, "If-Modified-Since: " + earlier}, 304},
		{[]string{"If-None-Match: " + tag, "Range: bytes=0-1"}, 304},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			a := s.do(method, "/a.txt", tt.headers...)
			if a.status != tt.status || a.header.Get("ETag") != tag || a.header.Get("Cache-Control") != "public, max-age=0" {
				t.Errorf("%s with %q: %d %v, want %d", method, tt.headers, a.status, a.header, tt.status)
			}
			if (a.status == 304 || method == "HEAD") && a.body != "" || a.status == 200 && method == "GET" && a.body != "0123456789" {
				t.Errorf("%s with %q: %d with body %q", method, tt.headers, a.status, a.body)
			}
		}
	}

	s.restart()
	if again := s.get("/a.txt"); again.header.Get("ETag") != tag {
		t.Errorf("after a restart the tag is %s, was %s", again.header.Get("ETag"), tag)
	}
	s.write("public/a.txt", "9876543210") // as long as before
	if err := os.Chtimes(filepath.Join(s.dir, "public", "a.txt"), time.Time{}, at.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if changed := s.get("/a.txt", "If-None-Match: "+tag); changed.status != 200 || changed.body != "9876543210" || changed.header.Get("ETag") == tag {
		t.Errorf("after a change: %d %q, tag %s", changed.status, changed.body, changed.header.Get("ETag"))
	}
}

func TestS133RangesOfAFile(t *testing.T) { both(t, testRangesOfAFile) }

func testRangesOfAFile(t *testing.T, s *site) {
	const body = "0123456789"
	s.write("public/a.txt", body)
	s.write("public/empty.txt", "")
	s.start()
	tag := s.get("/a.txt").header.Get("ETag")
	modified := s.get("/a.txt").header.Get("Last-Modified")
	for _, tt := range []struct {
		ask     string
		more    string
		status  int
		part    string
		content string // Content-Range
	}{
		{"bytes=0-4", "", 206, "01234", "bytes 0-4/10"},
		{"bytes=5-", "", 206, "56789", "bytes 5-9/10"},
		{"bytes=9-9", "", 206, "9", "bytes 9-9/10"},
		{"bytes=0-", "", 206, body, "bytes 0-9/10"},
		{"bytes=0-99", "", 206, body, "bytes 0-9/10"},
		{"bytes=8-99999999999999999999", "", 206, "89", "bytes 8-9/10"},
		{"bytes=-3", "", 206, "789", "bytes 7-9/10"},
		{"bytes=-10", "", 206, body, "bytes 0-9/10"},
		{"bytes=-99", "", 206, body, "bytes 0-9/10"},
		{"bytes= 2-3", "", 206, "23", "bytes 2-3/10"},
		{"Bytes=2-3", "", 206, "23", "bytes 2-3/10"}, // units are compared without case

		{"bytes=10-", "", 416, "", "bytes */10"},
		{"bytes=10-20", "", 416, "", "bytes */10"},
		{"bytes=99999999999999999999-", "", 416, "", "bytes */10"},
		{"bytes=-0", "", 416, "", "bytes */10"},

		{"bytes=0-0,5-6", "", 200, body, ""}, // several: the whole
		{"bytes=0-1, -1", "", 200, body, ""},
		{"bytes=5-2", "", 200, body, ""},
		{"bytes=", "", 200, body, ""},
		{"bytes=-", "", 200, body, ""},
		{"bytes=a-b", "", 200, body, ""},
		{"bytes=1-b", "", 200, body, ""},
		{"bytes=--1", "", 200, body, ""},
		{"bytes=+1-2", "", 200, body, ""},
		{"bytes=0x1-2", "", 200, body, ""},
		{"bytes 0-4", "", 200, body, ""},
		{"items=0-4", "", 200, body, ""},
		{"0-4", "", 200, body, ""},

		{"bytes=0-4", "If-Range: " + tag, 206, "01234", "bytes 0-4/10"},
		{"bytes=0-4", "If-Range: W/" + tag, 200, body, ""},
		{"bytes=0-4", `If-Range: "other"`, 200, body, ""},
		{"bytes=0-4", "If-Range: " + modified, 200, body, ""}, // a second is not strong enough
		{"bytes=99-", `If-Range: "other"`, 200, body, ""},
	} {
		headers := []string{"Range: " + tt.ask}
		if tt.more != "" {
			headers = append(headers, tt.more)
		}
		a := s.get("/a.txt", headers...)
		if a.status != tt.status || a.header.Get("Content-Range") != tt.content || a.status != 416 && (a.body != tt.part || a.header.Get("Content-Length") != strconv.Itoa(len(tt.part))) {
			t.Errorf("%q: %d %q, Content-Range %q; want %d %q, %q", headers, a.status, a.body, a.header.Get("Content-Range"), tt.status, tt.part, tt.content)
		}
		if a.status != 416 && a.header.Get("ETag") != tag {
			t.Errorf("%q: tag %q, want %s", headers, a.header.Get("ETag"), tag)
		}
	}
	if a := s.do("HEAD", "/a.txt", "Range: bytes=0-4"); a.status != 200 || a.header.Get("Content-Length") != "10" || a.header.Get("Content-Range") != "" {
		t.Errorf("HEAD with a range: %d %v; a range is for GET", a.status, a.header)
	}
	for _, ask := range []string{"bytes=0-", "bytes=-5", "bytes=0-0"} {
		if a := s.get("/empty.txt", "Range: "+ask); a.status != 200 || a.body != "" || a.header.Get("Content-Length") != "0" {
			t.Errorf("%s of nothing: %d %v, want it whole", ask, a.status, a.header)
		}
	}
}

func TestS133HeadsAndMethodsOfAFile(t *testing.T) { both(t, testHeadsAndMethodsOfAFile) }

func testHeadsAndMethodsOfAFile(t *testing.T, s *site) {
	s.write("public/a.txt", strings.Repeat("x", 100_000))
	s.start()
	get := s.get("/a.txt")
	head := s.raw("HEAD", "/a.txt")
	for _, name := range []string{"Content-Length", "Content-Type", "ETag", "Last-Modified", "Cache-Control", "Accept-Ranges"} {
		if get.header.Get(name) == "" || head.header.Get(name) != get.header.Get(name) {
			t.Errorf("%s is %q for HEAD and %q for GET", name, head.header.Get(name), get.header.Get(name))
		}
	}
	if head.status != 200 || head.body != "" {
		t.Errorf("HEAD: %d with %d bytes", head.status, len(head.body))
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
		if a := s.raw(method, "/a.txt", "Content-Length: 0"); a.status != 405 || a.header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d, Allow %q", method, a.status, a.header.Get("Allow"))
		}
	}
	files := openFiles(t, s.dir)
	for range 50 { // none of them may leave the file open
		s.do("HEAD", "/a.txt")
		s.get("/a.txt", "If-None-Match: *")
		s.get("/a.txt", "Range: bytes=1000000-")
		s.get("/a.txt", "Range: bytes=0-10")
		conn := s.dial() // who goes away before the answer is sent
		conn.Write([]byte("GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n"))
		conn.Close()
	}
	s.until("all files are closed", func() bool { return openFiles(t, s.dir) <= files })
}

// openFiles counts the files below a folder that this process has open.
func openFiles(t *testing.T, dir string) (n int) {
	t.Helper()
	links, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system does not tell which files are open")
	}
	for _, link := range links {
		if to, err := os.Readlink("/proc/self/fd/" + link.Name()); err == nil && strings.HasPrefix(to, filepath.Join(dir, "public")+"/") {
			n++
		}
	}
	return n
}
