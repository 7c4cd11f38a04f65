package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/shell"
	"github.com/wisr-dev/wisr/plugins/toolchain"
)

// outputLimit is how much of a command's output is kept, the last of it.
const outputLimit = 64 << 10

// pipeDelay is how long a command that has ended may keep its output open, which
// happens when it left a server of its toolchain running.
const pipeDelay = time.Second

// secretPrefix begins the variables that a command does not get.
const secretPrefix = "WISR_"

// run runs the command of m. An error is an *Error.
func (b *Builder) run(ctx context.Context, m *manifest.Manifest) (Result, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, b.timeLimit, fmt.Errorf("took longer than %v", b.timeLimit))
	defer cancel()

	kept := &lastBytes{limit: outputLimit}
	live := b.log.of(m.Name)
	cmd := shell.Command(ctx, m.Build.Command)
	cmd.Dir = m.Dir
	cmd.Env = withoutSecrets(os.Environ())
	cmd.Stdout = io.MultiWriter(kept, live)
	cmd.Stderr = cmd.Stdout // one writer: then exec writes both from one goroutine
	cmd.WaitDelay = pipeDelay

	start := time.Now()
	err := cmd.Run()
	live.Flush()
	result := Result{Ran: true, Duration: time.Since(start), Output: kept.String()}
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return result, nil
	case ctx.Err() != nil:
		failure := b.failure(m, result)
		failure.Err = fmt.Errorf("killed: %w", context.Cause(ctx))
		return result, failure
	}
	failure := b.failure(m, result)
	failure.Err = err
	if cmd.ProcessState != nil {
		failure.ExitCode = cmd.ProcessState.ExitCode()
	}
	if missing, ok := toolchain.Here().Explain(result.Output); ok {
		failure.Missing = missing.String()
	}
	return result, failure
}

func withoutSecrets(env []string) []string {
	kept := make([]string, 0, len(env))
	for _, v := range env {
		// Windows does not tell upper from lower case in names.
		if len(v) < len(secretPrefix) || !strings.EqualFold(v[:len(secretPrefix)], secretPrefix) {
			kept = append(kept, v)
		}
	}
	return kept
}
