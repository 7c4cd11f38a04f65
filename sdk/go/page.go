package page

import "io"

// Page is one page module: up to three functions, tied together by P, the type
// of the page's props. P travels as JSON between Props and Render and is also
// what the data URL of a page answers, so it is a struct or a map whose
// exported fields are fit to be seen by anyone.
//
// The functions may panic; the text and the stack of the panic then become the
// failure that wisr reports, and the page that visitors see stays as it was.
type Page[P any] struct {
	// Paths says which paths of a route with parameters exist. It runs when
	// the plugin is loaded and when the site is built, never while a visitor
	// waits. Without parameters in the route it is not called and may be nil.
	Paths func(PathsInput) (Paths, error)

	// Props gathers the data of one path. Nil stands for a page without data:
	// Render then gets the zero P.
	Props func(Input) (Result[P], error)

	// Render writes the body of one path. It is required. What was written is
	// dropped when it returns an error.
	Render func(w io.Writer, in Input, props P) error
}

// registered is the module's page: a Wasm export is a plain function, which has
// to find the page somewhere.
var registered caller

// caller is Page[P] without its type parameter.
type caller interface {
	call(export string, input []byte) ([]byte, error)
}

// Register makes p the page of this module. Call it from an init function: the
// module is a library (-buildmode=c-shared), whose main function never runs.
//
// It panics when p has no Render function or when a page was registered before;
// a module with such a mistake is then refused when it is loaded.
func Register[P any](p Page[P]) {
	if registered != nil {
		panic("page: Register was called twice, but a module holds one page: remove one of the calls")
	}
	if p.Render == nil {
		panic("page: Register got a Page without a Render function: it is required")
	}
	registered = p
	warm[P]()
}
