package isr

import (
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	finished := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	entry := func(revalidate time.Duration) *Entry {
		return &Entry{Version: "v", StartedAt: finished.Add(-2 * time.Second), FinishedAt: finished, Revalidate: revalidate, Expire: time.Hour}
	}
	tests := []struct {
		name        string
		entry       *Entry
		version     string
		invalidated time.Time
		age         time.Duration
		want        Freshness
	}{
		{"no entry", nil, "v", time.Time{}, 0, Absent},
		{"young", entry(10 * time.Second), "v", time.Time{}, 10*time.Second - 1, Fresh},
		{"as old as its window", entry(10 * time.Second), "v", time.Time{}, 10 * time.Second, Stale},
		{"without a window", entry(0), "v", time.Time{}, time.Hour - 1, Fresh},
		{"at its expiry", entry(0), "v", time.Time{}, time.Hour, Expired},
		{"past its expiry and invalidated", entry(0), "v", finished, 2 * time.Hour, Expired},
		{"invalidated before it started", entry(0), "v", finished.Add(-3 * time.Second), 0, Fresh},
		{"invalidated when it started", entry(0), "v", finished.Add(-2 * time.Second), 0, Stale},
		{"invalidated while it ran", entry(0), "v", finished.Add(-time.Second), 0, Stale},
		{"of another version", entry(0), "w", time.Time{}, 0, Stale},
		{"from a future within its window", entry(10 * time.Second), "v", time.Time{}, -9 * time.Second, Fresh},
		{"from a future beyond its window", entry(10 * time.Second), "v", time.Time{}, -30 * time.Minute, Stale},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Judge(test.entry, test.version, test.invalidated, finished.Add(test.age)); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestDelayBetweenFailures(t *testing.T) {
	want := []time.Duration{0, 0, 1, 2, 4, 8, 16, 30, 30}
	for n, seconds := range want {
		if got := delay(n); got != seconds*time.Second {
			t.Errorf("after %d failures %v, want %v", n, got, seconds*time.Second)
		}
	}
	if got := delay(1 << 30); got != lastDelay {
		t.Errorf("after very many failures %v", got)
	}
}
