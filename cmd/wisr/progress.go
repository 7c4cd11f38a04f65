package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/wisr-dev/wisr/host/prerender"
)

// progress shows how far a build has come: a bar that is drawn over on a
// terminal, now and then a line elsewhere.
type progress struct {
	w     io.Writer
	bar   bool
	last  time.Time
	drawn bool
	tenth int
}

func newProgress(t *terminal) *progress {
	return &progress{w: t.err, bar: isTerminal(t.err)}
}

// show is called after each page.
func (p *progress) show(now prerender.Progress) {
	if p.bar {
		if time.Since(p.last) >= 100*time.Millisecond || now.Done == now.Total {
			p.last = time.Now()
			p.draw(now)
		}
		return
	}
	if tenth := now.Done * 10 / max(1, now.Total); tenth > p.tenth {
		p.tenth = tenth
		fmt.Fprintf(p.w, "%d of %d pages, %d failed\n", now.Done, now.Total, now.Failed)
	}
}

func (p *progress) draw(now prerender.Progress) {
	const width = 30
	full := width * now.Done / max(1, now.Total)
	line := fmt.Sprintf("[%s%s] %d of %d", strings.Repeat("█", full), strings.Repeat("░", width-full), now.Done, now.Total)
	if now.Failed > 0 {
		line += fmt.Sprintf(", %d failed", now.Failed)
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s", line)
	p.drawn = true
}

// end leaves the line of the bar.
func (p *progress) end() {
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
