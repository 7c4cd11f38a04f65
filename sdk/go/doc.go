// Package page is for writing pages in Go for wisr, which serves sites whose
// pages are WebAssembly modules.
//
// A page is three functions. One says which paths exist, one gathers the data
// of a path, one writes what the path looks like. wisr runs them in a sandbox,
// keeps what they made, serves it like a static file, and makes it anew behind
// the visitors' back when it is too old. A page that fails never replaces a good
// one.
//
// # A complete page
//
// main.go, for the route /hello/[name]:
//
//	package main
//
//	import (
//		"html/template"
//		"io"
//		"strings"
//		"time"
//
//		page "github.com/wisr-dev/wisr/sdk/go"
//	)
//
//	type props struct {
//		Name string    `json:"name"`
//		At   time.Time `json:"at"`
//	}
//
//	func init() {
//		page.Register(page.Page[props]{Paths: paths, Props: load, Render: render})
//	}
//
//	func main() {} // never runs: the module is a library
//
//	func paths(page.PathsInput) (page.Paths, error) {
//		return page.Paths{
//			Paths:    []page.Path{{Path: "/hello/ann"}, {Params: map[string]any{"name": "Zoë"}}},
//			Fallback: page.FallbackBlocking, // any other name is made when it is first asked for
//		}, nil
//	}
//
//	func load(in page.Input) (page.Result[props], error) {
//		name := in.Params.Get("name")
//		if strings.ContainsAny(name, "<>") {
//			return page.Result[props]{NotFound: true, Revalidate: time.Hour}, nil
//		}
//		return page.Result[props]{
//			Props:      props{Name: name, At: time.Now()},
//			Revalidate: 10 * time.Second,
//		}, nil
//	}
//
//	var view = template.Must(template.New("").Parse(
//		`<!doctype html><title>{{.Name}}</title><p>Hello, {{.Name}}! It was {{.At.Format "15:04:05"}}.`))
//
//	func render(w io.Writer, in page.Input, p props) error {
//		return view.Execute(w, p)
//	}
//
// plugin.toml, beside it:
//
//	name   = "hello"
//	route  = "/hello/[name]"
//	module = "hello.wasm"
//
//	[build]
//	command = 'GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -ldflags="-s -w" -o hello.wasm .'
//	watch   = ["*.go"]
//
// Put the folder below plugins/ of a site and run "wisr dev". The command is
// that of the standard Go toolchain, 1.24 or later; nothing else is needed, and
// this package imports the standard library only.
//
// # The rules of a page
//
//   - Every generation runs in a fresh instance: package variables live from the
//     data to the body of one path and then are gone. What init functions set up
//     may be kept and used by many generations, so it must not hold what
//     changes, such as the time.
//   - Props pass through JSON, also from [Page.Props] to [Page.Render]: fields
//     that are not exported or not in the JSON do not arrive.
//   - HTML is best written by html/template, which escapes what it inserts.
//   - An error that is returned, or a panic, fails the generation. Visitors keep
//     the page they had, wisr reports the error with its stack and the log, and
//     tries again. "There is no such page" is [Result].NotFound, not an error.
//   - There is one thread, and no network but [Fetch] and [FetchAll]. Files are those of [files]
//     in plugin.toml, read with package os: content = "./content" is /content.
//   - Standard output and [Infof] both end in the log.
//
// # Testing a page
//
// The three functions are plain Go: call them from a test with an [Input] or a
// [PathsInput]. [Call] runs an export with all the JSON around it. Where the page
// uses [Config] or [Fetch], the test says what they answer with [Stub]:
//
//	func TestAnUnsafeNameIsNotFound(t *testing.T) {
//		r, err := load(page.Input{Params: page.Params{"name": {"<b>"}}})
//		if err != nil || !r.NotFound {
//			t.Fatalf("got %+v, %v", r, err)
//		}
//	}
package page
