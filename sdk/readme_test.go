package sdk

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
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
		if manual, err := Files.ReadFile(language + "/README.md"); language == "go" && (err != nil || !strings.Contains(string(manual), string(text))) {
			t.Errorf("%s is not what the manual of Go shows: %v", name, err)
		}
	}
}

// A manual begins with a page that is whole and short.
func TestEveryManualHasAWholePageInUnder40Lines(t *testing.T) {
	block := regexp.MustCompile("(?s)```\\w+\n(.*?)```")
	for _, language := range []string{"go", "js", "rust", "c", "zig", "assemblyscript"} {
		manual, err := Files.ReadFile(language + "/README.md")
		if err != nil {
			t.Fatal(err)
		}
		longest := 0
		for _, found := range block.FindAllSubmatch(manual, -1) {
			longest = max(longest, bytes.Count(found[1], []byte("\n")))
		}
		if longest < 20 || longest >= 40 {
			t.Errorf("the page in the manual of %s has %d lines", language, longest)
		}
	}
}
