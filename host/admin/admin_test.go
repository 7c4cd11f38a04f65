package admin

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const secret = "correct horse battery staple"

// server makes a Server that is ready, unless notReady says why it is not.
func server(token string, notReady error) *Server {
	return New(Options{
		Token:   token,
		Ready:   func() error { return notReady },
		Details: func() any { return map[string]any{"plugins": 3, "broken": []string{"blog"}} },
		Events:  NewEvents(time.Now),
		Log:     slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
}

// ask sends a request to the handler; fields are "Name: value", also "Host: …".
func ask(s *Server, method, path string, fields ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	r.Host = "127.0.0.1:9090"
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.http.Handler.ServeHTTP(w, r)
	return w
}

func TestHealthIsToldAsJSON(t *testing.T) {
	s := server("", nil)
	for path, want := range map[string]string{
		"/livez":  `{"status":"ok"}`,
		"/readyz": `{"details":{"broken":["blog"],"plugins":3},"status":"ok"}`,
	} {
		w := ask(s, "GET", path)
		if w.Code != 200 || strings.TrimSpace(w.Body.String()) != want {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		if w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", path, w.Header())
		}
	}
	if w := ask(s, "HEAD", "/livez"); w.Code != 200 {
		t.Errorf("HEAD: %d", w.Code)
	}
	if w := ask(s, "POST", "/livez"); w.Code != 405 {
		t.Errorf("POST: %d", w.Code)
	}
	if w := ask(s, "GET", "/nothing"); w.Code != 404 {
		t.Errorf("/nothing: %d", w.Code)
	}
}

func TestWhatIsNotReadySaysWhy(t *testing.T) {
	s := server("", errors.New("shutting down"))
	if w := ask(s, "GET", "/readyz"); w.Code != 503 || strings.TrimSpace(w.Body.String()) != `{"reason":"shutting down","status":"not ready"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(s, "GET", "/livez"); w.Code != 200 {
		t.Errorf("it is alive all the same: %d", w.Code)
	}
}

// Without a token nothing but loopback keeps others out, and a web page that is
// shown on this machine is an other.
func TestWithoutATokenForeignHostsAndOriginsAreRefused(t *testing.T) {
	s := server("", nil)
	for _, c := range []struct {
		fields string
		status int
	}{
		{"Host: 127.0.0.1:9090", 200},
		{"Host: 127.0.0.1", 200},
		{"Host: localhost:9090", 200},
		{"Host: LOCALHOST", 200},
		{"Host: [::1]:9090", 200},
		{"Host: [::1]", 200},
		{"Host: 192.168.1.7:9090", 200}, // no name, so that no name server can have lied about it
		// DNS rebinding: the browser believes that evil.example is 127.0.0.1.
		{"Host: evil.example", 403},
		{"Host: evil.example:9090", 403},
		{"Host: localhost.evil.example", 403},
		{"Host: 127.0.0.1.evil.example:9090", 403},
		{"Host: ", 200}, // browsers always send one
		{"Host: []", 403},
		{"Host: evil.example|Origin: http://evil.example", 403},

		{"Origin: http://127.0.0.1:9090", 200},
		{"Host: localhost:9090|Origin: http://localhost:9090", 200},
		{"Origin: http://localhost:9090", 403}, // another origin than the one asked
		{"Origin: http://127.0.0.1:3000", 403}, // the site's own pages
		{"Origin: https://evil.example", 403},
		{"Origin: null", 403}, // a sandboxed frame, a file
		{"Origin: %", 403},

		{"Sec-Fetch-Site: none", 200}, // typed into the address bar
		{"Sec-Fetch-Site: same-origin", 200},
		{"Sec-Fetch-Site: same-site", 403},
		{"Sec-Fetch-Site: cross-site", 403},
	} {
		w := ask(s, "GET", "/readyz", strings.Split(c.fields, "|")...)
		if w.Code != c.status {
			t.Errorf("%s: %d, want %d", c.fields, w.Code, c.status)
		}
		var body struct{ Message string }
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || (c.status == 403) != (body.Message != "") {
			t.Errorf("%s: %s", c.fields, w.Body)
		}
		if c.status == 403 && strings.Contains(w.Body.String(), "plugins") {
			t.Errorf("%s: the refusal tells %s", c.fields, w.Body)
		}
	}
}

func TestWithATokenEverythingButHealthAsksForIt(t *testing.T) {
	s := server(secret, nil)
	for _, c := range []struct {
		path, fields string
		status       int
	}{
		{"/other", "Authorization: Bearer " + secret, 404}, // let in, and there is nothing
		{"/other", "Authorization: bearer " + secret, 404},
		{"/other", "Host: wisr.example|Authorization: Bearer " + secret, 404}, // by any name
		{"/other", "Host: wisr.example|Origin: https://wisr.example|Authorization: Bearer " + secret, 404},
		{"/other", "", 401},
		{"/other", "Authorization: Bearer", 401},
		{"/other", "Authorization: Bearer ", 401},
		{"/other", "Authorization: Bearer " + secret + "x", 401},
		{"/other", "Authorization: Bearer  " + secret, 401},
		{"/other", "Authorization: Basic " + secret, 401},
		{"/other", "Authorization: " + secret, 401},
		{"/other", "Cookie: token=" + secret, 401},
		{"/other?token=x", "", 401},
		{"/livez/", "", 401}, // health is two paths and nothing that looks like them
		{"//readyz", "", 401},
		{"/readyz", "", 200},
		{"/livez", "Host: wisr.example", 200},
		{"/livez", "Authorization: Bearer wrong", 200},
		// The token opens no door to web pages from elsewhere.
		{"/other", "Origin: https://evil.example|Authorization: Bearer " + secret, 403},
		{"/livez", "Origin: https://evil.example", 403},
		{"/livez", "Sec-Fetch-Site: cross-site", 403},
	} {
		w := ask(s, "GET", c.path, strings.Split(c.fields, "|")...)
		if w.Code != c.status {
			t.Errorf("%s with %q: %d, want %d", c.path, c.fields, w.Code, c.status)
		}
		if (w.Code == 401) != (w.Header().Get("Www-Authenticate") == "Bearer") {
			t.Errorf("%s with %q: %v", c.path, c.fields, w.Header())
		}
		if strings.Contains(w.Body.String(), secret) {
			t.Errorf("%s with %q: the answer has the token", c.path, c.fields)
		}
	}
}

func TestItServesUntilShutdown(t *testing.T) {
	s := server("", nil)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ln) }()

	// As the health checks of some load balancers are.
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /livez HTTP/1.0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || answer.StatusCode != 200 {
		t.Errorf("%v, %v", answer, err)
	}

	if err := s.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if _, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		t.Error("it still takes connections")
	}
}
