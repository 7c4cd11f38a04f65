package dir

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
)

func TestALineOfTheLogIsAsWritten(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 123456789, time.FixedZone("", 3600))
	for want, r := range map[string]record{
		"204a1b67 marked 2026-03-04T04:06:07.123456789Z \"tag:news\"\n":               {Invalidation: isr.Invalidation{Name: "tag:news", At: at}},
		"e846a334 forgotten 2026-03-04T04:06:07.123456789Z \"tag:\\x00\\n \\\"日本\"\n": {Invalidation: isr.Invalidation{Name: "tag:\x00\n \"日本", At: at}, forgotten: true},
	} {
		if line, err := r.line(); string(line) != want || err != nil {
			t.Errorf("got %q, %v; want %q", line, err, want)
		}
	}
	for _, r := range []record{
		{Invalidation: isr.Invalidation{Name: "tag:\xff", At: at}},
		{Invalidation: isr.Invalidation{Name: "tag:x", At: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}},
	} {
		if line, err := r.line(); err == nil {
			t.Errorf("%q can be written", line)
		}
	}
}

func FuzzRecord(f *testing.F) {
	f.Add("plugin:blog", int64(1), int64(2), true)
	f.Add("\xff", int64(-1), int64(0), false)
	f.Add("tag:\x00\n\"\u2028", int64(1), int64(0), false)
	f.Fuzz(func(t *testing.T, name string, sec, nsec int64, forgotten bool) {
		r := record{isr.Invalidation{Name: name, At: time.Unix(sec, nsec).UTC()}, forgotten}
		line, err := r.line()
		if err != nil {
			return
		}
		text, ok := strings.CutSuffix(string(line), "\n")
		if !ok || strings.ContainsAny(text, "\n\x00") {
			t.Fatalf("the line %q", line)
		}
		if got, err := parseRecord([]byte(text)); err != nil || got != r {
			t.Fatalf("%v became %v, %v", r, got, err)
		}
	})
}

func FuzzReplay(f *testing.F) {
	line, _ := record{Invalidation: isr.Invalidation{Name: "tag:x", At: time.Unix(1, 2)}}.line()
	gone, _ := record{Invalidation: isr.Invalidation{Name: "tag:x", At: time.Unix(1, 2)}, forgotten: true}.line()
	head := string(newLogHead(idBytes{1}, 1000))
	f.Add([]byte(head + string(line) + string(gone) + string(line)))
	f.Add([]byte(head + string(line[:20]) + "\x00\x00\n" + string(line) + "\x00"))
	f.Add([]byte("wisr-invalidation 1 a7ac06a0 {\"name\":\"tag:a\",\"at\":\"1970-01-01T00:00:05Z\"}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		live, damage := replay(data)
		if damage != nil && !errors.Is(damage, errDamaged) {
			t.Fatal(damage)
		}
		var again []byte
		for name, at := range live {
			line, err := record{Invalidation: isr.Invalidation{Name: name, At: at}}.line()
			if err != nil {
				t.Fatal(err)
			}
			again = append(again, line...)
		}
		if same, err := replay(again); err != nil || len(same) != len(live) {
			t.Fatalf("%v became %v, %v", live, same, err)
		}
		if _, err := decodeOlder(data); err != nil && !errors.Is(err, errDamaged) {
			t.Fatal(err)
		}
	})
}
