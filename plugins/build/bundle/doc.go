// Package bundle makes one script of a page in TypeScript or JavaScript and of all
// that it imports, and says what went wrong at which line.
//
//	b, err := bundle.Make(bundle.Page{Dir: folder, File: "page.tsx"})
//	var failed *bundle.Error
//	if errors.As(err, &failed) {
//		for _, d := range failed.Diagnostics {
//			fmt.Println(d) // page.tsx:3:8: Could not resolve "preactt"
//		}
//	}
//
// esbuild does the work. What is special to a page: in front of its code comes the
// runtime of sdk/js, which gives it console, fetch and the like; around its default
// export comes what renders components of its framework, Preact or React; and its
// exports are known before it runs.
//
// The package runs no code of a page, and its result is for no engine in
// particular.
package bundle
