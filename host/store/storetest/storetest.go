// Package storetest is what every isr.Store must do, as tests. A store that
// passes can stand behind the engine; what is special to one (damage, full disks,
// bounds) it tests itself.
//
//	func TestStore(t *testing.T) {
//		root := t.TempDir()
//		storetest.Run(t, func(t *testing.T) isr.Store {
//			s, err := dir.Open(filepath.Join(root, t.Name()), dir.Options{Poll: time.Millisecond})
//			…
//			return s
//		})
//	}
package storetest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

// Run runs the suite. Open opens the store of t: for the same t it opens the same
// place again, which has the same record (S7), for another t another. A
// test may have one place open twice, as two processes would. Run closes what it opens.
func Run(t *testing.T, open func(t *testing.T) isr.Store) {
	for _, group := range []struct {
		name string
		test func(*testing.T, func(*testing.T) isr.Store)
	}{
		{"entries", testEntries},
		{"order", testOrder},
		{"keys", testKeys},
		{"earlier", testEarlier},
		{"invalidations", testInvalidations},
		{"pages", testPages},
		{"shared", testShared},
		{"concurrent", testConcurrent},
		{"context", testContext},
	} {
		t.Run(group.name, func(t *testing.T) { group.test(t, open) })
	}
}

// opened opens the store of t and closes it at the end, if the test does not.
func opened(t *testing.T, open func(*testing.T) isr.Store) *store {
	t.Helper()
	s := &store{Store: open(t)}
	t.Cleanup(func() { s.close(t) })
	return s
}

type store struct {
	isr.Store
	closed bool
}

func (s *store) close(t *testing.T) {
	t.Helper()
	if s.closed {
		return
	}
	s.closed = true
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// epoch is when generation 0 started. It has nanoseconds and a zone on purpose.
var epoch = time.Date(2026, 3, 4, 5, 6, 7, 123456789, time.FixedZone("", 3*3600))

// anyTime is later than any generation.
var anyTime = epoch.AddDate(100, 0, 0)

// generation returns an entry with every field set. A later n started later.
func generation(key string, n int) *isr.Entry {
	return &isr.Entry{
		Key:        key,
		Plugin:     "blog",
		Version:    fmt.Sprintf("v%d", n),
		Kind:       page.KindRedirect,
		Status:     308,
		Redirect:   page.Redirect{Destination: "/elsewhere?a=<b>&c=\u2028", StatusCode: 308, BasePath: true},
		Header:     []page.Field{{Name: "Content-Type", Value: "text/html; charset=utf-8"}, {Name: "X-Odd", Value: "ä\t\"\\"}},
		Props:      fmt.Appendf(nil, `{ "n" : %d, "n":1e400, "s":"\u00e4</script>"}`, n),
		Body:       fmt.Appendf(nil, "<p>%s, generation %d\r\n\x00\xff\n", key, n),
		Tags:       []string{"news", "tag with spaces", "日本"},
		Sources:    []string{"https://api.example.com/x?a=1&b=%20"},
		Seen:       []byte(`{"reads":[{"urls":["https://api.example.com/x?a=1&b=<%20>"]}]}`),
		Unchanged:  true,
		Fuel:       1<<63 + uint64(n),
		StartedAt:  epoch.Add(time.Duration(n)),
		FinishedAt: epoch.Add(time.Duration(n) + 1500*time.Millisecond + 1),
		Revalidate: 10*time.Second + 1,
		Expire:     100*365*24*time.Hour + 1,
		ETag:       fmt.Sprintf(`"%d"`, n),
		DataETag:   fmt.Sprintf(`"data-%d"`, n),
		Encodings: []isr.Coded{
			{Coding: "br", Body: fmt.Appendf(nil, "br\n%d\xff", n)},
			{Coding: "gzip", Body: fmt.Appendf(nil, "gzip\x00%d", n)},
		},
		DataEncodings: []isr.Coded{{Coding: "zstd", Body: fmt.Appendf(nil, "zstd\n\n%d", n)}},
	}
}

// put stores e and fails the test unless the answer is want.
func put(t *testing.T, s isr.Store, e *isr.Entry, want bool) {
	t.Helper()
	stored, err := s.Put(t.Context(), e)
	if err != nil || stored != want {
		t.Fatalf("Put(%.60q, started %s) = %v, %v; want %v", e.Key, e.StartedAt, stored, err, want)
	}
}

// wantEntry fails the test unless the store has exactly want.
func wantEntry(t *testing.T, s isr.Store, want *isr.Entry) {
	t.Helper()
	if err := check(t.Context(), s, want); err != nil {
		t.Fatal(err)
	}
}

// check is wantEntry for goroutines that may not end a test.
func check(ctx context.Context, s isr.Store, want *isr.Entry) error {
	got, err := s.Get(ctx, want.Key)
	if err != nil {
		return fmt.Errorf("Get(%.60q): %w", want.Key, err)
	}
	if diff := difference(got, want); diff != "" {
		return fmt.Errorf("Get(%.60q): %s", want.Key, diff)
	}
	return nil
}

// difference names the fields in which two entries differ. Times are compared
// as moments, an empty slice is as good as none.
func difference(got, want *isr.Entry) (diff string) {
	g, w := reflect.ValueOf(*got), reflect.ValueOf(*want)
	for i := range g.NumField() {
		a, b := g.Field(i), w.Field(i)
		var same bool
		switch at := a.Interface().(type) {
		case time.Time:
			same = at.Equal(b.Interface().(time.Time))
		default:
			same = reflect.DeepEqual(at, b.Interface()) || a.Kind() == reflect.Slice && a.Len()+b.Len() == 0
		}
		if !same {
			diff += fmt.Sprintf("%s is %.200v, want %.200v; ", g.Type().Field(i).Name, a, b)
		}
	}
	return diff
}

// withoutContent is what Pages yields of e.
func withoutContent(e *isr.Entry) *isr.Entry {
	head := *e
	head.Body, head.Props, head.Encodings, head.DataEncodings = nil, nil, nil, nil
	return &head
}

// invalidations returns what a store has, by name.
func invalidations(t *testing.T, s isr.Store) map[string]time.Time {
	t.Helper()
	all, err := s.Invalidations(t.Context())
	if err != nil {
		t.Fatalf("Invalidations: %v", err)
	}
	byName := map[string]time.Time{}
	for _, inv := range all {
		if _, twice := byName[inv.Name]; twice {
			t.Errorf("Invalidations has %q twice", inv.Name)
		}
		byName[inv.Name] = inv.At
	}
	return byName
}

// keys returns the keys that Pages yields, sorted.
func keys(t *testing.T, s isr.Store) []string {
	t.Helper()
	var keys []string
	for e, err := range s.Pages(t.Context()) {
		if err != nil {
			t.Fatalf("Pages: %v", err)
		}
		keys = append(keys, e.Key)
	}
	slices.Sort(keys)
	return keys
}
