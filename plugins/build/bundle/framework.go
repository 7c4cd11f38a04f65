package bundle

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// framework is what a page's components are of.
type framework struct {
	name     string // of its package, which is the jsxImportSource, too
	needs    string // what to install for it
	imports  string
	renderer string // an expression: (component, props) → string, or a promise of it
}

// frameworks has ours last: it is installed with the others, for its types.
var frameworks = []framework{
	{
		name:     "preact",
		needs:    "preact preact-render-to-string",
		imports:  "import * as preact from \"preact\";\nimport { renderToString } from \"preact-render-to-string\";\n",
		renderer: "(component, props) => renderToString(preact.h(component, props))",
	},
	{
		name:     "react",
		needs:    "react react-dom",
		imports:  "import { createElement } from \"react\";\nimport { renderToString } from \"react-dom/server.edge\";\nimport { react } from \"" + reactPath + "\";\n",
		renderer: "react(createElement, renderToString)",
	},
	{
		name:     sdkPackage, // components make HTML by themselves
		renderer: "(component, props) => component(props)",
	},
}

// inEngine is how Preact's components are rendered where the engine knows its elements.
const inEngine = "preactRenderer(preact, renderToString)"

// framework finds that of the page: what its JSX is compiled for.
func (p Page) framework() (framework, error) {
	source := p.jsxImportSource()
	for _, f := range frameworks {
		if f.name == source {
			if f.name == "preact" && p.knownPreact() {
				f.imports += fmt.Sprintf("import { preact as preactRenderer } from %q;\n", preactPath)
				f.renderer = inEngine
			}
			return f, nil
		}
	}
	return framework{}, p.fail(pragma, "its JSX is for "+source+", whose components wisr does not know how to render: export a function named render that does")
}

// knownPreact tells whether the page's Preact is one whose elements the engine knows: what
// they are made of is Preact's own affair, but the same in all releases of these.
func (p Page) knownPreact() bool {
	return strings.HasPrefix(p.installed("preact"), "10.") && strings.HasPrefix(p.installed("preact-render-to-string"), "6.")
}

// installed is the version of a package that the page finds, "" if there is none.
func (p Page) installed(name string) string {
	for dir := p.Dir; ; dir = filepath.Dir(dir) {
		if text, err := os.ReadFile(filepath.Join(dir, "node_modules", name, "package.json")); err == nil {
			var d struct{ Version string }
			if json.Unmarshal(text, &d) == nil {
				return d.Version
			}
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

var pragma = regexp.MustCompile(`@jsxImportSource\s+(\S+)`)

// jsxImportSource is, in this order: what the page's file says, what the nearest
// tsconfig.json says, which framework the nearest package.json that names one
// depends on, and ours, which needs no installing.
func (p Page) jsxImportSource() string {
	if text, err := os.ReadFile(filepath.Join(p.Dir, filepath.FromSlash(p.File))); err == nil {
		if found := pragma.FindSubmatch(text); found != nil {
			return string(found[1])
		}
	}
	for dir := p.Dir; ; dir = filepath.Dir(dir) {
		if text, err := os.ReadFile(filepath.Join(dir, "tsconfig.json")); err == nil {
			// It may have comments, which encoding/json does not read.
			if found := tsconfigSource.FindSubmatch(text); found != nil {
				return string(found[1])
			}
		}
		if text, err := os.ReadFile(filepath.Join(dir, "package.json")); err == nil {
			var d struct{ Dependencies, DevDependencies map[string]string }
			if json.Unmarshal(text, &d) == nil {
				for _, f := range frameworks {
					if d.Dependencies[f.name] != "" || d.DevDependencies[f.name] != "" {
						return f.name
					}
				}
			}
		}
		if dir == filepath.Dir(dir) {
			return sdkPackage
		}
	}
}

var tsconfigSource = regexp.MustCompile(`"jsxImportSource"\s*:\s*"([^"]+)"`)
