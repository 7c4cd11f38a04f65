//go:build unix

package build

import (
	"bytes"
	"os"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

// What a generation of the page of BenchmarkGeneration is made of. Each part is a page
// that does that and what comes before it; its cost is what it adds.
//
//	instance     a fresh instance that is called and writes one letter
//	props        reading the input, and parsing its JSON
//	components   calling the page's own functions, which make nodes
//	html         what the engine makes of the nodes, and writing it out
//
// The share is of fuel, which is the same on any machine; ms is processor time.
func BenchmarkProfile(b *testing.B) {
	page := must(os.ReadFile("testdata/bench/shelf.tsx"))
	rest := string(bytes.Replace(page, []byte("export default function Shelf"), []byte("function Shelf"), 1))
	const grow = `
const grow = (node) => {
  if (typeof node !== "object" || node === null) return;
  if (Array.isArray(node)) return node.forEach(grow);
  grow(typeof node.type === "function" ? node.type(node.props) : node.props.children);
};
`
	parts := []struct{ name, source string }{
		{"instance", rest + "export const render = () => 'x';"},
		{"props", rest + "export const render = () => 'x';"},
		{"components", rest + grow + "export const render = ({ props }) => (grow(<Shelf {...props} />), 'x');"},
		{"html", string(page)},
	}
	p := newPages(b)
	type cost struct {
		fuel uint64
		took time.Duration
	}
	costs := make([]cost, len(parts))
	for i, part := range parts {
		dir := sources(b, []txtar.File{{Name: "page.tsx", Data: []byte("/** @jsxImportSource preact */\n" + part.source)}})
		m, input := loadShelf(b, p.box, dir)
		if part.name == "instance" {
			input = []byte(`{"path":"/","props":{}}`)
		}
		const renders = 100
		begun := processor(b)
		for range renders {
			run := running(b, m)
			called(b, run, "render", input)
			costs[i].fuel = run.Fuel()
			run.Close()
		}
		costs[i].took = (processor(b) - begun) / renders
	}
	whole := costs[len(costs)-1]
	var before cost
	for i, part := range parts {
		b.Run(part.name, func(b *testing.B) {
			added := cost{costs[i].fuel - before.fuel, costs[i].took - before.took}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(added.fuel)/1e6, "Mfuel")
			b.ReportMetric(100*float64(added.fuel)/float64(whole.fuel), "%-of-fuel")
			b.ReportMetric(added.took.Seconds()*1e3, "ms")
		})
		before = costs[i]
	}
}
