package sdk

import (
	"bytes"
	"io/fs"
	"os"
	"path"
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

// What the table says that a library has stands in the library or its manual.
func TestTheNamesInTheTableAreThoseOfTheLibraries(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(readme), "## What each has\n")
	table, _, ends := strings.Cut(table, "\n## ")
	if !found || !ends {
		t.Fatal("there is no table")
	}
	libraries := make([]string, 0, 6)
	for _, language := range []string{"go", "js", "rust", "c", "zig", "assemblyscript"} {
		libraries = append(libraries, everything(t, language))
	}
	names := regexp.MustCompile("`([^`]+)`")
	rows := 0
	for row := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(row, "|\n"), "|")
		if !strings.HasPrefix(row, "| ") || strings.TrimSpace(cells[0]) == "" {
			continue
		}
		if rows++; len(cells) != 1+len(libraries) {
			t.Fatalf("%d cells in %s", len(cells), row)
		}
		for i, library := range libraries {
			for _, name := range names.FindAllStringSubmatch(cells[1+i], -1) {
				if !strings.Contains(library, strings.TrimSuffix(name[1], "!")) {
					t.Errorf("%s is not in column %d's library: %s", name[1], i+1, row)
				}
			}
		}
	}
	if rows < 8 {
		t.Errorf("only %d rows", rows)
	}
}

// everything is what a library's folder holds, manual and all.
func everything(t *testing.T, language string) string {
	t.Helper()
	var all strings.Builder
	err := fs.WalkDir(Files, language, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := Files.ReadFile(name)
		all.WriteString(path.Base(path.Dir(name)) + "/" + path.Base(name) + "\n")
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
