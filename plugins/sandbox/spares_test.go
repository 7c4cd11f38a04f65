package sandbox

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
)

// A page in Go finds nothing of the generation before, though the guest is the
// same one.
func TestAGoPageFindsNothingOfTheGenerationBefore(t *testing.T) {
	s := box(t, Options{})
	m := load(t, s, Spec{Module: gopage(t)})
	if m.Ordinary() != "" {
		t.Fatalf("no image was made: %s", m.Ordinary())
	}
	var guests []*guest
	fuel := map[uint64]bool{}
	for n := range 6 {
		if n == 5 {
			s.spares.clear() // a new guest does the same
		}
		i := run(t, m)
		guests = append(guests, i.guest)
		for call := range 2 {
			out, err := i.Call(t.Context(), "render", input(map[string]any{"do": "state"}))
			want := []string{"call 1, 1 kept, 1001 in the catalog, true after the start", "call 2, 2 kept, 1001 in the catalog, true after the start"}[call]
			if err != nil || string(out) != want {
				t.Fatalf("got %q, %v; want %q", out, err, want)
			}
		}
		i.Close()
		fuel[i.Fuel()] = true
	}
	if guests[0] != guests[4] || guests[4] == guests[5] {
		t.Error("the guest was not used again, or after it was closed")
	}
	if len(fuel) != 1 {
		t.Errorf("the generations took %v", fuel)
	}
}

// Reading files as Go does it leaves nothing.
func TestAGoPageThatReadsFilesServesAgain(t *testing.T) {
	dir := t.TempDir()
	m := load(t, box(t, Options{}), Spec{Module: gopage(t), Files: map[string]string{"content": dir}})
	guests := map[*guest]bool{}
	for _, text := range []string{"one", "two", "three"} {
		if err := os.WriteFile(dir+"/post.md", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		i := run(t, m)
		guests[i.guest] = true
		out, err := i.Call(t.Context(), "render", input(map[string]any{"do": "files"}))
		if want := "post.md: " + text; err != nil || string(out) != want {
			t.Errorf("got %q, %v; want %q", out, err, want)
		}
		i.Close()
	}
	if len(guests) != 1 {
		t.Errorf("%d guests served 3 runs (ordinary: %q)", len(guests), m.Ordinary())
	}
}

// What asks the host for randomness gets another each time. What was seeded by
// the language's runtime when it started does not, unless the module starts the
// ordinary way: see RATIONALE.md.
func TestRandomnessOfTheHostNeverRepeats(t *testing.T) {
	s := box(t, Options{})
	for _, c := range []struct {
		name     string
		snapshot bool
	}{{"from an image", true}, {"the ordinary way", false}} {
		t.Run(c.name, func(t *testing.T) {
			m, err := s.Load(t.Context(), Spec{Name: "blog", Module: gopage(t), Snapshot: c.snapshot})
			if err != nil {
				t.Fatal(err)
			}
			crypto, math, hash := map[string]bool{}, map[string]bool{}, map[string]bool{}
			const runs = 4
			for range runs {
				i := run(t, m)
				out, err := i.Call(t.Context(), "render", input(map[string]any{"do": "seeds"}))
				if err != nil {
					t.Fatal(err)
				}
				fields := strings.Fields(string(out))
				crypto[fields[0]], math[fields[1]], hash[fields[2]] = true, true, true
				i.Close()
			}
			want := map[bool]int{true: 1, false: runs}[c.snapshot]
			if len(crypto) != runs || len(math) != want || len(hash) != want {
				t.Errorf("%d runs got %d, %d, %d kinds of crypto/rand, math/rand, maphash; want %d, %d, %d", runs, len(crypto), len(math), len(hash), runs, want, want)
			}
		})
	}
}

// Everything that a guest can change and then see: each module gives what it
// sees as its output, changes it, and the next instance has to see what the
// first one did.
func TestNothingThatAGuestChangesIsSeenByTheNext(t *testing.T) {
	content := t.TempDir()
	s := box(t, Options{Cores: 1})
	funcType := wasm.FuncType{Results: []wasm.ValueType{wasm.I32}}
	for _, c := range []struct {
		name   string
		again  bool // the guest serves again
		build  func(p *parts)
		hidden bool // the change, from the guest itself
	}{
		{"a word of memory", true, func(p *parts) {
			p.fn("render", p.give(i32c(4096), i64Load), i32c(4096), i64c(7), i64Store)
		}, false},
		{"the first and the last word of memory", true, func(p *parts) {
			p.fn("render", p.give(i32c(0), i64Load, i32c(65528), i64Load, op(wasm.OpI64Add)),
				i32c(0), i64c(7), i64Store, i32c(65528), i64c(7), i64Store)
		}, false},
		{"all of memory", true, func(p *parts) {
			p.fn("render", p.give(i32c(30000), i64Load), i32c(0), i32c(0xab), i32c(65536), op(wasm.OpMemoryFill, 0))
		}, false},
		{"what a data segment wrote", true, func(p *parts) {
			p.Data = []wasm.Data{{Offset: slices.Concat(i32c(64), op(wasm.OpEnd)), Init: []byte("from the segment")}}
			p.fn("render", p.give(i32c(64), i64Load), i32c(64), i64c(7), i64Store)
		}, false},
		{"what the initialiser wrote", true, func(p *parts) {
			p.initialiser(i32c(64), i32c(64), i64Load, i64c(5), op(wasm.OpI64Add), i64Store)
			p.fn("render", p.give(i32c(64), i64Load), i32c(64), i64c(7), i64Store)
		}, false},
		{"what the start function wrote", true, func(p *parts) {
			start := p.AddFunc("start", wasm.FuncType{}, nil, slices.Concat(i32c(64), i32c(64), i64Load, i64c(5), op(wasm.OpI64Add), i64Store, op(wasm.OpEnd)))
			p.Start = &start
			p.fn("render", p.give(i32c(64), i64Load), i32c(64), i64c(7), i64Store)
		}, false},
		{"the size of memory", true, func(p *parts) {
			p.fn("render", p.give(op(wasm.OpMemorySize, 0), extend), i32c(1), op(wasm.OpMemoryGrow, 0), op(wasm.OpDrop))
		}, false},
		{"the size of memory, up to all that the module allows", false, func(p *parts) {
			p.fn("render", p.give(op(wasm.OpMemorySize, 0), extend), i32c(9), op(wasm.OpMemoryGrow, 0), op(wasm.OpDrop))
		}, false},
		{"memory that it grew by", true, func(p *parts) {
			p.fn("render", i32c(2), op(wasm.OpMemoryGrow, 0), op(wasm.OpDrop),
				p.give(i32c(65536), i64Load, i32c(3*65536-8), i64Load, op(wasm.OpI64Add)),
				i32c(65536), i64c(7), i64Store, i32c(3*65536-8), i64c(7), i64Store)
		}, false},
		{"the size of memory, after the initialiser grew it", true, func(p *parts) {
			p.initialiser(i32c(3), op(wasm.OpMemoryGrow, 0), op(wasm.OpDrop))
			p.fn("render", p.give(op(wasm.OpMemorySize, 0), extend), i32c(4*65536-8), i64c(1), i64Store)
		}, true},
		{"globals of every kind of number", true, func(p *parts) {
			a := p.AddGlobal(wasm.Global{Value: wasm.I32, Mutable: true, Init: append(i32c(-3), op(wasm.OpEnd)...)})
			b := p.AddGlobal(wasm.Global{Value: wasm.I64, Mutable: true, Init: append(i64c(-5), op(wasm.OpEnd)...)})
			f := p.AddGlobal(wasm.Global{Value: wasm.F32, Mutable: true, Init: []byte{0x43, 0, 0, 0xc0, 0x7f, 0x0b}})
			d := p.AddGlobal(wasm.Global{Value: wasm.F64, Mutable: true, Init: []byte{0x44, 1, 2, 3, 4, 5, 6, 0xf7, 0x7f, 0x0b}})
			p.initialiser(i32c(9), op(wasm.OpGlobalSet, a))
			p.fn("render",
				p.give(op(wasm.OpGlobalGet, a), extend, op(wasm.OpGlobalGet, b), op(wasm.OpI64Add),
					op(wasm.OpGlobalGet, f), reinterpret32, extend, op(wasm.OpI64Add),
					op(wasm.OpGlobalGet, d), reinterpret64, op(wasm.OpI64Add)),
				i32c(1), op(wasm.OpGlobalSet, a), i64c(2), op(wasm.OpGlobalSet, b),
				i32c(3), asF32, op(wasm.OpGlobalSet, f), i64c(4), asF64, op(wasm.OpGlobalSet, d))
		}, false},
		{"a global that holds a function", false, func(p *parts) {
			g := p.AddGlobal(wasm.Global{Value: wasm.FuncRef, Mutable: true, Init: append([]byte{0xd0, 0x70}, op(wasm.OpEnd)...)})
			f := p.AddFunc("f", funcType, nil, append(i32c(1), op(wasm.OpEnd)...))
			p.Elements = []wasm.Element{{Mode: wasm.Declarative, Value: wasm.FuncRef, Count: 1, Items: []byte{byte(f)}}}
			p.fn("render", p.give(op(wasm.OpGlobalGet, g), op(wasm.OpRefIsNull), extend), op(wasm.OpRefFunc, f), op(wasm.OpGlobalSet, g))
		}, false},
		{"an element of a table", false, func(p *parts) {
			f := p.AddFunc("f", funcType, nil, append(i32c(1), op(wasm.OpEnd)...))
			p.Tables = []wasm.Table{{Value: wasm.FuncRef, Limits: wasm.Limits{Min: 2}}}
			p.Elements = []wasm.Element{{Offset: append(i32c(0), op(wasm.OpEnd)...), Value: wasm.FuncRef, Count: 1, Items: []byte{byte(f)}}}
			p.fn("render", p.give(i32c(1), op(wasm.OpTableGet, 0), op(wasm.OpRefIsNull), extend),
				i32c(1), i32c(0), op(wasm.OpTableGet, 0), op(wasm.OpTableSet, 0))
		}, false},
		{"the size of a table", false, func(p *parts) {
			p.Tables = []wasm.Table{{Value: wasm.FuncRef, Limits: wasm.Limits{Min: 2}}}
			p.fn("render", p.give(op(wasm.OpTableSize, 0), extend), []byte{0xd0, 0x70}, i32c(1), op(wasm.OpTableGrow, 0), op(wasm.OpDrop))
		}, false},
		{"a table that could be changed and is not", true, func(p *parts) {
			p.Tables = []wasm.Table{{Value: wasm.FuncRef, Limits: wasm.Limits{Min: 2}}}
			p.fn("render", p.give(op(wasm.OpTableSize, 0), extend),
				i32c(0), op(wasm.OpIf, 0x40), i32c(1), i32c(0), op(wasm.OpTableGet, 0), op(wasm.OpTableSet, 0), op(wasm.OpEnd))
		}, true},
		{"a data segment", false, func(p *parts) {
			p.DataCount = true
			p.Data = []wasm.Data{{Offset: slices.Concat(i32c(0), op(wasm.OpEnd)), Init: []byte("active")}, {Mode: wasm.Passive, Init: []byte("passively")}}
			p.fn("render", i32c(512), i32c(0), i32c(8), op(wasm.OpMemoryInit, 1, 0), p.give(i32c(512), i64Load), op(wasm.OpDataDrop, 1))
		}, false},
		{"an element segment", false, func(p *parts) {
			f := p.AddFunc("f", funcType, nil, append(i32c(1), op(wasm.OpEnd)...))
			p.Tables = []wasm.Table{{Value: wasm.FuncRef, Limits: wasm.Limits{Min: 2}}}
			p.Elements = []wasm.Element{{Mode: wasm.Passive, Value: wasm.FuncRef, Count: 1, Items: []byte{byte(f)}}}
			p.fn("render", i32c(0), i32c(0), i32c(1), op(wasm.OpTableInit, 0, 0), p.give(i64c(1)), op(wasm.OpElemDrop, 0))
		}, false},
		{"Extism's memory", true, func(p *parts) {
			// 40,000 is in none of its blocks, and nobody asks whose it is.
			p.fn("render", p.give(i64c(40000), p.call("load_u64")), i64c(40000), i64c(7), p.call("store_u64"))
		}, false},
		{"the size of Extism's memory", true, func(p *parts) {
			p.fn("render", p.give(i64c(2<<20), p.call("alloc")), i64c(2<<20), p.call("alloc"), op(wasm.OpDrop))
		}, true},
		{"a variable", true, func(p *parts) {
			// A block that was just made has zeros in it: a key, and a value.
			p.fn("render", p.give(i64c(8), p.call("alloc"), p.call("var_get"), i64c(0), op(wasm.OpI64GtU), extend),
				i64c(8), p.call("alloc"), i64c(8), p.call("alloc"), p.call("var_set"))
		}, false},
		{"half a line", true, func(p *parts) {
			p.Data = []wasm.Data{{Offset: slices.Concat(i32c(0), op(wasm.OpEnd)), Init: []byte{16, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'a', 'b', 'c'}}}
			p.fn("render", p.give(i32c(1), i32c(0), i32c(1), i32c(8), p.call("fd_write"), extend))
		}, true},
		{"whether standard output is open", false, func(p *parts) {
			p.fn("render", p.give(i32c(1), i32c(128), p.call("fd_fdstat_get"), extend), i32c(1), p.call("fd_close"), op(wasm.OpDrop))
		}, false},
		{"whether a folder is open", false, func(p *parts) {
			p.fn("render", p.give(i32c(3), i32c(128), p.call("fd_fdstat_get"), extend), i32c(3), p.call("fd_close"), op(wasm.OpDrop))
		}, false},
		{"a file that is closed again", true, func(p *parts) {
			p.Data = []wasm.Data{{Offset: slices.Concat(i32c(0), op(wasm.OpEnd)), Init: []byte(".")}}
			p.fn("render",
				i32c(3), i32c(0), i32c(0), i32c(1), i32c(0), i64c(0), i64c(0), i32c(0), i32c(64), p.call("path_open"), op(wasm.OpDrop),
				p.give(i32c(64), i32Load, extend),
				i32c(64), i32Load, p.call("fd_close"), op(wasm.OpDrop))
		}, true},
		{"what a folder is", true, func(p *parts) {
			p.fn("render", p.give(i32c(3), i32c(128), p.call("fd_fdstat_get"), extend)) // for which wazero opens it, and keeps it open
		}, true},
		{"the number of the next file", false, func(p *parts) {
			p.Data = []wasm.Data{{Offset: slices.Concat(i32c(0), op(wasm.OpEnd)), Init: []byte(".")}}
			p.fn("render",
				i32c(3), i32c(0), i32c(0), i32c(1), i32c(0), i64c(0), i64c(0), i32c(0), i32c(64), p.call("path_open"), op(wasm.OpDrop),
				p.give(i32c(64), i32Load, extend))
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newParts(t)
			c.build(p)
			m := load(t, s, Spec{Module: p.Encode(), Files: map[string]string{"content": content}, Memory: 8 << 20})
			var first string
			guests := map[*guest]bool{}
			for n := range 4 {
				i := run(t, m)
				guests[i.guest] = true
				out, err := i.Call(t.Context(), "render", nil)
				if err != nil {
					t.Fatalf("run %d: %v", n, err)
				}
				if n == 0 {
					first = string(out)
				}
				if len(out) != 8 || string(out) != first {
					t.Errorf("run %d saw %x, the first one %x", n, out, first)
				}
				i.Close()
				if log := i.Log(); len(log) > 0 && log[0].Text != "abc" || len(log) > 1 {
					t.Errorf("run %d has the log %q", n, log)
				}
			}
			if again := len(guests) == 1; again != c.again {
				t.Errorf("%d guests served 4 runs (ordinary: %q)", len(guests), m.Ordinary())
			}
			// It did change something, as the same instance sees.
			i := run(t, m)
			i.Call(t.Context(), "render", nil)
			if out, err := i.Call(t.Context(), "render", nil); err == nil && string(out) == first && !c.hidden {
				t.Error("a second call sees what the first one saw")
			}
		})
	}
}

// A folder that was replaced is seen, also by a guest that had the old one open.
func TestAReplacedFolderIsSeenByTheNext(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) {
		t.Helper()
		if err := os.Mkdir(dir+"/content", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir+"/content/post.md", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("the zero")
	// It opens post.md, reads eight bytes to 128, and closes it.
	p := newParts(t)
	p.Data = []wasm.Data{
		{Offset: slices.Concat(i32c(0), op(wasm.OpEnd)), Init: []byte("post.md")},
		{Offset: slices.Concat(i32c(32), op(wasm.OpEnd)), Init: []byte{128, 0, 0, 0, 8, 0, 0, 0}},
	}
	p.fn("render",
		i32c(3), i32c(0), i32c(0), i32c(7), i32c(0), i64c(2), i64c(0), i32c(0), i32c(64), p.call("path_open"), op(wasm.OpDrop),
		i32c(64), i32Load, i32c(32), i32c(1), i32c(72), p.call("fd_read"), op(wasm.OpDrop),
		p.give(i32c(128), i64Load),
		i32c(64), i32Load, p.call("fd_close"), op(wasm.OpDrop))
	m := load(t, box(t, Options{}), Spec{Module: p.Encode(), Files: map[string]string{"content": dir + "/content"}})
	var guests []*guest
	for n, text := range []string{"the zero", "the zero", "the ones", "the ones", "the twos"} {
		if n == 2 || n == 4 {
			if err := os.Rename(dir+"/content", fmt.Sprint(dir, "/old", n)); err != nil {
				t.Fatal(err)
			}
			write(text)
		}
		i := run(t, m)
		guests = append(guests, i.guest)
		out, err := i.Call(t.Context(), "render", nil)
		if err != nil || string(out) != text {
			t.Errorf("run %d got %q, %v; want %q", n, out, err, text)
		}
		if seen := i.Seen(); len(seen.Files) != 2 || seen.Files[0].Path != "/content" || seen.Files[1].Path != "/content/post.md" {
			t.Errorf("run %d saw %+v", n, seen.Files)
		}
		i.Close()
	}
	if guests[0] != guests[1] || guests[1] == guests[2] || guests[2] != guests[3] || guests[3] == guests[4] {
		t.Error("a guest served again that had another folder open, or did not where it was the same")
	}
}

// A guest that failed, in whatever way, does not serve again.
func TestAGuestThatFailedIsGone(t *testing.T) {
	u := newUpstream(t)
	m := relay(t, u, Spec{Timeout: 200 * time.Millisecond})
	for status, body := range map[int]string{500: "said", 507: "", 601: "", 602: "", 605: "0", 606: "x"} {
		i := run(t, m)
		failed := i.guest
		u.answer(status, body)
		failure(t, i, "render", nil)
		i.Close()
		next := run(t, m)
		if next.guest == failed {
			t.Errorf("after %d %q the guest served again", status, body)
		}
		next.Close()
	}
}

// A function that keeps its stack for the next instance has a small one.
func TestStacksThatGrewAreNotKept(t *testing.T) {
	s := box(t, Options{})
	m := load(t, s, Spec{Module: gopage(t)})
	i := run(t, m)
	g := i.guest
	if _, err := i.Call(t.Context(), "render", input(map[string]any{"do": "state"})); err != nil {
		t.Fatal(err)
	}
	f := g.function("render")
	// If this fails after an update of wazero, see where it keeps stacks now.
	if n := stackOf(f); n < 10<<10 || n > 1<<20 {
		t.Errorf("a stack of %d bytes", n)
	}
	kept := stackOf(f) <= maxStack
	i.Close()
	if _, there := g.exports["render"]; there != kept {
		t.Errorf("a stack of %d bytes is kept: %v", stackOf(f), there)
	}
}
