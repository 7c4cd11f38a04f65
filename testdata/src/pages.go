// Builds pages in TypeScript or JavaScript as wisr does:
//
//	go run testdata/src/pages.go testdata/languages/tsx-preact …
//
// Their packages have to be installed.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/wisr-dev/wisr/plugins/build"
	"github.com/wisr-dev/wisr/plugins/manifest"
)

func main() {
	for _, dir := range os.Args[1:] {
		m, err := manifest.Load(dir)
		if err == nil {
			_, err = build.New(build.Options{}).Build(context.Background(), m)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
