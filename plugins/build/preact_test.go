package build

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// What the engine makes of Preact's elements is, to the last byte, what
// preact-render-to-string makes of those of preact's own jsx-runtime.
func (p *pages) testPreact(t *testing.T) {
	cases, err := filepath.Glob("testdata/preact/*.tsx")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	for _, name := range cases {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			dir := sources(t, []txtar.File{
				{Name: "page.tsx", Data: append([]byte("/** @jsxImportSource preact */\n"), text...)},
				{Name: "slow.tsx", Data: append([]byte("/** @jsxRuntime classic @jsx own.jsx @jsxFrag own.Fragment */\n"+
					"import * as own from \"./jsx.js\";\nimport { renderToString } from \"preact-render-to-string\";\n"+
					"export const render = () => renderToString(own.jsx(Page, {}));\n"), text...)},
				{Name: "jsx.js", Data: []byte("import { h } from \"preact\";\nexport { Fragment } from \"preact\";\nexport const jsx = h;\n")},
			})
			quick, _, err := p.make(t, dir, "page.tsx")
			if err != nil {
				t.Fatal(err)
			}
			slow, _, err := p.make(t, dir, "slow.tsx")
			if err != nil {
				t.Fatal(err)
			}
			if quick != slow {
				t.Errorf("it makes\n%s\nand by its own renderer\n%s", lines(quick), lines(slow))
			}
		})
	}
}

// lines breaks HTML between elements, for people.
func lines(html string) string { return strings.ReplaceAll(html, "><", ">\n<") }
