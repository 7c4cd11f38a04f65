package page_test

import (
	"fmt"
	"html/template"
	"io"
	"time"

	page "github.com/wisr-dev/wisr/sdk/go"
)

type greeting struct {
	Name string `json:"name"`
}

var view = template.Must(template.New("").Parse(`<!doctype html><title>Hello</title><p>Hello, {{.Name}}!`))

func load(in page.Input) (page.Result[greeting], error) {
	name := in.Params.Get("name")
	if name == "nobody" {
		return page.Result[greeting]{NotFound: true}, nil
	}
	return page.Result[greeting]{Props: greeting{Name: name}, Revalidate: 10 * time.Second}, nil
}

func render(w io.Writer, in page.Input, g greeting) error {
	return view.Execute(w, g)
}

// A page is registered once, from an init function. Call then does on the
// author's machine what wisr does in the sandbox.
func Example() {
	page.Register(page.Page[greeting]{Props: load, Render: render})

	out, err := page.Call("getStaticProps", []byte(`{"path": "/hello/ann", "params": {"name": "Ann"}}`))
	fmt.Println(string(out), err)
	out, err = page.Call("render", []byte(`{"path": "/hello/ann", "props": {"name": "<Ann>"}}`))
	fmt.Println(string(out), err)
	// Output:
	// {"props":{"name":"Ann"},"revalidate":10} <nil>
	// <!doctype html><title>Hello</title><p>Hello, &lt;Ann&gt;! <nil>
}

// The functions of a page are plain Go, and most tests call them directly.
func ExampleInput() {
	result, err := load(page.Input{Params: page.Params{"name": {"nobody"}}})
	fmt.Println(result.NotFound, err)
	// Output: true <nil>
}

// Where a page asks the host, Stub says what the host answers.
func ExampleStub() {
	defer page.Stub(page.Host{
		Config: map[string]string{"api": "https://api.example"},
		Fetch: func(r page.Request) (page.Response, error) {
			return page.Response{Status: 200, Body: []byte("ok from " + r.URL)}, nil
		},
	})()

	response, err := page.Fetch(page.Request{URL: page.Config("api") + "/posts"})
	fmt.Println(response.Status, string(response.Body), err)
	// Output: 200 ok from https://api.example/posts <nil>
}

// A list of paths names them as URLs or by their parameters.
func ExamplePaths() {
	paths := func(page.PathsInput) (page.Paths, error) {
		return page.Paths{
			Paths: []page.Path{
				{Path: "/docs/intro"},
				{Params: map[string]any{"path": []string{"guide", "é"}}},
			},
			Fallback: page.FallbackBlocking,
		}, nil
	}
	list, _ := paths(page.PathsInput{Route: "/docs/[...path]"})
	fmt.Println(len(list.Paths), list.Fallback == page.FallbackBlocking)
	// Output: 2 true
}
