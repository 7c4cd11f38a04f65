// Package page is the contract between the host and a page module: the JSON
// that a module's three functions are called with, and the checks on what they
// return. It runs no module and imports no WebAssembly; bytes go in, values or
// an [*InvalidError] come out.
//
// One generation of a page, seen from here:
//
//	in := input.Props(page.ReasonStale)       // → the guest's getStaticProps
//	result, err := page.DecodeResult(out)     // ← what it wrote
//	in = input.Render(result.Props, false)    // → the guest's render
//	err = page.CheckBody(body)                // ← the page
//
// Guests are strangers. What is accepted here is complete and consistent; all
// else is refused with an error that names the key and what was found there, and
// a result that is refused never replaces a good page. Time and memory are linear in
// the size of what the guest wrote, which the sandbox bounds.
package page
