package encode

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/wisr-dev/wisr/host/isr"
)

func decode(t *testing.T, c isr.Coded) []byte {
	t.Helper()
	var r io.Reader
	var err error
	switch in := bytes.NewReader(c.Body); c.Coding {
	case Brotli:
		r = brotli.NewReader(in)
	case Gzip:
		r, err = gzip.NewReader(in)
	case Zstd:
		r, err = zstd.NewReader(in)
	}
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestEveryCodingGivesTheBodyBack(t *testing.T) {
	for _, size := range []int{1 << 10, 10 << 10, 3 << 20} {
		body := []byte(strings.Repeat("<p>é ☃ 😀 and some words</p>\n", size/30+1))
		coded := All("text/html; charset=utf-8", body)
		if len(coded) != 3 || coded[0].Coding != Brotli {
			t.Fatalf("%d bytes: codings %v", size, coded)
		}
		for _, c := range coded {
			if !bytes.Equal(decode(t, c), body) {
				t.Errorf("%s of %d bytes is another body", c.Coding, size)
			}
		}
	}
}

func TestTheSameBytesAreCodedTheSame(t *testing.T) {
	body := []byte(strings.Repeat("the same bytes, ", 1000))
	first, second := All("text/css", body), All("text/css", body)
	for i := range first {
		if !bytes.Equal(first[i].Body, second[i].Body) {
			t.Errorf("%s differs", first[i].Coding)
		}
	}
}

func TestWhatDoesNotPayIsLeftAlone(t *testing.T) {
	text := []byte(strings.Repeat("words ", 1000))
	random := make([]byte, 4096)
	state := uint32(1)
	for i := range random {
		state = state*1664525 + 1013904223
		random[i] = byte(state >> 24)
	}
	for _, test := range []struct {
		name, contentType string
		body              []byte
		want              int
	}{
		{"small", "text/html", text[:1023], 0},
		{"an image", "image/png", text, 0},
		{"no type", "", text, 0},
		{"random bytes", "text/plain", random, 0},
		{"JSON with parameters", "Application/JSON; charset=utf-8", text, 3},
		{"an Atom feed", "application/atom+xml", text, 3},
	} {
		if got := len(All(test.contentType, test.body)); got != test.want {
			t.Errorf("%s: %d codings, want %d", test.name, got, test.want)
		}
	}
}

func BenchmarkAll(b *testing.B) {
	body := []byte(strings.Repeat("<li class=\"item\"><a href=\"/blog/a-page-of-words\">A page of words</a> and what it says</li>\n", 110))
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		All("text/html", body)
	}
}
