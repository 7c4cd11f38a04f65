package demand

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

func TestAQueryAndABodySayTheSame(t *testing.T) {
	want := Request{Paths: []string{"/a", "/b"}, Tags: []string{"x y"}, Sources: []string{"https://api.example/*"}, Plugin: "blog", Mode: Regenerate, OnlyGenerated: true}
	query := "path=/a&path=/b&tag=x+y&source=https://api.example/*&plugin=blog&mode=regenerate&onlyGenerated=1"
	body := `{"paths":["/a","/b"],"tags":["x y"],"sources":["https://api.example/*"],"plugin":"blog","mode":"regenerate","onlyGenerated":true}`
	for _, test := range []struct{ name, query, body string }{
		{"query", query, ""},
		{"body", "", body},
		{"body with space around", "", "\n " + body + "\n"},
		{"each a part", "path=/b&mode=regenerate&tag=x+y", `{"paths":["/a"],"sources":["https://api.example/*"],"plugin":"blog","onlyGenerated":true,"mode":"regenerate"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			values, err := url.ParseQuery(test.query)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Parse(values, []byte(test.body))
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, error %v", got, err)
			}
			if err := got.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	for _, test := range []struct{ query, body, want string }{
		{"", "", "nothing is named"},
		{"mode=mark", "", "nothing is named"},
		{"path=a", "", `path "a" does not begin with a slash`},
		{"path=", "", `path "" does not begin with a slash`},
		{"path=https://x/a", "", "does not begin with a slash"},
		{"path=/a%3Fb%3D1", "", `path "/a?b=1" has a query`},
		{"path=/a%23b", "", `path "/a#b": malformed path`},
		{"path=/a%25zz", "", `path "/a%zz": malformed path`},
		{"path=/a&path=/..", "", `path "/.."`},
		{"path=/" + strings.Repeat("x", 8<<10), "", "longer than"},
		{"tag=", "", "a tag is empty"},
		{"tag=" + strings.Repeat("x", 257), "", "has 257 bytes"},
		{"tag=%FF", "", "is not one line of text"},
		{"tag=a%0Ab", "", "is not one line of text"},
		{"source=%00", "", "is not one line of text"},
		{"plugin=Blog", "", `plugin "Blog" is no name`},
		{"plugin=a:b", "", "is no name"},
		{"plugin=a&plugin=b", "", `plugin is both "a" and "b"`},
		{"plugin=a", `{"plugin":"b"}`, `plugin is both "b" and "a"`},
		{"path=/a&mode=purged", "", `mode "purged" is none`},
		{"path=/a&mode=mark&mode=purge", "", "mode is both"},
		{"path=/a&onlyGenerated=yes", "", `onlyGenerated is "yes"`},
		{"tags=a", "", `"tags" is nothing that a call has`},
		{"", `{"tag":"a"}`, `unknown field "tag"`},
		{"", `{"paths":"/a"}`, "the body is no JSON object"},
		{"", `["/a"]`, "the body is no JSON object"},
		{"", `path=/a`, "the body is no JSON object"},
		{"", `{"paths":["/a"]}{}`, "behind its JSON object"},
		{"", `{"paths":["/a"]`, "the body is no JSON object"},
		{"", `{"paths":[` + strings.Repeat(`"/a",`, 1000) + `"/a"]}`, "1001 names are too many"},
	} {
		values, err := url.ParseQuery(test.query)
		if err != nil {
			t.Fatal(err)
		}
		request, err := Parse(values, []byte(test.body))
		if err == nil {
			err = request.Check()
		}
		if _, ok := err.(*InvalidError); !ok || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.80s %.80s: error %v, want %q", test.query, test.body, err, test.want)
		} else if len(err.Error()) > 500 {
			t.Errorf("%.80s: an error of %d bytes", test.query, len(err.Error()))
		}
	}
}

func TestAThousandNamesAreOneCall(t *testing.T) {
	r := Request{Plugin: "blog"}
	for i := range MaxNames - 1 {
		r.Tags = append(r.Tags, fmt.Sprint(i))
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	r.Paths = []string{"/a"}
	if r.Check() == nil {
		t.Error("one more is accepted")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("path=/a&tag=b", `{"paths":["/a"],"mode":"purge"}`)
	f.Add("source=x*&plugin=blog&onlyGenerated=1", "")
	f.Fuzz(func(t *testing.T, query, body string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		request, err := Parse(values, []byte(body))
		if err == nil {
			err = request.Check()
		}
		if err != nil {
			if _, ok := err.(*InvalidError); !ok || err.Error() == "" {
				t.Fatalf("error %#v", err)
			}
			return
		}
		if n := len(request.Paths) + len(request.Tags) + len(request.Sources); n > MaxNames || n == 0 && request.Plugin == "" {
			t.Fatalf("%d names", n)
		}
	})
}

func TestTheAnswerTellsTheWorst(t *testing.T) {
	for _, test := range []struct {
		name        string
		outcomes    []Outcome
		status      int
		revalidated bool
	}{
		{"S100 all well", []Outcome{Revalidated, Marked, Skipped, Purged}, 200, true},
		{"S102 one failed", []Outcome{Revalidated, Unknown, Failed}, 500, false},
		{"S104 one is unknown", []Outcome{Revalidated, Unknown}, 200, false},
		{"S104 all are unknown", []Outcome{Unknown, Unknown}, 404, false},
		{"nothing was there to do", nil, 200, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var a Answer
			for _, o := range test.outcomes {
				a.add(Result{Result: o}, true)
			}
			a.finish(nil)
			if a.Status() != test.status || a.Revalidated != test.revalidated || a.Results == nil {
				t.Errorf("status %d, %+v", a.Status(), a)
			}
		})
	}
}

func TestAnAnswerKeepsRoomForFailures(t *testing.T) {
	var a Answer
	for range 5000 {
		a.add(Result{Result: Revalidated}, false)
	}
	for range 5000 {
		a.add(Result{Result: Failed}, false)
	}
	a.finish(nil)
	if len(a.Results) != 2*kept || a.Omitted != 10_000-2*kept || a.Counts[Failed] != 5000 || a.Counts[Revalidated] != 5000 {
		t.Errorf("%d results, %d omitted, %v", len(a.Results), a.Omitted, a.Counts)
	}
}
