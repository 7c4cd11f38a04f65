package egress

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

// brotlied compresses zeros.
func brotlied(t testing.TB, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := brotli.NewWriterLevel(&b, 9)
	if _, err := io.CopyN(w, zeros{}, int64(size)); err != nil {
		t.Fatal(err)
	}
	w.Close()
	return b.Bytes()
}

func TestACodedBodyIsDecoded(t *testing.T) {
	const limit = 100_000
	nothing := zipped(t, 0)
	for _, c := range []struct {
		name, coding string
		body         []byte
		want         int // bytes
		err          error
	}{
		{"br", "br", brotlied(t, limit), limit, nil},
		{"br in capitals", " BR ", brotlied(t, 5), 5, nil},
		{"br, one byte more", "br", brotlied(t, limit+1), 0, ErrTooLarge},
		{"a bomb in br", "br", brotlied(t, 16<<20), 0, ErrTooLarge},
		{"a bomb in gzip", "gzip", zipped(t, 16<<20), 0, ErrTooLarge},
		{"x-gzip", "x-gzip", zipped(t, 5), 5, nil},
		{"nothing in gzip", "gzip", nothing, 0, nil},
		{"nothing at all in gzip", "gzip", nil, 0, nil},
		{"nothing at all in br", "br", nil, 0, nil},
		{"nothing, for ever", "gzip", bytes.Repeat(nothing, 2+(limit+slack)/len(nothing)), 0, ErrTooLarge},
		{"something that is no br", "br", []byte("hello, this is no br"), 0, errAny},
		{"half of a br", "br", brotlied(t, limit)[:8], 0, errAny},
		{"half of a gzip", "gzip", zipped(t, limit)[:30], 0, errAny},
		{"something after a br", "br", append(brotlied(t, 5), "more"...), 0, errAny},
		{"a coding that nobody asked for", "zstd", []byte("as it came"), 10, nil},
		{"two codings", "gzip, br", []byte("as it came"), 10, nil},
		{"none, by name", "identity", []byte("as it came"), 10, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			up := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Encoding", c.coding)
				w.Write(c.body)
			})
			got, err := client(t, Options{MaxResponse: limit}, up.URL).Do(t.Context(), Request{URL: up.URL})
			switch {
			case c.err == errAny && err != nil:
				if errors.Is(err, ErrTooLarge) || !strings.HasPrefix(err.Error(), "GET "+up.URL+"/: ") {
					t.Error(err)
				}
			case c.err != nil:
				if !errors.Is(err, c.err) {
					t.Errorf("got %+v, %v; want %v", got, err, c.err)
				}
			case err != nil || len(got.Body) != c.want:
				t.Errorf("%v", err)
			case (got.Header["content-encoding"] == "") != (string(got.Body) != "as it came"):
				t.Errorf("the guest is told of the coding %q", got.Header["content-encoding"])
			}
		})
	}
}

var errAny = errors.New("any")

// A piece of something compressed is good for nothing, and after HEAD there is
// nothing to decode.
func TestWhatCannotBeDecodedIsNotAskedForInACoding(t *testing.T) {
	up := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header["Accept-Encoding"]; got != nil {
			t.Errorf("%s asks for %q", r.Method, got)
		}
		w.Header().Set("Content-Encoding", "gzip") // and comes all the same
		w.WriteHeader(http.StatusPartialContent)
		if r.Method != "HEAD" {
			io.WriteString(w, "a piece")
		}
	})
	c := client(t, Options{}, up.URL)
	got, err := c.Do(t.Context(), Request{URL: up.URL, Header: map[string]string{"Range": "bytes=0-6"}})
	if err != nil || string(got.Body) != "a piece" || got.Header["content-encoding"] != "gzip" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err = c.Do(t.Context(), Request{Method: "HEAD", URL: up.URL}); err != nil || got.Header["content-encoding"] != "gzip" {
		t.Errorf("%+v, %v", got, err)
	}
}

// What comes in a coding is a stranger's: it is bounded, and no panic.
func FuzzACodedBodyIsBounded(f *testing.F) {
	var plain bytes.Buffer
	w := gzip.NewWriter(&plain)
	io.WriteString(w, strings.Repeat("wisr ", 100))
	w.Close()
	f.Add(plain.Bytes(), false)
	plain.Reset()
	bw := brotli.NewWriter(&plain)
	io.WriteString(bw, strings.Repeat("wisr ", 100))
	bw.Close()
	f.Add(plain.Bytes(), true)
	f.Add([]byte{}, true)
	c := New(Options{MaxResponse: 4096})
	defer c.Close()
	f.Fuzz(func(t *testing.T, data []byte, br bool) {
		coding := "gzip"
		if br {
			coding = "br"
		}
		resp := &http.Response{
			Header:        http.Header{"Content-Encoding": {coding}},
			ContentLength: -1,
			Body:          io.NopCloser(bytes.NewReader(data)),
			Request:       &http.Request{Method: "GET", Header: http.Header{"Accept-Encoding": {codings}}},
		}
		if got, err := c.read(resp); err == nil && len(got) > 4096 {
			t.Errorf("%d bytes", len(got))
		}
	})
}
