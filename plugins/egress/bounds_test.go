package egress

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func zipped(t testing.TB, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.CopyN(w, zeros{}, int64(size)); err != nil {
		t.Fatal(err)
	}
	w.Close()
	return b.Bytes()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestABodyIsBoundedAfterDecompression(t *testing.T) {
	const limit = 10_000
	bomb := zipped(t, 8<<20)
	gzipped := func(w http.ResponseWriter, body []byte) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(body)
	}
	for _, c := range []struct {
		name    string
		answer  http.HandlerFunc
		method  string
		want    int
		tooMuch bool
	}{
		{"just enough", func(w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, limit)) }, "GET", limit, false},
		{"one byte more", func(w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, limit+1)) }, "GET", 0, true},
		{"none", func(w http.ResponseWriter, r *http.Request) {}, "GET", 0, false},
		{"just enough, in chunks", func(w http.ResponseWriter, r *http.Request) {
			w.Write(make([]byte, limit/2))
			w.(http.Flusher).Flush()
			w.Write(make([]byte, limit/2))
		}, "GET", limit, false},
		{"endless", func(w http.ResponseWriter, r *http.Request) { io.Copy(w, zeros{}) }, "GET", 0, true},
		{"a length that is a lie", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "9000000000000000000")
			w.WriteHeader(200)
		}, "GET", 0, true},
		{"a length that nobody sends", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "9000000000000000000")
		}, "HEAD", 0, false},
		{"gzip, just enough", func(w http.ResponseWriter, r *http.Request) { gzipped(w, zipped(t, limit)) }, "GET", limit, false},
		{"gzip, one byte more", func(w http.ResponseWriter, r *http.Request) { gzipped(w, zipped(t, limit+1)) }, "GET", 0, true},
		{"a bomb", func(w http.ResponseWriter, r *http.Request) { gzipped(w, bomb) }, "GET", 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			up := serve(t, c.answer)
			got, err := client(t, Options{MaxResponse: limit}, up.URL).Do(t.Context(), Request{Method: c.method, URL: up.URL})
			switch {
			case c.tooMuch && (!errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), "10000 bytes of [fetch] max_response")):
				t.Errorf("error %v, want ErrTooLarge", err)
			case !c.tooMuch && err != nil:
				t.Error(err)
			case !c.tooMuch && len(got.Body) != c.want:
				t.Errorf("%d bytes, want %d", len(got.Body), c.want)
			}
		})
	}
}

func TestAGuestCannotTurnDecompressionOff(t *testing.T) {
	up := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "br, gzip" {
			t.Errorf("Accept-Encoding %q", r.Header["Accept-Encoding"])
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(zipped(t, 5))
	})
	got, err := client(t, Options{}, up.URL).Do(t.Context(), Request{
		URL: up.URL, Header: map[string]string{"accept-encoding": "zstd, identity"},
	})
	if err != nil || len(got.Body) != 5 || got.Header["content-encoding"] != "" || got.Header["content-length"] != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestTimeIsBounded(t *testing.T) {
	hang := func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for name, answer := range map[string]http.HandlerFunc{
		"no answer": hang,
		"no end": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "begin")
			w.(http.Flusher).Flush()
			hang(w, r)
		},
		"no end, gzip": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(zipped(t, 1<<20)[:40])
			w.(http.Flusher).Flush()
			hang(w, r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			up := serve(t, answer)
			c := client(t, Options{Timeout: 50 * time.Millisecond}, up.URL)
			_, err := c.Do(t.Context(), Request{URL: up.URL + "/slow?token=hunter2"})
			want := "GET " + up.URL + "/slow: no complete answer in time: the 50ms of [fetch] timeout are over"
			if !errors.Is(err, ErrTimeout) || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

// What comes after the head of a redirect is not waited for.
func TestARedirectThatDoesNotEnd(t *testing.T) {
	up := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.Path)
		w.WriteHeader(302)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	_, err := client(t, Options{Timeout: time.Minute}, up.URL).Do(t.Context(), Request{URL: up.URL + "/slow"})
	if !errors.Is(err, ErrTooManyRedirects) {
		t.Error(err)
	}
}

// raw starts an upstream that answers with bytes of its own.
func raw(t *testing.T, answer string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Read(make([]byte, 4096))
			io.WriteString(conn, answer)
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return "http://" + l.Addr().String()
}

func TestBrokenAnswersAreErrorsWithoutSecrets(t *testing.T) {
	const secret, query = "Bearer tok-hunter2", "?token=qhunter2"
	for name, answer := range map[string]string{
		"closed at once":          "",
		"not HTTP":                "SSH-2.0-OpenSSH_9.2\r\n",
		"says the secret":         "HTTP/1.1 tok-hunter2 x\r\n\r\n",
		"a header that is a word": "HTTP/1.1 200 OK\r\ntok-hunter2\r\n\r\n",
		"cut short":               "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
		"cut short at the limit":  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n" + strings.Repeat("a", 100) + "\r\n",
		"a chunk of nonsense":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"two lengths":             "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"a negative length":       "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"not gzip":                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
		"too many header bytes":   "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("a", maxHeaderBytes+5000) + "\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			base := raw(t, answer)
			c := client(t, Options{MaxResponse: 100, Headers: map[string]http.Header{base: {"Authorization": {secret}}}}, base)
			_, err := c.Do(t.Context(), Request{URL: base + "/x" + query, Header: map[string]string{"Cookie": "chunter2"}})
			if err == nil {
				t.Fatal("no error")
			}
			if text := err.Error(); strings.Contains(text, "hunter2") || !strings.HasPrefix(text, "GET "+base+"/x: ") {
				t.Error(text)
			}
		})
	}
}

func TestSecretsAreInNoErrorOfARedirect(t *testing.T) {
	for _, location := range []string{
		"https://evil.example/?token=hunter2",
		"https://user:hunter2@evil.example/",
		"http://[::1/?hunter2",
		"http://user:hunter2@[::1/",
		"https://user:hunter2?@evil.example",
		"//user:hunter2@evil.example/",
		"mailto:hunter2",
	} {
		up := serve(t, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Location", location); w.WriteHeader(302) })
		_, err := client(t, Options{}, up.URL).Do(t.Context(), Request{URL: up.URL + "/?q=hunter2"})
		if err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, err), "hunter2") {
			t.Errorf("%s: %v", location, err)
		}
	}
}
