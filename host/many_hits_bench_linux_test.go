package host

import (
	"testing"
	"time"
)

// BenchmarkClusterHits asks a host of three, and a host alone with a folder, for a thousand pages of 10 KB, in turns and while
// all of them run. "rate-ratio" is how many times the requests per second of the latter the former answers.
func BenchmarkClusterHits(b *testing.B) {
	s := newLargeSite(b, 1000, tenKB)
	b.Run("memory", func(b *testing.B) { s.benchClusterHits(b, clusterCache) })
	b.Run("memory-off", func(b *testing.B) { s.benchClusterHits(b, 0) })
}

func (s *largeSite) benchClusterHits(b *testing.B, memory int64) {
	members := newMembers(b, s, memory)
	startAll(members)
	if b.Failed() {
		return
	}
	s.copyTo(members[0])
	one, alone := members[1], s.run(b, memory) // not the one to which pages were copied
	defer func() {
		alone.stop(b)
		for _, m := range members {
			m.stop(b)
		}
	}()
	const n = 250 // requests of each connection
	turn := func(address string) time.Duration {
		s.turns++
		return s.visitSome(b, address, s.turns, n)
	}
	turn(one.address)
	turn(alone.address)
	var ratios []float64
	for range max(9, b.N) {
		took := turn(one.address)
		ratios = append(ratios, float64(turn(alone.address))/float64(took))
	}
	b.ReportMetric(middle(ratios), "rate-ratio")
	b.ReportMetric(0.95, "rate-ratio-least")
	b.ReportMetric(0, "ns/op")
}
