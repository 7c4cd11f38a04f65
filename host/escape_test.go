package host_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// toldPath is what a guest is told of a path.
type toldPath struct {
	Path string
	Seg  []string
}

// tellsPath makes a page that says what its guest is told.
func tellsPath(in input) (int, string) {
	params := struct{ Seg []string }{}
	if err := json.Unmarshal(in.Params, &params); err != nil {
		return 500, err.Error()
	}
	body, err := json.Marshal(toldPath{in.Path, params.Seg})
	if err != nil {
		return 500, err.Error()
	}
	return 200, string(body)
}

func TestS56EncodedAndLiteralCharactersStayDistinct(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[[...seg]]")
		s.upstream.on("page", script{render: tellsPath, props: func(in input) (int, string) {
			return 200, fmt.Sprintf(`{"props":{"path":%q}}`, in.Path)
		}})
		s.write("outside.html", "not for visitors")
		s.start()
		before := s.files()
		cases := []struct {
			targets string // spellings of one path, with spaces between
			path    string
			seg     []string
		}{
			{"/p/sl%2Fash /p/sl%2fash /%70/sl%2Fash", "/p/sl%2Fash", []string{"p", "sl/ash"}},
			{"/p/sl/ash /p/%73l/ash", "/p/sl/ash", []string{"p", "sl", "ash"}},
			{"/p/sl%252Fash", "/p/sl%252Fash", []string{"p", "sl%2Fash"}},
			{"/a+b /a%2Bb /a%2bb", "/a+b", []string{"a+b"}},
			{"/a%20b", "/a%20b", []string{"a b"}},
			{"/A /%41", "/A", []string{"A"}},
			{"/a /%61", "/a", []string{"a"}},
			{"/opt", "/opt", []string{"opt"}},
			{"/opt/index", "/opt/index", []string{"opt", "index"}},
			{"/opt/index.html", "/opt/index.html", []string{"opt", "index.html"}},
			{"/index", "/index", []string{"index"}},
			{"/index/index", "/index/index", []string{"index", "index"}},
			{"/", "/", nil},
			{"/..%2f.. /..%2F.. /%2e%2e%2f%2e%2e /.%2E%2f..", "/..%2F..", []string{"../.."}},
			{"/..%2f..%2f..%2f..%2fetc%2fpasswd", "/..%2F..%2F..%2F..%2Fetc%2Fpasswd", []string{"../../../../etc/passwd"}},
			{"/..%2foutside.html", "/..%2Foutside.html", []string{"../outside.html"}},
			{`/..%5c..%5coutside.html /..\..\outside.html`, "/..%5C..%5Coutside.html", []string{`..\..\outside.html`}},
			{"/%2Fetc%2Fpasswd", "/%2Fetc%2Fpasswd", []string{"/etc/passwd"}},
			{"/%2F", "/%2F", []string{"/"}},
			{"/...", "/...", []string{"..."}},
			{"/..a/b..", "/..a/b..", []string{"..a", "b.."}},
			{"/caf%C3%A9 /caf%c3%a9 /café", "/caf%C3%A9", []string{"café"}},
			{"/cafe%CC%81", "/cafe%CC%81", []string{"cafe\u0301"}}, // the same to the eye, another path
			{"/a%3Fb=c /a%3fb%3dc", "/a%3Fb=c", []string{"a?b=c"}},
			{"/a%23b", "/a%23b", []string{"a#b"}},
			{"/a%25b", "/a%25b", []string{"a%b"}},
			{"/a%2520b", "/a%2520b", []string{"a%20b"}},
			{"/%252e%252e", "/%252e%252e", []string{"%2e%2e"}},
			{"/a%0d%0ab", "/a%0D%0Ab", []string{"a\r\nb"}},
			{"/a%01%7Fb", "/a%01%7Fb", []string{"a\x01\x7fb"}},
			{"/a;b=c,d;e /a%3Bb%3Dc%2Cd%3Be", "/a;b=c,d;e", []string{"a;b=c,d;e"}},
			{"/a&b=c:d@e /a%26b%3Dc%3Ad%40e", "/a&b=c:d@e", []string{"a&b=c:d@e"}},
			{"/~u/%7Eu /%7eu/~u", "/~u/~u", []string{"~u", "~u"}},
			{`/a%22b /a"b`, "/a%22b", []string{`a"b`}},
			{"/%5Bx%5D /[x]", "/%5Bx%5D", []string{"[x]"}},
			{"/%7Bx%7D%7C%5E%60 /{x}|^`", "/%7Bx%7D%7C%5E%60", []string{"{x}|^`"}},
			{"/<script>alert(1)<%2fscript>", "/%3Cscript%3Ealert(1)%3C%2Fscript%3E", []string{"<script>alert(1)</script>"}},
			{"/-_.!~*'()", "/-_.!~*'()", []string{"-_.!~*'()"}},
			{"/con/aux.txt", "/con/aux.txt", []string{"con", "aux.txt"}},
			{"/" + strings.Repeat("x", 4000), "/" + strings.Repeat("x", 4000), []string{strings.Repeat("x", 4000)}},
		}
		check := func(states ...string) {
			t.Helper()
			for _, c := range cases {
				want, err := json.Marshal(toldPath{c.path, c.seg})
				if err != nil {
					t.Fatal(err)
				}
				for i, target := range strings.Fields(c.targets) {
					state := states[min(i, len(states)-1)]
					if a := s.raw("GET", target); a.status != 200 || a.header.Get("X-Wisr-Cache") != state || a.body != string(want) {
						t.Errorf("%.60s: %d %s %.200s, want 200 %s %.200s", target, a.status, a.header.Get("X-Wisr-Cache"), a.body, state, want)
					}
					data := target + ".json"
					if c.path == "/" {
						data = "/index.json"
					} else if c.path == "/index" || strings.HasPrefix(c.path, "/index/") {
						data = "/index" + data // so that it is another than the root's
					}
					if a := s.raw("GET", "/_wisr/data"+data); a.status != 200 || a.header.Get("X-Wisr-Cache") != "HIT" || a.body != fmt.Sprintf(`{"props":{"path":%q}}`, c.path) {
						t.Errorf("data of %.60s: %d %s %.200s", target, a.status, a.header.Get("X-Wisr-Cache"), a.body)
					}
				}
			}
		}
		check("MISS", "HIT")
		check("HIT")
		s.restart() // each is its own in the store, too
		check("HIT")
		if after := s.files(); after != before {
			t.Errorf("files outside of .wisr were\n%s\nand are\n%s", before, after)
		}
		s.storeIsTidy()
	})
}

// files lists what is in the site's folder besides .wisr, and beside that folder.
func (s *site) files() string {
	s.t.Helper()
	var names []string
	err := filepath.WalkDir(filepath.Dir(s.dir), func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Name() == ".wisr" {
			return fs.SkipDir
		}
		names = append(names, name)
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.Join(names, "\n")
}

// storeIsTidy checks that no name in the store is made of a URL.
func (s *site) storeIsTidy() {
	s.t.Helper()
	root := filepath.Join(s.dir, ".wisr", "pages")
	name := regexp.MustCompile(`^(pages|locks|changes|tmp|invalidations)(/[0-9a-f]{2}|/[0-9a-f]{2}/[0-9a-f]{64}|/[0-9a-f]{16}[.-][0-9]+)?$`)
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if !name.MatchString(filepath.ToSlash(rel)) {
			s.t.Errorf("%s is in the store", rel)
		}
		return nil
	})
	if err != nil {
		s.t.Error(err)
	}
}

// A single parameter takes one segment, whatever is escaped in it.
func TestS56ParametersAreSegments(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("one", "/one/[seg]")
		s.plugin("fixed", "/one/café")
		s.upstream.on("one", script{render: func(in input) (int, string) { return 200, fmt.Sprintf("%q", in.Param("seg")) }})
		s.upstream.on("fixed", script{render: says(200, "fixed")})
		s.start()
		for target, want := range map[string]string{
			"/one/a%2Fb": `"a/b"`, "/one/..%2f..": `"../.."`, "/one/a+b": `"a+b"`, "/one/CAF%C3%89": `"CAFÉ"`, "/one/index": `"index"`,
			"/one/caf%c3%a9": "fixed", "/one/c%61f%C3%A9": "fixed",
		} {
			if a := s.raw("GET", target); a.status != 200 || a.body != want {
				t.Errorf("%s: %d %s, want %s", target, a.status, a.body, want)
			}
		}
		for _, target := range []string{"/one/a/b", "/one", "/ONE/a", "/One/a", "/one%2Fa", "/one/a%2Fb/c"} {
			if a := s.raw("GET", target); a.status != 404 {
				t.Errorf("%s: %d", target, a.status)
			}
		}
	})
}
