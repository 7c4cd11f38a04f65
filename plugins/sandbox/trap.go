package sandbox

import (
	"slices"
	"strings"

	"github.com/wisr-dev/wisr/plugins/sandbox/meter"
)

// trapped is what is worth knowing of the error of a call.
type trapped struct {
	name  string // "unreachable", "out of bounds memory access", …
	stack string // the guest's calls, innermost first
}

// What wazero and Extism put around the facts.
const (
	initPrefix  = "failed to initialize runtime: " // Extism, before an initialiser's error
	wasmPrefix  = "wasm error: "
	recovered   = " (recovered by wazero)"
	stackMark   = "wasm stack trace:\n"
	goStackMark = "Go runtime stack trace:"
)

// parseTrap takes the text of a call's error apart. An error of Extism's kernel
// is within that of the guest's; the guest's own calls are in the last stack.
// module is the name the guest's functions carry there.
func parseTrap(text, module string) trapped {
	// Names of functions are the guest's to choose, and their length.
	text = text[:min(len(text), maxMessage)]
	// What follows is Go's stack, of no use to whoever wrote the guest.
	text, _, _ = strings.Cut(text, goStackMark)
	head, stack, found := strings.Cut(text, stackMark)
	if i := strings.LastIndex(stack, stackMark); i >= 0 {
		stack = stack[i+len(stackMark):]
	}
	var t trapped
	if found {
		var lines []string
		for line := range strings.SplitSeq(stack, "\n") {
			if line = frame(line, module); line != "" {
				lines = append(lines, line)
			}
		}
		if slices.ContainsFunc(lines, named) {
			t.stack = strings.Join(lines, "\n")
		}
	}

	head = strings.TrimSpace(strings.ReplaceAll(head, recovered, ""))
	if i := strings.LastIndex(head, initPrefix); i >= 0 {
		head = head[i+len(initPrefix):]
		t.name = " in the initialiser"
	}
	// Extism and wazero say which of their steps failed before what failed.
	if i := strings.LastIndex(head, wasmPrefix); i >= 0 {
		head = head[i+len(wasmPrefix):]
	}
	t.name = printable(short(head)) + t.name
	return t
}

// named tells whether a line of a stack has the name of a function. A module that
// was stripped has numbers there, and after rewriting they are not its own.
func named(line string) bool { return line != "…" && !strings.HasPrefix(line, "$") }

// frame makes a line of a stack of wazero's, "" for a function of the host's or
// one that was added.
func frame(line, module string) string {
	line = strings.TrimSpace(strings.ReplaceAll(line, recovered, ""))
	switch {
	case strings.HasPrefix(line, hostModule+"."), strings.HasPrefix(line, envModule+"."), strings.HasPrefix(line, wasiModule+"."):
		return ""
	case strings.HasPrefix(line, "... maybe followed"):
		return "…"
	}
	line = strings.TrimPrefix(line, module+".")
	if strings.HasPrefix(line, meter.Prefix) {
		return ""
	}
	return printable(line)
}
