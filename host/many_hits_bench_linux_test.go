package host

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkClusterHits asks a host of three, and a host alone with a folder, for a thousand pages of 10 KB, in turns and while
// all of them run. "rate-ratio" is how many times the requests per second of the latter the former answers.
//
// A turn is short, since what else a machine does in one second is not what it does in the next; the
// ratio is that of many turns together, longer than what a host in a cluster does now and then, so that this counts.
// "idle-percent" is what a host in the cluster takes of a core while nobody asks, "idle-dir-percent" the host alone.
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
	addresses := [2]string{one.address, alone.address}
	for _, address := range addresses {
		s.visitSome(b, address, 0, 500) // then each has all pages as it keeps them
	}
	const idle = 10 * time.Second
	before := [2]time.Duration{one.busy(b), alone.busy(b)}
	time.Sleep(idle)
	b.ReportMetric(100*(one.busy(b)-before[0]).Seconds()/idle.Seconds(), "idle-percent")
	b.ReportMetric(100*(alone.busy(b)-before[1]).Seconds()/idle.Seconds(), "idle-dir-percent")
	var ratios []float64
	for range max(40, b.N) {
		var took [2]time.Duration
		for range 10 {
			s.turns++
			first := int(s.turns % 2)
			for _, i := range [2]int{first, 1 - first} {
				took[i] += s.visitSome(b, addresses[i], s.turns, 50)
			}
		}
		ratios = append(ratios, float64(took[1])/float64(took[0]))
	}
	b.ReportMetric(middle(ratios), "rate-ratio")
	b.ReportMetric(0.95, "rate-ratio-least")
	b.ReportMetric(0, "ns/op")
}

// busy is how long the process has had a processor.
func (p *process) busy(b *testing.B) time.Duration {
	var used unix.Timespec
	clock := int32(^p.command.Process.Pid<<3 | 2) // as clock_getcpuclockid(3) makes it
	if err := unix.ClockGettime(clock, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Nano())
}
