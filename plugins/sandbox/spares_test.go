package sandbox

import (
	"strings"
	"testing"
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
	for range 5 {
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
	}
	if guests[0] != guests[4] {
		t.Error("the guest was not used again")
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
