package watch

import "testing"

func TestFilesOfEditorsAreIgnored(t *testing.T) {
	for name, want := range map[string]bool{
		".git": true, ".main.go.swp": true, "main.go~": true, "#main.go#": true, "4913~": true,
		"main.go": false, "a#b.md": false, "page.wasm": false, "a~b": false,
	} {
		if got := ignored(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
