// Package stricttest runs golden cases of files that are read strictly, and is
// imported by tests only.
package stricttest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Case is one case of a golden file.
type Case struct {
	Name  string
	Files map[string]string // name to text, without "want"
}

// Golden runs every case of testdata/*.txtar. Such a file is a txtar archive
// whose files are named CASE/NAME; CASE/want is the text that run has to
// return for the others:
//
//	What the cases have in common, in words.
//
//	-- unknown key/plugin.toml --
//	nmae = "blog"
//	-- unknown key/want --
//	plugin.toml:1:1: unknown key nmae
//
// With WISR_UPDATE=1 in the environment the wants are written instead of
// compared; read the difference before you commit it.
func Golden(t *testing.T, run func(t *testing.T, c Case) string) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files in testdata: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			a := parse(string(data))
			for _, c := range a.cases() {
				t.Run(c.Name, func(t *testing.T) {
					got := strings.TrimRight(run(t, c), "\n") + "\n"
					a.check(t, c.Name+"/want", got)
				})
			}
			if os.Getenv("WISR_UPDATE") == "1" {
				if err := os.WriteFile(file, []byte(a.format()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// archive is a txtar file: a comment, and texts under markers "-- NAME --".
type archive struct {
	comment string
	files   []file
}

type file struct{ name, text string }

func parse(text string) *archive {
	a := &archive{}
	into := &a.comment
	for line := range strings.Lines(text) {
		name, ok := strings.CutPrefix(strings.TrimSpace(line), "-- ")
		if name, marker := strings.CutSuffix(name, " --"); ok && marker {
			a.files = append(a.files, file{name: name})
			into = &a.files[len(a.files)-1].text
			continue
		}
		*into += line
	}
	return a
}

func (a *archive) format() string {
	var b strings.Builder
	b.WriteString(a.comment)
	for _, f := range a.files {
		b.WriteString("-- " + f.name + " --\n" + f.text)
	}
	return b.String()
}

func (a *archive) cases() []Case {
	var cases []Case
	for _, f := range a.files {
		name, base := filepath.Split(f.name)
		name = strings.TrimSuffix(name, "/")
		if len(cases) == 0 || cases[len(cases)-1].Name != name {
			cases = append(cases, Case{Name: name, Files: make(map[string]string)})
		}
		if base != "want" {
			cases[len(cases)-1].Files[base] = f.text
		}
	}
	return cases
}

// check compares got with the text of a want, or makes it that text.
func (a *archive) check(t *testing.T, name, got string) {
	t.Helper()
	for i := range a.files {
		if a.files[i].name != name {
			continue
		}
		if os.Getenv("WISR_UPDATE") == "1" {
			a.files[i].text = got
		} else if want := a.files[i].text; strings.TrimRight(want, "\n")+"\n" != got {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		return
	}
	t.Errorf("the golden file has no %q", name)
}
