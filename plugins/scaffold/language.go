package scaffold

import (
	"slices"

	"github.com/wisr-dev/wisr/plugins/toolchain"
)

// Language is one that pages can be written in.
type Language struct {
	Name  string // as the command line has it, and the folder of its templates
	Title string // as people write it

	// Needs are the tools that build a page, for [toolchain.Machine.Missing].
	Needs []string

	Setup  string      // the command that a new site needs once; "" for none
	Test   string      // the command that runs the tests of a site
	Ignore []string    // what git should leave alone, besides modules
	Parts  [][2]string // files that a site has because of the language, and what they are, besides the library

	library string  // its folder in package sdk, and in the folder sdk of a site
	shared  []joint // files at the top of a site that all pages of the language share
}

// joint is a file that pages share. One that is there already has to know of
// the library, or the new page will not build.
type joint struct {
	name  string
	knows string // a text in it that tells so; "" if it need not
	mend  string // the command, at the top of the site, that makes it so
}

// Library is the folder of the library's copy within a site, which has its manual: README.md.
func (l Language) Library() string { return "sdk/" + l.library }

// What languages have in common that live in npm.
const (
	npmSetup = "npm install --no-audit --no-fund"
	npmTest  = "npm test"
)

var (
	npmNeeds  = []string{"node", "npm"}
	npmIgnore = []string{"node_modules/"}
)

var languages = []Language{
	{
		Name: "go", Title: "Go",
		Needs:   []string{"go"},
		Test:    "go test ./...",
		Parts:   [][2]string{{"go.mod", "the Go module that all pages are in"}},
		library: "go",
		shared: []joint{{
			name:  "go.mod",
			knows: "github.com/wisr-dev/wisr",
			mend:  "go mod edit -require=github.com/wisr-dev/wisr/sdk/go@v0.0.0 -replace=github.com/wisr-dev/wisr/sdk/go=./sdk/go",
		}},
	},
	{
		Name: "ts", Title: "TypeScript, with Preact's components",
		Needs:   npmNeeds,
		Setup:   npmSetup,
		Test:    npmTest,
		Ignore:  npmIgnore,
		Parts:   [][2]string{{"package.json", "the packages that pages use"}},
		library: "js",
		shared: []joint{
			{name: "package.json", knows: `"preact-render-to-string"`,
				mend: "npm install @wisr/page@file:sdk/js quickjs-wasi@~3.6.2 preact preact-render-to-string"},
			{name: "tsconfig.json"},
		},
	},
	{
		Name: "js", Title: "JavaScript",
		Needs:   npmNeeds,
		Setup:   npmSetup,
		Test:    npmTest,
		Ignore:  npmIgnore,
		Parts:   [][2]string{{"package.json", "the packages that pages use"}},
		library: "js",
		shared: []joint{
			{name: "package.json", knows: `"@wisr/page"`, mend: "npm install @wisr/page@file:sdk/js quickjs-wasi@~3.6.2"},
		},
	},
	{
		Name: "c", Title: "C",
		Needs:   []string{"clang", "wasm-ld"},
		Test:    "make test",
		Ignore:  []string{"plugins/*/page_test"},
		Parts:   [][2]string{{"Makefile", "builds and runs the tests"}},
		library: "c",
		shared:  []joint{{name: "Makefile"}},
	},
	{
		Name: "rust", Title: "Rust",
		Needs:   []string{"cargo", toolchain.WasmTarget},
		Test:    "for page in plugins/*/Cargo.toml; do cargo test --manifest-path $page; done",
		Ignore:  []string{"plugins/*/target/"},
		library: "rust",
	},
	{
		Name: "zig", Title: "Zig",
		Needs:   []string{"zig"},
		Test:    "for page in plugins/*/build.zig; do zig build --build-file $page test; done",
		Ignore:  []string{".zig-cache/", "zig-out/"},
		library: "zig",
	},
	{
		Name: "assemblyscript", Title: "AssemblyScript",
		Needs:   npmNeeds,
		Setup:   npmSetup,
		Test:    npmTest,
		Ignore:  npmIgnore,
		Parts:   [][2]string{{"package.json", "the compiler, as an npm package"}},
		library: "assemblyscript",
		shared: []joint{{
			name:  "package.json",
			knows: `"@wisr/assemblyscript"`,
			mend:  "npm install --save-dev assemblyscript@~0.28.20 @wisr/assemblyscript@file:sdk/assemblyscript",
		}},
	},
}

// Languages are all there are, in the order in which they are best told.
func Languages() []Language { return slices.Clone(languages) }

// Find returns the language of a name.
func Find(name string) (Language, bool) {
	i := slices.IndexFunc(languages, func(l Language) bool { return l.Name == name })
	if i < 0 {
		return Language{}, false
	}
	return languages[i], true
}
