package main

import (
	"encoding/json"
	"html/template"
	"io"
	"time"

	page "github.com/wisr-dev/wisr/sdk/go"
)

type Person struct{ Name, Town string }

var html = template.Must(template.New("").Parse(
	`<!doctype html><html lang="en"><head><title>{{.Name}}</title></head><body><h1>Hello, {{.Name}} in {{.Town}}!</h1></body></html>`))

func main() {} // never runs

func init() {
	page.Register(page.Page[Person]{
		Paths: func(page.PathsInput) (page.Paths, error) {
			return page.Paths{Paths: []page.Path{{Path: "/hello/ann"}}, Fallback: page.FallbackBlocking}, nil
		},
		Props: func(in page.Input) (page.Result[Person], error) {
			result := page.Result[Person]{Revalidate: 10 * time.Second}
			answer, err := page.Fetch(page.Request{URL: page.Config("api") + in.Path})
			if err != nil || answer.Status == 404 {
				result.NotFound = err == nil
				return result, err
			}
			return result, json.Unmarshal(answer.Body, &result.Props)
		},
		Render: func(w io.Writer, _ page.Input, p Person) error { return html.Execute(w, p) },
	})
}
