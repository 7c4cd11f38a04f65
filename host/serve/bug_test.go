package serve

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/wisr-dev/wisr/plugins/registry"
)

func TestABugEndsTheRequestAndNotTheHost(t *testing.T) {
	public, err := OpenPublic(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	s := New(Options{
		Table:  func() *registry.Table { panic("a bug") },
		Public: public,
		Now:    time.Now,
		Log:    slog.New(slog.NewTextHandler(&log, nil)),
	})
	var c fasthttp.RequestCtx
	c.Request.SetRequestURI("/page")
	s.Handler()(&c)
	if got := c.Response.StatusCode(); got != 500 || string(c.Response.Header.Peek("Cache-Control")) != noStore {
		t.Errorf("%d %s", got, &c.Response.Header)
	}
	if !strings.Contains(log.String(), "a bug") || !strings.Contains(log.String(), "bug_test.go") || strings.Contains(string(c.Response.Body()), "bug") {
		t.Errorf("the log is %s\nthe answer %s", &log, c.Response.Body())
	}
}
