package bundle

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Page is a page in the author's folder.
type Page struct {
	Dir  string // absolute
	File string // slash-separated, below Dir: .tsx, .ts, .jsx, .js or .mjs
}

// Bundle is a page as one script, a module that imports nothing.
type Bundle struct {
	Script []byte
	Map    []byte   // its source map, version 3, without the sources' text
	Calls  []string // what of getStaticPaths, getStaticProps and render it answers
	Files  []string // what was read for it, absolute, sorted
}

// The exports of a page that mean something.
const (
	exportPaths   = "getStaticPaths"
	exportProps   = "getStaticProps"
	exportRender  = "render"
	exportDefault = "default"
)

// Make makes the bundle. Errors about the page's code are of type *Error.
func Make(p Page) (*Bundle, error) {
	exports, err := p.exports()
	if err != nil {
		return nil, err
	}
	hasRender, hasDefault := slices.Contains(exports, exportRender), slices.Contains(exports, exportDefault)
	if !hasRender && !hasDefault {
		return nil, p.fail(exportsSome, "it exports neither a default component nor a function named render, so there is nothing to show")
	}
	for _, name := range []string{"getServerSideProps", "getInitialProps"} {
		if slices.Contains(exports, name) {
			pattern := regexp.MustCompile(`(?m)^[ \t]*export\b.*\b(` + name + `)\b`)
			return nil, p.fail(pattern, "it exports "+name+", which nobody calls: name it getStaticProps; revalidate says for how long its data is good")
		}
	}
	b := &Bundle{Calls: []string{exportRender}}
	for _, name := range []string{exportPaths, exportProps} {
		if slices.Contains(exports, name) {
			b.Calls = append(b.Calls, name)
		}
	}
	entry := entry{page: p}
	if !hasRender {
		if entry.framework, err = p.framework(); err != nil {
			return nil, err
		}
	}

	result, err := p.build(b, entry)
	if err == nil && namesIntl(b.Script) {
		entry.intl = true
		result, err = p.build(b, entry)
	}
	if err != nil {
		return nil, err
	}
	b.Files, err = p.inputs(result.Metafile)
	return b, err
}

// build makes the script and its map.
func (p Page) build(b *Bundle, e entry) (api.BuildResult, error) {
	options := p.options()
	options.Stdin = &api.StdinOptions{Contents: e.text(), ResolveDir: p.Dir, Sourcefile: "wisr:entry", Loader: api.LoaderJS}
	options.Sourcemap = api.SourceMapExternal
	options.SourcesContent = api.SourcesContentExclude
	options.MinifyWhitespace, options.MinifySyntax = true, true
	result := api.Build(options)
	if len(result.Errors) > 0 {
		return result, p.errors(result.Errors)
	}
	for _, f := range result.OutputFiles {
		if strings.HasSuffix(f.Path, ".map") {
			b.Map = f.Contents
		} else {
			b.Script = f.Contents
		}
	}
	return result, nil
}

// options are what all builds of a page have in common.
func (p Page) options() api.BuildOptions {
	return api.BuildOptions{
		AbsWorkingDir: p.Dir,
		Bundle:        true,
		Metafile:      true,
		Outfile:       "page.js", // nothing is written
		Format:        api.FormatESModule,
		Platform:      api.PlatformNeutral,
		Target:        api.ESNext, // what QuickJS-NG speaks
		MainFields:    []string{"module", "main"},
		// What packages offer to servers that are not Node.
		Conditions: []string{"wisr", "edge-light", "worker", "module", "production"},
		// Packages ask for these two, wherever they run.
		Define:  map[string]string{"process.env.NODE_ENV": `"production"`, "global": "globalThis"},
		Charset: api.CharsetUTF8,
		JSX:     api.JSXAutomatic,
		// Unless tsconfig.json or the file itself says otherwise.
		JSXImportSource: p.jsxImportSource(),
		Loader: map[string]api.Loader{
			".css": api.LoaderText, ".txt": api.LoaderText, ".md": api.LoaderText, ".html": api.LoaderText, ".svg": api.LoaderText,
		},
		LegalComments: api.LegalCommentsNone,
		LogLevel:      api.LogLevelSilent,
		Plugins:       []api.Plugin{sdk(p)},
	}
}

// exports are the names that the page exports, those of "export * from" included.
func (p Page) exports() ([]string, error) {
	options := p.options()
	options.EntryPoints = []string{filepath.Join(p.Dir, filepath.FromSlash(p.File))}
	options.Packages = api.PackagesExternal
	result := api.Build(options)
	if len(result.Errors) > 0 {
		options.Packages = api.PackagesDefault // which packages are missing belongs to it
		if all := api.Build(options).Errors; len(all) > 0 {
			return nil, p.errors(all)
		}
		return nil, p.errors(result.Errors)
	}
	meta, err := readMeta(result.Metafile)
	if err != nil {
		return nil, err
	}
	for _, out := range meta.Outputs {
		return out.Exports, nil
	}
	return nil, nil
}

// meta is what is read of esbuild's metafile.
type meta struct {
	Inputs  map[string]struct{} `json:"inputs"`
	Outputs map[string]struct {
		Exports []string `json:"exports"`
	} `json:"outputs"`
}

func readMeta(text string) (meta, error) {
	var m meta
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return m, fmt.Errorf("what esbuild says of its inputs: %w", err)
	}
	return m, nil
}

// inputs are the files that were read.
func (p Page) inputs(metafile string) ([]string, error) {
	m, err := readMeta(metafile)
	if err != nil {
		return nil, err
	}
	var files []string
	for name := range m.Inputs {
		if namespace, _, ok := strings.Cut(name, ":"); ok && len(namespace) > 1 {
			continue // ours; a drive's letter is one
		}
		files = append(files, filepath.Join(p.Dir, filepath.FromSlash(name)))
	}
	slices.Sort(files)
	return files, nil
}
