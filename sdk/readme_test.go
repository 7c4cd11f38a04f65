package sdk

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What README.md shows is what testdata/hello has, where it is built and run.
func TestThePagesOfTheREADMEAreThoseThatAreTested(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for language, file := range map[string]string{"go": "main.go", "tsx": "page.tsx", "rust": "src/lib.rs", "c": "page.c", "zig": "page.zig"} {
		name := filepath.Join("..", "testdata", "hello", language, file)
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(readme), "```"+language+"\n"+string(text)+"```\n") {
			t.Errorf("%s is not what README.md shows", name)
		}
	}
}
