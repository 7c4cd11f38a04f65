// Command gopage is a page in Go as people write them, for tests and
// benchmarks: it makes HTML of a list that it gets as JSON. Asked for "state"
// it tells what is left of earlier generations, for "seeds" where its
// randomness comes from, and for "files" what it finds in /content.
package main

import (
	"crypto/rand"
	"fmt"
	"hash/maphash"
	"html"
	"io"
	mathrand "math/rand/v2"
	"os"
	"time"

	page "github.com/wisr-dev/wisr/sdk/go"
)

type item struct {
	Name  string   `json:"name"`
	Text  string   `json:"text"`
	Tags  []string `json:"tags"`
	Price float64  `json:"price"`
}

type props struct {
	Do    string `json:"do"`
	Items []item `json:"items"`
}

func init() { page.Register(page.Page[props]{Render: render}) }

func main() {}

// What a package has when it starts.
var (
	calls   int
	kept    [][]byte
	began   = time.Now()
	seed    = maphash.MakeSeed()
	catalog = func() map[string]int {
		m := map[string]int{}
		for n := range 1000 {
			m[fmt.Sprint("entry ", n)] = n
		}
		return m
	}()
)

func render(w io.Writer, in page.Input, p props) error {
	calls++
	switch p.Do {
	case "state":
		kept = append(kept, make([]byte, 64<<10))
		catalog["more"] = calls
		fmt.Fprintf(w, "call %d, %d kept, %d in the catalog, %v after the start", calls, len(kept), len(catalog), time.Since(began) >= 0)
		return nil
	case "files":
		entries, err := os.ReadDir("/content")
		if err != nil {
			return err
		}
		for _, e := range entries {
			data, err := os.ReadFile("/content/" + e.Name())
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "%s: %s", e.Name(), data)
		}
		return nil
	case "seeds":
		fmt.Fprintf(w, "%s %x %x", rand.Text(), mathrand.Uint64(), maphash.String(seed, "x"))
		return nil
	}
	fmt.Fprintf(w, "<!doctype html><title>%s</title><ul>", html.EscapeString(in.Path))
	for _, i := range p.Items {
		fmt.Fprintf(w, "<li><h2>%s</h2><p>%s</p><b>%.2f</b>", html.EscapeString(i.Name), html.EscapeString(i.Text), i.Price)
		for _, t := range i.Tags {
			fmt.Fprintf(w, "<a>%s</a>", html.EscapeString(t))
		}
	}
	_, err := io.WriteString(w, "</ul>")
	return err
}
