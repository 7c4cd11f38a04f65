package bundle

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// page makes a folder of files, in which a page is page.tsx.
func page(t *testing.T, files string) Page {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(files)).Files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Page{Dir: dir, File: "page.tsx"}
}

func TestABundleIsOneScriptWithAMap(t *testing.T) {
	p := page(t, `
-- page.tsx --
import { html } from "@wisr/page";
import { text } from "./lib/text";
import note from "./note.md";
import data from "./data.json";
export { getStaticPaths } from "./lib/paths";
export const render = () => html`+"`${text} ${note} ${data.n}`"+`;
-- lib/text.ts --
export const text: string = "from lib/text";
-- lib/paths.ts --
export const getStaticPaths = () => ({ paths: [], fallback: false });
-- note.md --
# note
-- data.json --
{ "n": 1 }
`)
	b, err := Make(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"from lib/text", "# note", "wisr:host"} {
		if !strings.Contains(string(b.Script), want) {
			t.Errorf("%q is not in the script", want)
		}
	}
	if !slices.Equal(b.Calls, []string{"render", "getStaticPaths"}) {
		t.Errorf("it answers %q", b.Calls)
	}
	var files []string
	for _, f := range b.Files {
		name, err := filepath.Rel(p.Dir, f)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, filepath.ToSlash(name))
	}
	if want := []string{"data.json", "lib/paths.ts", "lib/text.ts", "note.md", "page.tsx"}; !slices.Equal(files, want) {
		t.Errorf("it was made of %q, want %q", files, want)
	}
	var m struct {
		Sources        []string
		SourcesContent []string
	}
	if err := json.Unmarshal(b.Map, &m); err != nil || !slices.Contains(m.Sources, "lib/text.ts") || len(m.SourcesContent) > 0 {
		t.Errorf("the map is of %q with %d texts: %v", m.Sources, len(m.SourcesContent), err)
	}
}

// A bundle depends on nothing but its files: two machines make the same bytes.
func TestABundleIsTheSameWhereverItsFolderIs(t *testing.T) {
	const files = "\n-- page.tsx --\nimport { text } from \"./text\";\nexport default () => <p>{text}</p>;\n-- text.ts --\nexport const text = 1;\n"
	first, err := Make(page(t, files))
	if err != nil {
		t.Fatal(err)
	}
	second, err := Make(page(t, files))
	if err != nil {
		t.Fatal(err)
	}
	if string(first.Script) != string(second.Script) || string(first.Map) != string(second.Map) {
		t.Error("they differ")
	}
}

func TestTheFrameworkIsWhatTheProjectSays(t *testing.T) {
	for name, c := range map[string]struct{ files, want string }{
		"nothing":         {"-- page.tsx --\n", "@wisr/page"},
		"a dependency":    {"-- page.tsx --\n-- package.json --\n{\"dependencies\":{\"react\":\"19\"}}\n", "react"},
		"ours for types":  {"-- page.tsx --\n-- package.json --\n{\"dependencies\":{\"@wisr/page\":\"1\",\"preact\":\"10\"}}\n", "preact"},
		"tsconfig":        {"-- page.tsx --\n-- package.json --\n{\"dependencies\":{\"react\":\"19\"}}\n-- tsconfig.json --\n{ // comment\n\"compilerOptions\": { \"jsxImportSource\": \"preact\" } }\n", "preact"},
		"the file itself": {"-- page.tsx --\n/** @jsxImportSource react */\n-- tsconfig.json --\n{\"compilerOptions\":{\"jsxImportSource\":\"preact\"}}\n", "react"},
	} {
		if got := page(t, c.files).jsxImportSource(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestWhatIsWrongHasItsPlace(t *testing.T) {
	for name, c := range map[string]struct{ files, want string }{
		"no page":            {"-- other.tsx --\n", `Could not resolve`},
		"nothing to show":    {"-- page.tsx --\nconst y = 1;\nexport const x = 1;\n", "page.tsx:2:1: it exports neither a default component nor a function named render, so there is nothing to show\n    2 | export const x = 1;\n      | ^^^^^^"},
		"a missing file":     {"-- page.tsx --\nimport \"./x\";\nexport default () => 1;\n", "page.tsx:1:8: Could not resolve \"./x\"\n    1 | import \"./x\";\n      |        ^^^^^"},
		"a missing package":  {"-- page.tsx --\nimport \"@a/b/c\";\nexport default () => 1;\n", "page.tsx:1:8: the package \"@a/b\" is not installed\n    1 | import \"@a/b/c\";\n      |        ^^^^^^^^\n  run: npm install @a/b"},
		"a module of Node":   {"-- page.tsx --\nimport fs from \"fs/promises\";\nexport default () => fs;\n", "page.tsx:1:16: \"fs/promises\" is a module of Node, and pages do not run in Node"},
		"a picture":          {"-- page.tsx --\nimport x from \"./x.png\";\nexport default () => x;\n-- x.png --\n", "a file for browsers goes into public/"},
		"node:":              {"-- page.tsx --\nimport path from \"node:path\";\nexport default () => path;\n", "\"node:path\" is a module of Node"},
		"a part of Next.js":  {"-- page.tsx --\nimport Link from \"next/link\";\nexport default () => <Link />;\n", "page.tsx:1:18: \"next/link\" is a part of Next.js"},
		"what Next.js calls": {"-- page.tsx --\n\nexport const getServerSideProps = 1;\nexport default () => 1;\n", "page.tsx:2:14: it exports getServerSideProps, which nobody calls"},
		"a framework":        {"-- page.tsx --\n/** @jsxImportSource preact */\nexport default () => 1;\n", "run: npm install preact preact-render-to-string"},
		"another framework":  {"-- page.tsx --\n/** @jsxImportSource vue */\nexport default () => 1;\n", "page.tsx:1:22: its JSX is for vue, whose components wisr does not know how to render"},
		"in an imported one": {"-- page.tsx --\nexport { default } from \"./lib/a\";\n-- lib/a.ts --\nexport default (;\n", "lib/a.ts:1:17: Unexpected \";\""},
	} {
		_, err := Make(page(t, c.files))
		var failed *Error
		if !errors.As(err, &failed) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nwant %s", name, err, c.want)
		}
	}
}

func TestThePlaceOfADefaultExportIsFound(t *testing.T) {
	for text, want := range map[string]string{
		"const a = 1;\n\nexport default a;\n":   "page.tsx:3:1",
		"  export default 1;\n":                 "page.tsx:1:3",
		"const a = 1;\nexport { a as default }": "page.tsx:2:1",
		"export * from './x';\n":                "page.tsx",
	} {
		if got := page(t, "-- page.tsx --\n"+text).defaultAt(); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
