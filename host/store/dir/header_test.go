package dir

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/page"
)

func TestHeaderIsWhatEncodingJSONWrites(t *testing.T) {
	full := header{
		Key: "/a\"\u2028é<&>", Plugin: "blog", Version: "v1", Kind: page.KindRedirect, Status: 308,
		Redirect: page.Redirect{Destination: "/b", StatusCode: 308, BasePath: true},
		Header:   []page.Field{{Name: "A", Value: "1"}, {Name: "B", Value: "\\"}},
		Tags:     []string{"news", "<b>"}, Sources: []string{"https://a.example/?b&c"},
		Fuel: 1<<64 - 1, Unchanged: true,
		FinishedAt: time.Unix(1_800_000_001, 5).UTC(), Revalidate: duration(90 * time.Second), Expire: 1,
		ETag: `"e"`, DataETag: `"d"`,
		Encodings: []coding{{"br", 1}, {"gzip", 2}}, DataEncodings: []coding{{"zstd", 3}},
		Seen: json.RawMessage("{ \"clock\":\ntrue}"),
	}
	// Every field alone as well: one that is left out would not be missed among all.
	all := []header{{}, full}
	for i := range reflect.TypeFor[header]().NumField() {
		var one header
		reflect.ValueOf(&one).Elem().Field(i).Set(reflect.ValueOf(full).Field(i))
		all = append(all, one)
	}
	for _, h := range all {
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(h); err != nil {
			t.Fatal(err)
		}
		got, err := h.appendJSON(nil)
		if err != nil || string(got)+"\n" != want.String() {
			t.Errorf("%v\n got %s\nwant %s", err, got, want.Bytes())
		}
	}
}

func TestHeaderThatCannotBeReadBackIsRefused(t *testing.T) {
	for name, h := range map[string]header{
		"kind": {Kind: 9},
		"time": {FinishedAt: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"seen": {Seen: json.RawMessage("{")},
	} {
		if b, err := h.appendJSON(nil); err == nil {
			t.Errorf("%s: %s", name, b)
		}
	}
}
