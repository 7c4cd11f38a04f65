// Package logtest keeps what a program under test says while it runs, for the test to read meanwhile:
//
//	var said logtest.Buffer
//	host := run(slog.New(slog.NewTextHandler(&said, nil)))
//	…
//	if !strings.Contains(said.String(), "the old page stays") { … }
//
// It knows nothing of what is said, and never waits for it.
package logtest

import (
	"bytes"
	"sync"
)

// Buffer is what was written to it, by any number of goroutines, or by a process of which it is the
// output. The zero value is empty.
type Buffer struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

// Write implements io.Writer. It never fails.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// String is all that was written so far.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
