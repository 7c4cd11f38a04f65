package dir

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

// entryOf is generation n of a page; body and props tell which one they are of.
func entryOf(key string, n int) *isr.Entry {
	lines := 500
	if strings.HasPrefix(key, "/large/") {
		lines = 100_000
	}
	return &isr.Entry{
		Key: key, Plugin: "blog", Version: "v1", Status: 200,
		Header:     []page.Field{{Name: "Content-Type", Value: "text/html"}},
		Tags:       []string{"news"},
		Body:       bytes.Repeat(fmt.Appendf(nil, "<p>%s %d\n", key, n), lines),
		Props:      fmt.Appendf(nil, `{"key":%q,"n":%d}`, key, n),
		StartedAt:  time.Unix(1_800_000_000, int64(n)).UTC(),
		FinishedAt: time.Unix(1_800_000_001, int64(n)).UTC(),
		Revalidate: time.Minute, Expire: time.Hour,
		ETag: `"e"`, DataETag: `"d"`,
		Encodings:     []isr.Coded{{Coding: "br", Body: fmt.Appendf(nil, "br %s %d", key, n)}, {Coding: "gzip", Body: []byte("\x1f\x8b\n")}},
		DataEncodings: []isr.Coded{{Coding: "zstd", Body: fmt.Appendf(nil, "zstd %s %d", key, n)}},
	}
}

func encoded(t testing.TB, e *isr.Entry) []byte {
	t.Helper()
	data, err := encode(e)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// decoded reads a file.
func decoded(data []byte) (*isr.Entry, error) {
	return readEntry(bytes.NewReader(data), int64(len(data)))
}

func TestFileCanBeReadByAPerson(t *testing.T) {
	lines := strings.Split(string(encoded(t, entryOf("/a", 1))), "\n")
	if want := "wisr-page 1 "; !strings.HasPrefix(lines[0], want) || !strings.Contains(lines[0], " started=2027-01-15T08:00:00.000000001Z ") {
		t.Errorf("first line: %s", lines[0])
	}
	if !strings.HasPrefix(lines[1], `{"key":"/a","plugin":"blog",`) || !strings.Contains(lines[1], `"revalidate":"1m0s"`) {
		t.Errorf("second line: %s", lines[1])
	}
	if lines[2] != "<p>/a 1" {
		t.Errorf("third line: %s", lines[2])
	}
}

// S144
func TestEveryCutAndEveryWrongByteIsNoticed(t *testing.T) {
	e := entryOf("/a", 1)
	e.Body = []byte("<p>body\n")
	data := encoded(t, e)
	for n := range data {
		if _, err := decoded(data[:n]); !errors.Is(err, errDamaged) {
			t.Fatalf("cut off at %d: %v", n, err)
		}
	}
	if _, err := decoded(append(bytes.Clone(data), 'x')); !errors.Is(err, errDamaged) {
		t.Fatalf("a byte more: %v", err)
	}
	for i := range data {
		for _, wrong := range []byte{data[i] ^ 1, data[i] ^ 0x20, 0, '\n', 0xff} {
			if wrong == data[i] {
				continue
			}
			bad := bytes.Clone(data)
			bad[i] = wrong
			got, err := decoded(bad)
			if err == nil && reflect.DeepEqual(got, e) {
				continue // a checksum in capitals
			}
			if !errors.Is(err, errDamaged) {
				t.Fatalf("byte %d of %q is %q: %v, %v", i, data, wrong, got, err)
			}
		}
	}
}

func TestDecodeSaysWhatIsWrong(t *testing.T) {
	data := string(encoded(t, entryOf("/a", 1)))
	for _, c := range []struct{ name, data, want string }{
		{"empty", "", "not a page file"},
		{"foreign", "<html>", "not a page file"},
		{"zeros", strings.Repeat("\x00", 4096), "not a page file"},
		{"another version", strings.Replace(data, "page 1", "page 2", 1), `format version "2"`},
		{"no line end", magic + strings.Repeat("x", 1000), "no end"},
		{"too few fields", magic + "1 00000000 started=x\n", "3 fields"},
		{"huge header", reline(data, "header=", "header=99999999"), "over"},
		{"huge body", reline(data, "body=", "body=2147483647"), "more than"},
		{"negative body", reline(data, "body=", "body=-1"), "invalid syntax"},
		{"overflowing body", reline(data, "body=", "body=99999999999999999999"), "out of range"},
		{"wrong name", strings.Replace(data, "started=", "starts=", 1), "no started"},
		{"not a time", reline(data, "started=", "started=now"), "cannot parse"},
		{"torn", data[:len(data)/2], "bytes, its first line says"},
		{"wrong header", strings.Replace(data, "blog", "blob", 1), "checksum of the header"},
		{"wrong body", strings.Replace(data, "<p>", "<q>", 1), "checksum of the content"},
		{"header is no JSON", string(sealed([]byte(strings.Replace(data, `"plugin":`, `"plugin";`, 1)))), "header: invalid character"},
		{"too few codings", string(sealed([]byte(strings.Replace(data, `"coding":"gzip","bytes":3`, `"coding":"gzip","bytes":2`, 1)))), "encodings"},
		{"too many codings", string(sealed([]byte(strings.Replace(data, `"coding":"gzip","bytes":3`, `"coding":"gzip","bytes":9`, 1)))), "encodings"},
		{"huge coding", string(sealed([]byte(strings.Replace(data, `"coding":"gzip","bytes":3`, `"coding":"g","bytes":9999`, 1)))), "encodings"},
		{"negative coding", string(sealed([]byte(strings.Replace(data, `"coding":"gzip","bytes":3`, `"coding":"gzi","bytes":-1`, 1)))), "encodings"},
		{"unknown kind", string(sealed([]byte(strings.Replace(data, `"kind":"page"`, `"kind":"pagf"`, 1)))), "no such kind"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := decoded([]byte(c.data))
			if !errors.Is(err, errDamaged) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v; want an error with %q", err, c.want)
			}
		})
	}
}

// reline replaces a field of the first line.
func reline(data, field, with string) string {
	i := strings.Index(data, field)
	n := strings.IndexByte(data[i:], ' ')
	return data[:i] + with + data[i+n:]
}

// sealed makes the checksums of a file right, if it has that form at all.
func sealed(data []byte) []byte {
	l, err := parseFirstLine(data)
	if err != nil || l.headSize() > len(data) {
		return data
	}
	data = bytes.Clone(data)
	sum := fmt.Appendf(nil, "%08x", crc32.Checksum(data[l.headSize():], castagnoli))
	copy(data[l.size-1-len(sum):], sum)
	sum = fmt.Appendf(nil, "%08x", crc32.Checksum(data[l.rest:l.headSize()], castagnoli))
	copy(data[l.rest-len(sum):], sum)
	return data
}

func TestEncodeRefusesWhatItCouldNotGiveBack(t *testing.T) {
	for name, change := range map[string]func(*isr.Entry){
		"key":      func(e *isr.Entry) { e.Key = "/\xff" },
		"tag":      func(e *isr.Entry) { e.Tags = []string{"\xff"} },
		"header":   func(e *isr.Entry) { e.Header[0].Value = "\xff" },
		"redirect": func(e *isr.Entry) { e.Redirect.Destination = "\xff" },
		"kind":     func(e *isr.Entry) { e.Kind = 77 },
		"started":  func(e *isr.Entry) { e.StartedAt = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"finished": func(e *isr.Entry) { e.FinishedAt = time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC) },
		"coding":   func(e *isr.Entry) { e.Encodings[0].Coding = "\xff" },
		"sources":  func(e *isr.Entry) { e.Sources = []string{strings.Repeat("x", maxHeader)} },
	} {
		e := entryOf("/a", 1)
		change(e)
		if data, err := encode(e); err == nil {
			t.Errorf("%s: no error, %.200q", name, data)
		}
	}
}

func FuzzDecode(f *testing.F) {
	e := entryOf("/a", 1)
	e.Body = e.Body[:9]
	whole := encoded(f, e)
	f.Add(whole)
	f.Add(whole[:100])
	f.Add([]byte(magic + "1 00000000 started=2026-01-01T00:00:00Z header=2 body=0 props=0 coded=0 data=00000000\n{}\n\n\n\n"))
	f.Add([]byte(magic + "1 00000000 started=2026-01-01T00:00:00Z header=16777216 body=1073741823 props=9 coded=2147483647 data=00000000\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, data := range [][]byte{data, sealed(data)} {
			e, err := decoded(data)
			if err != nil {
				if !errors.Is(err, errDamaged) {
					t.Fatalf("not a damage: %v", err)
				}
				continue
			}
			again, err := encode(e)
			if err != nil {
				continue // a time that only reading takes
			}
			e2, err := decoded(again)
			if err != nil {
				t.Fatalf("%q was read and written, now: %v", data, err)
			}
			if !bytes.Equal(e.Body, e2.Body) || !bytes.Equal(e.Props, e2.Props) || !reflect.DeepEqual(e.Encodings, e2.Encodings) || !reflect.DeepEqual(e.DataEncodings, e2.DataEncodings) || e.Key != e2.Key || !e.StartedAt.Equal(e2.StartedAt) {
				t.Fatalf("%+v became %+v", e, e2)
			}
		}
	})
}

func FuzzEncode(f *testing.F) {
	f.Add("/a", "tag", []byte("body"), []byte("{}"), int64(1_700_000_000), int64(5), int64(10), uint64(7))
	f.Add("/\u2028<>&", "\x00", []byte("\n\n"), []byte(nil), int64(-62135596800), int64(0), int64(-1<<63), uint64(1<<64-1))
	f.Fuzz(func(t *testing.T, key, text string, body, props []byte, sec, nsec, duration int64, fuel uint64) {
		at := time.Unix(sec, nsec)
		e := &isr.Entry{
			Key: key, Plugin: text, Version: text, Kind: page.Kind(fuel % 3), Status: int(int32(sec)),
			Redirect: page.Redirect{Destination: text}, Header: []page.Field{{Name: text, Value: key}},
			Tags: []string{text, key}, Sources: []string{key}, Fuel: fuel, Body: body, Props: props,
			StartedAt: at.UTC(), FinishedAt: at.Add(time.Duration(nsec)).UTC(),
			Revalidate: time.Duration(duration), Expire: time.Duration(sec), ETag: text, DataETag: key,
			Encodings: []isr.Coded{{Coding: text}, {Coding: key, Body: append([]byte{'x'}, body...)}}, DataEncodings: []isr.Coded{{Body: []byte(text + "x")}},
		}
		data, err := encode(e)
		if err != nil {
			return
		}
		got, err := decoded(data)
		if err != nil {
			t.Fatal(err)
		}
		if len(body) == 0 {
			e.Body = nil
		}
		if len(props) == 0 {
			e.Props = nil
		}
		if !reflect.DeepEqual(got, e) {
			t.Fatalf("got %+v, want %+v", got, e)
		}
	})
}

func FuzzParseChanges(f *testing.F) {
	f.Add([]byte("{\"n\":1,\"key\":\"/a\"}\n{\"n\":2,\"name\":\"tag:x\",\"at\":\"2026-01-01T00:00:00Z\"}\n{\"n\":3"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var at position
		changes := parseChanges(data, &at)
		whole := int64(bytes.LastIndexByte(data, '\n') + 1)
		if at.offset != whole || len(changes) > bytes.Count(data, newline) {
			t.Fatalf("%d changes, at %d of %d", len(changes), at.offset, whole)
		}
	})
}

// What is kept of a page is what isr.Entry.Size counts, and not the text of its
// header besides: the bytes of the memory cache mean what they say.
func TestAnEntryThatWasReadTakesWhatItsSizeSays(t *testing.T) {
	d := opened(t, t.TempDir(), Options{})
	e := entryOf("/a", 1)
	e.Body, e.Encodings, e.DataEncodings = make([]byte, 700), nil, nil
	e.Header = append(e.Header, page.Field{Name: "Content-Security-Policy", Value: strings.Repeat("x", 1000)})
	mustPut(t, d, e)
	used := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	const n = 2000
	kept := make([]*isr.Entry, n)
	before := used()
	var size int64
	for i := range kept {
		var err error
		if kept[i], err = d.Get(t.Context(), "/a"); err != nil {
			t.Fatal(err)
		}
		size += kept[i].Size()
	}
	if took := used() - before; took > size*5/4 {
		t.Errorf("%d entries take %d bytes, their sizes say %d", n, took, size)
	}
	runtime.KeepAlive(kept)
}
