package egress

import (
	"slices"
	"testing"
)

func TestWhatAGrantCovers(t *testing.T) {
	for _, c := range []struct {
		asked, granted, missing []string
	}{
		{nil, nil, nil},
		{nil, []string{"https://a.example"}, nil},
		{[]string{"https://a.example"}, nil, []string{"https://a.example"}},
		{[]string{"https://a.example"}, []string{"https://a.example"}, nil},
		{[]string{"HTTPS://A.Example.:443"}, []string{"https://a.example"}, nil},
		{[]string{"https://a.example"}, []string{"https://b.example"}, []string{"https://a.example"}},
		{[]string{"https://A.example:443", "https://a.example"}, nil, []string{"https://a.example"}},

		// Scheme and port.
		{[]string{"http://a.example"}, []string{"https://a.example"}, []string{"http://a.example"}},
		{[]string{"https://a.example:8443"}, []string{"https://a.example"}, []string{"https://a.example:8443"}},
		{[]string{"https://a.example"}, []string{"https://a.example:8443"}, []string{"https://a.example"}},
		{[]string{"http://a.example:443"}, []string{"https://a.example"}, []string{"http://a.example:443"}},

		// Subdomains.
		{[]string{"https://x.a.example"}, []string{"https://*.a.example"}, nil},
		{[]string{"https://y.x.a.example"}, []string{"https://*.a.example"}, nil},
		{[]string{"https://a.example"}, []string{"https://*.a.example"}, []string{"https://a.example"}},
		{[]string{"https://xa.example"}, []string{"https://*.a.example"}, []string{"https://xa.example"}},
		{[]string{"https://*.a.example"}, []string{"https://a.example"}, []string{"https://*.a.example"}},
		{[]string{"https://*.a.example"}, []string{"https://x.a.example"}, []string{"https://*.a.example"}},
		{[]string{"https://*.a.example"}, []string{"https://*.a.example"}, nil},
		{[]string{"https://*.x.a.example"}, []string{"https://*.a.example"}, nil},
		{[]string{"https://*.a.example"}, []string{"https://*.x.a.example"}, []string{"https://*.a.example"}},
		{[]string{"https://*.xa.example"}, []string{"https://*.a.example"}, []string{"https://*.xa.example"}},
		{[]string{"https://*.bücher.example"}, []string{"https://*.example"}, nil},
		{[]string{"https://bücher.example"}, []string{"https://xn--bcher-kva.example"}, nil},

		// Paths.
		{[]string{"https://a.example/v1/*"}, []string{"https://a.example"}, nil},
		{[]string{"https://a.example/v1/*"}, []string{"https://a.example/*"}, nil},
		{[]string{"https://a.example"}, []string{"https://a.example/v1/*"}, []string{"https://a.example"}},
		{[]string{"https://a.example/*"}, []string{"https://a.example/v1/*"}, []string{"https://a.example"}},
		{[]string{"https://a.example/v1/x/*"}, []string{"https://a.example/v1/*"}, nil},
		{[]string{"https://a.example/v1/*"}, []string{"https://a.example/v1/x/*"}, []string{"https://a.example/v1/*"}},
		{[]string{"https://a.example/v10/*"}, []string{"https://a.example/v1/*"}, []string{"https://a.example/v10/*"}},
		{[]string{"https://a.example/%76%31/*"}, []string{"https://a.example/v1/*"}, nil},
		{[]string{"https://*.a.example/v1/*"}, []string{"https://*.a.example/v2/*", "https://a.example"}, []string{"https://*.a.example/v1/*"}},

		// Addresses.
		{[]string{"http://127.0.0.1:4000"}, []string{"http://127.0.0.1:4000"}, nil},
		{[]string{"http://[::ffff:127.0.0.1]:4000"}, []string{"http://127.0.0.1:4000"}, nil},
		{[]string{"http://[::1]"}, []string{"http://[0:0::1]:80"}, nil},
		{[]string{"http://127.0.0.1"}, []string{"http://localhost"}, []string{"http://127.0.0.1"}},
		{[]string{"http://10.0.0.1:8080/x/*"}, nil, []string{"http://10.0.0.1:8080/x/*"}},

		// Several.
		{[]string{"https://a.example", "https://b.example", "https://c.example"}, []string{"https://b.example"}, []string{"https://a.example", "https://c.example"}},
	} {
		asked, err := ParsePolicy(c.asked, nil)
		if err != nil {
			t.Fatal(err)
		}
		granted, err := ParsePolicy(c.granted, nil)
		if err != nil {
			t.Fatal(err)
		}
		missing := asked.Missing(granted)
		if !slices.Equal(missing, c.missing) {
			t.Errorf("%q with %q lacks %q, want %q", c.asked, c.granted, missing, c.missing)
		}
		// What is said to be missing can be written as it stands, and is enough.
		more, err := ParsePolicy(append(slices.Clone(c.granted), missing...), nil)
		if err != nil {
			t.Errorf("%q: %v", missing, err)
		} else if left := asked.Missing(more); left != nil {
			t.Errorf("%q with %q and %q still lacks %q", c.asked, c.granted, missing, left)
		}
	}
	if p, _ := ParsePolicy([]string{"https://a.example"}, nil); len(p.Missing(nil)) != 1 || (*Policy)(nil).Missing(p) != nil {
		t.Error("nil is no network")
	}
}

// A grant covers an entry exactly if it matches all that the entry matches.
func FuzzACoveredEntryMatchesNothingElse(f *testing.F) {
	f.Add([]byte{0, 1, 1, 0, 2, 1, 0, 1, 1, 0, 1, 2, 0, 2, 1, 0})
	f.Add([]byte("0123456789abcdefghijklmnopqrstuvwxyz"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p := pick(data)
		a, b := p.drawEntry(), p.drawEntry()
		asked, errA := ParsePolicy([]string{a}, nil)
		granted, errB := ParsePolicy([]string{b}, nil)
		if errA != nil || errB != nil {
			return
		}
		covered := asked.Missing(granted) == nil
		for range 8 {
			u := p.draw()
			raw := u.spell(&p, false) + u.spellPath(&p)
			if covered && verdict(asked, raw) == allowed && verdict(granted, raw) != allowed {
				t.Errorf("%s is said to cover %s, which matches %s", b, a, raw)
			}
		}
	})
}

func (p *pick) drawEntry() string {
	d := p.draw()
	entry := d.spell(p, p.n(2) == 1)
	if p.n(2) == 1 {
		entry += d.spellPath(p) + "/*"
	}
	return entry
}
