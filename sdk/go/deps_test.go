package page_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A page carries all that this package imports, and every instance starts it.
// So: the standard library only, and of that nothing heavy.
func TestImportsAreTheStandardLibraryAndLight(t *testing.T) {
	heavy := []string{"net/http", "net", "regexp", "text/template", "html/template", "log/slog", "testing", "crypto/tls"}
	for _, target := range [][]string{{"GOOS=wasip1", "GOARCH=wasm"}, nil} {
		cmd := exec.Command("go", "list", "-deps", "-f", "{{.ImportPath}} {{.Standard}}", ".")
		cmd.Env = append(os.Environ(), target...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %v", cmd, err)
		}
		seen := 0
		for line := range strings.Lines(string(out)) {
			name, standard, _ := strings.Cut(strings.TrimSpace(line), " ")
			seen++
			if standard != "true" && name != "github.com/wisr-dev/wisr/sdk/go" {
				t.Errorf("%v: imports %s, which is not of the standard library", target, name)
			}
			for _, h := range heavy {
				if name == h {
					t.Errorf("%v: imports %s, which is too heavy for every page to carry", target, name)
				}
			}
		}
		if seen < 10 {
			t.Fatalf("%v: only %d packages listed:\n%s", target, seen, out)
		}
	}
}

// The package comment holds a complete program; this keeps it one.
func TestTheProgramInThePackageCommentCompiles(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var program strings.Builder
	inside := false
	for line := range strings.Lines(string(doc)) {
		code, indented := strings.CutPrefix(line, "//\t")
		inside = inside && (indented || strings.TrimSpace(line) == "//") || code == "package main\n"
		if inside {
			program.WriteString(strings.TrimPrefix(code, "//"))
		}
	}
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	if err := os.WriteFile(source, []byte(program.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "out"), source).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s\n%s", err, out, program.String())
	}
}
