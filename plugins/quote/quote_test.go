package quote_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/wisr-dev/wisr/plugins/quote"
)

func FuzzAppend(f *testing.F) {
	for _, s := range []string{"", "/blog/a", `"\`, "<&>", "é\u2028\x7f", "a\xffb", "\x00\n\t"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := quote.Append([]byte("x"), s), "x"+string(encoded(t, s)); string(got) != want {
			t.Errorf("Append %q: %s, want %s", s, got, want)
		}
		list := []string{s, "b"}
		if got, want := quote.List(nil, list), encoded(t, list); !bytes.Equal(got, want) {
			t.Errorf("List %q: %s, want %s", list, got, want)
		}
	})
}

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
