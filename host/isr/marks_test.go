package isr

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// Names are drawn from few letters, so that many are prefixes of one another.
func TestMarksAgreeWithLookingAtEveryName(t *testing.T) {
	for seed := range uint64(200) {
		dice := rand.New(rand.NewPCG(seed, 1))
		text := func(most int) string {
			var b strings.Builder
			for range dice.IntN(most + 1) {
				b.WriteByte("ab*"[dice.IntN(3)])
			}
			return b.String()
		}
		var m marks
		known := make(map[Name]time.Time)
		for range 60 {
			n := Name{Kind: []string{NamePath, NamePlugin, NameTag, NameSource, NameSource, NameSource}[dice.IntN(6)], Value: text(5), Plugin: []string{"", "", "p", "q"}[dice.IntN(4)]}
			at := time.Unix(int64(dice.IntN(100)), 0)
			switch before, there := known[n]; {
			case dice.IntN(4) == 0:
				m.remove(n, at)
				if there && !before.After(at) {
					delete(known, n)
				}
			default:
				m.add(n, at)
				if !there || at.After(before) {
					known[n] = at
				}
			}
			e := &Entry{Key: text(3), Plugin: []string{"p", "q", text(2)}[dice.IntN(3)], Tags: []string{text(3), text(3)}, Sources: []string{text(7), text(3)}}
			got := make(map[Name]time.Time)
			m.each(e, func(n Name, at time.Time) { got[n] = at })
			for n, at := range known {
				if n.Covers(e) && !got[n].Equal(at) {
					t.Fatalf("seed %d: %+v answers to %q at %v, got %v", seed, e, n, at, got[n])
				}
			}
			for n := range got {
				if !n.Covers(e) || known[n].IsZero() {
					t.Fatalf("seed %d: %+v does not answer to %q", seed, e, n)
				}
			}
		}
	}
}

func TestNamesAreWrittenAndReadBack(t *testing.T) {
	for text, n := range map[string]Name{
		"tag:news":               {Kind: NameTag, Value: "news"},
		"tag:a:b@c":              {Kind: NameTag, Value: "a:b@c"},
		"tag@blog:a@b":           {Kind: NameTag, Value: "a@b", Plugin: "blog"},
		"source:https://x/a?b=*": {Kind: NameSource, Value: "https://x/a?b=*"},
		"path:/":                 {Kind: NamePath, Value: "/"},
	} {
		if n.String() != text || parseName(text) != n {
			t.Errorf("%q: %q, %+v", text, n.String(), parseName(text))
		}
	}
}

// marked makes an entry, and invalidations that are younger and name others.
func marked(names int) (*invalidations, *Entry) {
	v := &invalidations{}
	start := time.Unix(1000, 0)
	for i := range names {
		at := start.Add(time.Duration(i+1) * time.Second)
		v.add(Invalidation{Name: fmt.Sprintf("tag:other-%d", i), At: at})
		v.add(Invalidation{Name: fmt.Sprintf("source:https://api.example/items/%d/*", i), At: at})
		v.add(Invalidation{Name: fmt.Sprintf("tag@shop:news-%d", i), At: at})
		v.add(Invalidation{Name: fmt.Sprintf("purge-path:/other/%d", i), At: at})
	}
	return v, &Entry{
		Key: "/blog/a", Plugin: "blog", StartedAt: start, Tags: []string{"news", "post-1", "author-7"},
		Sources: []string{"https://api.example/items/17", "https://api.example/authors/7"},
	}
}

func TestJudgingAnEntryAllocatesNothing(t *testing.T) {
	v, e := marked(1000)
	v.add(Invalidation{Name: "source:https://api.example/authors/*", At: e.StartedAt.Add(time.Hour)})
	if n := testing.AllocsPerRun(1000, func() { v.of(e) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	if stale, purged := v.of(e); !stale.Equal(e.StartedAt.Add(time.Hour)) || purged {
		t.Errorf("stale as of %v, purged %v", stale, purged)
	}
}

// BenchmarkJudge judges an entry that is older than ten thousand invalidations of
// other names: what each hit of it costs besides. Without a younger invalidation
// ("none") it is one comparison.
func BenchmarkJudge(b *testing.B) {
	for _, names := range []int{0, 10, 10_000} {
		v, e := marked(names)
		b.Run(fmt.Sprintf("younger %d", 4*names), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				v.of(e)
			}
		})
	}
}
