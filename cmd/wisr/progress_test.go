package main

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/prerender"
	"github.com/wisr-dev/wisr/plugins/registry"
)

func TestProgressElsewhereIsALineForEveryTenth(t *testing.T) {
	var out strings.Builder
	p := newProgress(&terminal{err: &out})
	for done := 1; done <= 1000; done++ {
		p.show(prerender.Progress{Done: done, Failed: done / 300, Total: 1000})
	}
	p.end()
	want := `100 of 1000 pages, 0 failed
200 of 1000 pages, 0 failed
300 of 1000 pages, 1 failed
400 of 1000 pages, 1 failed
500 of 1000 pages, 1 failed
600 of 1000 pages, 2 failed
700 of 1000 pages, 2 failed
800 of 1000 pages, 2 failed
900 of 1000 pages, 3 failed
1000 of 1000 pages, 3 failed
`
	if out.String() != want {
		t.Errorf("got\n%s", &out)
	}
}

func TestTheBarIsDrawnOverAndTakenAway(t *testing.T) {
	var out strings.Builder
	p := &progress{w: &out, bar: true}
	p.show(prerender.Progress{Done: 1, Total: 3, Failed: 1})
	p.show(prerender.Progress{Done: 2, Total: 3, Failed: 1}) // too soon to be drawn
	p.show(prerender.Progress{Done: 3, Total: 3})            // the last one always is
	p.end()
	full, empty := strings.Repeat("█", 10), strings.Repeat("░", 20)
	want := "\r[" + full + empty + "] 1 of 3, 1 failed" +
		"\r[" + full + full + full + "] 3 of 3          " +
		"\r" + strings.Repeat(" ", len("] 3 of 3")+31) + "\r"
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
}

func TestABarThatWasNeverDrawnLeavesNothing(t *testing.T) {
	var out strings.Builder
	p := &progress{w: &out, bar: true}
	p.end()
	if out.Len() > 0 {
		t.Errorf("got %q", out.String())
	}
}

func TestTheConsoleHasALineForEachRecordAndLongValuesBelow(t *testing.T) {
	for _, c := range []struct {
		color bool
		want  string
	}{
		{false, "12:34:56 reloaded plugin=blog took=12ms\n" +
			"12:34:56 warn changed of=blog path=/a\n" +
			"12:34:56 error failed of=blog plugin=blog\n  main.go:3: undefined: x\n  main.go:4: too\n"},
		{true, "\x1b[2m12:34:56\x1b[0m reloaded \x1b[2mplugin=\x1b[0mblog \x1b[2mtook=\x1b[0m12ms\n" +
			"\x1b[2m12:34:56\x1b[0m \x1b[33mwarn\x1b[0m changed \x1b[2mof=\x1b[0mblog \x1b[2mpath=\x1b[0m/a\n" +
			"\x1b[2m12:34:56\x1b[0m \x1b[31merror\x1b[0m failed \x1b[2mof=\x1b[0mblog \x1b[2mplugin=\x1b[0mblog\n  main.go:3: undefined: x\n  main.go:4: too\n"},
	} {
		var out strings.Builder
		handler := &console{w: &out, color: c.color, mu: new(sync.Mutex)}
		record := func(h slog.Handler, level slog.Level, message string, args ...any) {
			if !h.Enabled(t.Context(), level) {
				return
			}
			r := slog.NewRecord(time.Date(2026, 3, 1, 12, 34, 56, 0, time.UTC), level, message, 0)
			r.Add(args...)
			if err := h.Handle(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		record(handler, slog.LevelInfo, "reloaded", "plugin", "blog", "took", 12*time.Millisecond)
		record(handler, slog.LevelDebug, "not for people")
		more := handler.WithAttrs([]slog.Attr{slog.String("of", "blog")})
		record(more, slog.LevelWarn, "changed", "path", "/a")
		record(more, slog.LevelError, "failed", "error", errors.New("main.go:3: undefined: x\nmain.go:4: too\n"), "plugin", "blog")
		if out.String() != c.want {
			t.Errorf("got\n%q\nwant\n%q", out.String(), c.want)
		}
	}
}

func TestTheTableOfRoutes(t *testing.T) {
	report := &prerender.Report{
		Took: 1234567 * time.Microsecond,
		Routes: []prerender.Route{
			{Plugin: "home", Route: "/", Pages: 1, Made: 1, Bytes: 900},
			{Plugin: "post", Route: "/blog/[slug]", Pages: 1000, Made: 998, Failed: 2, Bytes: 3 << 20, Revalidate: [2]time.Duration{10 * time.Second, 0}},
			{Plugin: "empty", Route: "/x/[y]"},
		},
		Problems: []registry.Problem{{Plugin: "bad", Dir: "/site/plugins/bad", Err: errors.New("plugin bad: is not good\n(mend it)")}},
	}
	report.Routes[1].Failures = []prerender.Failure{{Path: "/blog/a", Err: errors.New("first")}}
	var out, err strings.Builder
	term := &terminal{out: &out, err: &err}
	term.routes(report)
	term.failures(report)
	want := `Route          Plugin   Pages   Made   Revalidate        Size     Fuel   Failed
/              home     1       1      on demand         900 B    -      -
/blog/[slug]   post     1000    998    10s … on demand   3.0 MB   -      2
/x/[y]         empty    0       0      -                 0 B      -      -
                        1001    999                      3.0 MB          2

999 pages made in 1.23s; 2 pages were fresh
`
	if out.String() != want {
		t.Errorf("got\n%s", &out)
	}
	want = `
3 failed:

✗ plugin bad (/site/plugins/bad)
  is not good
  (mend it)

✗ /blog/a
  first

✗ /blog/[slug]: and 1 more
`
	if err.String() != want {
		t.Errorf("got\n%s", &err)
	}
}

func TestABuildThatFailedNowherePrintsNoFailures(t *testing.T) {
	var err strings.Builder
	(&terminal{err: &err}).failures(&prerender.Report{Routes: []prerender.Route{{Pages: 3}}})
	if err.Len() > 0 {
		t.Errorf("got %s", &err)
	}
}

func TestAWindowAsPeopleReadIt(t *testing.T) {
	for _, c := range []struct {
		pages           int
		least, greatest time.Duration
		want            string
	}{
		{0, 0, 0, "-"},
		{1, 0, 0, "on demand"},
		{2, 10 * time.Second, 10 * time.Second, "10s"},
		{2, 90 * time.Second, 24 * time.Hour, "1m30s … 24h"},
		{2, time.Minute, 0, "1m … on demand"},
	} {
		if got := window(&prerender.Route{Pages: c.pages, Revalidate: [2]time.Duration{c.least, c.greatest}}); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestSizesAndCountsAndSpans(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KB", 1536: "1.5 KB", 1 << 20: "1.0 MB", 5 << 30: "5120.0 MB"} {
		if got := size(n); got != want {
			t.Errorf("size %d: %s", n, got)
		}
	}
	for n, want := range map[int]string{0: "0 pages were", 1: "1 page was", 2: "2 pages were"} {
		if got := pages(n, " was", " were"); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
	for d, want := range map[time.Duration]string{0: "0s", 10 * time.Second: "10s", 10 * time.Minute: "10m", 20 * time.Hour: "20h", 61 * time.Minute: "1h1m", 3601 * time.Second: "1h0m1s"} {
		if got := span(d); got != want {
			t.Errorf("%s: %s", d, got)
		}
	}
	for d, want := range map[time.Duration]string{1234 * time.Microsecond: "1ms", 1999 * time.Millisecond: "2s", 61234 * time.Millisecond: "1m1.23s"} {
		if got := took(d).String(); got != want {
			t.Errorf("%s: %s", d, got)
		}
	}
}
