package sandbox

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	extism "github.com/extism/go-sdk"
)

func text(lines []LogLine) []string {
	var all []string
	for _, l := range lines {
		all = append(all, fmt.Sprintf("%s %s", l.Level, l.Text))
	}
	return all
}

// LAB 7: Extism has one log level for the process and prints to its log. Ours
// is the instance's, whatever the process's is.
func TestTheLogIsTheInstances(t *testing.T) {
	extism.SetLogLevel(extism.LogLevelError)
	defer extism.SetLogLevel(extism.LogLevelOff)
	u := newUpstream(t)
	m := relay(t, u, Spec{})
	u.answer(620, "one\ntwo\n")
	i := run(t, m)
	if out, err := i.Call(t.Context(), "render", nil); err != nil || string(out) != "1" {
		t.Fatalf("get_log_level gives %q, %v; want 1, which is debug", out, err)
	}
	want := []string{"DEBUG one", "DEBUG two", "INFO one", "INFO two", "WARN one", "WARN two", "ERROR one", "ERROR two"}
	if got := text(i.Log()); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := text(run(t, m).Log()); len(got) != 0 {
		t.Errorf("another instance has %q", got)
	}
}

func TestStandardOutputAndErrorAreInTheLog(t *testing.T) {
	u := newUpstream(t)
	m := relay(t, u, Spec{})
	u.answer(624, "one\r\n\ntwo")
	i := run(t, m)
	if out, err := i.Call(t.Context(), "render", nil); err != nil || string(out) != "written" {
		t.Fatalf("got %q, %v", out, err)
	}
	// Lines that have not ended come when the log is asked for.
	want := []string{"INFO one", "INFO ", "WARN one", "WARN ", "INFO two", "WARN two"}
	if got := text(i.Log()); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestAFailureHasTheLog(t *testing.T) {
	u := newUpstream(t)
	m := relay(t, u, Spec{})
	i := run(t, m)
	u.answer(624, "before")
	if _, err := i.Call(t.Context(), "getStaticProps", nil); err != nil {
		t.Fatal(err)
	}
	u.answer(616, "panic: then")
	f := failure(t, i, "render", nil)
	want := []string{"INFO before", "WARN beforepanic: then"}
	if got := text(f.Log); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	// The message is of this call's error output alone.
	if f.Message != "panic: then (unreachable)" {
		t.Errorf("message is %q", f.Message)
	}
}

func check(t *testing.T, lines []LogLine) {
	t.Helper()
	total := 0
	for _, l := range lines {
		total += len(l.Text)
		if len(l.Text) > maxLine || !utf8.ValidString(l.Text) || strings.ContainsFunc(l.Text, func(r rune) bool { return r < ' ' && r != '\t' }) {
			t.Errorf("a line of %d bytes: %.80q", len(l.Text), l.Text)
		}
	}
	if len(lines) > maxLogLines || total > maxLogBytes {
		t.Errorf("%d lines, %d bytes", len(lines), total)
	}
}

func TestTheLogKeepsItsBeginningAndItsEnd(t *testing.T) {
	u := newUpstream(t)
	m := relay(t, u, Spec{})
	u.answer(608, "5000 40")
	i := run(t, m)
	if _, err := i.Call(t.Context(), "render", nil); err != nil {
		t.Fatal(err)
	}
	lines := i.Log()
	check(t, lines)
	if len(lines) != maxLogLines {
		t.Errorf("%d lines are kept", len(lines))
	}
	if got := lines[0].Text; !strings.HasPrefix(got, "0xxx") {
		t.Errorf("the first line is %q", got)
	}
	if got, want := lines[128], (LogLine{slog.LevelWarn, "… 4745 lines left out …"}); got != want {
		t.Errorf("in the middle is %q, want %q", got, want)
	}
	if got := lines[255].Text; !strings.HasPrefix(got, "4999xxx") {
		t.Errorf("the last line is %q", got)
	}
}

func TestLongLinesAreCutWithAMark(t *testing.T) {
	u := newUpstream(t)
	m := relay(t, u, Spec{})
	u.answer(608, "100 1000000")
	i := run(t, m)
	if _, err := i.Call(t.Context(), "render", nil); err != nil {
		t.Fatal(err)
	}
	lines := i.Log()
	check(t, lines)
	if got, want := lines[0].Text, " … (cut: the line has 1000000 bytes)"; !strings.HasSuffix(got, want) {
		t.Errorf("the first line ends in %q", got[len(got)-60:])
	}
}

func TestGuestLogWithinItsBounds(t *testing.T) {
	for name, write := range map[string]func(*guestLog){
		"empty lines":        func(l *guestLog) { l.add(0, []byte(strings.Repeat("\n", 60_000)), 60_000) },
		"control characters": func(l *guestLog) { l.add(0, []byte(strings.Repeat("\x1b[31m\x00", 8000)), 48_000) },
		"bad UTF-8":          func(l *guestLog) { l.add(0, []byte(strings.Repeat("\xff\xc3", 30_000)), 60_000) },
		"wide runes":         func(l *guestLog) { l.add(0, []byte(strings.Repeat("x😀", 2000)), 10_000) },
		"lines of the greatest length": func(l *guestLog) {
			for range 100 {
				l.add(0, []byte(strings.Repeat("x", maxLine)), maxLine)
			}
		},
		"a stream in one piece": func(l *guestLog) {
			s := stream{log: l, over: func() bool { return false }, copy: &excerpt{}}
			fmt.Fprint(&s, strings.Repeat("a line\n", 1_000_000))
		},
		"a stream byte by byte": func(l *guestLog) {
			s := stream{log: l, over: func() bool { return false }, copy: &excerpt{}}
			for range 100_000 {
				s.Write([]byte("é"[:1]))
			}
			s.flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			var l guestLog
			write(&l)
			lines := l.lines()
			check(t, lines)
			if len(lines) == 0 {
				t.Error("nothing is kept")
			}
		})
	}
}

func TestExcerptKeepsBothEnds(t *testing.T) {
	var e excerpt
	for k := range 10_000 {
		e.write(fmt.Appendf(nil, "line %d\n", k))
	}
	got := e.String()
	if !strings.HasPrefix(got, "line 0\nline 1\n") || !strings.HasSuffix(got, "\nline 9999") || !strings.Contains(got, "bytes left out") {
		t.Errorf("got %.40q … %q", got, got[len(got)-40:])
	}
	if len(got) > 2*maxExcerpt+100 {
		t.Errorf("%d bytes", len(got))
	}
}

func TestGuestsNeverGetTheOutputOfTheHost(t *testing.T) {
	t.Setenv(wasiOutput, "1")
	if _, err := New(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), "unset it") {
		t.Errorf("got %v", err)
	}
}
