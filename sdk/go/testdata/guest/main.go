// Command guest is a page that uses all of package page, for its tests. The
// parameter "do" of a path says what a generation does. It leaves html/template
// out, which would double the module and the time to compile it.
package main

import (
	"errors"
	"fmt"
	"html"
	"io"
	"os"
	"strings"
	"time"

	page "github.com/wisr-dev/wisr/sdk/go"
)

type props struct {
	Do     string            `json:"do"`
	Text   string            `json:"text"`
	Status int               `json:"status,omitempty"`
	Header map[string]string `json:"header,omitempty"`
	At     time.Time         `json:"at"`
}

func init() {
	page.Register(page.Page[props]{Paths: paths, Props: load, Render: render})
}

func main() {}

func paths(in page.PathsInput) (page.Paths, error) {
	switch in.Cursor {
	case "":
		return page.Paths{
			Paths:    []page.Path{{Path: "/do/plain"}, {Params: map[string]any{"do": "é ☃ 😀"}, Locale: in.DefaultLocale}},
			Fallback: page.FallbackBlocking,
			Cursor:   "2",
		}, nil
	case "2":
		return page.Paths{Paths: []page.Path{{Path: "/do/log"}}, Fallback: page.FallbackBlocking}, nil
	}
	return page.Paths{}, fmt.Errorf("no such cursor: %s", in.Cursor)
}

func load(in page.Input) (page.Result[props], error) {
	var r page.Result[props]
	r.Props = props{Do: in.Params.Get("do"), At: time.Now()}
	switch r.Props.Do {
	case "log":
		page.Debugf("debug %d", 1)
		page.Infof("info é ☃ 😀")
		page.Warnf("warn")
		page.Errorf("error %v", errors.New("that does no harm"))
		fmt.Println("printed")
	case "config":
		r.Props.Text = page.Config("long") + "|" + page.Config("k") + "|" + page.Config("absent")
	case "fetch":
		response, err := page.Fetch(page.Request{
			Method:  "POST",
			URL:     page.Config("upstream") + "/echo",
			Headers: map[string]string{"X-Guest": "yes"},
			Body:    []byte("body é ☃ 😀"),
		})
		if err != nil {
			return r, err
		}
		r.Props.Text, r.Props.Status, r.Props.Header = string(response.Body), response.Status, response.Headers
	case "fetchall":
		responses, err := page.FetchAll([]page.Request{
			{URL: page.Config("upstream") + "/1"},
			{Method: "POST", URL: page.Config("upstream") + "/2", Body: []byte("é")},
			{URL: page.Config("upstream") + "/hangup?key=hunter2"},
			{URL: page.Config("upstream") + "/4"},
		})
		for _, response := range responses {
			r.Props.Text += fmt.Sprintf("%d %s|", response.Status, response.Body)
		}
		r.Props.Text += fmt.Sprint(err)
	case "forbidden":
		response, err := page.Fetch(page.Request{URL: "http://forbidden.example/"})
		r.Props.Text = fmt.Sprint(response.Status, err)
	case "echo":
		r.Props.Text = fmt.Sprintf("%s|%s|%v|%s|%v|%s|%v|%s", in.Route, in.Path, in.Params, in.Locale, in.Locales, in.DefaultLocale, in.DraftMode, in.Reason)
	case "big":
		r.Props.Text = strings.Repeat("0123456789é", 100_000)
	case "everything":
		r.Revalidate, r.Expire = 10*time.Second, time.Hour
		r.Tags = []string{"a", "post:ü"}
		r.Headers = map[string]string{"Content-Security-Policy": "default-src 'none'"}
		r.Status = 404
	case "notfound":
		return page.Result[props]{NotFound: true, Revalidate: time.Minute}, nil
	case "redirect":
		return page.Result[props]{Redirect: &page.Redirect{Destination: "/do/plain?a=1&b=2", Permanent: true, NoBasePath: true}}, nil
	case "subsecond":
		r.Revalidate = 500 * time.Millisecond
	case "error":
		page.Infof("before the error")
		return r, fmt.Errorf("reading the post: %w", os.ErrNotExist)
	case "panic":
		deeper(nil)
	case "index":
		_ = in.Locales[len(in.Params)+7]
	case "exit":
		os.Exit(3)
	case "goroutine":
		go func() { panic("in a goroutine of its own") }()
		time.Sleep(time.Second)
	}
	return r, nil
}

//go:noinline
func deeper(p *props) { p.Text = "never" }

func render(w io.Writer, in page.Input, p props) error {
	switch {
	case in.IsFallback:
		_, err := io.WriteString(w, "<!doctype html><p>one moment")
		return err
	case p.Do == "renderpanic":
		io.WriteString(w, "half a page")
		panic(fmt.Errorf("render of %s", in.Path))
	case p.Do == "empty":
		return nil
	case p.Do == "tiny":
		_, err := io.WriteString(w, "ok")
		return err
	}
	_, err := fmt.Fprintf(w, "<!doctype html><title>%s</title><p>%s</p>", html.EscapeString(p.Do), html.EscapeString(p.Text))
	return err
}
