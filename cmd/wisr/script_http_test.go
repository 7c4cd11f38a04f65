//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// client does what it is told: no redirects, nothing decompressed, and no
// connection kept, since hosts come and go.
var client = &http.Client{
	Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// get asks for a URL again and again, until the answer is as the options say:
//
//	-status N               its status; 200 if not given
//	-header 'Name: REGEXP'  a header field; may be given more than once
//	-no Name                a header field that is not there
//	-body REGEXP
//	-once                   the first answer has to be so
//	-with 'Name: value'     a header field to send
//
// The body is standard output afterwards.
func get(ts *testscript.TestScript, neg bool, args []string) {
	want := expectation{status: http.StatusOK}
	once := false
	for len(args) > 1 && strings.HasPrefix(args[0], "-") {
		option := args[0]
		if args = args[1:]; option == "-once" {
			once = true
			continue
		}
		value := args[0]
		args = args[1:]
		var err error
		switch option {
		case "-status":
			want.status, err = strconv.Atoi(value)
		case "-header":
			want.header = append(want.header, value)
		case "-no":
			want.no = append(want.no, value)
		case "-body":
			want.body, err = regexp.Compile("(?m)" + value)
		case "-with":
			want.with = append(want.with, value)
		default:
			ts.Fatalf("get has no option %s", option)
		}
		ts.Check(err)
	}
	usage(ts, !neg && len(args) == 1, "get [-OPTION VALUE]... URL")
	deadline := time.Now().Add(patience)
	for {
		body, problem := want.try(args[0])
		if problem == nil {
			_, err := ts.Stdout().Write(body)
			ts.Check(err)
			return
		}
		if once || time.Now().After(deadline) {
			ts.Fatalf("GET %s: %v", args[0], problem)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// expectation is what an answer has to be like.
type expectation struct {
	status           int
	header, no, with []string
	body             *regexp.Regexp
}

// try asks once.
func (e *expectation) try(url string) (body []byte, problem error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	for _, field := range e.with {
		name, value, _ := strings.Cut(field, ": ")
		request.Header.Set(name, value)
		if name == "Host" {
			request.Host = value
		}
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if body, err = io.ReadAll(answer.Body); err != nil {
		return nil, err
	}
	if answer.StatusCode != e.status {
		return nil, fmt.Errorf("status %d, want %d\n%s", answer.StatusCode, e.status, lines(string(body)))
	}
	for _, field := range e.header {
		name, want, _ := strings.Cut(field, ": ")
		if got := answer.Header.Get(name); !regexp.MustCompile(`\A(?:` + want + `)\z`).MatchString(got) {
			return nil, fmt.Errorf("%s is %q, want %s\n%s", name, got, want, lines(string(body)))
		}
	}
	for _, name := range e.no {
		if got := answer.Header.Get(name); got != "" {
			return nil, fmt.Errorf("%s is %q, want none", name, got)
		}
	}
	if e.body != nil && !e.body.Match(body) {
		return nil, fmt.Errorf("the body has no %s\n%s", e.body, lines(string(body)))
	}
	return body, nil
}

// begin asks once; the stream has "STATUS BODY" when the answer is there.
func begin(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "begin NAME URL")
	stream := theWorld(ts).open(args[0])
	go func() {
		defer stream.end()
		answer, err := client.Get(args[1])
		if err != nil {
			fmt.Fprintf(stream, "error %v\n", err)
			return
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		fmt.Fprintf(stream, "%d %s", answer.StatusCode, body)
		if err != nil {
			fmt.Fprintf(stream, "error %v\n", err)
		}
	}()
}

// listen copies what comes into the stream, as a browser reads events.
func listen(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "listen NAME URL")
	w, name := theWorld(ts), args[0]
	stream := w.open(name)
	ctx, cancel := context.WithCancel(context.Background())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, args[1], nil)
	ts.Check(err)
	answer, err := client.Do(request)
	ts.Check(err)
	if answer.StatusCode != http.StatusOK {
		ts.Fatalf("GET %s: %s", args[1], answer.Status)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer stream.end()
		defer answer.Body.Close()
		_, _ = io.Copy(stream, answer.Body) // it ends with the host, or with the script
	}()
	w.stops[name] = func(bool) error {
		delete(w.stops, name)
		cancel()
		<-ended
		return nil
	}
}

// visit is a visitor who never tires.
func visit(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "visit NAME URL")
	w, name, url := theWorld(ts), args[0], args[1]
	var leaving atomic.Bool
	ended := make(chan error, 1)
	go func() {
		page := expectation{status: http.StatusOK}
		for n := 1; ; n++ {
			body, err := page.try(url)
			if err == nil && len(bytes.TrimSpace(body)) == 0 {
				err = fmt.Errorf("an empty page")
			}
			if err != nil {
				ended <- fmt.Errorf("request %d for %s: %w", n, url, err)
				return
			}
			if leaving.Load() {
				ended <- nil
				return
			}
			time.Sleep(time.Millisecond) // the machine is for others, too
		}
	}()
	w.stops[name] = func(bool) error {
		delete(w.stops, name)
		leaving.Store(true)
		return <-ended
	}
}
