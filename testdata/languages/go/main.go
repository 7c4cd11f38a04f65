// The page of testdata/languages in Go.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"strings"
	"time"

	page "github.com/wisr-dev/wisr/sdk/go"
)

type props struct {
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	Lines    []string `json:"lines"`
	Greeting string   `json:"greeting"`
}

func init() {
	page.Register(page.Page[props]{Paths: paths, Props: load, Render: render})
}

func main() {}

func paths(page.PathsInput) (page.Paths, error) {
	return page.Paths{
		Paths:    []page.Path{{Path: "/page/plain"}, {Params: map[string]any{"name": "é ☃ 😀"}}},
		Fallback: page.FallbackBlocking,
	}, nil
}

func load(in page.Input) (page.Result[props], error) {
	var result page.Result[props]
	name := in.Params.Get("name")
	page.Infof("making page %s", name)
	switch name {
	case "missing":
		return page.Result[props]{NotFound: true, Revalidate: time.Minute}, nil
	case "moved":
		return page.Result[props]{Redirect: &page.Redirect{Destination: "/page/plain", Permanent: true}}, nil
	case "error":
		return result, errors.New("the shelf is bare: é ☃ 😀")
	case "crash":
		result.Props.Name = result.Props.Lines[len(name)]
	}

	answers, err := page.FetchAll([]page.Request{
		{URL: page.Config("titles") + in.Path},
		{
			Method: "POST", URL: page.Config("lines") + "/lines", Body: []byte(name),
			Headers: map[string]string{"Content-Type": "text/plain; charset=utf-8"},
		},
	})
	if err != nil {
		return result, err
	}
	result.Props = props{Name: name, Title: string(answers[0].Body), Greeting: page.Config("greeting")}
	if err := json.Unmarshal(answers[1].Body, &result.Props); err != nil {
		return result, fmt.Errorf("the lines of %s: %w", name, err)
	}
	result.Revalidate = 10 * time.Second
	result.Tags = []string{"languages", "séite"}
	result.Headers = map[string]string{"Content-Security-Policy": "default-src 'none'"}
	return result, nil
}

func render(w io.Writer, _ page.Input, p props) error {
	// json.Marshal escapes <, > and & for the inside of a script.
	name, err := json.Marshal(p.Name)
	if err != nil {
		return err
	}
	var list strings.Builder
	for _, line := range p.Lines {
		list.WriteString("<li>" + html.EscapeString(line) + "</li>")
	}
	_, err = fmt.Fprintf(w, `<!doctype html><html lang="en"><head><meta charset="utf-8"/><title>%s</title></head><body>`+
		`<h1 title="%s">%s, %s</h1><ol>%s</ol>`+
		`<script type="application/json">{"name":%s}</script></body></html>`,
		html.EscapeString(p.Title), html.EscapeString(p.Name), html.EscapeString(p.Greeting), html.EscapeString(p.Name), &list, name)
	return err
}
