package page

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/wisr-dev/wisr/plugins/route"
)

// The exports of a page module. Only render is required.
const (
	ExportPaths  = "getStaticPaths"
	ExportProps  = "getStaticProps"
	ExportRender = "render"
)

// PathsInput is what getStaticPaths is called with.
type PathsInput struct {
	Route         string   `json:"route"`
	Locales       []string `json:"locales"` // [] where the site has none, never null
	DefaultLocale string   `json:"defaultLocale"`
	Cursor        string   `json:"cursor"` // "" in the first call, then the last result's (S72)
}

// JSON returns what the guest reads.
func (in PathsInput) JSON() ([]byte, error) {
	in.Locales = notNull(in.Locales)
	return encode(in)
}

// Reason is why a page is generated, as getStaticProps is told.
type Reason string

const (
	ReasonBuild    Reason = "build"     // ahead of any visitor
	ReasonStale    Reason = "stale"     // for a visitor: the page is missing or too old
	ReasonOnDemand Reason = "on-demand" // somebody asked for its revalidation
)

// Input is what getStaticProps and render are called with.
type Input struct {
	Route         string       // the pattern: "/blog/[slug]"
	Path          string       // canonical, without base path and locale: "/blog/a"
	Params        route.Params // of Path, by Route
	Locale        string       // "" where the site has no locales
	Locales       []string
	DefaultLocale string
	DraftMode     bool
}

// inputJSON is an Input as guests see it.
type inputJSON struct {
	Route            string       `json:"route"`
	Path             string       `json:"path"`
	Params           route.Params `json:"params"`
	Locale           string       `json:"locale"`
	Locales          []string     `json:"locales"`
	DefaultLocale    string       `json:"defaultLocale"`
	DraftMode        bool         `json:"draftMode"`
	RevalidateReason Reason       `json:"revalidateReason,omitempty"` // getStaticProps only
	IsFallback       *bool        `json:"isFallback,omitempty"`       // render only
}

func (in Input) json() inputJSON {
	return inputJSON{
		Route:         in.Route,
		Path:          in.Path,
		Params:        in.Params,
		Locale:        in.Locale,
		Locales:       notNull(in.Locales),
		DefaultLocale: in.DefaultLocale,
		DraftMode:     in.DraftMode,
	}
}

// Props returns what getStaticProps reads.
func (in Input) Props(why Reason) ([]byte, error) {
	j := in.json()
	j.RevalidateReason = why
	return encode(j)
}

// Render returns what render reads. Props are passed on byte for byte, as
// [DecodeResult] gave them (S82); no props at all are {}. A fallback shell is
// rendered with no props and isFallback.
func (in Input) Render(props json.RawMessage, isFallback bool) ([]byte, error) {
	j := in.json()
	j.IsFallback = &isFallback
	head, err := encode(j)
	if err != nil {
		return nil, err
	}
	if len(props) == 0 {
		props = json.RawMessage("{}")
	}
	// Encoding props along with the rest would compact them.
	b := make([]byte, 0, len(head)+len(`,"props":`)+len(props))
	b = append(b, head[:len(head)-1]...)
	b = append(b, `,"props":`...)
	b = append(b, props...)
	return append(b, '}'), nil
}

func notNull(locales []string) []string {
	if locales == nil {
		return []string{}
	}
	return locales
}

// encode writes JSON without HTML escapes: guests are not browsers, and "&" in
// a path should be one byte in every language.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode the guest's input: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
