package dir

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/quote"
)

// header is the second line. StartedAt is in the first.
type header struct {
	Key        string        `json:"key"`
	Plugin     string        `json:"plugin"`
	Version    string        `json:"version"`
	Kind       page.Kind     `json:"kind"`
	Status     int           `json:"status"`
	Redirect   page.Redirect `json:"redirect,omitzero"`
	Header     []page.Field  `json:"header,omitempty"`
	Tags       []string      `json:"tags,omitempty"`
	Sources    []string      `json:"sources,omitempty"`
	Fuel       uint64        `json:"fuel"`
	Unchanged  bool          `json:"unchanged,omitempty"`
	FinishedAt time.Time     `json:"finishedAt"`
	Revalidate duration      `json:"revalidate"`
	Expire     duration      `json:"expire"`
	ETag       string        `json:"etag"`
	DataETag   string        `json:"dataETag"`

	Encodings     []coding `json:"encodings,omitempty"`
	DataEncodings []coding `json:"dataEncodings,omitempty"`

	Seen json.RawMessage `json:"seen,omitempty"`
}

// coding is an isr.Coded in the header: its bytes are at the end of the file.
type coding struct {
	Coding string `json:"coding"`
	Bytes  int    `json:"bytes"`
}

func codings(coded []isr.Coded) (list []coding) {
	for _, c := range coded {
		list = append(list, coding{c.Coding, len(c.Body)})
	}
	return list
}

// duration is written as "1m30s", which is exact to the nanosecond.
type duration time.Duration

func (d duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

func (d *duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = duration(v)
	return err
}

// checkText refuses strings that JSON would silently change.
func (h *header) checkText() error {
	text := []string{h.Key, h.Plugin, h.Version, h.Redirect.Destination, h.ETag, h.DataETag}
	text = append(append(text, h.Tags...), h.Sources...)
	for _, f := range h.Header {
		text = append(text, f.Name, f.Value)
	}
	for _, c := range slices.Concat(h.Encodings, h.DataEncodings) {
		text = append(text, c.Coding)
	}
	for _, s := range text {
		if !utf8.ValidString(s) {
			return fmt.Errorf("%.80q is not valid UTF-8", s)
		}
	}
	return nil
}

// appendJSON adds what encoding/json would write of the header, in a tenth of the time.
func (h *header) appendJSON(b []byte) ([]byte, error) {
	kind, err := h.Kind.MarshalText()
	if err != nil {
		return nil, fmt.Errorf("kind: %w", err)
	}
	b = text(append(b, '{'), `"key":`, h.Key)
	b = text(b, `,"plugin":`, h.Plugin)
	b = text(b, `,"version":`, h.Version)
	b = text(b, `,"kind":`, string(kind))
	b = strconv.AppendInt(append(b, `,"status":`...), int64(h.Status), 10)
	if r := h.Redirect; r != (page.Redirect{}) {
		b = text(b, `,"redirect":{"destination":`, r.Destination)
		b = strconv.AppendInt(append(b, `,"statusCode":`...), int64(r.StatusCode), 10)
		b = strconv.AppendBool(append(b, `,"basePath":`...), r.BasePath)
		b = append(b, '}')
	}
	b = list(b, `,"header":`, h.Header, func(b []byte, f page.Field) []byte {
		return append(text(text(b, `{"name":`, f.Name), `,"value":`, f.Value), '}')
	})
	b = list(b, `,"tags":`, h.Tags, quote.Append)
	b = list(b, `,"sources":`, h.Sources, quote.Append)
	b = strconv.AppendUint(append(b, `,"fuel":`...), h.Fuel, 10)
	if h.Unchanged {
		b = append(b, `,"unchanged":true`...)
	}
	if b, err = h.FinishedAt.AppendText(append(b, `,"finishedAt":"`...)); err != nil {
		return nil, fmt.Errorf("finishedAt: %w", err)
	}
	b = text(b, `","revalidate":`, time.Duration(h.Revalidate).String())
	b = text(b, `,"expire":`, time.Duration(h.Expire).String())
	b = text(b, `,"etag":`, h.ETag)
	b = text(b, `,"dataETag":`, h.DataETag)
	b = list(b, `,"encodings":`, h.Encodings, appendCoding)
	b = list(b, `,"dataEncodings":`, h.DataEncodings, appendCoding)
	if len(h.Seen) > 0 {
		seen := bytes.NewBuffer(append(b, `,"seen":`...))
		if err := json.Compact(seen, h.Seen); err != nil { // it has to be one line
			return nil, fmt.Errorf("seen: %w", err)
		}
		b = seen.Bytes()
	}
	return append(b, '}'), nil
}

// text adds what comes before a string, and the string.
func text(b []byte, before, s string) []byte { return quote.Append(append(b, before...), s) }

// list adds what comes before a list, and the list, unless it is empty.
func list[T any](b []byte, before string, all []T, add func([]byte, T) []byte) []byte {
	for i, v := range all {
		if i == 0 {
			b = append(append(b, before...), '[')
		} else {
			b = append(b, ',')
		}
		b = add(b, v)
	}
	if len(all) > 0 {
		b = append(b, ']')
	}
	return b
}

func appendCoding(b []byte, c coding) []byte {
	b = strconv.AppendInt(append(text(b, `{"coding":`, c.Coding), `,"bytes":`...), int64(c.Bytes), 10)
	return append(b, '}')
}
