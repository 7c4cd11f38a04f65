package chaostest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host"
	"github.com/wisr-dev/wisr/host/config"
)

// skew is the environment of a process that is a host whose clock is wrong by that.
const skew = "CHAOS_SKEW"

// TestMain is that host: the clock of the program itself cannot be set.
func TestMain(m *testing.M) {
	if wrong := os.Getenv(skew); wrong != "" {
		fmt.Fprintln(os.Stderr, serveSkewed(os.Args[len(os.Args)-1], wrong))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func serveSkewed(folder, wrong string) error {
	by, err := time.ParseDuration(wrong)
	if err != nil {
		return err
	}
	cfg, err := config.Load(folder, os.LookupEnv)
	if err != nil {
		return err
	}
	h, err := host.Open(context.Background(), cfg, host.Options{
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Now: func() time.Time { return time.Now().Add(by) },
	})
	if err != nil {
		return err
	}
	return h.Serve(context.Background(), func(host.Addresses) {})
}

// TestChaosWhereClocksAreWrong is TestChaos with hosts whose clocks differ by minutes. Package cluster has
// one like it in one process, which always runs.
func TestChaosWhereClocksAreWrong(t *testing.T) {
	asked(t)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	last, seeds := long(t)
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			f := newFleet(t, program)
			for i, h := range f.hosts {
				h.env = append(h.env, fmt.Sprintf("%s=%v", skew, []time.Duration{0, 3 * time.Minute, -2 * time.Minute}[i]))
			}
			chaos(t, f, seed, last)
		})
	}
}
