package page_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	page "github.com/wisr-dev/wisr/sdk/go"
)

type props struct {
	Title string `json:"title"`
}

func renderTitle(w io.Writer, in page.Input, p props) error {
	_, err := fmt.Fprintf(w, "%s: %s", in.Path, p.Title)
	return err
}

func TestRegisterRefuses(t *testing.T) {
	t.Cleanup(page.Unregister())
	panics := func(p page.Page[props]) (text string) {
		defer func() { text = fmt.Sprint(recover()) }()
		page.Register(p)
		return
	}
	if got := panics(page.Page[props]{}); !strings.Contains(got, "without a Render function") {
		t.Errorf("a page without Render: %s", got)
	}
	if got := panics(page.Page[props]{Render: renderTitle}); got != "<nil>" {
		t.Errorf("a good page: %s", got)
	}
	if got := panics(page.Page[props]{Render: renderTitle}); !strings.Contains(got, "Register was called twice") {
		t.Errorf("a second page: %s", got)
	}
}

// fussy cannot be written without a name.
type fussy struct{ Name *string }

func (f fussy) MarshalJSON() ([]byte, error) { return json.Marshal(*f.Name) }

func TestRegisterTakesPropsWhoseZeroValuePanics(t *testing.T) {
	t.Cleanup(page.Unregister())
	page.Register(page.Page[fussy]{Render: func(w io.Writer, _ page.Input, _ fussy) error {
		_, err := io.WriteString(w, "fine")
		return err
	}})
	if out, err := page.Call("render", []byte(`{"path":"/a"}`)); err != nil || string(out) != "fine" {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestCallWithoutAPageSaysWhatToDo(t *testing.T) {
	t.Cleanup(page.Unregister())
	for _, export := range []string{"getStaticPaths", "getStaticProps", "render"} {
		_, err := page.Call(export, []byte(`{}`))
		if err == nil || !strings.Contains(err.Error(), "call page.Register from an init function") {
			t.Errorf("%s: %v", export, err)
		}
	}
}

func TestAPageMayHaveRenderOnly(t *testing.T) {
	t.Cleanup(page.Swap(page.Page[props]{Render: renderTitle}))

	out, err := page.Call("getStaticProps", []byte(`{"path": "/a"}`))
	if err != nil || string(out) != `{"props":{}}` {
		t.Errorf("getStaticProps: %s, %v", out, err)
	}
	out, err = page.Call("render", []byte(`{"path": "/a", "props": {}}`))
	if err != nil || string(out) != "/a: " {
		t.Errorf("render: %s, %v", out, err)
	}
	_, err = page.Call("getStaticPaths", []byte(`{"route": "/[slug]"}`))
	if err == nil || !strings.Contains(err.Error(), `"/[slug]" has parameters`) || !strings.Contains(err.Error(), "add a Paths function") {
		t.Errorf("getStaticPaths: %v", err)
	}
	_, err = page.Call("getServerSideProps", nil)
	if err == nil || !strings.Contains(err.Error(), `no export is named "getServerSideProps"`) {
		t.Errorf("another export: %v", err)
	}
}

func TestTheFunctionsGetWhatTheHostSends(t *testing.T) {
	var got page.Input
	var gotPaths page.PathsInput
	t.Cleanup(page.Swap(page.Page[props]{
		Paths: func(in page.PathsInput) (page.Paths, error) {
			gotPaths = in
			return page.Paths{}, nil
		},
		Props: func(in page.Input) (page.Result[props], error) {
			got = in
			return page.Result[props]{}, nil
		},
		Render: func(w io.Writer, in page.Input, p props) error {
			got = in
			return renderTitle(w, in, p)
		},
	}))

	_, err := page.Call("getStaticPaths", []byte(`{"route":"/[a]","locales":["en","fr"],"defaultLocale":"en","cursor":"c"}`))
	if want := "{/[a] [en fr] en c}"; err != nil || fmt.Sprint(gotPaths) != want {
		t.Errorf("getStaticPaths got %v, %v; want %s", gotPaths, err, want)
	}

	shared := `"route":"/[a]/[...b]","path":"/%C3%A9/x/y","params":{"a":"é","b":["x","y"]},"locale":"fr","locales":["en","fr"],"defaultLocale":"en","draftMode":true`
	_, err = page.Call("getStaticProps", []byte(`{`+shared+`,"revalidateReason":"stale"}`))
	if want := "{/[a]/[...b] /%C3%A9/x/y map[a:[é] b:[x y]] fr [en fr] en true stale false}"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("getStaticProps got %v, %v\nwant %s", got, err, want)
	}
	out, err := page.Call("render", []byte(`{`+shared+`,"props":{"title":"é ☃ 😀 <b>"},"isFallback":true}`))
	if want := "{/[a]/[...b] /%C3%A9/x/y map[a:[é] b:[x y]] fr [en fr] en true  true}"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("render got %v, %v\nwant %s", got, err, want)
	}
	if want := "/%C3%A9/x/y: é ☃ 😀 <b>"; string(out) != want {
		t.Errorf("render gave %q, want %q", out, want)
	}
}

func TestInputThatDoesNotFitNamesTheExportAndTheField(t *testing.T) {
	t.Cleanup(page.Swap(page.Page[props]{Render: renderTitle}))
	_, err := page.Call("render", []byte(`{"props":{"title":7}}`))
	if err == nil || !strings.Contains(err.Error(), "input of render") || !strings.Contains(err.Error(), "props.title") {
		t.Errorf("got %v", err)
	}
	_, err = page.Call("render", []byte(`{"params":{"a":7}}`))
	if err == nil || !strings.Contains(err.Error(), "input of render") {
		t.Errorf("got %v", err)
	}
}

func TestParams(t *testing.T) {
	var p page.Params
	if err := json.Unmarshal([]byte(`{"one":"a/b","list":["x","y"],"none":[],"empty":""}`), &p); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"one": "a/b", "list": "x", "none": "", "empty": "", "absent": ""} {
		if got := p.Get(name); got != want {
			t.Errorf("Get(%q) is %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string][]string{"one": {"a/b"}, "list": {"x", "y"}, "none": nil, "absent": nil} {
		if got := p.List(name); !slices.Equal(got, want) {
			t.Errorf("List(%q) is %q, want %q", name, got, want)
		}
	}
}

func TestPathsBecomeJSON(t *testing.T) {
	tests := []struct {
		name  string
		paths page.Paths
		want  string // JSON, or part of an error when it does not begin with {
	}{
		{"nothing is an empty list and fallback false", page.Paths{}, `{"paths":[],"fallback":false}`},
		{"strings stay as they are", page.Paths{Paths: []page.Path{{Path: "/a?b&c"}, {Path: "/%C3%A9"}}, Fallback: page.FallbackTrue}, `{"paths":["/a?b&c","/%C3%A9"],"fallback":true}`},
		{"params", page.Paths{
			Paths:    []page.Path{{Params: map[string]any{"slug": "é <", "path": []string{"a/b", "c"}}, Locale: "fr"}, {Params: map[string]any{}}},
			Fallback: page.FallbackBlocking,
			Cursor:   "next",
		}, `{"paths":[{"params":{"path":["a/b","c"],"slug":"é <"},"locale":"fr"},{"params":{}}],"fallback":"blocking","cursor":"next"}`},
		{"an unknown fallback", page.Paths{Fallback: 9}, "fallback is 9"},
		{"both spellings", page.Paths{Paths: []page.Path{{Path: "/a"}, {Path: "/b", Params: map[string]any{"x": "b"}}}}, `paths[1] has both Path "/b" and Params`},
		{"neither spelling", page.Paths{Paths: []page.Path{{}}}, "paths[0] has neither Path nor Params"},
		{"a locale beside a path", page.Paths{Paths: []page.Path{{Path: "/b", Locale: "fr"}}}, `paths[0] has both Path "/b" and Locale "fr"`},
		{"a value that is no JSON", page.Paths{Paths: []page.Path{{Params: map[string]any{"x": math.NaN()}}}}, "paths[0] json: unsupported value: NaN"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			defer page.Swap(page.Page[props]{
				Paths:  func(page.PathsInput) (page.Paths, error) { return tt.paths, nil },
				Render: renderTitle,
			})()
			out, err := page.Call("getStaticPaths", []byte(`{}`))
			check(t, string(out), err, tt.want)
		})
	}
}

func TestResultsBecomeJSON(t *testing.T) {
	tests := []struct {
		name   string
		result page.Result[props]
		want   string
	}{
		{"props alone", page.Result[props]{Props: props{"é <b>&"}}, `{"props":{"title":"é <b>&"}}`},
		{"everything", page.Result[props]{
			Revalidate: 10 * time.Second, Expire: time.Hour, Tags: []string{"a", "b"},
			Headers: map[string]string{"X-A": "b"}, Status: 404,
		}, `{"props":{"title":""},"revalidate":10,"expire":3600,"tags":["a","b"],"headers":{"X-A":"b"},"status":404}`},
		{"not found leaves the props out", page.Result[props]{Props: props{"x"}, NotFound: true, Revalidate: time.Minute}, `{"notFound":true,"revalidate":60}`},
		{"redirect for now", page.Result[props]{Redirect: &page.Redirect{Destination: "/b?c&d"}}, `{"redirect":{"destination":"/b?c&d","permanent":false}}`},
		{"redirect for good", page.Result[props]{Redirect: &page.Redirect{Destination: "/b", Permanent: true}, Tags: []string{"t"}}, `{"redirect":{"destination":"/b","permanent":true},"tags":["t"]}`},
		{"redirect by number", page.Result[props]{Redirect: &page.Redirect{Destination: "https://a.example/", StatusCode: 303, NoBasePath: true}}, `{"redirect":{"destination":"https://a.example/","statusCode":303,"basePath":false}}`},
		{"contradictions are left to the host", page.Result[props]{NotFound: true, Redirect: &page.Redirect{Destination: "/b", Permanent: true, StatusCode: 302}}, `{"notFound":true,"redirect":{"destination":"/b","permanent":true,"statusCode":302}}`},
		{"a part of a second", page.Result[props]{Revalidate: 500 * time.Millisecond}, "Revalidate is 500ms: want whole seconds, such as 1 * time.Second"},
		{"more than a second, but not whole", page.Result[props]{Revalidate: 2600 * time.Millisecond}, "Revalidate is 2.6s: want whole seconds, such as 3 * time.Second"},
		{"a number that was meant as seconds", page.Result[props]{Expire: 60}, "Expire is 60ns: want whole seconds"},
		{"negative", page.Result[props]{Revalidate: -time.Second}, "Revalidate is -1s: want whole seconds"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, err := callProps(tt.result)
			check(t, string(out), err, tt.want)
		})
	}
}

func TestPropsMustBeAnObject(t *testing.T) {
	out, err := callProps(page.Result[map[string]int]{Props: map[string]int{"a": 1}})
	check(t, string(out), err, `{"props":{"a":1}}`)
	out, err = callProps(page.Result[map[string]int]{})
	check(t, string(out), err, `{"props":{}}`)
	out, err = callProps(page.Result[json.RawMessage]{Props: json.RawMessage(` { "a" : 1 } `)})
	check(t, string(out), err, `{"props":{"a":1}}`)
	out, err = callProps(page.Result[*props]{})
	check(t, string(out), err, "the props, of type *page_test.props, are no JSON object")
	out, err = callProps(page.Result[any]{Revalidate: time.Second})
	check(t, string(out), err, "the props, of type interface {}, are no JSON object")
	out, err = callProps(page.Result[[]int]{Props: []int{1}})
	check(t, string(out), err, "the props, of type []int, are no JSON object")
	out, err = callProps(page.Result[map[string]any]{Props: map[string]any{"f": func() {}}})
	check(t, string(out), err, "props: json: unsupported type: func()")
}

func callProps[P any](r page.Result[P]) ([]byte, error) {
	defer page.Swap(page.Page[P]{
		Props:  func(page.Input) (page.Result[P], error) { return r, nil },
		Render: func(io.Writer, page.Input, P) error { return nil },
	})()
	return page.Call("getStaticProps", []byte(`{}`))
}

// check compares with JSON that begins with {, or else with a part of the error.
func check(t *testing.T, got string, err error, want string) {
	t.Helper()
	switch {
	case strings.HasPrefix(want, "{") && (err != nil || got != want):
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	case !strings.HasPrefix(want, "{") && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("got  %s, %v\nwant an error with: %s", got, err, want)
	}
}

func TestAReturnedErrorComesBackAsItIs(t *testing.T) {
	cause := errors.New("the API is down")
	t.Cleanup(page.Swap(page.Page[props]{
		Paths:  func(page.PathsInput) (page.Paths, error) { return page.Paths{}, cause },
		Props:  func(page.Input) (page.Result[props], error) { return page.Result[props]{}, cause },
		Render: func(w io.Writer, _ page.Input, _ props) error { io.WriteString(w, "half"); return cause },
	}))
	for _, export := range []string{"getStaticPaths", "getStaticProps", "render"} {
		if out, err := page.Call(export, []byte(`{}`)); err != cause || out != nil {
			t.Errorf("%s: %q, %v", export, out, err)
		}
	}
}

func TestAPanicBecomesAnErrorWithTheStackOfThePage(t *testing.T) {
	cause := errors.New("the cause")
	for name, f := range map[string]func(){
		"runtime error: index out of range [3] with length 0": func() { readPastTheEnd(nil) },
		"invalid memory address or nil pointer":               func() { var p *props; p.Title = "x" },
		"panic: the cause":                                    func() { panic(cause) },
		"panic: 7":                                            func() { panic(7) },
	} {
		t.Run(name, func(t *testing.T) {
			defer page.Swap(page.Page[props]{Render: func(io.Writer, page.Input, props) error { f(); return nil }})()
			_, err := page.Call("render", []byte(`{}`))
			if err == nil {
				t.Fatal("no error")
			}
			text, stack, ok := strings.Cut(err.Error(), "\n\n")
			if !ok || !strings.Contains(text, name) {
				t.Errorf("got the message %q", text)
			}
			if !strings.Contains(stack, "page_test.go:") || !strings.Contains(stack, "go_test.TestAPanic") {
				t.Errorf("the page's frames are missing:\n%s", stack)
			}
			for line := range strings.Lines(stack) {
				if strings.HasPrefix(line, "testing.") || strings.HasPrefix(line, "runtime.") || strings.HasPrefix(line, "github.com/wisr-dev/wisr/sdk/go.") {
					t.Errorf("a frame that is not the page's: %s", line)
				}
			}
			if name == "panic: the cause" && !errors.Is(err, cause) {
				t.Error("the error that was thrown is not wrapped")
			}
		})
	}
}

//go:noinline
func readPastTheEnd(s []int) int { return s[len(s)+3] }

func TestAStackHasAnEnd(t *testing.T) {
	t.Cleanup(page.Swap(page.Page[props]{Render: func(io.Writer, page.Input, props) error { descend(10_000); return nil }}))
	_, err := page.Call("render", []byte(`{}`))
	if n := strings.Count(fmt.Sprint(err), "\n"); n > 140 {
		t.Errorf("%d lines", n)
	}
	if !strings.HasSuffix(fmt.Sprint(err), "…") {
		t.Error("nothing says that the stack was cut")
	}
}

//go:noinline
func descend(n int) int {
	if n == 0 {
		panic("at the bottom")
	}
	return descend(n-1) + 1
}
