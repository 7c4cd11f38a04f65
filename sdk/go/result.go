package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// Result is what a Props function returns: the data of a page, or NotFound, or
// Redirect, and how long that holds.
type Result[P any] struct {
	// Props is handed to Render. It is not looked at beside NotFound or Redirect.
	Props P
	// NotFound answers with the site's 404 page.
	NotFound bool
	// Redirect answers with a redirect.
	Redirect *Redirect

	// Revalidate is the age at which the page is made anew behind the next
	// visitor's back, in whole seconds. 0: only on demand.
	Revalidate time.Duration
	// Expire is the age, in whole seconds, past which a visitor rather waits
	// for a fresh page than gets this one. 0: the site's setting.
	Expire time.Duration
	// Tags are names by which many pages are revalidated at once, at most 128
	// of at most 256 bytes.
	Tags []string

	// Headers and Status of the response go with Props. Status 0 is 200. The
	// content type, where it is not set here, is that of the path's extension,
	// else HTML.
	Headers map[string]string
	Status  int
}

// Redirect sends the visitor elsewhere.
type Redirect struct {
	// Destination is a path of this site ("/blog/new") or an http(s) URL.
	Destination string
	// Permanent chooses 308, otherwise it is 307.
	Permanent bool
	// StatusCode is 301, 302, 303, 307 or 308, instead of Permanent.
	StatusCode int
	// NoBasePath leaves the site's base path off the Destination.
	NoBasePath bool
}

// MarshalJSON gives the page contract's spelling of a redirect.
func (r Redirect) MarshalJSON() ([]byte, error) {
	out := struct {
		Destination string `json:"destination"`
		Permanent   *bool  `json:"permanent,omitempty"`
		StatusCode  int    `json:"statusCode,omitempty"`
		BasePath    *bool  `json:"basePath,omitempty"`
	}{Destination: r.Destination, StatusCode: r.StatusCode}
	// Both set is a mistake; both are sent, so that wisr says so.
	if r.StatusCode == 0 || r.Permanent {
		out.Permanent = &r.Permanent
	}
	if r.NoBasePath {
		out.BasePath = new(bool)
	}
	return marshal(out)
}

// encode gives the JSON of the page contract. It checks what gets lost on the
// way from Go to JSON and leaves the rest to wisr, which checks every result.
func (r Result[P]) encode() ([]byte, error) {
	revalidate, err := seconds("Revalidate", r.Revalidate)
	if err != nil {
		return nil, err
	}
	expire, err := seconds("Expire", r.Expire)
	if err != nil {
		return nil, err
	}
	out := struct {
		Props      any               `json:"props,omitempty"`
		NotFound   bool              `json:"notFound,omitempty"`
		Redirect   *Redirect         `json:"redirect,omitempty"`
		Revalidate int64             `json:"revalidate,omitempty"`
		Expire     int64             `json:"expire,omitempty"`
		Tags       []string          `json:"tags,omitempty"`
		Headers    map[string]string `json:"headers,omitempty"`
		Status     int               `json:"status,omitempty"`
	}{nil, r.NotFound, r.Redirect, revalidate, expire, r.Tags, r.Headers, r.Status}
	if r.NotFound || r.Redirect != nil {
		return marshal(out)
	}
	out.Props = orEmpty(r.Props)
	data, err := marshal(out)
	if err != nil {
		return nil, fmt.Errorf("page: props: %w", err)
	}
	if !bytes.HasPrefix(data, []byte(`{"props":{`)) {
		return nil, fmt.Errorf("page: the props, of type %v, are no JSON object: "+
			"use a struct or a map that is set, or NotFound, or Redirect", reflect.TypeFor[P]())
	}
	return data, nil
}

// orEmpty gives an empty map for a nil one: Go tells them apart as little as it
// can, JSON would make null of it.
func orEmpty(props any) any {
	if v := reflect.ValueOf(props); v.Kind() == reflect.Map && v.IsNil() {
		return struct{}{}
	}
	return props
}

// marshal is json.Marshal without the escaping of <, > and &, which would make
// props that hold HTML half as long again.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func seconds(field string, d time.Duration) (int64, error) {
	if d < 0 || d%time.Second != 0 {
		return 0, fmt.Errorf("page: %s is %v: want whole seconds, such as %d * time.Second",
			field, d, max(1, d.Round(time.Second)/time.Second))
	}
	return int64(d / time.Second), nil
}
