// Command wisr serves sites whose pages are WebAssembly modules.
//
// It parses the command line, calls host and prints: what a command does is there.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// With it, Extism gives what guests print to this process's own output, and
	// the sandbox would not begin. It fails for no such name.
	_ = os.Unsetenv("EXTISM_ENABLE_WASI_OUTPUT")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the process at once: the first one may have been
	// answered with half a minute of finishing what runs.
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
