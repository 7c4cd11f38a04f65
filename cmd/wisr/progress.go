package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/wisr-dev/wisr/host/prerender"
)

// progress shows how far a build has come: a bar that is drawn over on a
// terminal, now and then a line elsewhere.
type progress struct {
	w     io.Writer
	bar   bool
	last  time.Time // when the bar was drawn
	drawn int       // characters of the bar that is there
	tenth int       // of the pages that was told last
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
	length := utf8.RuneCountInString(line)
	fmt.Fprintf(p.w, "\r%s%s", line, strings.Repeat(" ", max(0, p.drawn-length)))
	p.drawn = length
}

// end takes the bar away.
func (p *progress) end() {
	if p.drawn > 0 {
		fmt.Fprintf(p.w, "\r%s\r", strings.Repeat(" ", p.drawn))
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
