package host_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/wisr-dev/wisr/host/isr"
)

// decoded is an answer's body without its content coding.
func decoded(t *testing.T, a answer) string {
	t.Helper()
	var r io.Reader = strings.NewReader(a.body)
	var err error
	switch coding := a.header.Get("Content-Encoding"); coding {
	case "":
	case "gzip":
		r, err = gzip.NewReader(r)
	case "br":
		r = brotli.NewReader(r)
	case "zstd":
		r, err = zstd.NewReader(r)
	default:
		t.Fatalf("an unknown coding: %s", coding)
	}
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// much is a page that is worth compressing.
var much = strings.Repeat("<li>Käse, Brot, Wein und noch etwas anderes</li>\n", 500)

func TestS54TheCodingIsChosenByWeight(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		props := `{"text":"` + strings.Repeat("much and more ", 500) + `"}`
		s.upstream.on("page", script{props: says(200, `{"props":`+props+`}`), render: says(200, much)})
		s.start()
		for path, want := range map[string]string{"/": much, "/_wisr/data/index.json": `{"props":` + props + `}`} {
			s.get(path)
			const plain = ""
			for _, c := range []struct{ accept, want string }{
				// Of what a client likes equally: br, zstd, gzip.
				{"gzip", "gzip"}, {"br", "br"}, {"zstd", "zstd"}, {"GZip", "gzip"}, {"  br  ", "br"},
				{"", plain}, {"identity", plain}, {"deflate", plain}, {"compress, sdch", plain}, {"x-unknown;q=1", plain},
				{"gzip, deflate, br, zstd", "br"},
				{"gzip, deflate, br", "br"},
				{"gzip, deflate", "gzip"},
				{"*", "br"},
				{"br;q=0.5, gzip", "gzip"},
				{"br;q=0.5, gzip;q=0.4, zstd;q=0.6", "zstd"},
				{"br;q=0.999,gzip;q=1.000,zstd;q=0.998", "gzip"},
				{"gzip;q=0.001", "gzip"},
				{"gzip ; q=0.5 , br ; Q=0.7", "br"},
				{"gzip;q=1.0, identity; q=0.5, *;q=0", "gzip"},
				{"br;q=0", plain},
				{"br;q=0.0, gzip;q=0.00, zstd;q=0.000", plain},
				{"br;q=0, *", "zstd"},
				{"br;q=0, *;q=0.1", "zstd"},
				{"*;q=0", plain},
				{"*;q=0, zstd", "zstd"},
				{"*;q=0.3, gzip;q=0.9", "gzip"},
				{"identity;q=0, gzip;q=0.1", "gzip"},
				{"identity;q=0, *", "br"},
				{"identity;q=0", plain}, // nothing is acceptable: better a page than none
				{"identity;q=0, *;q=0", plain},
				{"identity, gzip;q=0.5", plain},
				{"identity;q=0.5, gzip", "gzip"},
				{"identity, br", "br"},
				{"gzip;level=9", "gzip"},
				// Weights that are none count as "not at all".
				{"gzip;q=abc", plain}, {"gzip;q=", plain}, {"gzip;q=-1", plain}, {"gzip;q=0.0001", plain},
				{"gzip;q=.5", plain}, {"gzip;q=1e3", plain}, {"gzip;q=NaN", plain}, {"gzip;q=0,5", plain},
				// What is no list at all.
				{",", plain}, {";", plain}, {";q=1", plain}, {"=", plain}, {",,gzip,,", "gzip"}, {"gzip br", plain}, {"\xff\xfe", plain}, {"q=1", plain},
				{strings.Repeat("x,", 5000), plain},
			} {
				a := s.raw("GET", path, "Accept-Encoding: "+c.accept)
				if got := a.header.Get("Content-Encoding"); got != c.want {
					t.Errorf("%s with %.60q: %q, want %q", path, c.accept, got, c.want)
				}
				if got := a.header["Vary"]; len(got) != 1 || got[0] != "Accept-Encoding" {
					t.Errorf("%s with %.60q: Vary is %q", path, c.accept, got)
				}
				if decoded(t, a) != want {
					t.Errorf("%s with %.60q: another body", path, c.accept)
				}
			}
			if a := s.raw("GET", path); a.header.Get("Content-Encoding") != "" || a.body != want || a.header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s without Accept-Encoding: %v", path, a.header)
			}
		}
		s.made("page", "/", 1)
	})
}

// Different bytes never share a strong entity tag, and the same ones always do.
func TestS54EachCodingHasItsETag(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		s.upstream.on("page", script{render: says(200, much), props: func(in input) (int, string) {
			return 200, `{"props":{"text":"` + strings.Repeat("much and more ", 500) + `"},"revalidate":10}`
		}})
		s.start()
		for _, path := range []string{"/", "/_wisr/data/index.json"} {
			tags := map[string]string{} // tag → coding
			for _, coding := range []string{"identity", "gzip", "br", "zstd"} {
				accept := "Accept-Encoding: " + coding
				tag := s.tag(path, accept)
				if other, ok := tags[tag]; ok {
					t.Errorf("%s: %s and %s share %s", path, coding, other, tag)
				}
				tags[tag] = coding
				for _, header := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
					a := s.get(path, accept, "If-None-Match: "+header)
					if a.status != 304 || a.header.Get("Etag") != tag || a.header.Get("Content-Encoding") != "" || a.header.Get("Vary") != "Accept-Encoding" {
						t.Errorf("%s in %s with %s: %d %v", path, coding, header, a.status, a.header)
					}
				}
			}
			for tag, coding := range tags {
				if a := s.get(path, "If-None-Match: "+tag); (a.status == 304) != (coding == "identity") {
					t.Errorf("the plain %s for who has it in %s: %d", path, coding, a.status)
				}
			}
		}
	})
}

func TestS54CompressedOnceAGeneration(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/")
		s.upstream.on("page", script{render: func(in input) (int, string) { return 200, much + fmt.Sprint(in.N) }})
		s.start()
		s.get("/")
		check := func(generation int) {
			t.Helper()
			for _, coded := range append(s.stored("/").Encodings, isr.Coded{Coding: "identity", Body: s.stored("/").Body}) {
				a := s.get("/", "Accept-Encoding: "+coded.Coding)
				if a.body != string(coded.Body) {
					t.Errorf("in %s: what is sent is not what is stored", coded.Coding)
				}
				if decoded(t, a) != much+fmt.Sprint(generation) {
					t.Errorf("in %s: not the page of generation %d", coded.Coding, generation)
				}
			}
			if n := len(s.stored("/").Encodings); n != 3 {
				t.Errorf("stored in %d codings", n)
			}
		}
		check(1)
		s.restart()
		check(1)
		s.clock.advance(10 * time.Second)
		s.sees("/", 200, "STALE", much+"1")
		s.becomes("/", much+"2")
		check(2)
	})
}

// What would not get smaller is sent as it is.
func TestS54WhatIsNotWorthIt(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		noise := make([]byte, 20_000)
		source := rand.NewChaCha8([32]byte{})
		source.Read(noise)
		s.plugin("page", "/[id]")
		s.upstream.on("page", script{
			props: func(in input) (int, string) {
				return 200, map[string]string{"/noise": `{"props":{},"headers":{"Content-Type":"application/octet-stream"}}`}[in.Path] +
					map[bool]string{true: `{"props":{}}`}[in.Path != "/noise"]
			},
			render: func(in input) (int, string) {
				return 200, map[string]string{"/tiny": "x", "/noise": string(noise), "/photo.jpg": string(noise)}[in.Path]
			},
		})
		s.start()
		for path, want := range map[string]string{"/tiny": "x", "/noise": string(noise), "/photo.jpg": string(noise)} {
			for range 2 {
				a := s.get(path, "Accept-Encoding: gzip, br, zstd")
				if a.status != 200 || a.header.Get("Content-Encoding") != "" || !bytes.Equal([]byte(a.body), []byte(want)) {
					t.Errorf("%s: %d %v, %d bytes", path, a.status, a.header, len(a.body))
				}
			}
		}
	})
}

func TestS54NotFoundPagesToo(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[id]")
		s.plugin("missing", "/404")
		s.upstream.on("page", script{props: says(200, `{"notFound":true}`)})
		s.upstream.on("missing", script{render: says(200, much)})
		s.start()
		for _, state := range []string{"MISS", "HIT"} {
			a := s.get("/a", "Accept-Encoding: gzip")
			if a.status != 404 || a.header.Get("X-Wisr-Cache") != state || a.header.Get("Content-Encoding") != "gzip" || decoded(t, a) != much {
				t.Errorf("%d %v", a.status, a.header)
			}
		}
	})
}
