package host_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// raw sends a request with exactly this target, also one that net/http would
// mend or refuse to send.
func (s *site) raw(method, target string, headers ...string) answer {
	s.t.Helper()
	conn := s.dial()
	defer conn.Close()
	request := method + " " + target + " HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n"
	for _, h := range headers {
		request += h + "\r\n"
	}
	if _, err := io.WriteString(conn, request+"\r\n"); err != nil {
		s.t.Fatalf("%s %s: %v", method, target, err)
	}
	return readRaw(s.t, conn, method, target)
}

// dial connects to the site.
func (s *site) dial() net.Conn {
	s.t.Helper()
	host := strings.TrimPrefix(s.url, "http://")
	host, _, _ = strings.Cut(host, "/")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		s.t.Fatal(err)
	}
	return conn
}

// readRaw reads an answer up to the end of the connection. Bytes after the
// answer, such as the body of one that must not have any, fail the test.
func readRaw(t *testing.T, conn net.Conn, method, target string) answer {
	t.Helper()
	buffered := bufio.NewReader(conn)
	response, err := http.ReadResponse(buffered, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s %s: %v", method, target, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, target, err)
	}
	if rest, err := io.ReadAll(buffered); err != nil || len(rest) > 0 {
		t.Fatalf("%s %s: %d bytes follow the answer (%v): %.200q", method, target, len(rest), err, rest)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}
