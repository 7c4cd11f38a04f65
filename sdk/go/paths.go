package page

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Paths is what a Paths function returns.
type Paths struct {
	// Paths that exist. They are made when the site is built.
	Paths []Path
	// Fallback says what a visitor of any other path of the route gets.
	Fallback Fallback
	// Cursor asks to be called again with this text in PathsInput.Cursor, for
	// a list too long for one answer. "" ends the list.
	Cursor string
}

// Path is one path of a route with parameters: either Path, or Params.
type Path struct {
	// Path is the path as in a URL: encoded, without base path. A first
	// segment that is a locale of the site selects that locale.
	Path string
	// Params are the raw values of the route's parameters: a string each, or
	// a []string for a parameter that takes a list. They need no encoding.
	Params map[string]any
	// Locale goes with Params; "" is the site's default locale.
	Locale string
}

// Fallback says what a visitor gets on a path that Paths did not list.
type Fallback uint8

const (
	// FallbackFalse answers 404 without running the page.
	FallbackFalse Fallback = iota
	// FallbackTrue shows a shell at once (Render with Input.IsFallback) and the
	// page when it is ready.
	FallbackTrue
	// FallbackBlocking lets the visitor wait for the page.
	FallbackBlocking
)

// MarshalJSON gives false, true or "blocking".
func (f Fallback) MarshalJSON() ([]byte, error) {
	switch f {
	case FallbackFalse:
		return []byte("false"), nil
	case FallbackTrue:
		return []byte("true"), nil
	case FallbackBlocking:
		return []byte(`"blocking"`), nil
	}
	return nil, fmt.Errorf("fallback is %d: want FallbackFalse, FallbackTrue or FallbackBlocking", uint8(f))
}

// encode writes one entry at a time, so that a million of them need no second
// list beside the one the page made.
func (p Paths) encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	put := func(before string, v any) error {
		b.WriteString(before)
		if err := enc.Encode(v); err != nil {
			return err
		}
		b.Truncate(b.Len() - 1) // Encode ends with a newline
		return nil
	}
	before := `{"paths":[`
	for i, path := range p.Paths {
		v, err := path.value()
		if err == nil {
			err = put(before, v)
		}
		if err != nil {
			return nil, fmt.Errorf("page: paths[%d] %w", i, err)
		}
		before = ","
	}
	if len(p.Paths) == 0 {
		b.WriteString(before)
	}
	if err := put(`],"fallback":`, p.Fallback); err != nil {
		return nil, fmt.Errorf("page: paths: %w", err)
	}
	if p.Cursor != "" {
		if err := put(`,"cursor":`, p.Cursor); err != nil {
			return nil, fmt.Errorf("page: paths: %w", err)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// value is what stands for the path in JSON.
func (p Path) value() (any, error) {
	switch {
	case p.Path != "" && p.Params != nil:
		return nil, fmt.Errorf("has both Path %q and Params: want one of them", p.Path)
	case p.Path != "" && p.Locale != "":
		return nil, fmt.Errorf("has both Path %q and Locale %q: Locale goes with Params; in a Path the locale is the first segment", p.Path, p.Locale)
	case p.Path != "":
		return p.Path, nil
	case p.Params == nil:
		return nil, fmt.Errorf("has neither Path nor Params")
	}
	return struct {
		Params map[string]any `json:"params"`
		Locale string         `json:"locale,omitempty"`
	}{p.Params, p.Locale}, nil
}
