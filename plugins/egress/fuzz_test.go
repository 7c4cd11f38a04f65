package egress

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// pick reads choices off fuzzed bytes.
type pick []byte

func (p *pick) n(max int) int {
	if len(*p) == 0 {
		return 0
	}
	b := (*p)[0]
	*p = (*p)[1:]
	return int(b) % max
}

func (p *pick) of(list ...string) string { return list[p.n(len(list))] }

// drawn is a URL or an entry known by its parts, so that what it means need
// not be read out of its text.
type drawn struct {
	scheme string
	labels []string // lower case
	port   int
	dirs   []string // decoded
}

func (p *pick) draw() drawn {
	d := drawn{scheme: p.of("https", "http"), port: []int{80, 443, 8080}[p.n(3)]}
	for range 1 + p.n(4) {
		d.labels = append(d.labels, p.of("a", "b", "com", "xn--bcher-kva", "a-b"))
	}
	for range p.n(4) {
		d.dirs = append(d.dirs, p.of("v1", "v", "x", "~", ""))
	}
	return d
}

// spell writes the parts in one of the ways that mean the same.
func (d drawn) spell(p *pick, sub bool) string {
	host := strings.Join(d.labels, ".")
	switch p.n(5) {
	case 1:
		host = strings.ToUpper(host)
	case 2:
		host += "."
	case 3:
		host = strings.ReplaceAll(host, "xn--bcher-kva", "bücher")
	case 4:
		host = strings.ReplaceAll(host, "xn--bcher-kva", "BÜCHER") + "."
	}
	if sub {
		host = "*." + host
	}
	scheme := d.scheme
	if p.n(2) == 1 {
		scheme = strings.ToUpper(scheme)
	}
	if d.port != int(defaultPort(d.scheme)) || p.n(2) == 1 {
		host += fmt.Sprintf(":%d", d.port)
	}
	return scheme + "://" + host
}

func (d drawn) spellPath(p *pick) string {
	var b strings.Builder
	for _, dir := range d.dirs {
		switch p.n(5) {
		case 1:
			dir = strings.ReplaceAll(dir, "v", "%76")
		case 2:
			dir = strings.ReplaceAll(dir, "~", "%7e")
		case 3:
			dir = "./" + dir
		case 4:
			dir = "gone/%2e%2E/" + dir
		}
		b.WriteString("/" + dir)
	}
	return b.String()
}

// The matcher works on text. The oracle compares the parts that the text was
// made from, label by label and segment by segment.
func FuzzTheMatcherAgreesWithAnOracle(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 1, 1, 0, 2, 1, 0, 1, 1, 0, 1, 2, 0, 2, 1, 0})
	f.Add([]byte("0123456789abcdefghijklmnopqrstuvwxyz"))
	f.Fuzz(func(t *testing.T, data []byte) { askOracle(t, data) })
}

func TestTheMatcherAgreesWithAnOracle(t *testing.T) {
	random := rand.NewChaCha8([32]byte{})
	var seen [3]int
	for range 3000 {
		data := make([]byte, 64)
		random.Read(data)
		seen[askOracle(t, data)]++
	}
	if seen[allows] < 300 || seen[refuses] < 300 {
		t.Errorf("%d allowed, %d refused, %d skipped: the draw decides nothing", seen[allows], seen[refuses], seen[skipped])
	}
}

const (
	skipped = iota
	allows
	refuses
)

// askOracle draws an entry and a URL, and returns the oracle's verdict.
func askOracle(t *testing.T, data []byte) int {
	p := pick(data)
	e, sub, whole := p.draw(), p.n(2) == 1, p.n(2) == 1
	u := e // start from the entry, so that many match
	if p.n(2) == 1 {
		u.labels = append([]string{p.of("a", "sub", "com")}, u.labels...)
	}
	u.dirs = append(slices.Clone(e.dirs), p.of("x", "v1", "", "y"))
	switch p.n(6) {
	case 1:
		u = p.draw()
	case 2:
		u.labels = append(slices.Clone(u.labels), p.of("com", "evil"))
	case 3:
		u.port = 8081
	case 4:
		u.dirs = u.dirs[:p.n(len(u.dirs))]
	case 5:
		u.labels = u.labels[1:]
	}
	if len(u.labels) == 0 {
		return skipped
	}

	want := u.scheme == e.scheme && u.port == e.port
	if sub {
		want = want && len(u.labels) > len(e.labels) && slices.Equal(u.labels[len(u.labels)-len(e.labels):], e.labels)
	} else {
		want = want && slices.Equal(u.labels, e.labels)
	}
	if !whole {
		// "/a/*" means what has a segment, be it empty, after "a".
		want = want && (len(u.dirs) > len(e.dirs) || len(e.dirs) == 0) &&
			slices.Equal(u.dirs[:min(len(e.dirs), len(u.dirs))], e.dirs)
	}

	entry := e.spell(&p, sub)
	if !whole {
		entry += e.spellPath(&p) + "/*"
	}
	policy, err := ParsePolicy([]string{entry}, nil)
	if err != nil {
		if strings.Contains(entry, "%2e%2E") {
			return skipped // an entry says where it leads
		}
		t.Fatalf("%s: %v", entry, err)
	}
	raw := u.spell(&p, false) + u.spellPath(&p) + p.of("", "?x", "#x", "?/../x")
	if got := verdict(policy, raw); (got == allowed) != want {
		t.Errorf("entry %s, URL %s: %q, want allowed: %v", entry, raw, got, want)
	}
	if want {
		return allows
	}
	return refuses
}

// Whatever is accepted has one spelling, and whoever parses that sees the
// host that was checked.
func FuzzAURLHasOneSpelling(f *testing.F) {
	for _, s := range spellings {
		f.Add(s.url)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if shown := describe(raw); len(shown) > 220 {
			t.Errorf("%q is described in %d bytes", raw, len(shown))
		}
		a, err := parseTarget(raw)
		if err != nil {
			return
		}
		if len(a.String()) <= maxURL {
			if b, err := parseTarget(a.String()); err != nil || a != b {
				t.Errorf("%q: %+v, read again %+v, %v", raw, a, b, err)
			}
		}
		u, err := url.Parse(a.String())
		if err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		if sent := a.url(); sent.String() != a.String() || sent.RequestURI() != u.RequestURI() || sent.Host != u.Host {
			t.Errorf("%q: %s is checked, %s is sent", raw, a, sent)
		}
		if u.Hostname() != a.host || u.User != nil || u.Scheme != a.scheme {
			t.Errorf("%q: %+v, net/url sees %+v", raw, a, u)
		}
		if ip, err := netip.ParseAddr(a.host); (err == nil) != a.ip.IsValid() || err == nil && ip != a.ip {
			t.Errorf("%q: address %v, host %s", raw, a.ip, a.host)
		}
		for i := range len(a.String()) {
			if c := a.String()[i]; c <= ' ' || c >= 0x7f {
				t.Fatalf("%q: byte %#x in %q", raw, c, a)
			}
		}
	})
}

func FuzzAnEntryIsReadOrNamed(f *testing.F) {
	for _, s := range spellingAllow {
		f.Add(s, "https://api.example.com/x")
	}
	f.Add("https://*.*", "https://a.*")
	f.Add("https://u:p@h", "https://h")
	f.Fuzz(func(t *testing.T, entry, raw string) {
		p, err := ParsePolicy([]string{entry}, nil)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "[fetch] allow: entry ") || len(err.Error()) > 2000 {
				t.Errorf("%q: %v", entry, err)
			}
			return
		}
		if verdict(p, raw) == allowed && !strings.HasPrefix(strings.ToLower(entry), strings.ToLower(raw[:5])) {
			t.Errorf("entry %q allows %q", entry, raw)
		}
	})
}
